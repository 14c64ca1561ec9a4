"""What PyTorch computes, as the oracle of the engine's tests: live where it is installed, recorded where it is not.

    python tests/gradus/record_golden.py        records tests/gradus/golden/*.json anew (needs PyTorch)

Everything is float64. With CI=true a missing PyTorch is a failure, so that the live comparison cannot get lost
unnoticed.
"""

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

GOLDEN = Path(__file__).parent / "golden"
SIZES = (5, 7, 6, 3)
STEPS = 60

Record = dict[str, Any]


def expected(topic: str) -> Record:
    """The values of a topic: functions, networks, optimizers or training."""
    try:
        import torch
    except ImportError:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("CI=true, but PyTorch is not installed: pip install 'training-deep-networks[oracle]'")
        return recorded(topic)
    torch.set_num_threads(1)
    return TOPICS[topic](torch)


def recorded(topic: str) -> Record:
    return json.loads((GOLDEN / f"{topic}.json").read_text(), object_hook=as_arrays)


def as_arrays(record: Record) -> Record:
    return {key: np.array(value) if isinstance(value, list | float) else value for key, value in record.items()}


# Functions: name → shapes of the inputs, and the function in PyTorch. A shape that begins with "+" stands for positive
# numbers, all others for standard normal ones.


def function_table(torch: Any) -> dict[str, tuple[list[Any], Callable[..., Any]]]:
    F = torch.nn.functional
    labels = torch.tensor([2, 0, 4, 4, 1, 3])
    mean, var = (torch.tensor(v, dtype=torch.float64) for v in ([0.5, -1.0, 2.0], [0.5, 4.0, 1e-3]))
    return {
        "add": ([(3, 4), (4,)], lambda x, y: x + y),
        "add_number": ([(3, 4)], lambda x: 2.5 + x),
        "sub": ([(3, 1), (1, 4)], lambda x, y: x - y),
        "number_sub": ([(3, 4)], lambda x: 2.5 - x),
        "mul": ([(3, 4), (3, 1)], lambda x, y: x * y),
        "mul_number": ([(3, 4)], lambda x: x * -3.0),
        "div": ([(3, 4), ("+", 2, 1, 4)], lambda x, y: x / y),
        "number_div": ([("+", 3, 4)], lambda x: 2.5 / x),
        "neg": ([(3,)], lambda x: -x),
        "power_0": ([(3,)], lambda x: x**0),
        "power_1": ([(3,)], lambda x: x**1),
        "power_2": ([(3, 4)], lambda x: x**2),
        "power_3": ([(3, 4)], lambda x: x**3),
        "power_4": ([(3, 4)], lambda x: x**4),
        "power_5": ([(3, 4)], lambda x: x**5),
        "power_half": ([("+", 3, 4)], lambda x: x**0.5),
        "power_minus": ([("+", 3, 4)], lambda x: x**-1.5),
        "exp": ([(3, 4)], torch.exp),
        "log": ([("+", 3, 4)], torch.log),
        "sqrt": ([("+", 3, 4)], torch.sqrt),
        "matmul": ([(3, 4), (4, 2)], torch.matmul),
        "matmul_batched": ([(2, 1, 3, 4), (5, 4, 2)], torch.matmul),
        "matmul_vectors": ([(4,), (4,)], torch.matmul),
        "matmul_matrix_vector": ([(3, 4), (4,)], torch.matmul),
        "matmul_vector_matrix": ([(3,), (3, 4)], torch.matmul),
        "matmul_vector_batch": ([(3,), (2, 3, 4)], torch.matmul),
        "matmul_batch_vector": ([(2, 3, 4), (4,)], torch.matmul),
        "sum": ([(3, 4)], lambda x: x.sum()),
        "sum_axis": ([(3, 4)], lambda x: x.sum(0)),
        "sum_axes": ([(2, 3, 4)], lambda x: x.sum((0, -1), keepdim=True)),
        "sum_last_axes": ([(2, 3, 4)], lambda x: x.sum((-1, 1))),
        "mean": ([(3, 4)], lambda x: x.mean()),
        "mean_axis": ([(3, 4)], lambda x: x.mean(1)),
        "reshape": ([(3, 4)], lambda x: x.reshape(2, 6)),
        "transpose": ([(3, 4)], lambda x: x.T),
        "transpose_axes": ([(2, 3, 4)], lambda x: x.permute(1, 2, 0)),
        "getitem_slice": ([(3, 4)], lambda x: x[1:, ::2]),
        "getitem_number": ([(3, 4)], lambda x: x[1]),
        "getitem_repeated": ([(3, 4)], lambda x: x[[0, 2, 0, 0], [1, 3, 1, 2]]),
        "getitem_mask": ([(3,)], lambda x: x[torch.tensor([True, False, True])]),
        "linear": ([(6, 3), (3, 4), (4,)], lambda x, W, b: F.linear(x, W.T, b)),
        "linear_without_bias": ([(6, 3), (3, 4)], lambda x, W: F.linear(x, W.T)),
        "identity": ([(3, 4)], lambda x: x),
        "sigmoid": ([(3, 4)], torch.sigmoid),
        "tanh": ([(3, 4)], torch.tanh),
        "relu": ([(3, 4)], F.relu),
        "leaky_relu": ([(3, 4)], F.leaky_relu),
        "leaky_relu_steep": ([(3, 4)], lambda x: F.leaky_relu(x, 2.0)),
        "elu": ([(3, 4)], F.elu),
        "elu_half": ([(3, 4)], lambda x: F.elu(x, 0.5)),
        "selu": ([(3, 4)], F.selu),
        "batch_norm_training": (
            [(6, 3), (3,), (3,)],
            lambda x, g, b: F.batch_norm(x, mean.clone(), var.clone(), g, b, training=True),
        ),
        "batch_norm_in_use": ([(6, 3), (3,), (3,)], lambda x, g, b: F.batch_norm(x, mean, var, g, b, training=False)),
        "softmax_cross_entropy": ([(6, 5)], lambda x: F.cross_entropy(x, labels)),
        "softmax_cross_entropy_large": ([(6, 5)], lambda x: F.cross_entropy(1000 * x, labels)),
        "mean_squared_error": ([(6, 5), (6, 5)], F.mse_loss),
    }


