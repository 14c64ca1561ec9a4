"""What a Variable shares with arrays: operators and methods that look the same.

Those that make a new Variable are declared here for type checkers and readers; the functions behind them, which put
themselves into the class, are in ``operations``, ``reductions`` and ``shapes``. Those that look at the numbers only, and
through which no gradient passes, are defined here.
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn, Union

import numpy as np

if TYPE_CHECKING:
    from .variable import Variable

__all__ = ["Operators"]

Array = np.ndarray
Axis = int | tuple[int, ...] | None
Operand = Union["Variable", Array, float]


class Operators:
    """Base class of Variable.

    ``<``, ``<=``, ``>``, ``>=`` compare numbers and give plain arrays of booleans. ``==`` says whether two variables are
    one and the same, so that variables can be in sets and dicts; with an array or a number it is an error.
    """

    __slots__ = ()

    __array_ufunc__ = None  # array + Variable asks Variable.__radd__ instead of adding element by element

    data: Array

    def __lt__(self, other: Operand) -> Array:
        return self.data < _plain(other)  # type: ignore[no-any-return]

    def __le__(self, other: Operand) -> Array:
        return self.data <= _plain(other)  # type: ignore[no-any-return]

    def __gt__(self, other: Operand) -> Array:
        return self.data > _plain(other)  # type: ignore[no-any-return]

    def __ge__(self, other: Operand) -> Array:
        return self.data >= _plain(other)  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, np.ndarray | Real):
            raise TypeError(
                "Variable: == asks whether two variables are the same one; for their numbers compare x.data"
            )
        return self is other

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        return self.item()

    def item(self) -> float:
        """The value of a variable of one number, as a Python number."""
        return float(self.data.item())

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Variable]:
        return (self[i] for i in range(len(self)))

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("Variable: NumPy's functions take arrays: use x.data, or the functions of gradus.functions")

    if TYPE_CHECKING:

        def __add__(self, other: Operand) -> Variable: ...
        def __radd__(self, other: Any) -> Variable: ...
        def __sub__(self, other: Operand) -> Variable: ...
        def __rsub__(self, other: Any) -> Variable: ...
        def __mul__(self, other: Operand) -> Variable: ...
        def __rmul__(self, other: Any) -> Variable: ...
        def __truediv__(self, other: Operand) -> Variable: ...
        def __rtruediv__(self, other: Any) -> Variable: ...
        def __matmul__(self, other: Operand) -> Variable: ...
        def __rmatmul__(self, other: Any) -> Variable: ...
        def __neg__(self) -> Variable: ...
        def __pos__(self) -> Variable: ...
        def __abs__(self) -> Variable: ...
        def __pow__(self, c: float) -> Variable: ...
        def __rpow__(self, c: float) -> Variable: ...
        def __getitem__(self, index: Any) -> Variable: ...
        def clip(self, low: float = ..., high: float = ...) -> Variable: ...
        def sum(self, axis: Axis = None, keepdims: bool = False) -> Variable: ...
        def mean(self, axis: Axis = None, keepdims: bool = False) -> Variable: ...
        def var(self, axis: Axis = None, keepdims: bool = False) -> Variable: ...
        def max(self, axis: Axis = None, keepdims: bool = False) -> Variable: ...
        def min(self, axis: Axis = None, keepdims: bool = False) -> Variable: ...
        def reshape(self, *shape: Any) -> Variable: ...
        def transpose(self, *axes: Any) -> Variable: ...
        def squeeze(self, axis: Axis = None) -> Variable: ...
        @property
        def T(self) -> Variable: ...


def _plain(x: Any) -> Any:
    return x.data if isinstance(x, Operators) else x
