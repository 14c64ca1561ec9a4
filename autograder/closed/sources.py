"""Functions written down as source text, each with just what it uses: what it closes over, and its module's names.

A probe is a closure, made by calls at the top of a module that also names references and wrong versions. Here the closure itself
is written, not the calls that made it: what it does not hold is not written. A function of a module becomes that function
again, in a module made for the purpose (a `Sheet`); a function made inside of another becomes a small factory there:

    def make_1(make, of):
        def probe(rng, *objects): …
        return probe

Whatever can be imported where the text will be read is imported instead. A value that cannot be written is `Unwritable`.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import dataclasses
import dis
import functools
import inspect
import math
import re
import sys
import types
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Sheet", "Unwritable", "Writer"]

ANNOTATIONS = __future__.annotations.compiler_flag
FUTURE = "from __future__ import annotations"


class Unwritable(Exception):
    """A value that has no place in the text; the message says which and why."""


class Sheet:
    """The text of one module under way."""

    def __init__(self) -> None:
        self.imports: dict[str, None] = {}
        self.lines: list[str] = []
        self.bound: set[str] = set()
        self.factories: dict[str, str] = {}  # text without its name -> name

    def imported(self, module: str) -> str:
        """The name under which a module is known here."""
        alias = "_" + module.replace(".", "_")
        self.imports[f"import {module} as {alias}"] = None
        return alias

    def text(self) -> str:
        return "\n\n".join(["\n".join([FUTURE, "", *sorted(self.imports)]), *self.lines]) + "\n"


class Writer:
    """Writes values as expressions, and the functions in them as sheets.

    Args:
        shipped: names of the modules, apart from NumPy and the standard library, that can be imported where the text is read.
        secrets: objects that must not be written: references and wrong versions.
        array: ``array(a)``: an expression for an array; it may use what ``sheet.imported`` gives.
    """

    def __init__(
        self, shipped: Collection[str], secrets: Collection[Any], array: Callable[[np.ndarray, Sheet], str]
    ) -> None:
        self.shipped, self.array = frozenset(shipped), array
        self.secrets = {id(inspect.unwrap(s)) for s in secrets if callable(s)}
        self.sheets: dict[str, Sheet] = {}  # by the name of the module that its functions come from

    # ---------------------------------------------------------------- values

    def value(self, v: Any, sheet: Sheet) -> str:
        """An expression for a value, for use in a sheet.

        Raises:
            Unwritable: there is none.
        """
        if v is None or v is Ellipsis or type(v) in (bool, int, str, bytes, range, slice):
            return repr(v)
        if type(v) is float:
            return repr(v) if math.isfinite(v) else f'float("{v}")'
        if type(v) is complex:
            return f"complex({self.value(v.real, sheet)}, {self.value(v.imag, sheet)})"
        if type(v) in (tuple, list, set, frozenset):
            items = ", ".join(self.value(w, sheet) for w in (v if type(v) in (tuple, list) else sorted(v, key=repr)))
            return f"[{items}]" if type(v) is list else f"{type(v).__name__}([{items}])"
        if type(v) is dict:
            return "{" + ", ".join(f"{self.value(k, sheet)}: {self.value(w, sheet)}" for k, w in v.items()) + "}"
        if type(v) is np.ndarray and v.dtype.kind in "biufc":
            return self.array(v, sheet)
        if isinstance(v, np.generic) and v.dtype.kind in "biufc":
            return f'{sheet.imported("numpy")}.dtype("{v.dtype.name}").type({self.value(v.item(), sheet)})'
        if isinstance(v, np.dtype) and v.kind in "biufc":
            return f'{sheet.imported("numpy")}.dtype("{v.name}")'
        if isinstance(v, re.Pattern):
            return f"{sheet.imported('re')}.compile({v.pattern!r}, {v.flags})"
        if isinstance(v, functools.partial):
            parts = [self.value(v.func, sheet), *(self.value(a, sheet) for a in v.args)]
            return f"{sheet.imported('functools')}.partial({', '.join(parts + self.named(v.keywords, sheet))})"
        if dataclasses.is_dataclass(v) and not isinstance(v, type):
            fields = {f.name: getattr(v, f.name) for f in dataclasses.fields(v) if f.init}
            return f"{self.value(type(v), sheet)}({', '.join(self.named(fields, sheet))})"
        if isinstance(v, types.MethodType):
            return f"{self.value(v.__self__, sheet)}.{v.__func__.__name__}"
        if callable(v):
            return self.function(v, sheet)
        raise Unwritable(f"an object of type {type(v).__name__}")

    def named(self, values: dict[str, Any], sheet: Sheet) -> list[str]:
        return [f"{k}={self.value(w, sheet)}" for k, w in values.items()]

    def can_import(self, module: str) -> bool:
        top = module.partition(".")[0]
        return top == "numpy" or top in sys.stdlib_module_names or module in self.shipped

    def function(self, f: Any, sheet: Sheet) -> str:
        """An expression for a function or a class: imported, or written into the sheet of its module."""
        home, name = home_of(f)
        if name and self.can_import(home):
            return f"{sheet.imported(home)}.{name}"
        raw = inspect.unwrap(f)
        if id(raw) in self.secrets:
            raise Unwritable(f"{getattr(raw, '__qualname__', raw)}, which is asked for or a wrong version of it")
        if home.partition(".")[0] == "gradus":
            raise Unwritable(f"{home}.{name}, which the assignment does not provide")
        if name and "." not in name and isinstance(raw, types.FunctionType | type):
            self.bind(home, name, f)
            return name if self.sheet(home) is sheet else f"{sheet.imported(self.module(home))}.{name}"
        if hasattr(f, "cache_parameters") and isinstance(raw, types.FunctionType):
            given = ", ".join(self.named(f.cache_parameters(), sheet))
            return f"{sheet.imported('functools')}.lru_cache({given})({self.made(raw, sheet)})"
        if isinstance(f, types.FunctionType):
            return self.made(f, sheet)
        raise Unwritable(f"{f!r}"[:100])

    # ---------------------------------------------------------------- sheets

    def module(self, home: str) -> str:
        """The name of the module that is made for what comes from a module."""
        return "autograder.checks._of_" + home.removeprefix("autograder.checks.").replace(".", "_").lstrip("_")

    def sheet(self, home: str) -> Sheet:
        return self.sheets.setdefault(home, Sheet())

    def bind(self, home: str, name: str, v: Any, used_in: ast.AST | None = None) -> None:
        """Have a name of a module stand for the same in its sheet."""
        sheet = self.sheet(home)
        if isinstance(v, types.ModuleType) and not self.can_import(v.__name__):
            self.bind_used(name, v, used_in)
        if name in sheet.bound:
            return
        sheet.bound.add(name)
        if isinstance(v, types.ModuleType):
            there = v.__name__ if self.can_import(v.__name__) else self.module(v.__name__)
            sheet.lines.append(f"{name} = {sheet.imported(there)}")
            return
        raw = inspect.unwrap(v) if callable(v) else v
        own = isinstance(raw, types.FunctionType | type) and home_of(v) == (home, name) and not self.can_import(home)
        if not own:
            sheet.lines.append(f"{name} = {self.value(v, sheet)}")
            return
        if id(raw) in self.secrets:
            raise Unwritable(f"{name}, which is asked for or a wrong version of it")
        node = next((n for n in tree_of(raw).body if getattr(n, "name", "") == name), None)
        if node is None:
            raise Unwritable(f"{home}.{name}, whose source is not at hand")
        self.bind_globals(home, node, sys.modules[home].__dict__)
        sheet.lines.append(ast.unparse(node))

    def bind_used(self, name: str, module: types.ModuleType, used_in: ast.AST | None) -> None:
        """Write into a module's sheet what a piece of source uses of it under a name."""
        if module.__name__.partition(".")[0] == "gradus":
            raise Unwritable(f"{module.__name__}, which the assignment does not provide")
        self.sheet(module.__name__)
        for n in ast.walk(used_in or ast.Module([], [])):
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name:
                self.bind(module.__name__, n.attr, getattr(module, n.attr))

    def bind_globals(self, home: str, node: ast.stmt, names: dict[str, Any]) -> None:
        """Have all names of its module that a piece of source uses in its sheet."""
        for n in ast.walk(node):
            wanted = [a.name for a in n.names] if isinstance(n, ast.Import) else (
                [n.module or ""] if isinstance(n, ast.ImportFrom) else [])  # fmt: skip
            for module in wanted:
                if not self.can_import(module) or getattr(n, "level", 0):
                    raise Unwritable(f"an import of {module}, which is not there")
        for name in globals_of(node):
            if name in names and (name not in vars(builtins) or names[name] is not vars(builtins)[name]):
                self.bind(home, name, names[name], node)

    def made(self, f: types.FunctionType, sheet: Sheet) -> str:
        """A call of the factory that makes a function as it was made inside of another; the factory is written, too."""
        home = f.__module__
        group, given = family(f)
        body: list[ast.stmt] = []
        for name, member in group.items():
            node = node_of(member)
            defaults = member.__defaults__ or ()
            named = member.__kwdefaults__ or {}
            for i, default in enumerate(defaults):
                given[f"{name}_default_{i}"] = default
            given |= {f"{name}_default_{k}": w for k, w in named.items()}
            a = node.args
            a.defaults = [ast.Name(f"{name}_default_{i}", ast.Load()) for i in range(len(defaults))]
            a.kw_defaults = [
                ast.Name(f"{name}_default_{k.arg}", ast.Load()) if k.arg in named else None for k in a.kwonlyargs
            ]
            body.append(ast.Return(node) if isinstance(node, ast.Lambda) else node)
        if not isinstance(body[-1], ast.Return):
            body.append(ast.Return(ast.Name(f.__name__, ast.Load())))
        own = self.sheet(home)
        parameters = ast.arguments(posonlyargs=[], args=[ast.arg(name) for name in sorted(given)], kwonlyargs=[],
                                   kw_defaults=[], defaults=[])  # fmt: skip
        factory = ast.fix_missing_locations(ast.FunctionDef(name="make", args=parameters, body=body, decorator_list=[]))
        text = ast.unparse(factory)
        if text not in own.factories:
            number = own.factories[text] = f"make_{len(own.factories) + 1}"
            self.bind_globals(home, factory, f.__globals__)
            own.lines.append(text.replace("def make(", f"def {number}(", 1))
        place = "" if own is sheet else sheet.imported(self.module(home)) + "."
        return f"{place}{own.factories[text]}({', '.join(self.named(dict(sorted(given.items())), sheet))})"


