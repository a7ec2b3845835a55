# The three commands: `make run` (a demonstration), `make test` (every check), `make bench` (quick benchmarks).
SHELL := bash
PYTHON ?= python3.11
PORT ?= 8000
BIN := .venv/bin
export SOONER_HOME ?= $(CURDIR)/var

.PHONY: run test lint types imports unit system bench assets lock clean

run: .venv/.ready
	@$(BIN)/sooner demo --port $(PORT)
	@exec $(BIN)/sooner serve --port $(PORT) --with-worker

test: .venv/.checks system
	@bash scripts/check

system:
	@bash scripts/system-packages

bench: .venv/.checks
	@for one in benchmarks/intake.py benchmarks/duties.py benchmarks/ledger.py benchmarks/linkage.py; do $(BIN)/python $$one --quick || exit 1; done

.venv/.ready: requirements/dev.txt requirements/producer.txt pyproject.toml scripts/set-up
	@PYTHON=$(PYTHON) bash scripts/set-up

# What only the checks and benchmarks need: Spark, and the peers that linkage is measured against.
.venv/.checks: .venv/.ready requirements/checks.txt
	@bash scripts/set-up checks

assets:
	@bash assets/build

lock:
	@uv pip compile -q --generate-hashes --no-emit-index-url --no-header --extra postgresql --extra demo --extra dev -o requirements/dev.txt pyproject.toml
	@uv pip compile -q --generate-hashes --no-emit-index-url --no-header --extra checks -c requirements/dev.txt -o requirements/checks.txt pyproject.toml

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
