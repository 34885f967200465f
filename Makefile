# Needs Python 3.11 or later and make; everything else goes into .venv.
# PYTHON=... chooses the interpreter, ARGS=... passes arguments on: make test ARGS="-k nudge".

PYTHON ?=
ARGS ?=
RUN := .venv/bin/python
LOCKS := requirements.txt requirements-dev.txt
TYPED := $(wildcard models lifecycle workflows activities telemetry templates web demo cli starter.py worker.py settings.py)
# The load has a target of its own: it takes as long as one wants.
BENCHMARKS := $(filter-out benchmarks/_% benchmarks/load.py,$(wildcard benchmarks/*.py))

.DEFAULT_GOAL := help
.PHONY: help setup demo test fuzz lint typecheck audit advisories bench mail-faults chaos load gallery contact-sheet \
    recordings upgrade-drill messages contract lock clean

help: ## print this list
	@echo "Usage: make TARGET"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

setup: .venv/.stamp ## create .venv with the locked packages; does nothing when they are there

demo: setup ## run the whole thing here: Temporal, worker, web app and a mailbox to click through
	@$(RUN) starter.py demo $(ARGS)

test: setup ## run the tests
	@$(RUN) -m pytest $(ARGS)

fuzz: setup ## feed the parsers what nobody would send, each for SECONDS=60; ARGS="tokens forms" chooses
	@$(RUN) -m tests.fuzz --seconds $(or $(SECONDS),60) $(ARGS)

lint: setup ## check the style and the format
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

typecheck: setup ## check the types
	@$(RUN) -m mypy $(TYPED)

audit: setup ## look for weaknesses in the code, and for packages that do not go together; needs no network
	@$(RUN) -m bandit --quiet --configfile pyproject.toml --recursive .
	@$(RUN) -m pip check --quiet

advisories: setup ## compare the locks with the public list of known vulnerabilities; needs a network
	@for lock in $(LOCKS); do $(RUN) -m uv tool run pip-audit --require-hashes --disable-pip --requirement $$lock || exit 1; done

bench: setup ## run every benchmark; each prints its result as JSON
	@set -e; for file in $(BENCHMARKS); do \
	    $(RUN) -m "benchmarks.$$(basename "$$file" .py)" --json $(ARGS); \
	done

mail-faults: setup ## play mentorships over a provider that fails and a worker that is killed; SEED=1
	@$(RUN) -m demo.mail_faults --seed $(or $(SEED),1) $(ARGS)

chaos: setup ## play mentorships while everything fails, and judge what came of them; SEED=1 SIZE=200
	@$(RUN) -m demo.chaos --seed $(or $(SEED),1) --size $(or $(SIZE),200) $(ARGS)

load: setup ## find the highest rate, hold a share of it, overdo it, weigh the memory; SECONDS=600
	@$(RUN) -m benchmarks.load --seconds $(or $(SECONDS),600) $(ARGS)

gallery: setup ## show every mail in var/gallery: language, light and dark, narrow and wide, with screenshots
	@$(RUN) -m tests.gallery $(ARGS)

contact-sheet: setup ## show every page in var/contact-sheet: each step, phone and desk, light and dark, English and Spanish
	@$(RUN) -m tests.contact_sheet $(ARGS)

recordings: setup ## record states and histories of this release in tests/recordings, see docs/upgrades.md
	@$(RUN) -m tests.recording

upgrade-drill: setup ## upgrade 50 mentorships from this source to a changed one; ARGS="--size 10"
	@$(RUN) -m demo.upgrade_drill $(ARGS)

messages: setup ## bring the catalogs of templates/locale up to date with the sentences of the mails
	@$(RUN) -m templates.messages

contract: setup ## write docs/contract.json and the tables of docs/contract.md anew, from the models
	@$(RUN) -m workflows.contract_page

lock: setup ## write the locks from pyproject.toml; ARGS=--upgrade moves indirect packages too
	@for target in "requirements.txt" "requirements-dev.txt --group dev --constraint requirements.txt"; do \
	    $(RUN) -m uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	        --no-annotate --no-emit-index-url --custom-compile-command "make lock" $(ARGS) \
	        --output-file $$target || exit 1; \
	done

clean: ## remove .venv, the caches and var/ (the demo's data)
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis var
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp holds the locks it stands for, and is written last: an interrupted setup starts over, and a lock that was
# only touched (a branch switched back and forth) installs nothing.
.venv/.stamp: $(LOCKS)
	@if cat $(LOCKS) | cmp -s - $@ && $(RUN) -c ''; then touch $@; exit; fi; \
	python=''; found=''; bare=''; \
	for candidate in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
	    version=$$("$$candidate" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue; \
	    if ! "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        found="$$found, found $$candidate $$version"; \
	    elif ! "$$candidate" -c 'import venv, ensurepip' 2>/dev/null; then \
	        bare=$${bare:-$$version}; \
	    else \
	        python=$$candidate; break; \
	    fi; \
	done; \
	if [ -z "$$python" ] && [ -n "$$bare" ]; then \
	    echo "Python $$bare has no venv module: install it (Debian, Ubuntu: apt install python$${bare%.*}-venv), then run make again" >&2; \
	    exit 1; \
	fi; \
	if [ -z "$$python" ]; then \
	    echo "Trellis needs Python 3.11 or later$${found:-, found none}: install it, or name one with make setup PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	fi; \
	echo "Installing the locked packages into .venv with Python $$version ..."; \
	rm -f $@ && "$$python" -m venv --clear .venv && \
	$(RUN) -m pip install -qq --disable-pip-version-check --no-input \
	    --require-hashes -r requirements-dev.txt && \
	cat $(LOCKS) > $@ || \
	{ echo "The setup did not finish: see the message above, then run make setup again" >&2; exit 1; }
