"""Sphinx extension: claims on trial.

`book/claims/GROUP.yml` holds what is claimed about deep networks, with a verdict. A chapter shows a claim and tries it:

    :::{claim} INIT-19            the statement, and what the chapter says about the test
    :::{verdict} INIT-19          the verdict, and what the chapter says about it

and its experiment glues the figure it measured under `claim-INIT-19` (`gradus.trial.claim`). The page *Claims on trial* collects

    ```{claims} INIT              one card a row: statement, verdict, measured figure, link to the experiment
    ```{claims-summary}           how many rows have which verdict

A testable row without a measured figure is a warning, so a strict build fails.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

LOGGER = logging.getLogger(__name__)
CLAIMS_FOLDER = "book/claims"
#: Verdict → does a chapter try it?
VERDICTS = {
    "holds": True,
    "holds when": True,
    "does not hold here": True,
    "corrected": True,
    "definition": False,
}
FIELDS = {"id", "statement", "verdict", "note", "chapter"}


class MeasuredFigure(nodes.Inline, nodes.TextElement):
    """Where a card's measured figure goes once every chapter has been read."""


def check_row(row: dict) -> None:
    """Raise ValueError when a row of the file is not well formed."""
    name = row.get("id", row)
    if row.keys() - FIELDS or {"id", "statement", "verdict"} - row.keys():
        raise ValueError(f"{CLAIMS_FOLDER}: {name}: fields must be {sorted(FIELDS)}, got {sorted(row)}")
    if row["verdict"] not in VERDICTS:
        raise ValueError(f"{CLAIMS_FOLDER}: {name}: verdict must be one of {list(VERDICTS)}, got {row['verdict']!r}")
    if VERDICTS[row["verdict"]] != ("chapter" in row):
        raise ValueError(f"{CLAIMS_FOLDER}: {name}: rows that are tried, and only those, name their chapter")
    if row["verdict"] not in ("holds", "definition") and not row.get("note"):
        raise ValueError(
            f"{CLAIMS_FOLDER}: {name}: verdict {row['verdict']!r} needs a note that says why, with its source"
        )


@lru_cache(maxsize=32)
def _load(path: Path, mtime: float) -> list[dict]:
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    for row in rows:
        check_row(row)
        if not row["id"].startswith(f"{path.stem}-"):
            raise ValueError(f"{CLAIMS_FOLDER}/{path.name}: {row['id']} belongs into another file")
    return rows


def load_claims(root: Path) -> dict[str, dict]:
    """The rows of all files, by id, each group in the order of its file. Raises ValueError when a row is not well formed."""
    files = sorted((Path(root) / CLAIMS_FOLDER).glob("*.yml"))
    rows = [row for path in files for row in _load(path, path.stat().st_mtime)]
    ids = [row["id"] for row in rows]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"{CLAIMS_FOLDER}: {', '.join(twice)} stands there twice")
    return {row["id"]: row for row in rows}


def anchor(claim_id: str) -> str:
    """The place in a chapter where the claim is shown."""
    return f"claim-{claim_id.lower()}"


def badge(verdict: str) -> nodes.inline:
    return nodes.inline("", verdict, classes=["verdict", f"verdict-{verdict.replace(' ', '-')}"])


class ClaimsDirective(SphinxDirective):
    """What the directives below share: the file's rows, and text of the file parsed as the book's Markdown."""

    has_content = True

    def rows(self) -> dict[str, dict]:
        for path in sorted((Path(self.env.srcdir) / CLAIMS_FOLDER).glob("*.yml")):
            self.env.note_dependency(str(path))
        try:
            return load_claims(Path(self.env.srcdir))
        except ValueError as error:
            raise self.error(str(error)) from None

    def asked_for(self) -> list[dict]:
        rows = self.rows()
        unknown = [name for name in self.arguments[0].split() if name not in rows]
        if unknown:
            raise self.error(f"{CLAIMS_FOLDER} has no row {', '.join(unknown)}")
        return [rows[name] for name in self.arguments[0].split()]

    def name_place(self, label: str, title: str) -> None:
        """Let the book's text refer to a place of this page: {ref}`claim-init-19` and {ref}`row-init-19` print INIT-19."""
        labels = self.env.get_domain("std")
        labels.anonlabels[label] = (self.env.docname, label)
        labels.labels[label] = (self.env.docname, label, title)

    def parse_text(self, text: str, *classes: str) -> nodes.container:
        container = nodes.container(classes=list(classes))
        self.state.nested_parse(text.strip().splitlines(), self.content_offset, container)
        return container


