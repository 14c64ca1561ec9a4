"""nbgrader's formgrader in a real browser: an instructor sees the marks, marks an answer in words, and the student reads it."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_course import NAME, POINTS, SWAPPED, answered, command, gradebook_rows, released_course, submit

from autograder.grading.run import Options, grade

pytestmark = pytest.mark.browser
WORDS = f"explain_{NAME}"
SCRIPT = "<script>window.owned = 1</script><img src=x onerror='window.owned = 1'>"


@pytest.fixture(scope="module")
def browser():
    sys.path[:0] = [str(Path(__file__).parents[2] / folder) for folder in ("tests/book", "scripts")]
    from real_browser import open_browser

    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class that was graded, in the folder that the server runs in."""
    made = released_course(tmp_path_factory.mktemp("formgrader"))
    submit(made.root, "anna", answered(words=f"It falls, layer by layer. {SCRIPT}"))
    submit(made.root, "bert", answered(SWAPPED))
    grade(made, Options(processes=1, unsafe=True))
    return made


@pytest.fixture(scope="module")
def address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture(scope="module")
def page(course, browser, address) -> Iterator[object]:
    """A page of the browser, logged in at a server in the course folder, that may load nothing from elsewhere."""
    token, port = secrets.token_hex(16), address.rpartition(":")[2]
    told = [sys.executable, "-W", "ignore", "-m", "jupyterlab", "--no-browser", f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1", "--ServerApp.allow_root=True"]  # fmt: skip
    home = course.root.parent / "home"
    home.mkdir()
    log = (home / "log").open("wb")
    server = subprocess.Popen(told, cwd=course.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                              env={**os.environ, "JUPYTER_TOKEN": token, "HOME": str(home)})  # fmt: skip
    context = browser.new_context()
    try:
        wait_for(f"{address}/api", server, home / "log")
        context.route(lambda url: not url.startswith((address, "file:")), lambda route: route.abort())
        made = context.new_page()
        made.set_default_timeout(60_000)
        made.goto(f"{address}/lab?token={token}", wait_until="commit")
        yield made
    finally:
        context.close()
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while server.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the Jupyter server does not answer: {log.read_text(errors='replace')[-3000:]}")


def rows(page) -> dict[str, list[str]]:
    """name -> the other columns of the formgrader's table."""
    page.wait_for_selector("tbody .needs-manual-grade")
    found = page.eval_on_selector_all("tbody tr", "rows => rows.map(r => [...r.cells].map(c => c.innerText.trim()))")
    return {cells[1]: cells[2:] for cells in found}


def test_an_instructor_marks_by_hand_and_the_student_reads_it(course, page, address):
    page.goto(f"{address}/formgrader/gradebook/{NAME}/{NAME}")
    page.wait_for_selector("td.name a")
    assert page.locator("tbody tr").count() == 2
    assert {scores[0] for scores in rows(page).values()} == {f"{POINTS} / {POINTS + 4}", f"0 / {POINTS + 4}"}

    waiting = page.locator("tbody tr", has=page.locator(".needs-manual-grade .glyphicon-ok")).locator(
        "td.name a:visible"
    )
    assert waiting.count() == 1  # the one who has answered in words
    waiting.click()
    page.wait_for_load_state("domcontentloaded")
    check, words = page.locator("input.score#compute_fans"), page.locator(f"input.score#{WORDS}")
    page.wait_for_function("id => document.getElementById(id).placeholder !== ''", arg="compute_fans")
    assert float(check.get_attribute("placeholder")) == POINTS  # the judge's mark
    assert page.locator("text=It falls, layer by layer.").count() > 0
    assert page.evaluate("window.owned") is None

    with page.expect_response(lambda answer: "/api/grade/" in answer.url and answer.request.method == "PUT") as saved:
        words.fill("3.5")
        words.press("Tab")  # leaving the field saves it
    assert saved.value.ok
    with page.expect_response(lambda answer: "/api/comment/" in answer.url and answer.request.method == "PUT") as saved:
        page.locator(f"textarea#{WORDS}-comment").fill("Well seen.")
        page.locator("textarea.comment").first.click()
    assert saved.value.ok
    assert gradebook_rows(course)["anna"][WORDS] == {"auto": None, "manual": 3.5, "by_hand": False}

    command(course.root, "nbgrader", "generate_feedback", NAME)
    page.goto(course.folder("feedback", "anna", NAME).joinpath(f"{NAME}.html").as_uri())
    said = page.inner_text("body")
    assert "Well seen." in said
    assert f"{POINTS + 3.5:g}" in said
    assert SCRIPT in said  # as text
    assert page.evaluate("window.owned") is None


def test_the_button_for_grading_asks_the_judge(course, page, address):
    folder = submit(course.root, "bert", answered()).parent
    (folder / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC\n")
    page.goto(f"{address}/formgrader/manage_submissions/{NAME}")
    row = page.locator("tbody tr", has=page.locator("td", has_text="bert"))
    row.locator(".autograde a").click()
    page.wait_for_selector(".modal-body :text('bert')")
    assert "Successfully" in page.inner_text(".modal-body")
    assert gradebook_rows(course)["bert"]["compute_fans"]["auto"] == POINTS
