# Two commands are enough: `make demo` shows it, `make test` proves it. Both do all set-up themselves.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
OURS = .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help setup image image-gpu images demo screenshots check test compose-test gpu-test bench faults soak load lock audit clean

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## make the environment and the front end, where their locks and sources have changed
	@$(PYTHON) -m deploy.dev.environment
	@$(OURS) deploy.dev.frontend

image: setup ## build the sandbox image, where its content has changed
	@$(OURS) deploy.dev.image

image-gpu: setup ## build the sandbox image for machines with an NVIDIA GPU (downloads several GB)
	@$(OURS) deploy.dev.image gpu

images: setup ## build the images of production (deploy/README.md)
	@$(OURS) deploy.dev.images

demo: setup ## run all of it on http://127.0.0.1:8000 (or PORT=8001) until Ctrl+C
	@$(OURS) deploy.dev.demo

screenshots: setup ## take the README's pictures anew, from the demo course (some minutes the first time)
	@CHAINRULE_VAR=$(CURDIR)/var/screenshots $(OURS) deploy.screenshots

check: setup ## form, types, imports, migrations, templates, and the tests that need no service
	@$(OURS) deploy.dev.checks

test: setup ## bring every service, then run every check and every test (ARGS="tests/grader -k nan")
	@$(OURS) deploy.dev.test $(ARGS)

compose-test: setup ## start production's compose file with all its walls, try it, and stop it (minutes)
	@$(OURS) deploy.dev.compose

gpu-test: setup ## on a host with an NVIDIA GPU: grade, attack and be attacked on it (downloads several GB)
	@$(OURS) deploy.dev.gpu $(ARGS)

bench: setup image ## measure what a submission costs in each kind of sandbox (ARGS="--times 50 --out bench.json")
	@$(OURS) tests.benchmarks.sandbox $(ARGS)

faults: setup image ## kill, stop, cut off and fill every part under a small load; needs root and an engine (ARGS="--only Redis")
	@$(OURS) tests.chaos.drill $(ARGS)

soak: setup image ## 10,000 submissions under random kills (ARGS="--submissions 500 --minutes 10")
	@$(OURS) tests.chaos.soak $(ARGS)

load: setup image ## students before a deadline, on this machine only (ARGS="--students 50,200 --seconds 60")
	@$(OURS) tests.benchmarks.load $(ARGS)

lock: setup ## pin and hash what deploy/requirements/*.in ask for (UPGRADE=1 takes the newest)
	@$(OURS) deploy.dev.lock

audit: setup ## look for known vulnerabilities in what is locked (a part of `make test`)
	@$(OURS) deploy.dev.audit

clean: ## remove what set-up and the demo made in this folder
	rm -rf .venv var server/web/static/build server/web/frontend/node_modules
