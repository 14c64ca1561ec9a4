"""Formulas of docstrings, typeset: ``m̂ = m / (1 − β1ᵗ)`` becomes LaTeX on the pages of the API reference.

A docstring keeps its formulas readable as text, in the symbols of the code, indented by four spaces. Here each such
line is read token by token and written as LaTeX; what stands further to the right, three spaces away, is its remark.
A block that cannot be read so (a line of code, say) stays as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

SYMBOLS = {
    "←": r"\leftarrow ", "→": r"\to ", "−": "-", "·": r"\cdot ", "×": r"\times ", "≈": r"\approx ", "~": r"\sim ",
    "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∈": r"\in ", "∞": r"\infty ", "∂": r"\partial ", "∇": r"\nabla ",
    "…": r"\ldots ", "⋯": r"\cdots ", "‖": r"\Vert ", "|": r"\vert ", "@": r"\mathbin{@}", "⊙": r"\odot ", "⊗": r"\otimes ",
    "±": r"\pm ", "∫": r"\int ", "∘": r"\circ ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⇒": r"\Rightarrow ", "°": r"^\circ ",
    "Σ": r"\sum ", "Π": r"\prod ", "%": r"\% ", "&": r"\& ", "#": r"\# ", "½": r"\tfrac12 ", "∧": r"\wedge ", "∨": r"\vee ",
    "⌈": r"\lceil ", "⌉": r"\rceil ", "∝": r"\propto ", "∀": r"\forall ", "∪": r"\cup ", "⁄": "/",
}  # fmt: skip
OPERATORS = ("log", "ln", "exp", "max", "min", "tanh", "sin", "cos", "sign", "clip", "Var", "E", "erf", "arg", "argmax")
PROSE = frozenset(
    """after all along an and as at axis before between but by drawn each else entries entry every for from has if in
    inside is it its likewise must not of on one only or other otherwise over own per probability same since so step than
    that the their then there this to when where whose with without anew against back new row sorted rounded down
    up""".split()  # noqa: SIM905
)
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵗᵀⁿᵏⁱʲᶜᵖᵐˢᵃᵇ", [*"0123456789+-", "t", r"\top ", *"nkijcpmsab"], strict=True))
RAISED = f"[{''.join(SUPERSCRIPTS)}]"
LETTER = rf"(?!{RAISED})[^\W\d_]"
TOKEN = re.compile(
    r"(?P<number>\d*\.?\d+(?:[eE][-−]?\d+)?)"
    rf"|(?P<name>{LETTER}(?:{LETTER}|[\u0300-\u036f]|\d)*(?:_[A-Za-z0-9]+)*)"
    rf"|(?P<super>{RAISED}+)"
    r"|(?P<prime>[′']+)"
    r"|(?P<space>\s+)"
    r"|(?P<mark>.)"
)
CLOSING = {"(": ")", "[": "]", "{": "}", "‖": "‖", "|": "|", "⌊": "⌋", "⌈": "⌉"}


class Unreadable(ValueError):
    """The text is no formula that this module can read."""


def typeset(lines: list[str]) -> str:
    """A block of formula lines as one LaTeX environment, the equals signs below each other.

    Raises:
        Unreadable: a line is not a formula.
    """
    rows = []
    for text in lines:
        formula, *remarks = re.split(r"\s{3,}", text.strip())
        row = _align(latex(formula))
        rows.append(row + "".join(r" &&\quad " + _remark(r) for r in remarks))
    return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"


def latex(text: str) -> str:
    """One formula in LaTeX."""
    return "".join(part for part, _ in _sequence(_tokens(text), None))


def _align(formula: str) -> str:
    """An & before the first relation outside of braces."""
    depth = 0
    for match in re.finditer(r"\\left\b|\\right\b|[{}]|\\leftarrow\b|\\approx|\\sim|=", formula):
        depth += {"{": 1, "}": -1, r"\left": 1, r"\right": -1}.get(match[0], 0)
        if depth == 0 and match[0] not in ("{", "}", r"\left", r"\right"):
            return formula[: match.start()] + "&" + formula[match.start() :]
    return "&" + formula


def _remark(text: str) -> str:
    words = re.findall(r"[A-Za-z]{3,}", text)
    if sum(word not in OPERATORS for word in words) < 2:
        return latex(text)
    return r"\text{" + re.sub(r"[{}$\\]", "", text) + "}"


def _tokens(text: str) -> list[tuple[str, str]]:
    if re.search(r"""->|\b(def|lambda|import)\b|==|\*\*|[`"]|\w=\w""", text):
        raise Unreadable(text)
    text = "".join(unicodedata.normalize("NFD", c) if c.isalpha() else c for c in text)  # x̂ is x and a hat
    return [(match.lastgroup or "mark", match[0]) for match in TOKEN.finditer(text)]


def _sequence(tokens: list[tuple[str, str]], end: str | None) -> list[tuple[str, bool]]:
    """Everything up to the closing mark, as (LaTeX, is an operand): operands can stand over or under a fraction bar."""
    parts: list[tuple[str, bool]] = []
    while tokens:
        text = tokens[0][1]
        if end is not None and text == end:
            tokens.pop(0)
            return _fractions(parts)
        parts.append(_atom(tokens, end))
    if end is not None:
        raise Unreadable(f"no {end}")
    return _fractions(parts)


def _fractions(parts: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """operand / operand as a fraction, from left to right; a thin space between words that are multiplied."""
    i = 0
    while i < len(parts):
        if parts[i][0] == "/":
            left, right = i - 1, i + 1
            while left >= 0 and parts[left][0] == " ":
                left -= 1
            while right < len(parts) and parts[right][0] == " ":
                right += 1
            if left >= 0 and right < len(parts) and parts[left][1] and parts[right][1]:
                fraction = rf"\frac{{{_bare(parts[left][0])}}}{{{_bare(parts[right][0])}}}"
                parts[left : right + 1] = [(fraction, True)]
                i = left
        i += 1
    for i in range(1, len(parts) - 1):
        around = parts[i - 1], parts[i + 1]
        if parts[i][0] == " " and all(operand for _, operand in around) and "mathrm" in around[0][0] + around[1][0]:
            parts[i] = (r"\,", False)
    return parts


def _bare(operand: str) -> str:
    r"""Without the parentheses that the fraction bar replaces."""
    inner = operand.removeprefix(r"\left(").removesuffix(r"\right)")
    whole = (
        operand.startswith(r"\left(")
        and operand.endswith(r"\right)")
        and inner.count(r"\left") == inner.count(r"\right")
    )
    if not whole:
        return operand
    depth = 0
    for match in re.finditer(r"\\left\W|\\right\W", inner):
        depth += 1 if match[0].startswith(r"\left") else -1
        if depth < 0:
            return operand
    return inner


def _atom(tokens: list[tuple[str, str]], end: str | None) -> tuple[str, bool]:
    kind, text = tokens.pop(0)
    if kind == "space":
        return " ", False
    if kind == "number":
        return text.replace("−", "-") + _scripts(tokens), True
    if kind == "name":
        return _name(text, tokens)
    if kind in ("super", "prime"):
        raise Unreadable(text)
    if text == "√":
        if not tokens:
            raise Unreadable("√ of nothing")
        return rf"\sqrt{{{_bare(_atom(tokens, end)[0])}}}", True
    if text in CLOSING and text != end:
        inner = "".join(part for part, _ in _sequence(tokens, CLOSING[text]))
        left, right = (rf"\{m}" if m in "{}" else m for m in (text, CLOSING[text]))
        left, right = (r"\Vert " if m == "‖" else r"\vert " if m == "|" else m for m in (left, right))
        return rf"\left{left}{inner}\right{right}" + _scripts(tokens), True
    if text in ("Σ", "Π"):
        return SYMBOLS[text] + _scripts(tokens), False
    if text in SYMBOLS:
        return SYMBOLS[text], text in "½∞"
    if text in "^_" or (ord(text) > 0x2FF and not text.isalpha()):
        raise Unreadable(text)
    return text, False


def _name(text: str, tokens: list[tuple[str, str]]) -> tuple[str, bool]:
    """A variable, an operator, or a word in between; with its subscripts, exponents and arguments."""
    base, *subscripts = text.split("_")
    if not subscripts and unicodedata.normalize("NFC", text) in PROSE:
        return rf"\text{{ {text} }}", False
    if base in ("Σ", "Π"):
        written = SYMBOLS[base]
        if subscripts:
            written += rf"_{{{latex('_'.join(subscripts))}}}"
        return written + _scripts(tokens), False
    if len(subscripts) > 1 or (subscripts and len(base) > 1 and len(subscripts[0]) > 1):
        written = r"\mathrm{" + text.replace("_", r"\_") + "}"  # running_mean, fan_in: a name of the code
    else:
        written = _letters(base)
        if subscripts:
            written += rf"_{{{'_'.join(_letters(s) for s in subscripts)}}}"
    written += _scripts(tokens)
    if tokens and tokens[0][1] in ("(", "["):  # an argument in parentheses, without a space: part of the same operand
        closing = CLOSING[tokens.pop(0)[1]]
        inner = "".join(part for part, _ in _sequence(tokens, closing))
        opening = "(" if closing == ")" else "["
        written += rf"\left{opening}{inner}\right{closing}" + _scripts(tokens)
    return written, base not in OPERATORS or "left" in written


def _letters(name: str) -> str:
    """One name: letters with accents, a number after them as a subscript, several letters upright."""
    plain = "".join(c for c in name if not unicodedata.combining(c))
    for mark, command in (("\u0302", "hat"), ("\u0304", "bar"), ("\u0303", "tilde"), ("\u0307", "dot")):
        if mark in name:
            return rf"\{command}{{{_letters(name.replace(mark, ''))}}}"
    if match := re.fullmatch(r"([^\W\d_])(\d+)", plain):
        return f"{match[1]}_{{{match[2]}}}"
    if plain in OPERATORS and len(plain) > 1:
        return rf"\operatorname{{{plain}}}"
    if len(plain) == 2 and plain[0] == "d" and (plain[1].isupper() or ord(plain[1]) > 0x2FF):
        return f"d{plain[1]}"
    return plain if len(plain) == 1 or plain.isdigit() else rf"\mathrm{{{plain}}}"


def _scripts(tokens: list[tuple[str, str]]) -> str:
    """Exponents, primes and subscripts that follow at once."""
    written = ""
    while tokens:
        kind, text = tokens[0]
        if kind == "super":
            tokens.pop(0)
            written += "^{" + "".join(SUPERSCRIPTS[c] for c in text) + "}"
        elif kind == "prime":
            tokens.pop(0)
            written += "'" * len(text)
        elif text in ("^", "_") and len(tokens) > 1:
            tokens.pop(0)
            sign = "-" if tokens[0][1] == "−" else ""
            if sign:
                tokens.pop(0)
            if not tokens:
                raise Unreadable("nothing after ^ or _")
            inner = _atom(tokens, None)[0]
            inner = _bare(inner) if text == "^" else inner.removeprefix(r"\left\{").removesuffix(r"\right\}")
            written += f"{text}{{{sign}{inner}}}"
        else:
            break
    return written


def typeset_docstring(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Replace the indented blocks before the first section of a docstring (Args, Returns, …) by displayed formulas.

    The rest is plain text but for ``code``: marks that mean something to reStructuredText (|z|, *xs) are escaped.
    """
    out: list[str] = []
    sections = listed = False
    i = 0
    while i < len(lines):
        sections = sections or bool(re.fullmatch(r"(Args|Returns|Yields|Raises|Attributes):", lines[i]))
        listed = (bool(out) and bool(re.match(r"\s*(- |\d\. )", out[-1]))) or (listed and lines[i].startswith(" "))
        block = i
        while not (sections or listed) and block < len(lines) and lines[block].startswith("    "):
            block += 1
        if block == i:
            out.append(escape(lines[i]))
            i += 1
            continue
        try:
            out += ["", ".. math::", "", "   " + typeset([line for line in lines[i:block] if line.strip()]), ""]
        except Unreadable:
            out += ["", "::", "", *lines[i:block], ""]
        i = block
    lines[:] = _returns_as_field(out)


def _returns_as_field(lines: list[str]) -> list[str]:
    """The section Returns as a field: napoleon would take what stands before a colon in it for a type."""
    if "Returns:" not in lines:
        return lines
    start = lines.index("Returns:")
    end = next((k for k in range(start + 1, len(lines)) if lines[k] and not lines[k].startswith(" ")), len(lines))
    body = [f"   {line[4:]}" if line.strip() else "" for line in lines[start + 1 : end]]
    return [*lines[:start], "", f":returns: {body[0].strip()}", *body[1:], "", *lines[end:]]


def skip_what_another_module_defines(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """A name that a module passes on is described where it is defined, once."""
    here = app.env.temp_data.get("autodoc:module")
    if what in ("module", "class") and getattr(obj, "__module__", None) not in (None, here):
        return True
    return None


def escape(line: str) -> str:
    """The line with |, * and a trailing _ of a word escaped, outside of ``code``."""
    parts = re.split(r"(``.*?``)", line)
    return "".join(part if k % 2 else re.sub(r"[|*]|_(?!\w)", r"\\\g<0>", part) for k, part in enumerate(parts))


def setup(app: Any) -> dict[str, Any]:
    app.connect("autodoc-process-docstring", typeset_docstring, priority=400)  # before napoleon reads the sections
    app.connect("autodoc-skip-member", skip_what_another_module_defines)
    return {"version": "1", "parallel_read_safe": True}
