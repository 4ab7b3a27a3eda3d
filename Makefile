# The commands of users and developers. The environment is created once, in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export TF_CPP_MIN_LOG_LEVEL ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check docs notebooks bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.installed ## train a classifier of handwritten digits; no download
	$(BIN)/python recipes/image_classifier.py

test: $(VENV)/.installed ## run the test suite; list its ten slowest tests
	$(BIN)/python -m pytest

test-all: $(VENV)/.installed ## run the test suite with the tests that take minutes
	$(BIN)/python -m pytest -m ""

check: $(VENV)/.installed ## lint, check the formatting and the types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.installed ## build the site of documentation in build/site; warnings are errors
	$(BIN)/python -m sphinx --nitpicky --fail-on-warning --keep-going --quiet docs build/site
	@echo "build/site/index.html"

notebooks: $(VENV)/.installed ## run the notebooks of docs/ from top to bottom, as copies in runs/notebooks
	mkdir -p runs/notebooks
	cp docs/*.ipynb runs/notebooks
	cd runs/notebooks && $(abspath $(BIN))/jupyter-execute --inplace --timeout=600 *.ipynb

bench: $(VENV)/.installed ## run every benchmark
	$(BIN)/python benchmarks/import_time.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/jobs.py
	$(BIN)/python benchmarks/overhead.py
	$(BIN)/python benchmarks/mnist_sample.py
	$(BIN)/python benchmarks/image_pipeline.py
	$(BIN)/python benchmarks/input_bound.py
	$(BIN)/python benchmarks/resnet_step.py
	$(BIN)/python benchmarks/step_parts.py
	$(BIN)/python benchmarks/precision.py
	$(BIN)/python benchmarks/epoch_end.py
	$(BIN)/python benchmarks/epoch_start.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/resume.py
	$(BIN)/python benchmarks/precompute.py
	$(BIN)/python benchmarks/cifar.py
	$(BIN)/python benchmarks/mnist_mlp.py
	$(BIN)/python benchmarks/tables.py
	$(BIN)/python benchmarks/forecasting.py
	$(BIN)/python benchmarks/sequence_classification.py
	$(BIN)/python benchmarks/text_preparation.py
	$(BIN)/python benchmarks/awd_lstm.py
	$(BIN)/python benchmarks/policy.py
	$(BIN)/python benchmarks/lr_rules.py
	$(BIN)/python benchmarks/cautious_lr.py

clean: ## remove the environment, build outputs and tool caches
	rm -rf $(VENV) build dist docs/api *.egg-info .pytest_cache .ruff_cache .mypy_cache

$(VENV)/.installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@
