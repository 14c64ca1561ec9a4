"""``python -m autograder.cli`` is the command ``autograder``."""

import sys

from autograder.cli import main

sys.exit(main())
