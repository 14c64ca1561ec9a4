"""What the tests of the reference package share: PyTorch as an oracle, where it is installed."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # record_golden


@pytest.fixture(scope="session")
def torch():
    """PyTorch, as an oracle in float64 on one thread.

    Without it the test is skipped on a reader's machine, and fails with CI=true: there the oracle must not go missing
    unnoticed.
    """
    try:
        import torch
    except ImportError:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("CI=true, but PyTorch is not installed: pip install 'training-deep-networks[oracle]'")
        pytest.skip("PyTorch is not installed: pip install 'training-deep-networks[oracle]'")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="session")
def keras(torch):
    """Keras on PyTorch, as an oracle in float64; missing it is treated as missing PyTorch is."""
    os.environ["KERAS_BACKEND"] = "torch"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import keras
    except ImportError:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("CI=true, but Keras is not installed: pip install 'training-deep-networks[oracle]'")
        pytest.skip("Keras is not installed: pip install 'training-deep-networks[oracle]'")
    keras.backend.set_floatx("float64")
    return keras
