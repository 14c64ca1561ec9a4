"""What the tests of the reference package share: PyTorch as an oracle, where it is installed."""

import importlib
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # record_golden


def oracle(name):
    """A package that serves as an oracle.

    Without it the test is skipped on a reader's machine, and fails with CI=true: there no oracle must go missing unnoticed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        missing = f"{name} is not installed: pip install 'training-deep-networks[oracle]'"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"CI=true, but {missing}")
        pytest.skip(missing)


@pytest.fixture(scope="session")
def torch():
    """PyTorch, as an oracle in float64 on one thread."""
    torch = oracle("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="session")
def keras(torch):
    """Keras on PyTorch, as an oracle in float64."""
    os.environ["KERAS_BACKEND"] = "torch"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras = oracle("keras")
    keras.backend.set_floatx("float64")
    return keras
