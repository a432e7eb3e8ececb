# Commands for people. They need Python 3.11 or later.

.DEFAULT_GOAL := help
.PHONY: help demo test bench requirements clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Set up all that is needed, and show the main job once
	@tests/engine/demo

test: ## Lint, types and all tests, on each Python of 3.11 to 3.14 that is here
	@tests/run

bench: ## Measure beside the peers and write benchmarks/RESULTS.md; ONLY=1,6 for some scenarios
	@benchmarks/run $(if $(ONLY),--only $(ONLY)) $(BENCH)

requirements: ## Compile the pinned requirement files again, with the newest versions
	@requirements/compile --upgrade

clean: ## Remove what the other commands made
	rm -rf .venv .venvs .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
