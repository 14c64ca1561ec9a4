"""gradus.schedules"""

import numpy as np
from gradus import schedules

from . import Entry

ANY = {"empty": "an empty array", "shape": "any shape"}


def entry(function, oracles, bad, **arguments):
    return Entry(
        function,
        lambda rng, dtype: {"t": np.arange(5).astype(dtype), **arguments},
        oracles={name: f"test_schedules.py::{test}" for name, test in oracles.items()},
        bad={"t": [-1, np.array([np.nan])], **bad},
        fine={"t": ANY},
    )


ENTRIES = [
    entry(
        schedules.power,
        {
            "LambdaLR": "test_power_is_pytorchs_lambda",
            "keras InverseTimeDecay": "test_power_with_exponent_1_is_keras_inverse_time_decay",
            "by hand": "test_power_by_hand",
        },
        {"lr0": [0], "s": [0]},
        lr0=0.1,
        s=10.0,
        c=2.0,
    ),
    entry(
        schedules.exponential,
        {
            "ExponentialLR": "test_exponential_is_pytorchs",
            "keras ExponentialDecay": "test_exponential_is_keras",
            "by hand": "test_exponential_by_hand",
        },
        {"lr0": [0], "s": [0]},
        lr0=0.1,
        s=10.0,
    ),
    entry(
        schedules.piecewise,
        {"MultiStepLR": "test_piecewise_is_pytorchs_milestones", "by hand": "test_piecewise_by_hand"},
        {"boundaries": [[3, 2], [2, 2], [2], [[2, 3]], ["a", "b"]], "values": [[1, 2], [1, 0, 1], [1, 2, "a"]]},
        boundaries=[2.0, 3.0],
        values=[0.1, 0.01, 0.001],
    ),
    entry(
        schedules.one_cycle,
        {"OneCycleLR": "test_one_cycle_is_pytorchs_in_three_phases", "by hand": "test_one_cycle_by_hand"},
        {"T": [2], "lr_max": [0], "lr0": [0], "lr_last": [0], "last_frac": [1.0]},
        T=20,
        lr_max=0.1,
        lr0=0.01,
        lr_last=0.001,
        last_frac=0.2,
    ),
    entry(
        schedules.one_cycle_momentum,
        {
            "OneCycleLR": "test_one_cycle_is_pytorchs_in_three_phases",
            "by hand": "test_the_momentum_of_one_cycle_by_hand",
        },
        {"T": [2], "beta_max": [1.0], "beta_min": [1.0], "last_frac": [1.0]},
        T=20,
        beta_max=0.9,
        beta_min=0.8,
        last_frac=0.2,
    ),
    entry(
        schedules.warmup_cosine,
        {
            "LinearLR and CosineAnnealingLR": "test_warmup_cosine_is_pytorchs_chain",
            "keras CosineDecay": "test_warmup_cosine_is_keras",
            "by hand": "test_warmup_cosine_by_hand",
        },
        {"T": [3], "lr_max": [0], "lr0": [0], "lr_last": [0]},
        T=20,
        lr_max=0.1,
        warmup=3,
        lr0=0.01,
        lr_last=0.001,
    ),
    Entry(
        schedules.PerformanceSchedule,
        lambda rng, dtype: {"lr0": 0.1, "factor": 0.5, "patience": 2, "min_delta": 0.01},
        oracles={
            "ReduceLROnPlateau": "test_schedules.py::test_performance_schedule_is_pytorchs_reduce_on_plateau",
            "by hand": "test_schedules.py::test_performance_schedule_by_hand",
        },
        bad={"lr0": [0], "factor": [0, 1], "min_delta": [1]},
        use=lambda schedule, rng, dtype: [schedule.step(1.0) for _ in range(5)],
    ),
]