def functions(torch: Any) -> Record:
    """For each function its inputs, weights c, value y, and the gradients of Σ c y with respect to the inputs."""
    rng = np.random.default_rng(1)
    record = {}
    for name, (shapes, f) in function_table(torch).items():
        inputs = [
            rng.uniform(0.5, 2.0, shape[1:]) if shape[0] == "+" else rng.standard_normal(shape) for shape in shapes
        ]
        xs = [torch.tensor(x, requires_grad=True) for x in inputs]
        y = f(*xs)
        c = rng.standard_normal(tuple(y.shape))
        (y * torch.tensor(c)).sum().backward()
        record[name] = {"c": np.asarray(c), "y": y.detach().numpy()}
        record[name] |= {f"x{i}": x for i, x in enumerate(inputs)}
        record[name] |= {f"g{i}": x.grad.numpy() for i, x in enumerate(xs)}
    return record


# Networks: 5-7-6-3 with each activation, and with batch normalization before and after it.


def torch_network(torch: Any, activation: str, batchnorm: str | None) -> Any:
    """The network as torch.nn builds it, in gradus' order of layers. Its weights are (out, in)."""
    nn = torch.nn
    kinds = {"leaky_relu": nn.LeakyReLU, "elu": nn.ELU, "selu": nn.SELU, "relu": nn.ReLU}
    kinds |= {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "identity": nn.Identity}
    layers = []
    for fan_in, fan_out in pairwise(SIZES[:-1]):
        layers.append(nn.Linear(fan_in, fan_out))
        hidden = [kinds[activation]()]
        if batchnorm is not None:
            hidden.insert(0 if batchnorm == "pre" else 1, nn.BatchNorm1d(fan_out))
        layers += hidden
    return nn.Sequential(*layers, nn.Linear(*SIZES[-2:])).double()


def set_parameters(torch: Any, net: Any, flat: np.ndarray) -> None:
    """Parameters from one vector in gradus' layout: W (in, out) row by row, b; gamma, beta."""
    start = 0
    with torch.no_grad():
        for p in net.parameters():
            piece = torch.tensor(flat[start : start + p.numel()])
            p.copy_(piece.reshape(p.shape[::-1]).T if p.ndim == 2 else piece)
            start += p.numel()
    assert start == len(flat)


def in_one_vector(tensors: Any) -> np.ndarray:
    return np.concatenate([t.detach().numpy().T.ravel() for t in tensors])


