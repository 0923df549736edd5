# Thin on purpose: infra/toolchain/bootstrap.py installs, the `autoserve` command does the rest.
SHELL := /bin/sh
PYTHON ?= python3
STACK ?= local
BOOTSTRAP := $(PYTHON) -m infra.toolchain.bootstrap
BIN := .venv/bin
WEB := dashboards/web

.DEFAULT_GOAL := help
.PHONY: help install up preview down test test-slow test-cluster lint bench clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Dependencies and tools only
	@$(BOOTSTRAP)

up: ## Install what is missing, bring the platform up, print its addresses
	@$(BOOTSTRAP)
	@$(BIN)/autoserve up --stack $(STACK)

preview: ## Show what `up` would change
	@$(BOOTSTRAP)
	@$(BIN)/autoserve preview --stack $(STACK)

down: ## Stop the platform; its data stays
	@$(BOOTSTRAP)
	@$(BIN)/autoserve down --stack $(STACK)

test: ## Every test that needs no test cluster, with its own set-up
	@$(BOOTSTRAP) --tests
	@$(MAKE) --no-print-directory lint
	cd $(WEB) && npm test --silent
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow and not cluster"

test-slow: ## Tests that need minutes
	@$(BOOTSTRAP) --tests
	$(BIN)/python -m pytest -m "slow and not cluster" || [ $$? -eq 5 ] # 5: there is no test of this tier

test-cluster: ## Tests against a real Kubernetes control plane on this machine
	@$(BOOTSTRAP) --tests
	@$(PYTHON) -m infra.toolchain.cluster
	@$(BIN)/python -m infra.toolchain.checkov
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m cluster

lint: ## Style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	cd $(WEB) && npm run --silent check

bench: ## Measures of this machine, as ratios against a named baseline
	@$(BOOTSTRAP)
	$(BIN)/python -m tests.benchmarks

clean: ## Remove the Python environment and builds of this clone; never data
	rm -rf .venv $(WEB)/node_modules $(WEB)/dist .mypy_cache .ruff_cache .pytest_cache
