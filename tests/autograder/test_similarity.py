"""Submissions that look alike: copies are found in any disguise, honest ones are left alone, and no text stops it."""

from __future__ import annotations

import random
import re
import time

import pytest

from autograder.reports.similarity import MAX_CHARACTERS, K, W, fingerprint, similar, tokens

ORIGINAL = '''def train(model, batches, rate):
    """Go through the batches."""
    losses = []
    for x, y in batches:
        hidden = np.maximum(x @ model["W1"] + model["b1"], 0)
        scores = hidden @ model["W2"] + model["b2"]
        scores -= scores.max(axis=1, keepdims=True)
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        p[np.arange(len(y)), y] -= 1
        grad = hidden.T @ p / len(y)
        if rate > 0 and not np.isnan(grad).any():
            model["W2"] = model["W2"] - rate * grad
        else:
            break
    return losses
'''


def program(seed: int, statements: int = 60) -> str:
    """A program that nobody else writes: statements of random shape."""
    rng = random.Random(seed)

    def value(depth: int) -> str:
        if depth == 0 or rng.random() < 0.2:
            return rng.choice(["a", "b[0]", "3", "np.sqrt(c)", "len(d)", "-e"])
        form = rng.choice(
            ["({} + {})", "{} * {}", "np.dot({}, {})", "{} @ {}", "max({}, {})", "({} if {} else 0)", "[{}, {}]"]
        )
        return form.format(value(depth - 1), value(depth - 1))

    lines = ["def f(a, b, c, d, e):"]
    for _ in range(statements):
        lines.append(f"    {rng.choice('abcde')} {rng.choice(['=', '+=', '-='])} {value(3)}")
    return "\n".join(lines)


def class_of(n: int) -> dict[str, list[tuple[str, str]]]:
    return {f"student{i:02}": [("train-code", program(i))] for i in range(n)}


def renamed(code: str) -> str:
    for old, new in {
        "model": "net",
        "losses": "out",
        "batches": "data",
        "hidden": "h",
        "scores": "z",
        "grad": "dW",
    }.items():
        code = re.sub(rf"\b{old}\b", new, code)
    return code


def reformatted(code: str) -> str:
    code = code.replace('"""Go through the batches."""', "# what happens here: everything\n    '''Mine alone.'''")
    return (
        code.replace(" + ", "+").replace(", ", ",\n            ").replace("    losses = []", "    losses = [ ]  # new")
        + "\n\n\n"
    )


def with_other_numbers_and_texts(code: str) -> str:
    return code.replace("0", "0.0").replace('"W2"', "'second'").replace("axis=1", "axis=-1".replace("-1", "2"))


@pytest.mark.parametrize("disguise", [str, renamed, reformatted, with_other_numbers_and_texts,
                                      lambda c: reformatted(renamed(with_other_numbers_and_texts(c)))],
                         ids=["none", "names", "layout", "literals", "all"])  # fmt: skip
def test_a_copy_is_found_through_its_disguise(disguise):
    submissions = class_of(10) | {"zoe": [("train-code", ORIGINAL)], "zack": [("train-code", disguise(ORIGINAL))]}
    [pair] = similar(submissions)
    assert pair.students == ("zack", "zoe")
    assert pair.share > 0.95


def test_a_copied_part_is_found_and_shown_where_it_stands():
    submissions = class_of(10) | {
        "zack": [("b", ORIGINAL)],
        "zoe": [("b", "\n" * 7 + renamed(ORIGINAL)), ("c", program(7, 4))],
    }
    [pair] = similar(submissions)
    first = pair.passages[0]
    assert (first.cell, first.other_cell) == ("b", "b")
    assert first.lines[0] <= 3 and first.lines[1] >= 15
    assert first.other_lines == (first.lines[0] + 7, first.lines[1] + 7)


def test_programs_written_apart_are_no_pair():
    assert similar(class_of(40)) == []


def test_what_everybody_was_given_does_not_count():
    submissions = {s: [("given", ORIGINAL), *cells] for s, cells in class_of(2).items()}
    assert similar(submissions, [[("given", ORIGINAL)]]) == []
    assert similar({"a": [("x", ORIGINAL)], "b": [("x", renamed(ORIGINAL))]}, [[("reference", ORIGINAL)]]) == []


def test_what_many_of_a_class_write_does_not_count():
    submissions = {s: [*cells, ("easy", ORIGINAL)] for s, cells in class_of(30).items()}
    assert similar(submissions) == []


