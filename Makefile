# Every target makes what it needs: on a fresh machine `make demo` and `make test` are enough.
#   PYTHON       the interpreter that .venv is made of: make PYTHON=python3.12 install
#   TORCH_FLAGS  how pip finds torch; the smaller build without CUDA:
#                make TORCH_FLAGS="--index-url https://download.pytorch.org/whl/cpu" install

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
TORCH_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TORCH := $(shell grep '^torch==' constraints.txt)
ROWS := benchmarks/results.jsonl

.PHONY: help install demo test lint check audit bench clean

help:
	@echo "make demo      install, then tune a small encoder on sample reviews: minutes, no network needed for the model"
	@echo "make test      install, then run every test that needs neither an accelerator nor the hub"
	@echo "make lint      format, lint, types and the import rule"
	@echo "make check     all of that, and the fast tests"
	@echo "make audit     known vulnerabilities of the packages we pin; says so when nobody can be asked"
	@echo "make bench     run every script of benchmarks/ and add its row to $(ROWS)"
	@echo "make install   make $(VENV) with groundswell and what its development needs"
	@echo "make clean     remove $(VENV), caches and build products; runs/ stays"

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version 2>&1): \
	too old, expected Python 3.11 or newer. Name another one: make PYTHON=python3.12 install" >&2; exit 2; }
	@echo "installing into $(VENV): some minutes the first time, most of them for $(TORCH)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install $(TORCH_FLAGS) '$(TORCH)'
	$(BIN)/python -m pip install --quiet -e '.[dev]' -c constraints.txt
	@touch $@

demo: install
	$(BIN)/groundswell demo

# One process for each core, each with one thread: threads of several processes would wait for one another.
test: install
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "not gpu and not network" -n auto --dist loadfile

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint
	$(BIN)/python -m pytest -q

audit: install
	@.ci/audit

bench: install
	@failed=""; \
	for script in $$(grep -l '^if __name__ == "__main__":' benchmarks/*.py); do \
		echo "$$script" >&2; \
		if row=$$($(BIN)/python "$$script" | tail -n 1); then echo "$$row" | tee -a $(ROWS); \
		else failed="$$failed $$script"; fi; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find groundswell tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +
