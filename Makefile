# Targets create .venv with a Python 3.11 or newer and install the dependencies from lock files with hashes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help demo recording test test-long test-fast test-oldest test-rotation test-kill test-iam wheel lint docs site bench bench-scan bench-reads bench-deployment bench-deployment-edits bench-pull-request bench-runtime drill fuzz properties coverage dist audit lock lock-boto clean

help:  ## show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Python 3.11 or newer is needed\n\nhint: make $(MAKECMDGOALS) PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: $(VENV)/pyvenv.cfg requirements/demo.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/dev.stamp: $(VENV)/demo.stamp requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

demo: $(VENV)/demo.stamp  ## migrate the sample shop, with an AWS emulator and a real PostgreSQL
	@$(BIN)/shield demo

.venv-recording/stamp: $(VENV)/pyvenv.cfg requirements/recording.lock
	$(BIN)/python -m venv .venv-recording
	.venv-recording/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/recording.lock
	@touch $@

recording: $(VENV)/demo.stamp .venv-recording/stamp  ## record the demo and its report in docs/images (needs a terminal and Chromium)
	@mkdir -p docs/images
	PATH=$(CURDIR)/$(BIN):$$PATH .venv-recording/bin/termtosvg docs/images/demo.svg --command 'shield demo' --screen-geometry 84x36 --min-frame-duration 80 --max-frame-duration 2000 --loop-delay 8000
	@folder=$$(mktemp -d) && $(BIN)/shield demo --keep $$folder 2>/dev/null && chromium --headless --no-sandbox --hide-scrollbars --window-size=1180,1000 --screenshot=docs/images/report.png file://$$folder/report.html 2>/dev/null; rm -rf $$folder

wheel: $(VENV)/dev.stamp
	@rm -rf build/wheel
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --target build/wheel . ./src/shield_runtime

# Many tests sync files to disk: in memory, that takes no time. In a container, /dev/shm can be small.
TEMPROOT := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 3000000 { print "PYTEST_DEBUG_TEMPROOT=/dev/shm" }')
# Three workers on two cores, because many tests wait for servers.
PYTEST = -m pytest -n 3 --dist worksteal $(ARGS)
# Each of these takes whole projects, servers, databases or other tools through many steps.
LONG := tests/rotator
LONG += $(addprefix tests/hostile/test_,canaries.py control_characters.py git_programs.py invariants.py manifest_texts.py plan_file.py scaling.py tracked_files.py)
LONG += $(addprefix tests/cli/,test_interruptions.py test_json.py commands/test_pull.py commands/test_rotate.py commands/test_scan.py)
LONG += $(addprefix tests/project/,test_git_process.py test_own_output.py)
LONG += $(addprefix tests/reports/,test_reworded.py app_report/test_html.py)
LONG += tests/repository/test_no_prose.py
LONG += $(addprefix tests/rewrite/,project/test_app_tests.py project/test_tested_settings.py python/fixers/test_move_literals.py)
LONG += $(addprefix tests/sandbox/,test_demo.py emulator/test_server.py)
LONG += $(addprefix tests/scan/,test_optimizations.py text/test_engine.py text/test_prefilter.py)
LONG += tests/shield_runtime/test_types.py
LONG += $(addprefix tests/flow/apply/test_,apply_updates.py killed_apply.py run.py settings_check.py)
LONG += $(addprefix tests/flow/plan/test_,deployment_plan.py manifest_preconditions.py plan_entries.py renamed_secrets.py)
LONG += $(addprefix tests/flow/,draft/test_plain_fields.py rotate/test_rotation_interrupts.py test_deployed_storefront.py test_fleet.py)
LONG += $(addprefix tests/flow/verify/test_,code.py settings.py usage.py)
test: wheel  ## run the tests on the built wheel, except those of test-long
	$(TEMPROOT) PYTHONPATH=$(CURDIR)/build/wheel $(BIN)/python $(PYTEST) $(addprefix --ignore=,$(LONG))

test-long: wheel  ## run the tests that take whole projects or databases through many steps
	$(TEMPROOT) PYTHONPATH=$(CURDIR)/build/wheel $(BIN)/python $(PYTEST) $(LONG)

coverage: wheel  ## run the tests and measure the branch coverage
	@rm -rf .coverage .coverage.*
	PYTHONPATH=$(CURDIR)/build/wheel $(BIN)/coverage run $(PYTEST)
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

