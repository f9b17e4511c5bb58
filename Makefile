# Everything goes through here; `make` alone says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests wait more than they compute: three at once keep two processors at work. A file stays in one process,
# so its servers start once.
PYTEST := $(BIN)/python -m pytest -q -n 3 --dist loadfile

.PHONY: help setup servers demo test check fix generate live bench clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-9s %s\n", $$1, $$2}'

setup: $(READY) ## Make .venv with the locked dependencies

$(READY): uv.lock pyproject.toml
	@test -x $(BIN)/python || python3 -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv sync --frozen --quiet --inexact --compile-bytecode
	@$(BIN)/python -m compileall -q bot adapters storage  # some machines write no .pyc by themselves
	@touch $@

servers: ## Install the real mail servers that tests use (Debian, as root)
	@tests/support/install-servers

demo: setup ## A tour in under a minute: answers, real servers, live verdicts
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then tests/support/install-servers >/dev/null; fi
	@$(BIN)/python deploy/tour.py

test: setup servers check ## All checks and all tests, as CI runs them
	@$(PYTEST) --durations=15

check: setup ## Format, lint, types, imports, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python deploy/generate.py --check

fix: setup ## Mend format and lint where that is safe
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

generate: setup ## Write the generated files anew
	@$(BIN)/python deploy/generate.py

live: setup servers ## Only the tests against real servers
	@$(PYTEST) -m live

bench: setup servers ## Ratios against peers, in one run
	@$(BIN)/python -m benchmarks

clean: ## Remove what was built
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
