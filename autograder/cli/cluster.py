"""``autograder cluster``: a Dask cluster on this machine, to try ``autograder grade --scheduler`` with."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from typing import Any

from autograder.cli.common import positive
from autograder.cli.grade import cores

__all__ = ["add"]

MORE = """Each worker judges one submission at a time. Only this machine can reach the cluster, but everybody on it: whoever can
connect to a Dask scheduler can run what he likes as you. There is no dashboard."""
EXAMPLES = """  autograder cluster                               one worker a core, until Ctrl-C
  autograder cluster --workers 4 --port 8786       at a known address

the same on several machines, with this project installed on each of them:
  DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0 dask scheduler --no-dashboard
  OMP_NUM_THREADS=1 dask worker tcp://SCHEDULER:8786 --nthreads 1 --nworkers CORES --no-dashboard"""


def add(commands: Any) -> None:
    made = commands.add_parser(
        "cluster", help="run a Dask cluster on this machine, to try grade --scheduler with", description=MORE,
        epilog=f"examples:\n{EXAMPLES}", formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.set_defaults(run=run)
    made.add_argument("--workers", type=positive, default=cores(), metavar="N", help="one a core where left out")
    made.add_argument(
        "--port", type=port, default=0, metavar="PORT", help="of the scheduler; a free one where left out"
    )


def port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"must be a number between 0 and 65535, got {text!r}")
    return int(text)


def run(options: argparse.Namespace) -> int:
    from autograder.grading.cluster import local_cluster

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # handed on to the workers: a terminal sends Ctrl-C to them as well
    with local_cluster(options.workers, options.port) as address:
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        many = "" if options.workers == 1 else "s"
        print(f"A Dask cluster of {options.workers} worker{many} at {address}. Try, in a course folder:")
        print(f"\n    autograder grade --scheduler {address}\n\nCtrl-C ends it.", flush=True)
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # workers that go when they are told to are no news
        stop.wait()
    print("The cluster has ended.")
    return 0
