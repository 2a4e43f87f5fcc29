# Two commands do all the set-up: `make demo` runs the main job on real data, `make test` the suite.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEVELOP := $(VENV)/.installed-dev

.PHONY: install demo test check format lock benchmark clean

install: $(INSTALLED)          ## a .venv with the synthloom command
demo: $(INSTALLED)             ## the main job on a real table; prints where the report is
	$(BIN)/python scripts/demo.py

test: $(DEVELOP)               ## the whole suite
	$(BIN)/python -m pytest -n 2

check: $(DEVELOP)              ## lint, types, import directions
	$(BIN)/ruff check src tests scripts benchmarks
	$(BIN)/ruff format --check src scripts
	$(BIN)/mypy
	$(BIN)/python scripts/check_imports.py

format: $(DEVELOP)
	$(BIN)/ruff format src scripts
	$(BIN)/ruff check --fix src tests scripts benchmarks

benchmark: $(DEVELOP)          ## beside other systems: make benchmark DATA=FOLDER YARDSTICK=FILE
	$(BIN)/python -m benchmarks.peers --data $(DATA) --yardstick $(YARDSTICK)

lock: $(DEVELOP)               ## the versions that CI installs, from those that are installed now
	$(BIN)/pip freeze --exclude-editable | grep -v -i '^synthloom' > constraints.txt

clean:
	rm -rf $(VENV) demo build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; give one with: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(INSTALLED): $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	@touch $@

$(DEVELOP): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