def test_names_numbers_texts_comments_and_docstrings_are_folded():
    one = tokens('def f(x):\n    """Doc."""\n    return np.sqrt(x) + 1.5e-3 * "a"  # why\n')
    other = tokens("def g(\n  value):\n    return np.sqrt(value) + 7 * f'''b\n'''\n")
    assert [t for t, _ in one] == [t for t, _ in other] == [
        "def", "n", "(", "n", ")", ":", "return", "n", ".", "sqrt", "(", "n", ")", "+", "0", "*", "''"]  # fmt: skip
    assert [line for _, line in other][:4] == [1, 1, 1, 2]
    assert [t for t, _ in tokens("x = 'kept'\n'dropped'\n")] == ["n", "=", "''"]


def test_a_shared_stretch_of_the_promised_length_leaves_a_fingerprint():
    """Winnowing's guarantee: K + W − 1 tokens in common are enough."""
    stretch = ORIGINAL[ORIGINAL.index("p = ") : ORIGINAL.index("grad = ")]
    assert len(tokens(stretch)) >= K + W - 1
    one, other = (
        fingerprint([("c", program(seed) + "\n    " + stretch + "\n" + program(seed + 1))]) for seed in (1, 5)
    )
    assert set(one.hashes.tolist()) & set(other.hashes.tolist())


HOSTILE = {
    "empty": "",
    "nothing but quotes": "'" * 100_000,
    "triple quotes": '"' * 99_998,
    "backslashes": "'" + "\\" * 100_001,
    "brackets": "(" * 200_000,
    "one name": "x" * 10**6,
    "digits": "9" * 10**6,
    "exponents": "1e+" * 60_000,
    "null bytes": "\0" * 10**5,
    "surrogates": "\ud800\udfff" * 50_000,
    "newlines": "\n" * 10**6,
    "blanks": " " * 10**6,
    "blanks of a rare kind": "\v\x1c\u3000" * 60_000,
    "prefixes": "rbuf" * 50_000,
    "names before quotes": "rint'" * 40_000,
    "quotes of all kinds": "'\"\\\n#" * 40_000,
    "dots": ".5" * 10**5,
    "letters of all scripts": "".join(map(chr, range(0x100, 0xD800))),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_stops_it(text):
    assert similar({"a": [("x", text)], "b": [("y", ORIGINAL)], "c": [("z", program(3))]}) == []


def test_only_the_first_characters_of_a_submission_are_read():
    filler = "x " * (MAX_CHARACTERS // 4)
    own = set(fingerprint([("c", ORIGINAL)]).hashes.tolist())
    assert own <= set(fingerprint([("a", filler), ("c", ORIGINAL)]).hashes.tolist())
    assert not own & set(fingerprint([("a", filler), ("b", filler), ("c", ORIGINAL)]).hashes.tolist())


NASTY = {
    **{f"a long name, then {end!r}": ("x", end) for end in ('"', "'", '"""', "\\", "(", "é", "\n", "")},
    "prefixes, then a quote": ("rb", '"'),
    "names and quotes": ("abc'", ""),
    "prefixes and quotes": ("f'r\"", ""),
    "open triple quotes": ('"""a""', ""),
    "escaped quotes": ("\\'", "'"),
    "backslashes in a text": ("\\", "'"),
    "digits, then a quote": ("1e+", '"'),
    "dots and digits": (".1_", "'"),
    "blanks, then a letter": (" \t\f", "x"),
    "blanks that are none": ("\v\u2028 ", "'"),
    "docstrings": ("''\n", ""),
    "comments": ("#'\n", ""),
    "brackets": ("([{", "}"),
    "statements of texts": ("'a' 'b'\n", ""),
    "colons": (":''\n", ""),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("piece", "end"), NASTY.values(), ids=NASTY)
def test_200_000_characters_take_well_under_a_second(piece, end):
    text = piece * ((MAX_CHARACTERS - len(end)) // len(piece)) + end
    start = time.process_time()
    tokens(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("prefix", ["", "r", "B", "u", "f", "Rb", "bR", "fr", "t"])
@pytest.mark.parametrize("quote", ['"', "'", '"""', "'''"])
def test_a_text_with_a_prefix_is_one_token(prefix, quote):
    assert [t for t, _ in tokens(f"x = {prefix}{quote}a b{quote} + 1")] == ["n", "=", "''", "+", "0"]
