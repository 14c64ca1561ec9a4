"""gradus.callbacks"""

from functools import partial

from gradus import callbacks
from gradus.early_stopping import EarlyStopping
from gradus.schedules import PerformanceSchedule, exponential, one_cycle_momentum

from . import Entry

MONITOR = {"unknown": "a callback of the reader's own may record under any name"}

ENTRIES = [
    Entry(
        callbacks.LearningRate,
        lambda rng, dtype: {"schedule": partial(exponential, lr0=0.1, s=5), "per": "epoch"},
        oracles={
            "torch.optim.lr_scheduler": "test_callbacks.py::test_a_schedule_gives_pytorchs_trajectory",
            "length of the steps": "test_callbacks.py::test_a_rate_is_in_force_in_its_own_step",
        },
    ),
    Entry(
        callbacks.MomentumRate,
        lambda rng, dtype: {"schedule": partial(one_cycle_momentum, T=20), "per": "step"},
        oracles={
            "by hand": "test_callbacks.py::test_momentum_follows_a_schedule_of_its_own",
            "knots of 1cycle": "test_callbacks.py::test_one_cycle_goes_up_and_down_and_its_momentum_down_and_up",
        },
    ),
    Entry(
        callbacks.PerformanceRate,
        lambda rng, dtype: {"schedule": PerformanceSchedule(0.1), "monitor": "val_loss"},
        oracles={
            "torch ReduceLROnPlateau": "test_callbacks.py::test_the_rates_of_a_performance_schedule_are_pytorchs",
            "by hand": "test_callbacks.py::test_a_performance_schedule_is_told_the_validation_loss_and_sets_the_next_rate",
        },
        fine={"monitor": MONITOR},
        changes={"schedule": "it remembers what it is told"},
    ),
    Entry(
        callbacks.StopEarly,
        lambda rng, dtype: {"stopping": EarlyStopping(3), "monitor": "val_loss"},
        oracles={
            "keras EarlyStopping": "test_callbacks.py::test_early_stopping_gives_back_the_best_parameters_as_keras_does",
            "by hand": "test_callbacks.py::test_the_best_parameters_come_back_also_where_training_just_ends",
        },
        fine={"monitor": MONITOR},
        changes={"stopping": "it remembers what it is told"},
    ),
    Entry(
        callbacks.ClipNorm,
        lambda rng, dtype: {"max_norm": 0.5},
        oracles={
            "torch clip_grad_norm_": "test_gradient_callbacks.py::test_clipping_is_pytorchs",
            "numpy.linalg.norm": "test_gradient_callbacks.py::test_clipping_limits_the_gradient_and_records_what_it_was",
        },
        bad={"max_norm": [0]},
        fine={"max_norm": {"None": "records the norms without clipping"}},
    ),
    Entry(
        callbacks.keep_max_norm,
        lambda rng, dtype: {"r": 2.0},
        oracles={
            "torch.renorm": "test_gradient_callbacks.py::test_a_kernel_is_bounded_unit_by_unit",
            "numpy.linalg.norm": "test_gradient_callbacks.py::test_weights_stay_in_the_ball_and_vectors_are_left_alone",
        },
        bad={"r": [0]},
    ),
]