class Claim(ClaimsDirective):
    """A claim before its trial: the statement, then what the chapter says about the test."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        box = nodes.admonition(classes=["claim-box"])
        box += nodes.title("", "Claim on trial")
        for row in self.asked_for():
            statement = self.parse_text(row["statement"], "claim-statement")
            statement["ids"].append(anchor(row["id"]))
            statement[0].insert(0, nodes.strong("", f"{row['id']}. "))
            self.name_place(anchor(row["id"]), row["id"])
            self.env.claim_anchors.setdefault(row["id"], []).append(self.env.docname)
            box += statement
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class Verdict(ClaimsDirective):
    """The verdict after the experiment: the word from the claims file, then what the chapter says about it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        box = nodes.admonition(classes=["verdict-box"])
        title = nodes.title("", "Verdict")
        for row in self.asked_for():
            title += [
                nodes.Text(" "),
                nodes.inline("", row["id"], classes=["claim-id"]),
                nodes.Text(" "),
                badge(row["verdict"]),
            ]
        box += title
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class Claims(ClaimsDirective):
    """The cards of all rows whose id begins with the argument."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.metadata[self.env.docname]["claims"] = "cards"
        chosen = [row for row in self.rows().values() if row["id"].startswith(f"{self.arguments[0]}-")]
        if not chosen:
            raise self.error(f"{CLAIMS_FOLDER} has no row that begins with {self.arguments[0]}-")
        return [self.card(row) for row in chosen]

    def card(self, row: dict) -> nodes.container:
        head = nodes.paragraph(classes=["claim-head"])
        head += [nodes.inline("", row["id"], classes=["claim-id"]), nodes.Text(" "), badge(row["verdict"])]
        card = nodes.container("", head, classes=["claim"], ids=[f"row-{row['id'].lower()}"])
        card += self.parse_text(row["statement"], "claim-statement")
        self.name_place(card["ids"][0], row["id"])
        if row.get("note"):
            card += self.parse_text(row["note"], "claim-note")
        if "chapter" in row:
            measured = MeasuredFigure("", claim=row["id"], chapter=row["chapter"])
            measured.source, measured.line = self.get_source_info()
            card += nodes.paragraph("", "", nodes.strong("", "Measured: "), measured, classes=["claim-measured"])
        return card


class ClaimsSummary(ClaimsDirective):
    """How many rows have which verdict."""

    def run(self) -> list[nodes.Node]:
        verdicts = [row["verdict"] for row in self.rows().values()]
        counts = nodes.bullet_list(classes=["claims-summary"])
        for verdict in VERDICTS:
            if verdict in verdicts:
                text = nodes.paragraph("", "", badge(verdict), nodes.Text(f" {verdicts.count(verdict)}"))
                counts += nodes.list_item("", text)
        return [counts]


def measured_text(env: BuildEnvironment, claim_id: str, chapter: str) -> str | None:
    """What the chapter's experiment glued for the claim; None where it glued nothing."""
    key = f"claim-{claim_id}"
    if key not in getattr(env, "nb_metadata", {}).get(chapter, {}).get("glue", []):
        return None
    path = Path(env.mystnb_config.output_folder) / f"{chapter}.glue.json"
    return "".join(json.loads(path.read_text(encoding="utf-8"))[key]["data"]["text/plain"])


def fill_in(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the measured figures, and the links to the experiments, into the cards."""
    env = app.env
    for node in list(doctree.findall(MeasuredFigure)):
        claim_id, chapter = node["claim"], node["chapter"]
        if env.claim_anchors.get(claim_id) != [chapter]:
            shown = ", ".join(env.claim_anchors.get(claim_id, [])) or "nowhere"
            LOGGER.warning(
                "%s: its claim box should stand in %s, once; it stands %s", claim_id, chapter, shown, location=node
            )
            node.parent.parent.remove(node.parent)
            continue
        text = measured_text(env, claim_id, chapter)
        if text is None:
            LOGGER.warning("%s: no experiment in %s glued a figure for it", claim_id, chapter, location=node)
            text = "nothing yet"
        where = nodes.inline("", env.titles[chapter].astext())
        link = make_refnode(app.builder, docname, chapter, anchor(claim_id), where)
        node.replace_self([nodes.inline("", text, classes=["measured"]), nodes.Text(" · tried in "), link])


def rewrite_cards(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The page of cards is written anew in every build: any chapter may have changed."""
    return [doc for doc in env.found_docs if "claims" in env.metadata.get(doc, {})]


def forget_page(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    if not hasattr(env, "claim_anchors"):
        env.claim_anchors = {}
    for documents in env.claim_anchors.values():
        documents[:] = [name for name in documents if name != docname]


def start(app: Sphinx) -> None:
    if not hasattr(app.env, "claim_anchors"):
        app.env.claim_anchors = {}


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(MeasuredFigure)
    app.add_directive("claim", Claim)
    app.add_directive("verdict", Verdict)
    app.add_directive("claims", Claims)
    app.add_directive("claims-summary", ClaimsSummary)
    app.connect("builder-inited", start)
    app.connect("env-purge-doc", forget_page)
    app.connect("env-updated", rewrite_cards)
    app.connect("doctree-resolved", fill_in)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
