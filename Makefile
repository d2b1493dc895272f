# Handoff's commands (`make help`). `make run` needs Python 3.11 or newer and a package index, and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# For what reads the settings but serves nobody.
DEMO := ENV_FILE=/dev/null HANDOFF_DEMO=1
PRODUCTION = ENV_FILE=/dev/null SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))')"

# uv asks the same index as pip.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

.DEFAULT_GOAL := run
.PHONY: help run test test-fast test-one check fmt lock schema bench install install-dev install-bench lock-is-fresh schema-is-fresh

help: ## what there is to make
	@grep -h '^[a-z-]*:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /:/' | awk -F: '{ printf "make %-12s %s\n", $$1, $$2 }'

# exec, so that a signal reaches the program and not a shell.
run: install ## start it here, with the demo; HANDOFF_DEMO=0 starts it empty
	@exec $(BIN)/python -m config.run

# Else every worker, and every program that a test starts, compiles all modules again and rewrites all asserts.
test test-fast test-one: export PYTHONDONTWRITEBYTECODE =

# The fast ones first; then those that sleep, start processes or drive a browser, two files at a time.
test: install-dev test-fast ## all tests
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow or ui"

test-fast: install-dev ## those that take no time
	$(BIN)/python -m pytest -n auto --maxprocesses 4 -m "not slow and not ui"

test-one: install-dev ## a file, folder or test, as T=tests/sla/test_clocks.py
	$(BIN)/python -m pytest $(T)

check: install-dev lock-is-fresh schema-is-fresh ## formatting, lint, types, imports, migrations, settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(DEMO) $(BIN)/python -m mypy .
	$(BIN)/lint-imports
	$(DEMO) $(BIN)/python -m config.embedded -- $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) STATIC_ROOT=$(VENV)/static $(BIN)/python manage.py collectstatic --no-input --clear --verbosity 0
	$(PRODUCTION) STATIC_ROOT=$(VENV)/static $(BIN)/python manage.py check --deploy --fail-level WARNING

fmt: install-dev ## format the code and fix what can be fixed
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# On servers of its own, durable ones: see benchmarks/README.md, also for how to run a part of it.
bench: install-bench ## the benchmarks
	$(BIN)/python -m benchmarks --json var/bench.json

schema: install-dev ## write docs/openapi.yaml
	$(DEMO) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

schema-is-fresh: install-dev
	@$(DEMO) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	@diff -u docs/openapi.yaml $(VENV)/openapi.yaml || { echo "docs/openapi.yaml is not what the API says: make schema"; exit 1; }

# Pins are kept while they satisfy the .in files; to upgrade one, delete its lines from the lock first.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--no-emit-find-links --no-emit-index-url --custom-compile-command "make lock"
lock: install-dev ## write the locks of the requirements
	$(COMPILE) --generate-hashes requirements.in -o requirements.txt
	$(COMPILE) --generate-hashes requirements-dev.in -c requirements.txt -o requirements-dev.txt
	$(COMPILE) --generate-hashes requirements-bench.in -c requirements-dev.txt -o requirements-bench.txt

# Without the hashes: an index may have more files of a version today than when it was locked. What cannot be asked is
# not compared, and a line says so; in CI that is a failure.
lock-is-fresh: install-dev
	@mkdir -p var/lock && cp requirements.txt requirements-dev.txt requirements-bench.txt var/lock/
	@$(COMPILE) requirements.in -o var/lock/requirements.txt \
		&& $(COMPILE) requirements-dev.in -c requirements.txt -o var/lock/requirements-dev.txt \
		&& $(COMPILE) requirements-bench.in -c requirements-dev.txt -o var/lock/requirements-bench.txt \
		|| { [ -z "$$CI" ] && echo "No package index answers, so the locks are not compared with their .in files."; }
	@for lock in requirements.txt requirements-dev.txt requirements-bench.txt; do \
		grep -o '^[a-z][^ ]*==[^ ]*' $$lock >var/lock/old; grep -o '^[a-z][^ ]*==[^ ]*' var/lock/$$lock >var/lock/new; \
		diff var/lock/old var/lock/new || { echo "$$lock is not what its .in file asks for: make lock"; exit 1; }; \
	done

# What is installed is compared with the lock itself, so that the second start installs nothing.
define install
	@cmp -s $(1) $(VENV)/$(1) || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
			|| { echo "Handoff needs Python 3.11 or newer; if it has another name: make PYTHON=python3.12"; exit 1; }; \
		$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV) \
			|| { echo "Python cannot make virtual environments here; on Debian: apt-get install python3-venv"; exit 1; }; \
		echo "Installing $(1) into $(VENV), once ..."; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) \
			&& cp $(1) $(VENV)/$(1); }
endef

install:
	$(call install,requirements.txt)

install-dev: install
	$(call install,requirements-dev.txt)

install-bench: install-dev
	$(call install,requirements-bench.txt)