FAST := $(addprefix tests/,model project reports rewrite scan aws/desired aws/cost aws/cloudtrail)
FAST += $(addprefix tests/flow/,draft/test_manifest_draft.py plan/test_app_plan.py plan/test_aws_plan.py plan/test_secret_change.py)
test-fast: $(VENV)/dev.stamp  ## run the tests that start no server: scan, rewrite, plan, reports
	$(TEMPROOT) $(BIN)/python -m pytest -n 2 --dist worksteal $(FAST) $(addprefix --ignore=,$(LONG)) $(ARGS)

.venv-oldest/stamp: $(VENV)/pyvenv.cfg requirements/oldest.lock
	$(BIN)/python -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/oldest.lock
	@touch $@

OLDEST := $(addprefix tests/,model project reports rewrite scan aws/cloudtrail aws/export aws/live test_main.py cli/test_cli.py)
OLDEST += --ignore=tests/reports/compliance/test_oscal.py
test-oldest: $(VENV)/dev.stamp .venv-oldest/stamp  ## run tests with the oldest dependencies that pyproject.toml allows
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --upgrade --target $$(echo .venv-oldest/lib/python*/site-packages) . ./src/shield_runtime
	.venv-oldest/bin/python -m pytest -n 2 --dist worksteal $(OLDEST) $(ARGS)

test-rotation: $(VENV)/dev.stamp  ## kill a rotation at each step, on real databases
	ROTATION_MATRIX=1 $(BIN)/python -m pytest tests/rotator tests/flow/rotate/test_rotation_driver.py $(ARGS)

test-kill: $(VENV)/dev.stamp  ## kill an apply at each of its calls to AWS
	$(TEMPROOT) SHIELD_KILL_MATRIX=1 $(BIN)/python $(PYTEST) tests/flow/apply/test_run.py tests/flow/apply/test_apply_resources.py tests/flow/apply/test_apply_updates.py tests/sandbox/test_demo.py -k "killed or refused_at or ctrl_c" -rP

docs: $(VENV)/dev.stamp  ## generate the reference and run the code blocks in docs/
	$(BIN)/python docs/generate.py
	$(TEMPROOT) SHIELD_DOCS=1 $(BIN)/python $(PYTEST) tests/repository/test_docs.py

.venv-site/stamp: $(VENV)/pyvenv.cfg requirements/site.lock pyproject.toml
	$(BIN)/python -m venv .venv-site
	.venv-site/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/site.lock
	.venv-site/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

site: .venv-site/stamp  ## build the documentation site in build/site, and check its links
	@rm -rf build/site
	.venv-site/bin/python docs/site/build.py build/site

.venv-ministack/stamp: $(VENV)/pyvenv.cfg requirements/ministack.lock
	$(BIN)/python -m venv .venv-ministack
	.venv-ministack/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/ministack.lock
	@touch $@

test-iam: $(VENV)/dev.stamp .venv-ministack/stamp  ## test the IAM policies on an emulator that enforces IAM
	SHIELD_MINISTACK=$(CURDIR)/.venv-ministack/bin/ministack $(BIN)/python -m pytest tests/aws/live/test_ministack.py $(ARGS)

lint: $(VENV)/dev.stamp  ## run ruff, mypy (strict), import-linter, the figures and zizmor
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python bench/figures.py --check
	$(BIN)/zizmor --offline --no-progress --quiet --persona=pedantic .

bench: $(VENV)/dev.stamp .venv-bench/stamp  ## run all benchmarks in bench/
	@for f in bench/*.py; do $(BIN)/python $$f || exit; done

.venv-bench/stamp: $(VENV)/pyvenv.cfg requirements/bench.lock
	$(BIN)/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@touch $@

bench-scan: $(VENV)/dev.stamp .venv-bench/stamp  ## compare the scan with kingfisher and betterleaks; ARGS="TREE …"
	@PYTHONPATH=src $(BIN)/python bench/scan.py $(ARGS)

bench-reads: $(VENV)/dev.stamp  ## measure the scan on hand-labeled environment reads; ARGS="--mirror FOLDER"
	@PYTHONPATH=src $(BIN)/python bench/reads.py $(ARGS)

bench-deployment: $(VENV)/dev.stamp  ## measure the search of hand-labeled deployment files; ARGS="--mirror FOLDER"
	@PYTHONPATH=src $(BIN)/python bench/deployment.py $(ARGS)

bench-deployment-edits: $(VENV)/dev.stamp  ## edit public deployment files, validate them and roll back; ARGS="--mirror FOLDER --all"
	@PYTHONPATH=src $(BIN)/python bench/deployment_edits/run.py $(ARGS)

bench-pull-request: $(VENV)/dev.stamp  ## measure the pull requests for the repositories in a folder; ARGS="FOLDER"
	@PYTHONPATH=src $(BIN)/python bench/pull_request.py $(ARGS)

bench-runtime: .venv-bench/stamp  ## compare get_secret() with other libraries, and run a short stress test
	@PYTHONPATH=src .venv-bench/bin/python bench/runtime/run.py $(ARGS)
	@PYTHONPATH=src .venv-bench/bin/python bench/runtime/soak.py --seconds 20

drill: $(VENV)/demo.stamp  ## take the sample app through rotations, an outage and kills; ARGS="--kills 50 --outage 600"
	@PYTHONPATH=src $(BIN)/python bench/drill/run.py $(ARGS)

properties: $(VENV)/dev.stamp  ## check the property tests with 2,000 new random examples each
	$(BIN)/python -m pytest -n 2 --dist worksteal -m hypothesis --hypothesis-profile=explore $(ARGS)

.venv-fuzz/stamp: $(VENV)/pyvenv.cfg requirements/fuzz.lock
	$(BIN)/python -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.lock
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

SECONDS ?= 600
fuzz: .venv-fuzz/stamp  ## fuzz what reads untrusted input; SECONDS=600 ARGS="TARGET …" (needs Python 3.11 to 3.13)
	@.venv-fuzz/bin/python -m fuzz.run --seconds $(SECONDS) $(ARGS)

# Archives contain the date of the last commit, so that builds are reproducible.
BUILD = SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(CURDIR)/$(BIN)/hatchling build
dist: $(VENV)/dev.stamp .venv-release/stamp  ## build the wheels, the sdists and the SBOM; check that the build is reproducible and can be installed
	@rm -rf dist build/again
	@for folder in . src/shield_runtime; do for target in dist build/again; do \
	  (cd $$folder && $(BUILD) -d $(CURDIR)/$$target) || exit; done; done
	@for f in dist/*; do cmp $$f build/again/$${f##*/} || exit; done
	.venv-release/bin/twine check --strict dist/*.whl dist/*.tar.gz
	@rm -rf build/installed
	$(BIN)/python -m venv build/installed
	build/installed/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	@for name in shield shield-ai; do build/installed/bin/$$name --version || exit; done
	@build/installed/bin/shield scan --fail-on critical examples/storefront >/dev/null
	.venv-release/bin/cyclonedx-py requirements --output-reproducible -o dist/shield-ai.cdx.json requirements/demo.lock

audit: .venv-release/stamp  ## check the locked dependencies for known vulnerabilities (needs PyPI)
	@for f in demo dev scan bench fuzz release site; do .venv-release/bin/pip-audit --require-hashes --disable-pip -r requirements/$$f.lock || exit; done

.venv-release/stamp: $(VENV)/pyvenv.cfg requirements/release.lock
	$(BIN)/python -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/release.lock
	@touch $@

UV = uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --quiet
COMPILE = $(UV) pyproject.toml -c requirements/constraints.txt
lock:  ## update the lock files (needs uv)
	$(COMPILE) --extra local --group build -o requirements/demo.lock
	$(COMPILE) --all-extras --group build --group test --group lint -c requirements/demo.lock -o requirements/dev.lock
	$(COMPILE) --extra scan --group build -c requirements/dev.lock -o requirements/scan.lock
	$(subst pyproject.toml,requirements/bench.in,$(COMPILE)) -c requirements/demo.lock -o requirements/bench.lock
	$(COMPILE) requirements/fuzz.in --group build -c requirements/demo.lock -o requirements/fuzz.lock
	$(COMPILE) requirements/site.in --group build -c requirements/demo.lock -o requirements/site.lock
	$(subst pyproject.toml,requirements/release.in,$(COMPILE)) -o requirements/release.lock
	$(subst pyproject.toml,requirements/ministack.in,$(COMPILE)) -o requirements/ministack.lock
	$(subst pyproject.toml,requirements/recording.in,$(COMPILE)) -o requirements/recording.lock
	mkdir -p build
	$(UV) pyproject.toml --extra rotate --resolution lowest-direct -o build/oldest.txt
	$(UV) pyproject.toml --extra local --group test-oldest -c build/oldest.txt -o requirements/oldest.lock

lock-boto: $(VENV)/dev.stamp  ## update what `shield apply` adds to lock files for boto3 (needs uv and PyPI)
	$(BIN)/python requirements/boto3_lock.py

clean:  ## remove generated files
	rm -rf $(VENV) .venv-bench .venv-fuzz .venv-release .venv-ministack .venv-oldest .venv-site .coverage .coverage.* dist build .mypy_cache .ruff_cache .import_linter_cache .hypothesis
