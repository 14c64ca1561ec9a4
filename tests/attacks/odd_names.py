"""Ids of students as they come out of the world, and as somebody would choose who means harm."""

from __future__ import annotations

__all__ = ["ODD"]

ODD = (
    "=HYPERLINK(\"x\",\"click\")", "+1+cmd|' C'!A0", "-2+3", "@SUM(1)", "|cmd", "%0A=1+1", "\t=1", "anna,\"ben\";carl", "a'b",
    "a=b",
    "con", "NUL", "aux.txt", "🎓 emoji", "עדי", "محمد", "bob\u202egnp.exe", "zero\u200bwidth", "zoé", "zoe\u0301", "anna",
    "Anna", "ANNA",
    "ſam", "<img src=x onerror=window.PWNED=1>", "\"><b onmouseover=window.PWNED=1>", "{{7*7}}", "{% raw %}", "${7*7}",
    "'; drop table grade; --", "%s%n%x", "$(touch x)", "`touch x`", "a;b|c&d", "-rf", "--only", "~root", "C:", "a..%2f..%2fx",
    "a\\b",
    "a\nb", "a\rb", "a\x1b[2Jb", "a\x1b]8;;http:evil.example\x07b", "a\x07b", " lead", "trail ", "n" * 200, "__proto__",
    "null", "0", "1e5",
    "NaN", "true", "*", "[a-z]", "a?b", "#", "&lt;b&gt;", "a\u2028b", "\\frac{1}{2} $x$", "javascript:window.PWNED=1",
)  # fmt: skip
