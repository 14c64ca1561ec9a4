# `make` builds everything and grades a class; `make test` proves it. Everything else: `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATE := .course
STAMP := $(VENV)/.installed
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What an extra of pyproject.toml pins: the versions stand there and nowhere else.
extra = $$($(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["$(1)"])')

# Tests that two processes share, one by one, or file by file where a file prepares something. The others measure, limit or kill
# processes, and run alone. The book's tests and the grader's each open a browser of their own, which one process cannot do twice.
ONE_BY_ONE := tests/gradus tests/autograder/test_proof.py
MEASURED := tests/autograder/test_executors.py tests/autograder/test_limits.py
FILE_BY_FILE := tests/book tests/assignments
ALONE := $(MEASURED) tests/attacks tests/benchmarks tests/faults tests/fuzz $(wildcard tests/test_*.py)

step = @printf '\n\033[1m%s\033[0m\n' "$(1)"

.PHONY: all
all: book release class grade ## build the book, release the assignments, grade a class (the default)
	@$(BIN)/python scripts/summary.py

.PHONY: env
env: $(STAMP) ## create the environment in .venv from requirements.txt

$(STAMP): requirements.txt pyproject.toml
	$(call step,Environment: $(VENV))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, $$($(PYTHON) --version) was found; say: make PYTHON=python3.12"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "The module venv is missing (Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

.PHONY: book
book: $(STAMP) ## execute the chapters that changed and build the web book in _build/html
	$(call step,Book)
	@$(BIN)/python scripts/vendor.py
	@$(BIN)/python scripts/build_book.py

.PHONY: release
release: $(STAMP) ## make the students' versions of the assignments in release/
	$(call step,Assignments)
	@$(BIN)/autograder release

.PHONY: class
class: release ## hand in the shipped class of submissions in submitted/
	$(call step,A class hands in)
	@$(BIN)/python scripts/make_class.py

.PHONY: grade
grade: class ## grade what lies in submitted/ and write feedback
	$(call step,Grading)
	@if $(BIN)/autograder doctor --quick; then unsafe=; else unsafe=--unsafe; \
	  echo "With --unsafe: what is graded here are the submissions shipped with the project, and they are harmless."; fi; \
	$(BIN)/autograder grade $$unsafe --resume --results $(STATE)/results.jsonl
	@$(BIN)/autograder feedback
	@$(BIN)/autograder report

.PHONY: test
test: $(STAMP) ## everything that proves the project: 40 to 60 minutes on two cores
	@if [ "$$CI" = true ]; then $(BIN)/python -m pip install --quiet $(call extra,oracle); fi
	@if [ "$$CI" = true ]; then $(BIN)/python -m pip install --quiet $(call extra,bench) \
	  || echo "Not to be had here: $(call extra,bench). The tests that need them are left out."; fi
	@$(BIN)/python scripts/browser.py
	@$(BIN)/python scripts/postgres.py
	@$(MAKE) --no-print-directory book release
	$(call step,Tests)
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -m "not slow" --durations=5 -n 2 $(ONE_BY_ONE)
	@$(BIN)/python -m pytest -m "not slow" --durations=5 -n 2 --dist loadfile $(FILE_BY_FILE)
	@$(BIN)/python -m pytest -m "not slow" --durations=5 -n 2 --dist loadfile tests/autograder \
	  $(addprefix --ignore=,tests/autograder/test_proof.py $(MEASURED))
	@$(BIN)/python -m pytest -m "not slow" --durations=5 $(ALONE)

.PHONY: test-slow
test-slow: $(STAMP) ## the long proofs: 1,000 fresh seeds for every right answer
	@$(BIN)/python -m pytest -m slow --timeout=5400

.PHONY: attacks
attacks: $(STAMP) ## all attacks on the grader, and its readers fuzzed: an hour
	@$(BIN)/python scripts/browser.py
	@$(BIN)/python -m pytest tests/attacks --timeout=1800
	@$(BIN)/python tests/fuzz frames 1000000
	@$(BIN)/python tests/fuzz notebooks 20000

.PHONY: faults
faults: $(STAMP) ## the grader killed at 200 moments, its disk full, its database gone
	@$(BIN)/python scripts/postgres.py
	@$(BIN)/python -m pytest tests/faults --timeout=5400

.PHONY: bench
bench: $(STAMP) ## time the engine against hand-tuned NumPy, PyTorch, DeZero and autograd, the grader against nbgrader
	@$(BIN)/python -m pip install --quiet $(call extra,bench)
	@$(BIN)/python tests/benchmarks --json _build/benchmarks.json
	@$(BIN)/python tests/benchmarks --plot _build/benchmarks
	@$(BIN)/python tests/benchmarks/grading

.PHONY: mutants
mutants: $(STAMP) ## change the formulas in one place each, and see whether a test notices
	@$(BIN)/python -m pip install --quiet $(call extra,oracle)
	@$(BIN)/python scripts/mutants.py $(MODULES)

.PHONY: serve
serve: book ## read the book at http://127.0.0.1:8000
	@(sleep 1; $(BIN)/python -m webbrowser -t http://127.0.0.1:8000 >/dev/null 2>&1) &
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory _build/html

.PHONY: lab
lab: release ## work the released assignments in JupyterLab, as copies in work/
	@mkdir -p work && for name in $$(ls release); do test -e work/$$name || cp -R release/$$name work/; done
	@$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/work $$([ "$$(id -u)" = 0 ] && echo --allow-root)

.PHONY: new-exercise
new-exercise: $(STAMP) ## lay out an exercise: make new-exercise TOPIC=gradient_clipping ID=global_norm
	@$(BIN)/python scripts/new_exercise.py "$(TOPIC)" "$(ID)"

.PHONY: new-chapter
new-chapter: $(STAMP) ## lay out a chapter: make new-chapter PART=signals NAME=gradient_clipping
	@$(BIN)/python scripts/new_chapter.py "$(PART)" "$(NAME)"

.PHONY: lock
lock: ## resolve the direct dependencies anew and pin all of them in requirements.txt
	@$(PYTHON) scripts/lock.py

.PHONY: clean
clean: ## remove what was built, the environment too; submissions and marks stay
	rm -rf $(VENV) _build $(STATE) assets/vendor *.egg-info .pytest_cache .ruff_cache .mypy_cache build .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: clean-course
clean-course: ## remove submissions, marks, feedback and the course's secret
	rm -rf .autograder release submitted autograded feedback report gradebook.db grades.csv

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
