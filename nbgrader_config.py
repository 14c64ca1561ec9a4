"""nbgrader's configuration of this course: read by every ``nbgrader`` command run in this folder, and by ``autograder``.

Marks come from the project's own judge, whichever of the two is run: ``autograder.nbgrader_plugin`` says how.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path

here = Path(__file__).resolve().parent
c = get_config()  # noqa: F821  (nbgrader puts it here)

# nbgrader calls `alembic`, which lies next to this Python, also where the environment is not activated.
commands, path = str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)
if commands not in path.split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([commands, path])

c.CourseDirectory.root = str(here)
c.CourseDirectory.course_id = "training_deep_networks"
c.CourseDirectory.source_directory = "solutions/assignments"
# release/, submitted/, autograded/, feedback/ and gradebook.db lie where nbgrader puts them. A database server instead of
# the SQLite file: c.CourseDirectory.db_url = "postgresql://…", or --db.

# Where `nbgrader release_assignment` lays assignments out for students of the same machine. A JupyterHub has a folder of its
# own for this, often /usr/local/share/nbgrader/exchange.
exchange = here / ".course" / "exchange"
with suppress(OSError):
    exchange.mkdir(parents=True, exist_ok=True)  # nbgrader complains at every step where it is missing
c.Exchange.root = str(exchange)
# Late penalties go by timestamp.txt, which the student's own `nbgrader submit` writes. False: believe only the receipts of
# `autograder collect`.
c.Intake.trust_timestamps = True

# The student's version: what stands between "### BEGIN SOLUTION" and "### END SOLUTION" becomes these lines.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your code here"}
c.ClearSolutions.text_stub = "*Your answer here.*"
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# `nbgrader autograde` and the formgrader's button: the judge reads the submission as it was handed in, enters its marks (late
# penalties by c.AssignLatePenalties.plugin_class, as always), and its verdicts become the outputs of the check cells. nbgrader
# executes no cell, and believes nothing that a student saved in a notebook.
# Where submissions cannot be confined (`autograder doctor` tells) it refuses to judge them. To grade there all the same,
# because you trust every one of them:
# c.Judge.unsafe = True
c.Autograde.exporter_class = "autograder.nbgrader_plugin.SubmissionExporter"
c.Autograde.pre_convert_hook = "autograder.nbgrader_plugin.expect_the_notebook"
c.Autograde.sanitize_preprocessors = [
    "autograder.nbgrader_plugin.Sanitize",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.Judge",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# `nbgrader generate_feedback` makes the same pages as `autograder feedback`: no scripts, nothing loaded from elsewhere.
c.GenerateFeedback.exporter_class = "autograder.nbgrader_plugin.FeedbackExporter"
c.GenerateFeedback.preprocessors = []