# -------------------------------------------------------------------- looking into functions


def home_of(f: Any) -> tuple[str, str]:
    """The module of a function or class and its name there, "" where it was made inside of a function."""
    name = getattr(f, "__qualname__", None) or getattr(f, "__name__", "")
    home = getattr(f, "__module__", None) or ("numpy" if isinstance(f, np.ufunc) else "")
    parts = home.split(".")
    public = [".".join(parts[:i]) for i in range(1, len(parts))] if parts[0] == "numpy" else []
    for module in [*public, home]:  # numpy.random.default_rng rather than where it happens to be defined
        found: Any = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is f:
            return module, name
    return home, ""


@cache
def tree_of_file(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))


def tree_of(f: Any) -> ast.Module:
    """The module in which a function or class is written.

    Raises:
        Unwritable: it is in no file.
    """
    try:
        return tree_of_file(inspect.getsourcefile(f) or "")
    except (OSError, TypeError):
        raise Unwritable(f"{f!r}, whose source is not at hand"[:100]) from None


def node_of(f: types.FunctionType) -> ast.FunctionDef | ast.Lambda:
    """A copy of the source of a function that was made inside of another, without decorators and annotations."""
    code, nodes = f.__code__, list(ast.walk(tree_of(f)))
    if code.co_name != "<lambda>":
        found: list[Any] = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == code.co_name and code.co_firstlineno
                            == min([n.lineno, *(d.lineno for d in n.decorator_list)])]  # fmt: skip
    else:
        at = [p for p in code.co_positions() if None not in p and p[3]]  # without those that stand for no source
        first, last = min(((p[0], p[2]) for p in at), default=(0, 0)), max(((p[1], p[3]) for p in at), default=(0, 0))
        found = [n for n in nodes if isinstance(n, ast.Lambda) and (n.body.lineno, n.body.col_offset) <= first
                 and last <= (n.body.end_lineno, n.body.end_col_offset)]  # fmt: skip
        found = sorted(found, key=lambda n: (n.lineno, n.col_offset))[-1:]  # the innermost
    if len(found) != 1:
        raise Unwritable(f"{f.__qualname__}, whose source was not found")
    node = ast.parse(ast.unparse(found[0])).body[0]
    node = node.value if isinstance(node, ast.Expr) else node
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
    return node  # type: ignore[return-value]


