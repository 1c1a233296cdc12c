PYTHON := .venv/bin/python

.PHONY: check test lint types layers snap ref screenshots bench demo run pins
check: lint types layers test
test: ; $(PYTHON) -m pytest -n auto
lint: ; $(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .
types: ; $(PYTHON) -m mypy
layers: ; .venv/bin/lint-imports
snap: ; $(PYTHON) -m pytest -m '' tests/tui --snapshot-update
ref: ; $(PYTHON) -m tests.support.reference
screenshots: ; $(PYTHON) screenshots/make.py
bench: ; $(PYTHON) -m tests.benchmarks.bench_download
demo: ; .venv/bin/s3nav --demo
run: ; .venv/bin/s3nav
pins: ; $(PYTHON) -m pip freeze --exclude-editable > constraints.txt
