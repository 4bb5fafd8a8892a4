# Everything happens in .venv inside the checkout; only Python 3.11 or newer and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Compiled once, not by each of the many processes that the tests start.
export PYTHONDONTWRITEBYTECODE :=

# The tests that cover the pure rooms. Those that measure time or start processes cover nothing
# more, and are slow while every line is traced.
COVERED := $(filter-out %/test_hostile_texts.py %/test_preparing.py %/test_storable.py, \
  $(wildcard tests/messages/test_*.py tests/bot/domain/test_*.py tests/bot/language/test_*.py)) \
  tests/bot/engine/test_intake.py tests/bot/engine/test_options.py

.PHONY: run test lint cover bench classifier lock image clean

run: $(VENV)/run.stamp ## start the bot
	@exec $(BIN)/banana-bot run

test: $(VENV)/dev.stamp ## all tests, but for those that EXCEPT names
	@exec $(BIN)/python -m pytest --numprocesses 6 --dist loadfile --no-loadscope-reorder \
	  $(EXCEPT:%=--ignore=%)

lint: $(VENV)/dev.stamp ## format, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

cover: $(VENV)/dev.stamp ## branch coverage of the pure rooms, which has to be complete
	$(BIN)/coverage run -m pytest $(COVERED)
	$(BIN)/coverage report

bench: $(VENV)/dev.stamp ## figures, each beside a baseline of the same run
	@exec $(BIN)/python -m bench

classifier: $(VENV)/dev.stamp ## learn anew which words want a picture
	$(PIP) install --require-hashes -r requirements-learning.lock
	$(BIN)/python -m tests.manners.learning

lock: ## pin the newest versions (needs uv and npm)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate pyproject.toml --group run -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate pyproject.toml --group run --group dev -c requirements.lock \
	  -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --group learning -o requirements-learning.lock
	$(PYTHON) -m tests.clients.lock

image: ## a container image (needs docker)
	docker build --file deploy/Dockerfile --tag banana-bot .

clean:
	rm -rf $(VENV) tests/clients/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("banana-bot needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@
