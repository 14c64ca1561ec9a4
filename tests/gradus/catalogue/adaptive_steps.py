"""gradus.adaptive_steps"""

from gradus.adaptive_steps import adagrad_step, adamax_step, nadam_step, rmsprop_step

from . import Entry

PYTORCH = "test_optimizer_steps.py::test_sixty_steps_are_those_of_pytorch"
KERAS = "test_optimizer_steps.py::test_sixty_steps_with_changing_rate_are_those_of_keras"
BY_HAND = {"first step by hand": "test_adaptive_steps.py::test_the_first_step_by_hand"}
NAN = {"NaN": "passes through, entry by entry"}
BAD = {
    "lr": [0, -0.1, float("inf")],
    "eps": [0],
    "rho": [1],
    "beta1": [1],
    "beta2": [1],
    "init_acc": [float("inf")],
    "psi": [0],
    "state": [{"unknown": 1}],
}


def entry(step, oracles, **hyper):
    """A step in the middle of a trajectory."""

    def valid(rng, dtype):
        w, g = rng.standard_normal((2, 4, 3)).astype(dtype)
        _, state = step(w, g, {}, lr=0.1, **hyper)
        return {"w": w, "g": g, "state": state, "lr": 0.1, **hyper}

    bad = {name: values for name, values in BAD.items() if name in {"lr", "state", *hyper}}
    return Entry(step, valid, oracles=oracles, bad=bad, fine={"w": NAN, "g": NAN})


DECAYS = {"beta1": 0.8, "beta2": 0.9, "eps": 1e-7}
ENTRIES = [
    entry(
        adagrad_step,
        {"torch.optim.Adagrad": PYTORCH, "keras.optimizers.Adagrad": KERAS} | BY_HAND,
        eps=1e-7,
        init_acc=0.1,
        eps_mode="inside",
    ),
    entry(
        rmsprop_step,
        {"torch.optim.RMSprop": PYTORCH, "keras.optimizers.RMSprop": KERAS} | BY_HAND,
        rho=0.8,
        eps=1e-7,
        eps_mode="inside",
    ),
    entry(
        adamax_step,
        {"torch.optim.Adamax": PYTORCH, "keras.optimizers.Adamax": KERAS} | BY_HAND,
        **DECAYS,
    ),
    entry(
        nadam_step,
        {
            "torch.optim.NAdam": PYTORCH,
            "keras.optimizers.Nadam": KERAS,
            "second step by hand": "test_adaptive_steps.py::test_nadams_second_step_by_hand",
        },
        **DECAYS,
        psi=0.5,
    ),
]
