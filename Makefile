# nova-extender: 'make run' and 'make test' need Python 3.11+ and nothing else.

PYTHON ?= python3
# For 'make conformance': Nova's Python, how many cases, and which ones.
PYTHON311 ?= python3.11
CASES ?= 20000
SEED ?= 1
# For 'make bench' and 'make bench-cluster', such as --quick or --rounds=5.
BENCH_FLAGS ?=
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' extender/version.py)
IMAGE   ?= nova-extender:$(VERSION)
# What builds the image: the first of docker, podman and buildah that works, unless said.
BUILDER ?=
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help run test check fmt docs bench bench-cluster bench-compare conformance e2e soak cluster image kind kind-down lock record clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The environment: every package pinned and checked by its hash, then the project itself.
$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "nova-extender needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

run: $(STAMP) ## serve the example cluster and show one decision worked out, until Ctrl-C
	@exec $(BIN)/nova-extender serve --cluster example --worked-example --config deploy/examples/console.yaml

test: $(STAMP) ## unit, contract, property and integration tests, and the checks
	$(BIN)/python -m pytest -q
	@$(MAKE) --no-print-directory check

check: $(STAMP) ## formatting, lint, types, import contracts, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/python deploy/monitoring/generate.py --check

fmt: $(STAMP) ## format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(STAMP) ## write the generated reference pages and the dashboards
	$(BIN)/python docs/generate.py
	$(BIN)/python deploy/monitoring/generate.py

bench: $(STAMP) ## measure calls, classes and loading beside an extender that does nothing (needs Go 1.26)
	$(BIN)/python -m tests.bench $(BENCH_FLAGS)

bench-cluster: $(STAMP) ## measure pods a second through kube-scheduler on a real control plane (needs Go 1.26)
	$(BIN)/python tests/e2e/build.py
	$(BIN)/python -m tests.bench.live $(BENCH_FLAGS)

bench-compare: $(STAMP) ## compare two runs' JSON: make bench-compare OLD=… NEW=…
	@$(BIN)/python -m tests.bench.compare '$(OLD)' '$(NEW)'

conformance: $(STAMP) ## compare with Nova itself, case by case (needs Python 3.11 for Nova)
	@$(BIN)/python -m tests.conformance --python $(PYTHON311) --cases $(CASES) --seed $(SEED)

e2e: $(STAMP) ## compare with Nova, then test on a real control plane (needs Go 1.26, Python 3.11)
	@$(MAKE) --no-print-directory conformance CASES=3000
	$(BIN)/python tests/e2e/build.py
	$(BIN)/python -m pytest -q -rfEP tests/e2e --timeout 600

soak: $(STAMP) ## churn 50 pods a second on 1,000 nodes for ten minutes (needs Go 1.26)
	$(BIN)/python tests/e2e/build.py
	$(BIN)/python -m tests.e2e.soak

cluster: $(STAMP) ## run a real control plane with the extender, until Ctrl-C (needs Go 1.26)
	@exec $(BIN)/python -m tests.e2e.cluster

image: ## build the container image (needs docker, podman or buildah)
	@builder='$(BUILDER)'; for each in docker podman buildah; do \
	  [ -n "$$builder" ] || ! $$each info >/dev/null 2>&1 || builder=$$each; done; \
	[ -n "$$builder" ] || { echo "make image needs docker, podman or buildah, and none of them works here" >&2; exit 1; }; \
	set -x; $$builder build -f deploy/docker/Dockerfile -t $(IMAGE) --build-arg VERSION=$(VERSION) \
	  --build-arg REVISION="$$(git rev-parse HEAD)" \
	  --build-arg CREATED="$$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)" $(IMAGE_FLAGS) .

kind: ## run a cluster in containers, scheduled by Nova's rules (needs docker or podman, kind, kubectl, helm)
	@deploy/kind/up.sh $(VARIANT)

kind-down: ## take that cluster away
	@deploy/kind/down.sh

record: $(STAMP) ## record kube-scheduler's requests anew for the contract tests (needs Go 1.26)
	$(BIN)/python -m tests.e2e.record

lock: ## write the lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes -c requirements.lock --no-header --no-annotate -o requirements-dev.lock
	uv pip compile --group image --universal --python-version 3.11 --generate-hashes -c requirements-dev.lock --no-header --no-annotate -o requirements-image.lock

clean: ## remove what the other targets made
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
