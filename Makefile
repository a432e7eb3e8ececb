# Commands for people. They need Python 3.11 or later.

.DEFAULT_GOAL := help
.PHONY: help demo test bench faults engines soak fuzz mutation coverage requirements clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Set up all that is needed, and show the main job once
	@tests/engine/demo

test: ## Lint, types and all tests, on each Python of 3.11 to 3.14 that is here
	@tests/run

bench: ## Measure beside the peers and write benchmarks/RESULTS.md; ONLY=1,6 for some scenarios
	@benchmarks/run $(if $(ONLY),--only $(ONLY)) $(BENCH)

faults: ## The table of faults, with 200 runs that are killed at random moments
	@PLATFORM_KILLS=$(or $(KILLS),200) tests/run tests/faults

engines: ## Chosen end-to-end tests on Docker 28 and Podman 5, fetched and started for it; ONLY=podman
	@tests/run --engines $(ONLY)

soak: ## A thousand runs in a row on a live stack: what grows, and what is left; RUNS=200 for fewer
	@benchmarks/run-soak $(or $(RUNS),1000)

fuzz: ## A million broken files, answers, scripts and secrets, and cases of the guard; COUNT=1000 for fewer
	@PLATFORM_FUZZ=$(or $(COUNT),1000000) tests/run tests/unit/test_fuzz*.py -n 2 --timeout 0

mutation: ## Count the small changes of guard, state, drift and fault owners that no test notices
	@tests/engine/make-venv "$$(tests/engine/pythons | tail -n 1)" .venvs/mutation requirements/mutation.txt
	@.venvs/mutation/bin/python benchmarks/mutation.py

coverage: ## Which lines the unit tests reach; fails below the floor in pyproject.toml
	@tests/run --coverage

requirements: ## Compile the pinned requirement files again, with the newest versions
	@requirements/compile --upgrade

clean: ## Remove what the other commands made
	rm -rf .venv .venvs .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