def family(f: types.FunctionType) -> tuple[dict[str, types.FunctionType], dict[str, Any]]:
    """A function with those made beside it that it uses, itself last; and the values that they close over, by name."""
    scope = f.__qualname__.rpartition(".")[0]
    group: dict[str, types.FunctionType] = {}
    given: dict[str, Any] = {}

    def add(member: types.FunctionType) -> None:
        for name, cell in zip(member.__code__.co_freevars, member.__closure__ or (), strict=True):
            try:
                content = cell.cell_contents
            except ValueError:
                raise Unwritable(f"{member.__qualname__}, which uses {name} before it is there") from None
            beside = isinstance(content, types.FunctionType) and content.__qualname__ == f"{scope}.{name}"
            if not (beside and content.__module__ == f.__module__ and content.__name__ == name):
                given[name] = content
            elif content is not f and name not in group:
                group[name] = content
                add(content)

    add(f)
    group.pop(f.__name__, None)
    return {**group, f.__name__ if f.__name__ != "<lambda>" else "made": f}, given


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def globals_of(node: ast.stmt) -> dict[str, None]:
    """The names that a piece of source looks up in its module, in order."""
    code = compile(ast.unparse(node), "<source>", "exec", ANNOTATIONS, dont_inherit=True)
    own = {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
    looked_up = ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL")
    names = [i.argval for c in codes(code) for i in dis.get_instructions(c) if i.opname in looked_up]
    return dict.fromkeys(name for name in names if name not in own)
