"""The network of the chapter "From here to PyTorch" in PyTorch, and what it computes there.

The book is built without PyTorch: the chapter reads results stored in its cell "recorded". To compute them anew, and to
store them there (pip install torch==2.13.0 first):

    python book/signals/from_here_to_pytorch.py
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import numpy as np
import torch
from gradus.data import load_digits_images
from gradus.layers import MLP
from torch import nn

CHAPTER = Path(__file__).with_suffix(".ipynb")
sys.path.insert(0, str(CHAPTER.parents[2] / "scripts"))

from recorded_cell import store_in_cell  # noqa: E402

CELL = "recorded"
STEPS = 84  # two epochs of 42 batches of 32 images


def digits():
    """Pixels from 0 to 1; 1,344 images to train on, and the rest, in the order of the data set."""
    images, labels = load_digits_images()
    X = images.reshape(-1, 64) / 16
    return X[:1344], labels[:1344], X[1344:], labels[1344:]


def gradus_network():
    """The book's network. A RandomState draws the same numbers in every version of NumPy."""
    legacy = np.random.RandomState(0)
    return MLP(
        [64, 32, 32, 10],
        "relu",
        rng=np.random.default_rng(0),
        init=lambda shape, _: legacy.normal(0, np.sqrt(2 / shape[0]), shape),
        batchnorm="pre",
    )


def torch_network():
    return nn.Sequential(
        nn.Linear(64, 32),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.Linear(32, 32),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.Linear(32, 10),
    )


def copy_weights(arrays, model, transposed=(0, 3, 6)):
    """Weights by the book's names ("0.W", "1.gamma", …) into the model."""
    with torch.no_grad():
        for i, layer in enumerate(model):
            if isinstance(layer, nn.Linear):
                W = torch.from_numpy(arrays[f"{i}.W"])
                layer.weight.copy_(W.T if i in transposed else W)
                layer.bias.copy_(torch.from_numpy(arrays[f"{i}.b"]))
            if isinstance(layer, nn.BatchNorm1d):
                layer.weight.copy_(torch.from_numpy(arrays[f"{i}.gamma"]))
                layer.bias.copy_(torch.from_numpy(arrays[f"{i}.beta"]))


def train(model, X, y, optimizer, *, clip=None, lr_after=None):
    """84 steps on batches of 32 in order. Returns the losses."""
    loss_of = nn.CrossEntropyLoss()  # of logits and labels, a mean
    losses = []
    model.train()
    for step in range(STEPS):
        if lr_after is not None and step == STEPS // 2:
            for group in optimizer.param_groups:
                group["lr"] = lr_after
        batch = slice(step % 42 * 32, step % 42 * 32 + 32)
        optimizer.zero_grad()
        loss = loss_of(model(X[batch]), y[batch])
        loss.backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        losses.append(loss.item())
    return losses


def test(model, X, y):
    """Loss and accuracy, in the mode in which the model is."""
    with torch.no_grad():
        logits = model(X)
    loss = nn.functional.cross_entropy(logits, y)
    return loss.item(), (logits.argmax(dim=1) == y).double().mean().item()


def run(optimizer_of, *, dtype=torch.float64, transposed=(0, 3, 6), **more):
    """Train a fresh network: the losses, the lengths of its arrays, and how it does on the test images.

    Once as it should be used, and once with eval() forgotten, on two images at a time.
    """
    X, y, X_test, y_test = (torch.from_numpy(a) for a in digits())
    X, X_test = X.to(dtype), X_test.to(dtype)
    model = torch_network().to(dtype)
    copy_weights(gradus_network().state_dict(), model, transposed)
    losses = train(model, X, y, optimizer_of(model.parameters()), **more)
    arrays = [p for p in model.state_dict().values() if p.is_floating_point()]
    lengths = [p.double().norm().item() for p in arrays]
    model.eval()
    used = test(model, X_test, y_test)
    before = model[1].running_mean.clone()
    model.train()
    pairs = [test(model, X_test[i : i + 2], y_test[i : i + 2])[1] for i in range(0, 452, 2)]
    return {
        "losses": losses,
        "lengths": lengths,
        "eval": used,
        "accuracy_without_eval": float(np.mean(pairs)),
        "statistics_moved": not torch.equal(model[1].running_mean, before),
    }


def slope_at_zero(f):
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    f(x).backward()
    return x.grad.item()


