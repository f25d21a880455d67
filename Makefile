# Two commands for everyone: `make demo` and `make test`. Both set up what they need.
#
# PYTHON=python3.12 names the interpreter; else the first of these that runs is taken.

PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13 python3)
BIN := .venv/bin
JOBS ?= 2
CORPUS := ../shared/corpus

# Pythons that start but lack a part of the standard library that is needed (shims, minimal builds)
# are passed over, and named with the reason when none is left.
PROBE := import bz2, lzma, sqlite3, ssl, sys, venv; v = sys.version_info[:2]; \
	sys.exit(0 if (3, 11) <= v <= (3, 13) else "is Python %d.%d" % v)
define bootstrap
@found=; tried=; for python in $(PYTHONS); do \
	if why=$$("$$python" -c '$(PROBE)' 2>&1 </dev/null); then found=$$python; break; fi; \
	tried="$$tried\n  $$python: $$(printf '%s' "$$why" | tail -n 1)"; \
done; \
if [ -z "$$found" ]; then \
	printf 'cleancopy needs Python 3.11, 3.12 or 3.13. Tried:%b\n' "$$tried" >&2; \
	echo 'Install one (Debian 12: apt-get install python3.11) or name one:' \
		'make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.12' >&2; \
	exit 5; \
fi; "$$found" locks/bootstrap.py
endef

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-dev demo test check lint eval bench soak lock clean
unexport PYTHONPATH PYTHONHOME

help:  ## list these commands
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | expand -t 12

setup:  ## build .venv with the `cleancopy` command in it, or reuse it
	$(bootstrap)

setup-dev:
	$(bootstrap) --dev

demo: setup  ## run the whole pipeline, offline, on the bundled newsroom
	@$(BIN)/cleancopy demo

test: setup-dev  ## run the tests
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal

check: lint test eval  ## everything CI holds the project to

lint: setup-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

eval: setup-dev  ## hold the quality floors on the shared corpus, where it is there
	@if [ -d $(CORPUS) ]; then $(BIN)/python -m pytest -q -m corpus tests/eval; \
	else echo "eval: skipped, there is no $(CORPUS)"; fi

bench: setup-dev  ## measure time and memory
	@for bench in tests/bench/bench_*.py; do echo "== $$bench"; $(BIN)/python $$bench || exit; done

soak: setup-dev  ## the long crash test: kills at random moments, over and over
	$(BIN)/python -m pytest -q -m soak tests

lock:  ## resolve the locks again, with uv (FLAGS=--upgrade moves pins that still fit)
	$(bootstrap) --lock $(FLAGS)

clean:  ## remove what set-up, tests and runs made, but no data
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find flows tasks tests locks -name __pycache__ -type d -prune -exec rm -rf {} +
