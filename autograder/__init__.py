"""Checks that say which mistake was made, and the grader that uses them.

A student needs one name: ``from autograder import check``. It asks for nothing but NumPy.
"""

from autograder.notebook import check

__all__ = ["check"]
__version__ = "0.1.0"
