"""The page *Common slips*: every slip of the parts that are written, once, with what is right, where from, and how to notice."""

from __future__ import annotations

import re

import claims
import pytest
from slips_page import ENTRIES, PAGE, ROOT, linked, part

ROWS = claims.load_claims(ROOT)

#: Slip → the sources of its correction that must stand in its entry; () where there is none to cite but algebra or a manual.
SLIPS: dict[str, tuple[str, ...]] = {
    "PROB-03": (), "PROB-07": (), "PROB-11": ("geron2019",),
    "INIT-05": ("glorot2010",), "INIT-08": ("glorot2010",), "INIT-11": ("lecun1998",), "INIT-16": ("he2015",), "INIT-20": (),
    "INIT-21": ("lecun1998", "glorot2010"), "INIT-23": ("he2015",),
    "ACT-02": (), "ACT-06": ("lecun1998",), "ACT-13": ("krizhevsky2012",), "ACT-23": ("geron2019",), "ACT-24": ("xu2015",),
    "ACT-25": ("geron2019", "xu2015"), "ACT-31": ("clevert2016",), "ACT-34": (), "ACT-35": ("clevert2016",),
    "ACT-36": ("geron2019",), "ACT-43": ("goodfellow2013", "cs231n"), "ACT-46": ("goodfellow2013",),
    "BN-11": ("ioffe2015",), "BN-12": ("ioffe2015",), "BN-14": (), "BN-15": (), "BN-17": (), "BN-25": (), "BN-26": (),
    "BN-31": ("ioffe2015",),
    "CLIP-02": ("brown2020",), "CLIP-03": (), "CLIP-05": ("pascanu2013",),
    "PT-08": ("geron2019",),
    "OPT-01": (), "OPT-15": ("duchi2011",), "OPT-18": ("geron2019",), "OPT-19": ("tieleman2012",), "OPT-26": ("kingma2015",),
    "OPT-27": ("kingma2015",), "OPT-32": ("wilson2017", "choi2019"), "OPT-38": (),
    "SCH-01": ("smith2018",), "SCH-10": (),
    "REG-04": ("tibshirani1996",), "REG-10": ("srivastava2014",), "REG-14": ("srivastava2014",), "REG-15": ("srivastava2014",),
    "REG-28": ("srivastava2014",),
    "REC-04": ("geron2019",), "BABY-11": ("cs231n",), "HPO-07": ("bergstra2012",), "HPO-09": ("bergstra2012",),
    "AD-08": (), "AD-09": (), "AD-11": (), "AD-19": ("saito2020",), "AD-22": ("saito2020",), "AD-23": ("saito2020",),
    "AD-25": (), "AD-26": (), "AD-27": ("saito2020",), "AD-28": (), "AD-30": (), "AD-33": (),
}  # fmt: skip

#: Two ways to go wrong that one experiment shows.
TWO_ENTRIES = ("AD-19", "AD-27")

PARTS = ("Often printed", "Right", "How you notice")
#: The right formula of the slips that are formulas.
FORMULAS = {
    "INIT-11": r"\operatorname{Var}(w) = 1/\text{fan}_\text{in}",
    "INIT-16": r"2/\text{fan}_\text{in}",
    "INIT-23": r"\sqrt{2/\text{fan}_\text{in}}",
    "ACT-31": r"\alpha(e^z - 1)",
    "ACT-34": r"\alpha e^z",
    "ACT-43": r"\max(w_1^\top x + b_1,\; w_2^\top x + b_2)",
    "ACT-46": "k(DH + H)",
    "BN-14": r"\hat v \leftarrow \hat v \cdot m + v \cdot (1 - m)",
    "BN-31": r"\sqrt{\sigma^2 + \varepsilon}",
    "CLIP-03": "[-1, 1]",
    "OPT-01": r"\theta \leftarrow \theta - \eta",
    "OPT-15": r"s \leftarrow s + g \odot g",
    "OPT-26": r"\hat m \leftarrow m / (1 - \beta_1^t)",
    "OPT-27": r"\hat s \leftarrow s / (1 - \beta_2^t)",
}


def entries_of(slip: str) -> list[str]:
    found = [text for text in ENTRIES.values() if slip in linked(text)]
    assert len(found) == 1 + (slip in TWO_ENTRIES)
    return found


def test_every_slip_is_on_the_page_once():
    assert sorted(linked(PAGE)) == sorted([*SLIPS, *TWO_ENTRIES])


def test_every_claim_that_was_corrected_is_a_slip():
    assert {name for name, row in ROWS.items() if row["verdict"] == "corrected"} <= set(SLIPS)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_link_leads_to_the_trial_or_to_the_row_where_there_is_none(slip):
    kind = "claim" if claims.VERDICTS[ROWS[slip]["verdict"]] else "row"
    assert f"{{ref}}`{kind}-{slip.lower()}`" in PAGE


@pytest.mark.parametrize("title", ENTRIES)
def test_an_entry_has_its_parts_in_their_order_and_ends_with_its_link(title):
    entry = ENTRIES[title]
    assert re.findall(r"^\*\*([^*]+)\.\*\*", entry, flags=re.MULTILINE) == list(PARTS)
    assert all(len(part(entry, name)) > 5 for name in PARTS)
    assert linked(entry) and linked(part(entry, "How you notice")) == linked(entry)


def test_a_title_is_used_once():
    assert len(ENTRIES) == len(re.findall(r"^### ", PAGE, flags=re.MULTILINE))


@pytest.mark.parametrize("slip", [slip for slip, sources in SLIPS.items() if sources])
def test_the_correction_names_its_source(slip):
    right = " ".join(part(entry, "Right") for entry in entries_of(slip))
    cited = {key for keys in re.findall(r"\{cite:[tp]\}`([^`]+)`", right) for key in keys.split(",")}
    assert set(SLIPS[slip]) <= cited


@pytest.mark.parametrize("slip", FORMULAS)
def test_the_right_formula_stands_in_its_entry_and_not_as_the_printed_one(slip):
    [entry] = entries_of(slip)
    assert FORMULAS[slip] in part(entry, "Right")
    assert f"${FORMULAS[slip]}$" not in part(entry, "Often printed")


def test_every_source_is_in_the_bibliography():
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    cited = {key for keys in re.findall(r"\{cite:[tp]\}`([^`]+)`", PAGE) for key in keys.split(",")}
    assert cited <= set(re.findall(r"^@\w+\{(\w+),", bibliography, flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["lecture notes", "slides", "HOML", "cs231n lecture", "notes on", "002", "003", "004"])
def test_the_page_does_not_say_whose_slip_it_is(name):
    prose = re.sub(r"\{\w+(:\w)?\}`[^`]+`", "", PAGE)
    assert name.lower() not in prose.lower()
