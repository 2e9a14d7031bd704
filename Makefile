SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Looked for only by the targets that need it; says how to get it when it is missing.
PYTHON = $$(stack/find-python)
ENVIRONMENTS = $(PYTHON) -m stack.environments
BIN := .local/venv/bin
SAM := .local/sam-venv/bin
SOURCES := functions layers/core/points stack tests $(wildcard benchmarks)
# The template checks must not depend on, or reach for, the caller's AWS settings.
TEMPLATE_CHECK := env -u AWS_PROFILE AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
	AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true SAM_CLI_TELEMETRY=0 PATH="$(CURDIR)/$(SAM):$$PATH"
# Workers for the tests; the deployed stack and its tests share one of them.
WORKERS ?= 2
# How many `make operations` sends, at least.
OPERATIONS ?= 100000

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*## "} {printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: run
run: ## start the whole stack on this machine, publish the programs, play the scenario
	@$(ENVIRONMENTS) development sam emulator
	@$(BIN)/python -m stack.run

.PHONY: stop
stop: ## stop the stack that `make run` started; its data stays
	@$(PYTHON) -m stack.emulator stop

.PHONY: test
test: ## lint, check the template, run every test
	@$(ENVIRONMENTS) --java --npm development sam emulator
	@$(MAKE) --no-print-directory .lint .template
	$(BIN)/python -m pytest -n $(WORKERS)

.PHONY: operations
operations: ## send random operations to DynamoDB Local beside a plain model; exit 1 on a difference
	@$(ENVIRONMENTS) --java --npm development
	@PYTHONPATH=layers/core $(BIN)/python -m tests.property.operations --operations $(OPERATIONS) $(ARGS)

.PHONY: lint
lint: ## ruff, mypy and import-linter
	@$(ENVIRONMENTS) development
	@$(MAKE) --no-print-directory .lint

.PHONY: .lint
.lint:
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy $(SOURCES)
	PYTHONPATH=layers/core $(BIN)/lint-imports --no-cache

.PHONY: .template
.template:
	$(TEMPLATE_CHECK) $(SAM)/sam validate --lint
	$(TEMPLATE_CHECK) $(SAM)/cfn-lint template.yaml -a cfn_lint_serverless.rules

.PHONY: format
format: ## format the code and repair what ruff can repair
	@$(ENVIRONMENTS) development
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

.PHONY: audit
audit: ## prove that every account of the running stack agrees with its entries
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m stack.audit $(ARGS)

.PHONY: redrive
redrive: ## list the dead letters of the running stack; ARGS="--queue NAME" or "--all" moves them back
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m stack.redrive $(ARGS)

.PHONY: retell
retell: ## tell the world what the outbox of the running stack had to set aside
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m stack.retell $(ARGS)

# How many `make torture` asks for.
torture: OPERATIONS ?= 1000000
.PHONY: torture
torture: ## simulate the whole system with faults; a violation is told with its seed, exit 1
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m tests.simulation.torture --operations $(OPERATIONS) $(ARGS)

# How many requests `make hostile` sends.
REQUESTS ?= 100000
.PHONY: hostile
hostile: ## send hostile requests to every route, in process; exit 1 if one is answered 5xx or a refused one writes
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m tests.fuzz --requests $(REQUESTS) $(ARGS)

.PHONY: bench
bench: ## measure what the design promises; exit 1 under a bar
	@$(ENVIRONMENTS) --java --npm development
	@PYTHONPATH=layers/core $(BIN)/python -m benchmarks $(ARGS)

# What `make simulate` tells of: populations (sizes with commas between them) over so many days; the members that are
# lived to tell it, and from which seed; how many workers sweep; when points expire (all, or one policy).
MEMBERS ?= 1000000
DAYS ?= 400
SAMPLE ?= 5000
SEED ?= 1
POLICY ?= all
simulate: WORKERS = 10
.PHONY: simulate
simulate: ## tell and plot what sweeping a population costs a day, from members that live here, without AWS
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m benchmarks.sweeping --members $(MEMBERS) --days $(DAYS) --sample $(SAMPLE) \
		--seed $(SEED) --workers $(WORKERS) --policy $(POLICY) $(ARGS)

.PHONY: openapi
openapi: ## write docs/openapi.json from the code
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m points.http.openapi > docs/openapi.json

.PHONY: schema
schema: ## write docs/program.schema.json from the code
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m points.adapters.program_document.published > docs/program.schema.json

.PHONY: events
events: ## write the schemas and samples in docs/events from the code
	@$(ENVIRONMENTS) development
	@PYTHONPATH=layers/core $(BIN)/python -m points.stream.published docs/events
	@PYTHONPATH=layers/core $(BIN)/python -m tests.support.told docs/events > /dev/null

.PHONY: lock
lock: ## resolve the requirements anew, with hashes
	@$(ENVIRONMENTS) --lock

.PHONY: build
build: ## build the stack for AWS (arm64), as `sam build` does
	@$(ENVIRONMENTS) sam
	$(TEMPLATE_CHECK) $(SAM)/sam build

.PHONY: clean
clean: ## stop the stack and remove everything made on this machine, its data too
	@if [ -e .local/emulator/emulator.json ]; then $(MAKE) --no-print-directory stop; fi
	rm -rf .local .aws-sam .hypothesis .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
