"""What a student writes in words, as nbgrader's formgrader shows it: legible, and nothing in it loads, runs or leads anywhere."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from in_browser import ROOT, open_browser

from autograder.grading.student_markdown import as_written, harmless

JS = "javascript:window.PWNED=1"
WEB = "http://203.0.113.5/b.png"
PAYLOADS = {
    "link": f"[click]({JS})",
    "link in angle brackets": f"[click](<{JS}>)",
    "link with a title": f'[click]({JS} "title")',
    "link, entities": "[click](javascript&#58;window.PWNED=1) [click](&#106;avascript&colon;window.PWNED=1)",
    "link, brackets in it": f"[a [b] `c` \\] d]({JS}) [![x]({WEB})]({JS})",
    "link over lines": f"[click\nhere](\n{JS}\n)",
    "link, data": "[click](data:text/html;base64,PHNjcmlwdD4=) [click](vbscript:x) [click](//203.0.113.5)",
    "link, capitals and controls": f"[click](JaVaScRiPt:window.PWNED=1) [click](\x01{JS}) [click](java\tscript:x)",
    "reference": f"[ref][r] [r][] [r] ![r]\n\n[r]: {JS}",
    "reference on the next line": f"[ref][r]\n\n[r]:\n   {JS}\n   'title'",
    "reference in a list and a quotation": f"[r] [s]\n\n- [r]: {JS}\n\n> [s]: {JS}",
    "reference, other label": f"[a\\]b] [x  y]\n\n[a\\]b]: {JS}\n[x\ny]: {JS}",
    "image": f"![x]({WEB}) ![x](<{WEB}>) ![x](attachment:nothing.png) ![x](data:image/svg+xml,<svg/onload=1>)",
    "images nested": f"![a ![b]({WEB}) c]({WEB})",
    "image by reference": f"![x][p]\n\n[p]: {WEB}",
    "autolinks": f"<{JS}> <{WEB}> <x-y:z> <mail@example.org> <1.a+b@example.org> <!@example.org>",
    "bare addresses": f"{WEB} https://203.0.113.5/x HTTP://203.0.113.5 (http://203.0.113.5) \\http://203.0.113.5",
    "tags": f"<script>window.PWNED=1</script><img src={WEB} onerror=window.PWNED=1><svg/onload=window.PWNED=1></p>",
    "block of html": f"<div>\n<iframe src={WEB}></iframe>\n</div>\n\n<style>@import '{WEB}';</style>",
    "comments and declarations": "<!-- x --><!--><script>1</script>--> <?php <script>1</script> ?>"
        " <![CDATA[<script>]]> <!A <b>>",
    "tag over lines": f"<img\nsrc={WEB}\nonerror=window.PWNED=1>\n\n> <a\n> href={JS}>x</a>",
    "tag, escapes": f"\\<img src={WEB}> \\\\<img src={WEB}> <\\img src={WEB}> &lt;img src={WEB}&gt;"
        f" &#60;img src={WEB}&#62;",
    "tags in a table": f"|a|b|\n|-|-|\n|<img src={WEB}>|[x]({JS})|\n|\\|<b"
        f" onclick=1>|`a\\|<i>`|\n\na|b\n-|-\n[x]({JS})|<i>",
    "tags in lists": f"1. <img src={WEB}>\n   - [x]({JS})\n     * [ ] <script>1</script>\n\nTerm\n: [x]({JS}) <b>",
    "tag in a formula": f"$<img"
        f" src={WEB}>$ $$</script><script>window.PWNED=1</script>$$ \\begin{{x}}<img src={WEB}>\\end{{x}}",
    "tag in code": f"`<img"
        f" src={WEB}>` ``<b> ` <i>`` \n\n```\n<script>1</script>\n```\n\n    <img src={WEB}>\n\n~~~ html\n<b>\n~~~",
    "code left open": f"`a <img src={WEB}>\n\n```\n</code></pre><script>window.PWNED=1</script>",
    "language": f"```\"><img src={WEB}>\nx\n```\n\n~~~x\" onclick=\"window.PWNED=1\nx\n~~~",
    "diagram": f"```mermaid\ngraph TD\nclick A \"{JS}\"\n<img src={WEB} onerror=window.PWNED=1>\n```",
    "diagram, disguised": "``` mermaid x\n<b>\n```\n\n~~~\tmermaid\n<b>\n~~~\n\n```&#109;ermaid\n<b>\n```\n\n>"
        " ````mermaid2\n> <b>\n> ````",
    "heading": f"# <img src={WEB}> [x]({JS}) \" onclick=window.PWNED=1\n\nx' onclick=1\n===\n",
    "heading named as a field": "# compute_fans\n\n## statusmessage ##\n\ncompute_fans\n===\n\n> compute_fans\n>"
        " ---\n\n- compute_fans\n  ---",
    "emphasis": f"**[x]({JS})** ~~<b onclick=1>~~ _<i>_ ~~[a]~~({JS})",
    "line ends": f"[x\r]({JS})\r\r[r]: {JS}\r\r[r]\r\n<img\rsrc={WEB}>\x0b\x0c\x00<b>\u2028<i>",
    "formula": f"$\\href{{{JS}}}{{x}}$ $$\\require{{html}}\\class{{c}}{{x}}\\style{{background:url({WEB})}}{{x}}"
        f"\\cssId{{a}}{{b}}$$",
    "formula, other delimiters": f"\\(\\href{{{JS}}}{{x}}\\) \\\\(\\href{{{JS}}}{{x}}\\\\) \\[\\unicode{{x}}\\]"
        f" \\\\[\\bbox[url({WEB})]{{x}}\\\\]",
    "formula, environment": f"\\begin{{align}}\\href{{{JS}}}{{x}}\\\\\\href{{{JS}}}{{x}}\\end{{align}}",
    "formula, own commands": "$\\def\\x{\\href}\\let\\y\\href\\newcommand{\\z}{\\x}\\mmlToken{mi}[href='x']{a}"
        "\\fcolorbox{red;x}{y}{z}$",
    "formula, unescaped": f"\\$\\\\href{{{JS}}}{{x}}\\$ &#36;&#92;href{{{JS}}}{{x}}&dollar; &\\#92;href{{x}}"
        f" \\h&#114;ef{{x}} &bsol;href",
    "formula in code and text": f"$\\text{{$\\href{{{JS}}}{{x}}$}}$ `$\\href{{{JS}}}{{x}}$`",
}  # fmt: skip
PAYLOADS["all"] = "\n\n".join(PAYLOADS.values())
SAFE_TAGS = {
    "p", "br", "em", "strong", "del", "code", "pre", "div", "span", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "hr",
    "h1", "h2", "h3", "h4", "h5", "h6", "input", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
SAFE_ATTRIBUTES = {
    ("a", "class"), ("li", "class"), ("span", "class"), ("div", "class"), ("code", "class"), ("ol", "start"), ("td", "style"),
    ("th", "style"), ("input", "class"), ("input", "type"), ("input", "disabled"), ("input", "checked"),
}  # fmt: skip
ACTIVE = re.compile(
    r"\\(href|url|require|class|style|cssId|data|unicode|bbox|mmlToken|fcolorbox|colorbox|def|let|(re)?newcommand)"
)


class Page(HTMLParser):
    """What could act in a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.ids, self.active = "", [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag not in SAFE_TAGS:
            self.active.append(tag)
        for name, value in attrs:
            if name == "id" and tag.startswith("h"):
                self.ids.append(value)
            elif (tag, name) == ("a", "href") and value.startswith("#"):
                pass
            elif (tag, name) not in SAFE_ATTRIBUTES or ("url" in (value or "") and name == "style"):
                self.active.append((tag, name, value))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data):
        self.active.append(("comment", data))

    handle_decl = handle_pi = unknown_decl = handle_comment

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def rendered():
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    return markdown2html_mistune


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_nothing_that_a_student_writes_acts_in_the_page(text, rendered):
    page = Page(rendered(harmless(text)))
    assert page.active == []
    assert ACTIVE.findall(page.text) == []
    assert not {"compute_fans", "statusmessage"} & set(page.ids)