def refusal(call):
    """What PyTorch says against it."""
    try:
        call()
    except (RuntimeError, ValueError) as error:
        return str(error)
    return ""


def small_questions():
    """What PyTorch does where there is a choice, one by one."""
    torch.manual_seed(0)
    layer = nn.Linear(400, 100)
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    norm = nn.BatchNorm1d(1, dtype=torch.float64)
    norm(torch.tensor([[1.0], [2.0], [3.0], [6.0]], dtype=torch.float64))
    logits, labels = torch.tensor([[2.0, 0.0, 1.0], [0.0, 0.0, 3.0]]).double(), torch.tensor([0, 1])
    clipped = torch.tensor([3e-6, 4e-6], dtype=torch.float64, requires_grad=True)
    clipped.grad = clipped.detach().clone()
    returned = nn.utils.clip_grad_norm_([clipped], 1e-6)
    tiny = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    tiny.grad = torch.full((1,), 1e-8, dtype=torch.float64)
    torch.optim.Adam([tiny], lr=1.0).step()
    twice = torch.ones(1, requires_grad=True)
    for _ in range(2):
        (3 * twice).backward()
    ties = torch.zeros(2, requires_grad=True)
    ties.amax().backward()
    first = torch.zeros(2, requires_grad=True)
    first.max(dim=0).values.backward()
    x = torch.arange(32, dtype=torch.float64).reshape(1, 2, 4, 4).sin()
    W = torch.arange(36, dtype=torch.float64).reshape(3, 3, 2, 2).cos()  # the book's layout
    convolved = nn.functional.conv2d(x, W.permute(3, 2, 0, 1), padding=1, stride=2)
    rows = torch.tensor([[1.0, 2.0, 6.0], [0.0, 0.0, 3.0]]).double()
    normalized = nn.functional.layer_norm(rows, (3,))
    return {
        "weight_shape": list(weight.shape),
        "largest_weight": float(np.abs(weight).max()),
        "weight_variance": float(weight.astype(np.float64).var()),
        "largest_bias": float(np.abs(bias).max()),
        "running_mean": norm.running_mean.item(),
        "running_var": norm.running_var.item(),
        "batch_norm": {"momentum": norm.momentum, "eps": norm.eps},
        "var": torch.tensor([1.0, 2.0, 3.0, 6.0]).var().item(),
        "loss_mean": nn.CrossEntropyLoss()(logits, labels).item(),
        "loss_sum": nn.CrossEntropyLoss(reduction="sum")(logits, labels).item(),
        "clip_returned": returned.item(),
        "clip_left": clipped.grad.norm().item(),
        "adam": {name: inspect.signature(torch.optim.Adam).parameters[name].default for name in ("lr", "betas", "eps")},
        "adam_tiny_step": tiny.item(),
        "gradient_of_two_backwards": twice.grad.item(),
        "max_ties": {"amax": ties.grad.tolist(), "max": first.grad.tolist()},
        "slopes": {
            "relu": slope_at_zero(torch.relu),
            "leaky_relu": slope_at_zero(nn.functional.leaky_relu),
            "elu": slope_at_zero(nn.functional.elu),
            "selu": slope_at_zero(nn.functional.selu),
            "abs": slope_at_zero(torch.abs),
        },
        "default_dtype": str(torch.get_default_dtype()),
        "refused_float64": refusal(lambda: layer(torch.zeros(1, 400, dtype=torch.float64))),
        "refused_single": refusal(lambda: norm(torch.ones(1, 1, dtype=torch.float64))),
        "convolved": convolved.flatten().tolist(),
        "normalized": normalized.tolist(),
    }


def record():
    """All that the chapter compares with."""
    torch.set_num_threads(1)

    def sgd(params, lr=0.1):
        return torch.optim.SGD(params, lr=lr, momentum=0.9)

    return {
        "version": torch.__version__.partition("+")[0],
        "questions": small_questions(),
        "momentum": run(sgd),
        "adam": run(lambda params: torch.optim.Adam(params, lr=0.01)),
        "clip": run(sgd, clip=1.0),
        "lr_drop": run(sgd, lr_after=0.01),
        "float32": run(sgd, dtype=torch.float32),
        "forgotten_transpose": run(sgd, transposed=(0, 6)),
    }


def store(results):
    """Into the chapter's cell."""
    store_in_cell(CHAPTER, CELL, results)


if __name__ == "__main__":
    store(record())
    print(f"stored in the cell {CELL} of {CHAPTER.name}")
