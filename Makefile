# The same commands for people and for CI. `make run` and `make test` do all the set-up they need.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Kafka versions of the sandbox: the demo's, and the one it can be upgraded to.
KAFKA_VERSIONS := 4.1.2 4.2.1
# All releases that Klamm rolls between; only the long tests need them.
SOAK_VERSIONS := 3.9.2 4.0.2 4.1.2 4.2.1 4.3.1
PARTS := target/sandbox
export KLAMM_STATE ?= $(CURDIR)/.klamm
export KLAMM_PORT ?= 3000

.PHONY: help setup parts site build run estate test lint bench soak fuzz stop clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | column -t -s$$'\t'

setup: ## Check what is needed and install what is missing
	@.ci/setup.sh

parts: setup ## Build what the sandbox is made of: the Kubernetes control plane and the Kafka images
	@server/crates/sandbox/control-plane/build.sh $(PARTS)/control-plane
	@server/crates/sandbox/images/build.sh $(PARTS)/images $(KAFKA_VERSIONS)

site: setup ## Build the browser's half: styles, fonts and wasm
	@style/build.sh
	@app/build-wasm.sh

# Both have long stretches that keep one core busy.
build: setup ## Build everything
	@$(MAKE) -j2 parts site
	@cargo build --locked -p klamm

run: build ## Bring up the sandbox with the demo and the portal; Ctrl-C ends it
	@exec target/debug/klamm sandbox up --demo --state "$(KLAMM_STATE)" --port "$(KLAMM_PORT)" --parts $(PARTS) --site target/site

estate: build ## Serve the portal on a stand-in estate of 10,000 topics; Ctrl-C ends it
	@cargo build --locked -p klamm-testkit --bin klamm-estate
	@exec target/debug/klamm-estate target/debug/klamm $(PARTS) "$(KLAMM_PORT)"

stop: ## End a running sandbox
	@target/debug/klamm sandbox down --state "$(KLAMM_STATE)"

lint: setup ## Format, lints for the server and for the browser, dependency rules, generated files
	@.ci/lint.sh

# Tests and benches build the server themselves: with the features of the whole workspace, which `build` would compile once more without.
test: setup ## All tests on the real parts, headless
	@$(MAKE) -j2 parts site
	@.ci/test.sh

bench: setup ## Print the figures of BENCHMARKS.md, as ratios to limits measured in the same run
	@$(MAKE) -j2 parts site
	@.ci/bench.sh

soak: setup ## Operations at length: all versions, every fault, chaos from a seed; the table is docs/soak.md (KLAMM_SOAK_*, see .ci/soak.sh)
	@$(MAKE) -j2 parts site
	@server/crates/sandbox/images/build.sh $(PARTS)/images $(SOAK_VERSIONS)
	@.ci/soak.sh

fuzz: build ## Ask the API whatever its description allows and much that it does not (KLAMM_FUZZ_EXAMPLES)
	@.ci/fuzz.sh

clean: ## Remove what was built; the state folder stays
	@cargo clean