def test_without_it_most_of_them_would(rendered):
    live = []
    for name, text in PAYLOADS.items():
        if "attachment:" in text:
            continue  # nbconvert gives up on these
        page = Page(rendered(text))
        if page.active or ACTIVE.search(page.text) or "compute_fans" in page.ids:
            live.append(name)
    quiet = set(PAYLOADS) - set(live) - {"image", "all"}
    assert quiet == {"tag in code", "tag in a formula", "language"}  # what nbconvert escapes itself


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_the_words_are_found_again_as_they_were_written(text):
    assert as_written(harmless(text)) == text.replace("\r\n", "\n").replace("\r", "\n")


def test_plain_markdown_looks_as_before(rendered):
    plain = ("The *variance* is **halved**: $\\sigma^2 = \\frac{2}{n_{\\text{in}}}$, so\n\n$$\\sum_i w_i x_i \\le 1$$\n\n"
             "\\begin{align}a &= b \\\\ c &= d\\end{align}\n\n1. one\n2. `x[0]` and 2 < 3, 5 > 4\n\n- a\n  - b\n\n> said\n\n"
             "|a|b|\n|:-|-|\n|1|2|\n\na | b\n--|--\n1 | 2\n\n```python\nfor i in range(3): pass\n```\n\n    code\n")  # fmt: skip
    assert harmless(plain) == plain
    html = rendered(harmless("`a <b` and *so*\n\n```python\nif a <b: x[i](c)  # why\n```"))
    assert "<em>so</em>" in html and 'class="highlight"' in html
    assert as_written(Page(html).text).strip().startswith("a <b and so\nif a <b: x[i](c)  # why")