def networks(torch: Any) -> Record:
    """For each network: its parameters, loss and gradients in training, logits in use."""
    rng = np.random.default_rng(2)
    activations = ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu"]
    record = {}
    for activation, batchnorm in [(a, None) for a in activations] + [("tanh", "pre"), ("relu", "post")]:
        net = torch_network(torch, activation, batchnorm)
        flat = rng.standard_normal(sum(p.numel() for p in net.parameters()))
        X, y = rng.standard_normal((8, SIZES[0])), rng.integers(0, SIZES[-1], 8)
        set_parameters(torch, net, flat)
        loss = torch.nn.functional.cross_entropy(net(torch.tensor(X)), torch.tensor(y))
        loss.backward()
        entry = {"flat": flat, "X": X, "y": y, "loss": loss.detach().numpy()}
        entry["flat_grad"] = in_one_vector(p.grad for p in net.parameters())
        if batchnorm is not None:
            entry["mean"], entry["var"] = rng.standard_normal(sum(SIZES[1:-1])), rng.uniform(0.5, 2, sum(SIZES[1:-1]))
            start = 0
            for layer in net:
                if isinstance(layer, torch.nn.BatchNorm1d):
                    end = start + layer.num_features
                    layer.running_mean = torch.tensor(entry["mean"][start:end])
                    layer.running_var = torch.tensor(entry["var"][start:end])
                    start = end
        entry["logits_in_use"] = net.eval()(torch.tensor(X)).detach().numpy()
        record[f"{activation}_{batchnorm}"] = entry
    return record


# Optimizers: whole trajectories on a function of six variables with curvatures from 1e-3 to 1e2.

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "gd": ("SGD", {"lr": 0.009}),
    "momentum": ("SGD", {"lr": 0.002, "momentum": 0.9}),
    "momentum_light": ("SGD", {"lr": 0.002, "momentum": 0.5}),
    "adam": ("Adam", {"lr": 0.05}),
    "adam_other": ("Adam", {"lr": 0.05, "betas": (0.5, 0.9), "eps": 0.1}),
}


def torch_optimizer(torch: Any, name: str, parameters: Any) -> Any:
    kind, hyper = OPTIMIZERS[name]
    return getattr(torch.optim, kind)(parameters, foreach=False, **hyper)


def optimizers(torch: Any) -> Record:
    """For each optimizer the start, the gradients' matrix A (g = A w + sin w) and the parameters after every step."""
    rng = np.random.default_rng(3)
    turn, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    A, start = turn @ np.diag(np.logspace(-3, 2, 6)) @ turn.T, rng.standard_normal(6)
    record: Record = {"problem": {"A": A, "start": start}}
    for name in OPTIMIZERS:
        w = torch.tensor(start, requires_grad=True)
        optimizer = torch_optimizer(torch, name, [w])
        trajectory = []
        for _ in range(STEPS):
            w.grad = (torch.tensor(A) @ w + torch.sin(w)).detach()
            optimizer.step()
            trajectory.append(w.detach().numpy().copy())
        record[name] = {"trajectory": np.array(trajectory)}
    return record


# Training: the network 5-7-6-3 with tanh, sixty steps on one batch, by each optimizer.


def training(torch: Any) -> Record:
    """For each optimizer the losses of all steps and the parameters after them."""
    rng = np.random.default_rng(4)
    X, y = rng.standard_normal((8, SIZES[0])), rng.integers(0, SIZES[-1], 8)
    flat = 0.5 * rng.standard_normal(sum(i * o + o for i, o in pairwise(SIZES)))
    record: Record = {"problem": {"X": X, "y": y, "flat": flat}}
    for name in ("gd", "momentum", "adam"):
        net = torch_network(torch, "tanh", None)
        set_parameters(torch, net, flat)
        optimizer = torch_optimizer(torch, name, net.parameters())
        losses = []
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(torch.tensor(X)), torch.tensor(y))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        record[name] = {"losses": np.array(losses), "flat": in_one_vector(net.parameters())}
    return record


TOPICS: dict[str, Callable[[Any], Record]] = {
    "functions": functions,
    "networks": networks,
    "optimizers": optimizers,
    "training": training,
}


def main() -> None:
    import torch

    torch.set_num_threads(1)
    GOLDEN.mkdir(exist_ok=True)
    for topic, compute in TOPICS.items():
        record = compute(torch)
        text = ",\n".join(
            f"{json.dumps(name)}: {json.dumps({key: value.tolist() for key, value in entry.items()})}"
            for name, entry in record.items()
        )
        (GOLDEN / f"{topic}.json").write_text(f"{{\n{text}\n}}\n")
        print(f"{topic}: {len(record)} entries")


if __name__ == "__main__":
    main()
