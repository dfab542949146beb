# Every target works on a fresh clone; setup is done once for each set of packages and is instant afterwards.
SHELL := /bin/sh
PYTHON ?= python3
MODE ?= report
EXAMPLES ?= 10000
SCALES ?= S M L
PEERS ?= c7n amazon.aws
RUNS ?= 3
SOAK_SECONDS ?= 3600
BIN := .venv/bin
STAMPS := .venv/stamps
LINK := .ansible/collections/ansible_collections/sysops/aws
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt
# What is used, and not the hundred other collections: without it every start of ansible-playbook takes a second longer.
COMPILE := $(BIN)/python -m compileall -q -j 0 -x 'ansible_collections/(?!amazon/)' .venv/lib

# Relative: make runs in the root of the repository, which may have spaces in its path.
export ANSIBLE_CONFIG := ansible.cfg

.PHONY: help setup demo test lint sanity proof bench soak molecule clean

help:
	@echo "make setup      .venv with ansible and boto3, and the collection linked where Ansible finds it"
	@echo "make demo       cost_hygiene.yml on an emulated account, report only; MODE=enforce acts on it"
	@echo "make test       every check that needs neither root nor a container (ONLY='ruff pytest' for some)"
	@echo "make lint       every check but sanity and pytest"
	@echo "make sanity     ansible-test sanity, in full"
	@echo "make proof      the invariants on 10,000 random accounts (EXAMPLES=... for another number); takes long"
	@echo "make bench      speed, memory and calls beside others (SCALES='S M' PEERS=c7n RUNS=3 for a shorter one); half an hour"
	@echo "make soak       an hour of sweeps while another process changes the account (SOAK_SECONDS=... for another time)"
	@echo "make molecule   the roles on real hosts, as root on a Debian machine (ONLY='cloudwatch_agent' for some scenarios)"
	@echo "make clean      removes what the other targets made, but for reports"

setup: $(STAMPS)/runtime $(LINK)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed (PYTHON=... names another one)"; exit 1; }
	@echo "==> making .venv"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "python3 -m venv failed (Debian: apt install python3-venv)"; exit 1; }

$(STAMPS)/runtime: requirements.txt constraints.txt | $(BIN)/python
	@echo "==> installing what running takes: ansible, boto3"
	@$(PIP) -r requirements.txt
	@$(COMPILE)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/demo: requirements-demo.txt $(STAMPS)/runtime
	@echo "==> installing the emulated account: moto"
	@$(PIP) -r requirements-demo.txt
	@$(COMPILE)
	@touch $@

$(STAMPS)/test: requirements-test.txt $(STAMPS)/demo
	@echo "==> installing the test tools"
	@$(PIP) -r requirements-test.txt
	@$(COMPILE)
	@touch $@

$(STAMPS)/molecule: requirements-molecule.txt $(STAMPS)/demo
	@echo "==> installing molecule"
	@$(PIP) -r requirements-molecule.txt
	@$(COMPILE)
	@touch $@

$(LINK):
	@mkdir -p $(@D) && ln -s ../../../.. $@
	@echo "==> the collection is linked at $@"

demo: setup $(STAMPS)/demo
	@scripts/demo.sh -e cost_hygiene_mode=$(MODE)

test: setup $(STAMPS)/test
	@$(BIN)/python scripts/check.py $(ONLY)

lint: setup $(STAMPS)/test
	@$(BIN)/python scripts/check.py ruff mypy yamllint ansible-lint antsibull-docs changelog

sanity: setup $(STAMPS)/test
	@$(BIN)/python scripts/check.py sanity

proof: setup $(STAMPS)/test
	@echo "==> $(EXAMPLES) random accounts for the engine, and as many for the checks"
	@SYSOPS_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -q -n 2 --dist loadfile \
	  tests/unit/module_utils/sweep/test_invariants.py tests/integration/test_random_accounts.py

$(STAMPS)/bench: requirements-bench.txt
	@echo "==> installing whom to compare with: Cloud Custodian, in .venv-bench"
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@mkdir -p $(STAMPS) && touch $@

bench: setup $(STAMPS)/demo $(if $(filter c7n,$(PEERS)),$(STAMPS)/bench)
	@mkdir -p docs/images
	@$(BIN)/python -m tests.benchmark --scales $(SCALES) --peers $(PEERS) --runs $(RUNS) \
	  --json docs/benchmark.json --svg docs/images/benchmark.svg --markdown docs/benchmark.md

soak: setup $(STAMPS)/test
	@SYSOPS_SOAK_SECONDS=$(SOAK_SECONDS) $(BIN)/pytest -q -s tests/soak

molecule: setup $(STAMPS)/molecule
	@$(BIN)/python scripts/molecule_run.py $(ONLY)

clean:
	rm -rf .venv .venv-bench .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
