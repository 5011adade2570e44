# Two commands are enough: `make demo` runs it, `make test` tests it. Both do all set-up themselves.
# The first Python that starts: a shim of pyenv can be there without its version.
PYTHON ?= $(shell for version in 3.11 3.12 3.13 3.14; do python$$version -c "" 2>/dev/null && { command -v python$$version; exit; }; done; command -v python3)
RUN = .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help setup setup-running image image-gpu images demo dev screenshots quick check test nightly pythons compose-test gpu-test bench faults soak load profile docs docs-serve lock audit release clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## make the environment and the front end, if their locks or sources have changed
	@$(PYTHON) -m deploy.dev.environment
	@$(RUN) deploy.dev.frontend

setup-running: ## the same without the tools for checks and tests: enough to run and to change it
	@$(PYTHON) -m deploy.dev.environment running
	@$(RUN) deploy.dev.frontend

image: setup ## build the sandbox image, if its content has changed
	@$(RUN) deploy.dev.image

image-gpu: setup ## build the sandbox image for machines with an NVIDIA GPU (downloads several GB)
	@$(RUN) deploy.dev.image gpu

images: setup ## build the images of production (deploy/README.md)
	@$(RUN) deploy.dev.images

demo: setup-running ## run all of it on http://127.0.0.1:8000 (or PORT=8001) until Ctrl+C
	@$(RUN) deploy.dev.demo

dev: setup-running ## run it for developers: every edit reloads what it changes (PORT=8001)
	@$(RUN) deploy.dev.develop

screenshots: setup ## take the README's pictures again, from the demo course (some minutes the first time)
	@CHAINRULE_VAR=$(CURDIR)/var/screenshots $(RUN) deploy.screenshots

quick: setup ## form, types, import contracts, and the tests of what changed: seconds (BASE=commit)
	@$(RUN) deploy.dev.quick

check: setup ## form, types, imports, migrations, templates, prose, and the tests that need no service
	@$(RUN) deploy.dev.checks

test: setup ## start every service, then run every check and the tests (ARGS="tests/grader -k nan")
	@$(RUN) deploy.dev.test $(ARGS)

nightly: setup ## start every service, then run the long tests that `make test` leaves out
	@$(RUN) deploy.dev.test -m nightly $(ARGS)

pythons: setup ## the tests that need no torch, on every other Python from 3.11 to 3.14 that is found
	@$(RUN) deploy.dev.pythons $(ARGS)

compose-test: setup ## start production's compose file, try it, and stop it (minutes)
	@$(RUN) deploy.dev.compose

gpu-test: setup ## on a host with an NVIDIA GPU: grade on it and attack its sandbox (downloads several GB)
	@$(RUN) deploy.dev.gpu $(ARGS)

bench: setup image ## measure what a submission costs in each kind of sandbox (ARGS="--times 50 --out bench.json")
	@$(RUN) tests.benchmarks.sandbox $(ARGS)

faults: setup image ## kill, stop, disconnect and fill every part, also on several hosts; needs root and an engine (ARGS="--only Redis")
	@$(RUN) tests.chaos.drill $(ARGS)

soak: setup image ## 10,000 submissions under random kills (ARGS="--submissions 500 --minutes 10")
	@$(RUN) tests.chaos.soak $(ARGS)

load: setup image ## students before a deadline, on this machine (ARGS="--students 50,200 --seconds 60")
	@$(RUN) tests.benchmarks.load $(ARGS)

profile: setup image ## what a request and a submission cost (ARGS="--base HEAD~1 --rounds 2")
	@$(RUN) tests.benchmarks.profile $(ARGS)

docs: ## make the site of the guides, in var/docs/site
	@$(PYTHON) -m deploy.dev.docs

docs-serve: ## make it and show it on http://127.0.0.1:8010 (or PORT=8011)
	@$(PYTHON) -m deploy.dev.docs --serve

lock: setup ## pin and hash the packages of deploy/requirements/*.in (UPGRADE=1 takes the newest)
	@$(RUN) deploy.dev.lock

audit: setup ## look for known vulnerabilities in the locked packages (a part of `make test`)
	@$(RUN) deploy.dev.audit

release: ## make a release of what has passed `make test`: changelog, commit, tag (VERSION=0.2.0)
	@VERSION="$(VERSION)" $(PYTHON) -m deploy.dev.release

clean: ## remove everything that set-up and the demo made in this folder
	rm -rf .venv var server/web/static/build server/web/frontend/node_modules
