# Everything a developer or a newcomer runs. The environment is made once, in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export TF_CPP_MIN_LOG_LEVEL ?= 2

.PHONY: demo test test-all check bench clean

demo: $(VENV)/.installed
	$(BIN)/python recipes/image_classifier.py

test: $(VENV)/.installed
	$(BIN)/python -m pytest

test-all: $(VENV)/.installed
	$(BIN)/python -m pytest -m ""

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/mnist_sample.py
	$(BIN)/python benchmarks/image_pipeline.py
	$(BIN)/python benchmarks/input_bound.py
	$(BIN)/python benchmarks/resnet_step.py
	$(BIN)/python benchmarks/precompute.py
	$(BIN)/python benchmarks/cifar.py
	$(BIN)/python benchmarks/mnist_mlp.py
	$(BIN)/python benchmarks/tables.py
	$(BIN)/python benchmarks/forecasting.py
	$(BIN)/python benchmarks/sequence_classification.py
	$(BIN)/python benchmarks/policy.py
	$(BIN)/python benchmarks/lr_rules.py

clean:
	rm -rf $(VENV)

$(VENV)/.installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@
