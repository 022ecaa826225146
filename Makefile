# Each target builds .venv from a bare python3 (3.11 or newer) with pip alone, from a lock with hashes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help demo test test-rotation test-kill lint bench bench-runtime coverage lock clean

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed\n\nhint: make $(MAKECMDGOALS) PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: $(VENV)/pyvenv.cfg requirements/demo.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/demo.stamp requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

demo: $(VENV)/demo.stamp  ## the whole journey on a sample shop, an embedded AWS and a real PostgreSQL
	@$(BIN)/shield demo

test: $(VENV)/dev.stamp  ## the test suite with branch coverage
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n 2 --dist worksteal $(ARGS)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-rotation: $(VENV)/dev.stamp  ## kill a rotation at each point, on real databases
	ROTATION_MATRIX=1 $(BIN)/python -m pytest tests/rotator tests/test_rotation.py $(ARGS)

test-kill: $(VENV)/dev.stamp  ## kill an apply at each of its calls to AWS
	SHIELD_KILL_MATRIX=1 $(BIN)/python -m pytest tests/test_apply_resources.py -k killed $(ARGS)

lint: $(VENV)/dev.stamp  ## ruff, mypy strict, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp  ## side-by-side measurements
	@for f in bench/*.py; do $(BIN)/python $$f || exit; done

.venv-bench/stamp: $(VENV)/pyvenv.cfg requirements/bench.lock
	$(BIN)/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@touch $@

bench-runtime: .venv-bench/stamp  ## get_secret() beside its peers, and a short soak
	@PYTHONPATH=src .venv-bench/bin/python bench/runtime/run.py $(ARGS)
	@PYTHONPATH=src .venv-bench/bin/python bench/runtime/soak.py --seconds 20

COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --quiet
lock:  ## write the locks anew (needs uv)
	$(COMPILE) --extra demo --group build -o requirements/demo.lock
	$(COMPILE) --all-extras --group build --group test --group lint -c requirements/demo.lock -o requirements/dev.lock
	$(subst pyproject.toml,requirements/bench.in,$(COMPILE)) -c requirements/demo.lock -o requirements/bench.lock

clean:  ## remove what the targets built
	rm -rf $(VENV) .venv-bench .coverage .coverage.* dist build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