@pytest.mark.timeout(20)
def test_no_text_takes_long():
    for piece in (
        "<",
        "<a@",
        "]",
        "](",
        "&",
        "&a",
        "```",
        "~~~ ",
        "```a ",
        "\\",
        "\\a",
        "#",
        "= ",
        "-",
        "\n>",
        "> ",
        "a" * 99,
        "\n",
    ):
        text = piece * (400_000 // len(piece))
        start = time.process_time()
        harmless(text)
        assert time.process_time() - start < 2, repr(piece)


MATHJAX = ROOT / "assets" / "vendor" / "mathjax"
SETTINGS = "window.MathJax = {tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']], processEscapes: true}}"
FORMULAS = (
    "With $a <b$, $\\sigma^2 = \\frac{2}{n}$ and $f[0](x)$:\n\n\\begin{align}a &= b \\\\ &\\le \\sum_i c_i\\end{align}"
)


def formgraded(sources: Iterable[str], file: Path) -> Path:
    """The page that nbgrader's formgrader shows of a notebook."""
    import nbformat
    import nbgrader.server_extensions.formgrader as formgrader
    from nbconvert.exporters import HTMLExporter

    cells = [{"cell_type": "markdown", "id": f"c{i}", "metadata": {}, "source": s} for i, s in enumerate(sources)]
    notebook = nbformat.from_dict({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    templates = Path(formgrader.__file__).parent / "templates"
    exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=[str(templates)])
    resources = {"base_url": "http://formgrader.test", "notebook_id": "n", "index": 0, "total": 1}
    file.write_text(exporter.from_notebook_node(notebook, resources=resources)[0], encoding="utf-8")
    return file


def opened(browser: Any, file: Path) -> tuple[set[str], dict[str, Any]]:
    """Open a page for whose MathJax the book's stands in: what it asks for but fonts, and what is in it then."""
    asked: set[str] = set()
    context = browser.new_context()
    context.add_init_script(SETTINGS)

    def answer(route: Any) -> None:
        url = route.request.url
        asked.add(url) if route.request.resource_type != "font" else None
        name = url.partition("/mathjax/2.7.7/")[2].partition("?")[0]
        stored = MATHJAX / (name if name != "latest.js" else "tex-mml-chtml.js")
        if url == file.as_uri():
            route.continue_()
        elif name and stored.is_file():
            route.fulfill(path=stored)
        else:
            route.abort()

    context.route(lambda _: True, answer)
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("mjx-container")
    page.evaluate("MathJax.startup.promise")
    page.wait_for_timeout(300)
    seen = page.evaluate("""() => {
        const all = kind => [...document.querySelectorAll(`.text_cell_render :is(${kind})`)];
        const first = document.querySelector('.text_cell_render');
        return {
            links: all('[href]').map(e => e.getAttribute('href')).filter(h => !h.startsWith('#')),
            loads: all('[src], script, img, iframe, svg, style').map(e => e.outerHTML),
            handlers: all('*').flatMap(e => [...e.attributes]).map(a => a.name).filter(n => n.startsWith('on')),
            errors: first.querySelectorAll('[data-mjx-error], mjx-merror').length,
            formulas: first.querySelectorAll('mjx-container').length,
            pwned: 'PWNED' in window,
        };
    }""")
    context.close()
    return asked - {file.as_uri()}, seen


@pytest.mark.browser
def test_the_formgraders_page_of_all_of_them_asks_for_nothing_and_runs_nothing(tmp_path):
    can_be_shown = [text for text in PAYLOADS.values() if "attachment:" not in text]
    with open_browser() as browser:
        quiet, _ = opened(browser, formgraded([FORMULAS], tmp_path / "quiet.html"))
        asked, seen = opened(browser, formgraded(map(harmless, [FORMULAS, *PAYLOADS.values()]), tmp_path / "page.html"))
        live, acts = opened(browser, formgraded([FORMULAS, *can_be_shown], tmp_path / "live.html"))
    assert seen == {"links": [], "loads": [], "handlers": [], "errors": 0, "formulas": 4, "pwned": False}
    assert asked == quiet
    assert WEB in live and acts["pwned"] and JS in acts["links"]  # as it would be without it
