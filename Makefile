# make demo    build the Lhasa workspace, run every job once, show the leads, serve the map   (DEMO_ARGS="--no-serve")
# make test    everything that proves this tree: the wheel is built, and the tests run against it   (TEST_ARGS="-k name")
# make check   format, lint, types, import contracts
# make prove   the long proofs          make bench   the measurements
# make bench-joins   each join beside DuckDB spatial and SedonaDB, in an environment of its own
# make dev     an editable installation in .venv for working on the code
# make vendor  the third-party web files         make pin     renew constraints.txt
# make clean   take away what make made
#
# Each target sets up what it needs, and is quick the second time.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# A thin environment: the wheel alone, with the libraries of $(VENV) behind it and the repository's folder nowhere.
WHEEL_VENV := .venv-wheel
WHEEL_PY := $(WHEEL_VENV)/bin/python
CODE := geo_monitor layers jobs webmap tests tools
WORKERS ?= 2

.PHONY: help demo test check prove bench bench-joins dev vendor wheel system pin clean format

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# ------------------------------------------------------------------------------------------------------ environments

$(VENV)/.libraries: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; PYTHON=... names another one" >&2; exit 2; }
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing the libraries into $(VENV) (a few minutes the first time)"
	$(PY) -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r constraints.txt
	@touch $@

$(VENV)/.editable: pyproject.toml $(VENV)/.libraries
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

dev: $(VENV)/.editable vendor

# --------------------------------------------------------------------------------------------- third-party web files

VENDOR := build/.vendor
GONE := $(if $(wildcard webmap/static/vendor/leaflet/leaflet.js),,gone)

.PHONY: gone
$(VENDOR): $(GONE) package.json package-lock.json webmap/static/vendor.manifest.json tools/vendor.py
	@command -v npm >/dev/null || $(MAKE) --no-print-directory $(VENV)/.node
	$(PYTHON) tools/vendor.py
	@mkdir -p $(@D) && touch $@

vendor: $(VENDOR)

# Only where there is no npm on PATH.
$(VENV)/.node: constraints-node.txt $(VENV)/.libraries
	$(PY) -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r constraints-node.txt
	@touch $@

# ------------------------------------------------------------------------------------------------------ the wheel

# Folders too: they change when a file goes.
SOURCES := $(shell find geo_monitor layers jobs webmap -not -path '*/__pycache__*' -not -path '*/vendor/*' \
  -not -name vendor)

$(WHEEL_VENV)/.wheel: $(SOURCES) pyproject.toml $(VENV)/.libraries $(VENDOR)
	rm -rf dist
	$(PY) -m build --quiet --wheel --no-isolation --outdir dist .
	test -x $(WHEEL_PY) || $(PY) -m venv --without-pip $(WHEEL_VENV)
	$(PY) tools/lay_behind.py $(VENV) $(WHEEL_VENV)
	$(PY) -m pip --python $(WHEEL_PY) install --quiet --disable-pip-version-check --no-deps --no-index \
	  --force-reinstall dist/*.whl
	@touch $@

wheel: $(WHEEL_VENV)/.wheel

# ------------------------------------------------------------------------------------------------------ what is run

# PYTHONSAFEPATH keeps the current folder off sys.path.
ON_WHEEL = PYTHONSAFEPATH=1 GEO_MONITOR_TEST_WHEEL=1 PATH="$(CURDIR)/$(WHEEL_VENV)/bin:$(CURDIR)/$(VENV)/bin:$$PATH" \
  $(WHEEL_PY) -m pytest

system:
	bash tools/system_packages.sh

demo: $(VENV)/.editable vendor
	$(VENV)/bin/geo-monitor demo $(DEMO_ARGS)

# Both are always run, so that one run tells everything; either may fail it.
test: system wheel
	checked=yes; $(MAKE) --no-print-directory check || checked=no; \
	$(ON_WHEEL) -n $(WORKERS) --dist loadfile $(TEST_ARGS) && [ $$checked = yes ] \
	  || { [ $$checked = yes ] || echo "make check failed: see above the tests" >&2; exit 1; }

check: $(VENV)/.editable
	$(VENV)/bin/ruff format --check $(CODE)
	$(VENV)/bin/ruff check $(CODE)
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo --no-cache

format: $(VENV)/.editable
	$(VENV)/bin/ruff check --fix $(CODE)
	$(VENV)/bin/ruff format $(CODE)

prove: system wheel
	$(ON_WHEEL) -m prove --timeout 3600 $(TEST_ARGS)

bench: wheel
	$(ON_WHEEL) -m bench --timeout 3600 -s $(TEST_ARGS)

JOINS := build/joins
$(JOINS)/.libraries: constraints-joins.txt
	test -x $(JOINS)/bin/python || $(PYTHON) -m venv $(JOINS)
	$(JOINS)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

bench-joins: $(JOINS)/.libraries
	$(JOINS)/bin/python -W ignore tests/benchmarks/joins.py $(JOINS_ARGS)

# ------------------------------------------------------------------------------------------------------ upkeep

pin:
	$(PYTHON) tools/pin.py

clean:
	rm -rf $(VENV) $(WHEEL_VENV) build dist webmap/static/vendor node_modules \
	  .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
