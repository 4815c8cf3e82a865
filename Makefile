# `make` alone lists the targets.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# How many tests run at once.
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help demo gallery screenshots test check lint types layers policies deployments format bench install clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(STAMP) ## the virtual environment with everything in it

$(STAMP): requirements.txt requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "This needs Python 3.11: '$(PYTHON)' was not found. Install it, or name yours: make PYTHON=python3 $(MAKECMDGOALS)"; exit 2; }
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the bot needs into $(VENV) (a minute or two, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-warn-script-location -r requirements-dev.txt
	@touch $@

demo: $(STAMP) ## the whole bot on this machine, no accounts needed
	@$(BIN)/python -m deploy.sandbox $(ARGS)

gallery: $(STAMP) ## every message, modal and Home tab that the bot can show, on one page
	@$(BIN)/python -m deploy.sandbox.gallery $(ARGS)

screenshots: $(STAMP) ## the pictures in docs/, taken of the demo in Chromium
	@$(BIN)/python -m deploy.sandbox.gallery.screenshots $(ARGS)

test: check ## everything: format, lint, types, layers, policies, deployments, tests
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal $(ARGS)

check: lint types layers policies deployments ## all checks that run no code

lint: $(STAMP) ## ruff: format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP) ## mypy, strict
	$(BIN)/mypy bot handlers deploy tests

layers: $(STAMP) ## import-linter: who may import whom
	$(BIN)/lint-imports

policies: $(STAMP) ## cfn-lint and parliament: the CloudFormation in deploy/aws and every IAM policy
	$(BIN)/cfn-lint deploy/aws/*.yml
	$(BIN)/python -m deploy.aws.lint

deployments: $(STAMP) ## hadolint, Compose's and Kubernetes' schemas, systemd-analyze, promtool, the Slack manifests: the rest of deploy/
	$(BIN)/python -m deploy.check

format: $(STAMP) ## put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## the benchmarks; ARGS="account --no-peers" chooses
	$(BIN)/python -m tests.benchmarks $(ARGS)

clean: ## remove the virtual environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
