# Roomwire. `make` alone lists what there is.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ASSETS := node_modules/.ready
STRICT := portal/domain providers portal/services

.PHONY: help setup demo demo-reset run test check bench chaos lock clean
.DEFAULT_GOAL := help

help:
	@echo "Roomwire: a channel-manager portal for hotels."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) $(ASSETS) ## install everything locked: Python packages and browser libraries

demo: setup ## run the whole portal here, with demo hotels and a simulated Channex (PORT=8000)
	@exec $(BIN)/python -m demo

demo-reset: setup ## the same, starting afresh: the data of the last demo are deleted
	@exec $(BIN)/python -m demo --reset

run: setup ## run web, workers and scheduler against DATABASE_URL and REDIS_URL
	@exec $(BIN)/python -m demo.run

test: check ## check, then all tests, those in a real browser included
	$(BIN)/python -m tests.halves

check: setup ## lint, format, types and the arrows between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict $(STRICT)
	$(BIN)/python -m pytest -q tests/test_arrows.py

bench: setup ## measure against the budgets; writes bench/results/latest.json
	$(BIN)/python -m bench

chaos: setup ## kill, flush and disconnect things, then reconcile what every side believes
	$(BIN)/python -m chaos

lock: $(READY) ## resolve the dependencies of pyproject.toml anew
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements.lock
	$(BIN)/uv pip compile --group pyproject.toml:node --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links -q -o requirements-node.lock
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
	cd tests/browser && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved \
		--no-audit --no-fund

clean: ## delete what was installed and the data of the demo
	-@test ! -x $(BIN)/python || $(BIN)/python -m demo.clean
	rm -rf $(VENV) node_modules tests/browser/node_modules .roomwire .mypy_cache .ruff_cache .pytest_cache .hypothesis

# uv, where the machine has one, installs in a few seconds what takes pip half a minute; both from the same lock.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Roomwire needs Python 3.11 or newer. Name one: make PYTHON=python3.12 setup"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the Python packages …"
	@{ command -v uv >/dev/null && uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock; } \
		|| $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(ASSETS): package-lock.json $(READY)
	@{ command -v node && command -v npm; } >/dev/null \
		|| $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-node.lock
	@echo "Fetching the browser libraries …"
	@$(BIN)/python -m demo.node
	@touch $@
