"""Checks that say which mistake was made, and the grader that uses them.

A student needs one name: ``from autograder import check``. It asks for nothing but NumPy. ``passed`` says how a check went.
"""

from autograder.notebook import check, passed

__all__ = ["check", "passed"]
__version__ = "0.1.0"
