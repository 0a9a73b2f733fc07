# The commands of this project. `make` alone lists them.
#
# PORT      where the site answers (8000; 8001 for the demo)
# FAULTS    which file of tests/faults `make faults` runs (all); STORM_SECONDS how long its storm takes (600);
#           FAULTS_SEED the seed of all that is random in it
# DATA_DIR  where everything is kept (./data; ./demo-data for the demo)
# HOST      who may reach it: 127.0.0.1 is this machine only, 0.0.0.0 is the whole network
# RESET=1   with `make demo`: throw the demo's data away and begin again
# ONLY      which parts `make bench` measures, such as ONLY=pages,start; QUICK=1 makes all of it small, to see that it
#           runs; WRITE=docs/benchmarks.md puts the table into that file

.DEFAULT_GOAL := help
.PHONY: help run demo test bench faults test-many checks test-sqlite test-servers lint format types migrations lock environment dev-environment
SHELL := /bin/sh
PYTHON := .venv/bin/python
unexport PYTHONDONTWRITEBYTECODE
# Tools that read the settings must not make an installation beside the code.
TOOLS := DATA_DIR=$(CURDIR)/.cache/tools SECRET_KEY=only-for-tools
PYTEST := .venv/bin/pytest
# Three at a time, because each waits for its sites; a file to one of them, because it shares the site that it starts.
SIDE_BY_SIDE := -n 3 --dist loadfile --no-loadscope-reorder
UV_COMPILE := .venv/bin/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --quiet

help:
	@echo "make run     start Practice Vetting; the address is printed when it answers"
	@echo "make demo    the same with an invented practice to try things on (make demo RESET=1 begins again)"
	@echo "make test    every check and every test, on SQLite and on PostgreSQL with Redis"
	@echo "make bench   what things cost, each against the least it could, side by side (see docs/benchmarks.md)"
	@echo "make test-many  the browser tests against two web processes, three workers and two clocks"
	@echo "make faults  kill, fill, stop and starve every part of an installation; FAULTS=test_storm.py runs one file of it"
	@echo "make lint, make format, make types, make migrations    one check at a time; format also mends"
	@echo "make lock    rebuild the lock files after a change of pyproject.toml"

run: environment
	@exec $(PYTHON) manage.py serve

demo: environment
	@if [ "$(RESET)" = 1 ]; then rm -rf ./demo-data; fi
	@DATA_DIR="$(CURDIR)/demo-data" HOST=127.0.0.1 PORT="$${PORT:-8001}" exec $(PYTHON) manage.py serve --demo

environment:
	@practice_vetting/environment.sh requirements.lock
	@$(PYTHON) practice_vetting/system_libraries.py run

dev-environment:
	@practice_vetting/environment.sh requirements-dev.lock
	@$(PYTHON) practice_vetting/system_libraries.py test

# Both databases after each other, because either run keeps two processors busy; what reads the code alone goes beside.
test: dev-environment lint
	@$(MAKE) --no-print-directory --jobs=2 checks test-sqlite
	@$(MAKE) --no-print-directory test-servers

bench: dev-environment
	@$(PYTHON) -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick) $(if $(WRITE),--write $(WRITE))

test-many: dev-environment
	@SITE_SHAPE=many $(PYTHON) -m tests.services $(PYTEST) tests/e2e

# Alone, because what heals within a minute does not while another site takes both processors.
faults: dev-environment
	@$(PYTHON) practice_vetting/system_libraries.py faults
	@held=0; $(PYTEST) -v -m faults tests/faults/$(FAULTS) || held=1; $(PYTHON) -m tests.faults; exit $$held
	@$(if $(FAULTS),,$(MAKE) --no-print-directory test-many)

checks: types migrations

lint:
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

format:
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

types:
	@$(TOOLS) .venv/bin/mypy .

migrations:
	@$(TOOLS) $(PYTHON) manage.py makemigrations --check --dry-run

test-sqlite:
	@echo "Every test, on SQLite"
	@$(PYTEST) $(SIDE_BY_SIDE) -m "not production"

test-servers:
	@echo "Every test in which the database has a say, or that starts the site, on PostgreSQL with Redis"
	@$(PYTHON) -m tests.services $(PYTEST) $(SIDE_BY_SIDE) -m "(django_db or servers) and not any_database"

lock: dev-environment
	$(UV_COMPILE) pyproject.toml -o requirements.lock
	$(UV_COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(UV_COMPILE) requirements-uv.in -o requirements-uv.lock
