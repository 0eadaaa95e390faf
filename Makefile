# Every verb sets up what it needs: all that a machine must have is Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIR ?= .
PORT ?= 8080
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
JOBS ?= auto
SEEDS ?= 1000
# Such as --system-site-packages, for toolkits that only the system's packages bring.
VENV_ARGS ?=
# Toolkits want a display: one in memory, where there is none.
SCREEN := $(if $(DISPLAY),,$(if $(shell command -v xvfb-run),xvfb-run --auto-servernum))

.PHONY: help serve test gui lint types bench docs interop sim conformance format clean
help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/run.stamp: pyproject.toml
	$(PYTHON) -m venv $(VENV_ARGS) $(VENV)
	$(PIP) --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/native.stamp: $(VENV)/dev.stamp hatch_build.py $(wildcard src/sennit/*/*.p*)
	$(BIN)/python hatch_build.py
	@touch $@

$(VENV)/gui.stamp: $(VENV)/dev.stamp
	$(PIP) --editable '.[qt]'
	-$(PIP) --editable '.[gtk]' || $(PIP) 'PyGObject>=3.50,<3.51' # the last for girepository 1.0
	@touch $@

$(VENV)/docs.stamp: $(VENV)/run.stamp
	$(PIP) --editable '.[docs]'
	@touch $@

serve: $(VENV)/run.stamp  ## serve DIR on PORT with the web server
	$(BIN)/sennit run web --path '$(DIR)' --listen tcp:$(PORT)

test: $(VENV)/native.stamp  ## run the tests, in parallel
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

interop: $(VENV)/dev.stamp  ## run the tests that talk to real foreign programs, where these are installed
	$(BIN)/python -m pytest -m interop $(ARGS)

gui: $(VENV)/gui.stamp  ## run the tests that need a toolkit: Qt, and GTK and wx where they install
	$(SCREEN) $(BIN)/python -m pytest -m gui -n $(JOBS) -rfEX $(ARGS)

lint: $(VENV)/dev.stamp  ## ruff with every rule, and the layers of the design
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=src $(BIN)/lint-imports --no-cache

types: $(VENV)/dev.stamp  ## mypy --strict over all of src
	$(BIN)/mypy

format: $(VENV)/dev.stamp  ## let ruff mend and format the tree
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/native.stamp  ## measure beside Twisted and others, as ratios, in some twelve minutes
	$(BIN)/python -m benchmarks $(ARGS)

sim: $(VENV)/dev.stamp  ## run the simulations under SEEDS seeds each (1000)
	SENNIT_SIM_COUNT=$(SEEDS) $(BIN)/python -m pytest -n $(JOBS) --timeout 3600 tests/sim/scenarios $(ARGS)

conformance: $(VENV)/native.stamp  ## run Twisted's own tests on Sennit; ARGS=--check holds them to conformance/ratchet.tsv
	$(BIN)/python -m conformance.run $(ARGS)

docs: $(VENV)/docs.stamp  ## build the documentation into site/
	$(BIN)/mkdocs build --strict

clean:  ## remove everything that the other verbs made
	rm -rf $(VENV) src/sennit/_native site .mypy_cache .ruff_cache .pytest_cache .cache benchmarks/results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
