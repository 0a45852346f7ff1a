# `make help` lists the targets. Each installs what it needs and says so, and may be run again at any time.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON  ?= python3
BUILD   := build
VENV    := $(BUILD)/venv
PY      := $(VENV)/bin/python
ARCH    := $(shell uname -m)
RUNTIME := $(BUILD)/tvm-runtime/$(ARCH)
# The import direction of docs/architecture.md is an error of the build, not of a review.
SWIFT_FLAGS := --explicit-target-dependency-import-check error

export HARNESS_TVM_DIR := $(abspath $(RUNTIME))
# What Package.swift puts into the programs, and each run into the database.
export HARNESS_COMMIT := $(shell scripts/commit)
export HARNESS_FIXTURES := $(abspath $(BUILD)/fixtures)

.PHONY: help demo test emulation test-swift test-aarch64 test-python cross cross-tests runtime-aarch64 fixtures-aarch64 fixtures-cuda build release fixtures lint format packages venv runtime clean bench-fidelity bench-footprint bench-loadgen bench-unet bench-emulated bench-compare package test-package

help: ## List the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## From nothing to a report: install, build, train, compile, dispatch
	@scripts/demo

test: lint test-swift test-aarch64 test-python test-package ## Install what is missing, then lint and run all tests

# Under `make test` two targets run at a time. The Swift tests measure and the emulated ones have deadlines: nothing runs beside
# either. Building the packages and testing them then shares the machine with the Python tests.
ifneq ($(filter test,$(MAKECMDGOALS)),)
MAKEFLAGS += --jobs=2 --output-sync=line
test-swift: | lint
test-aarch64: | test-swift
test-python package: | test-aarch64
endif

test-swift: build fixtures fixtures-cuda emulation ## Run the Swift tests
	@scripts/swift-test

# Builds what the emulated boards need, where QEMU can run them; elsewhere prints why it cannot.
emulation: build fixtures
	@! scripts/emulates || $(MAKE) --no-print-directory cross-tests fixtures-aarch64

test-aarch64: emulation ## Run the tests of runner and daemon on an emulated Raspberry Pi 3
	@! scripts/emulates >/dev/null || scripts/test-aarch64

test-python: venv build fixtures ## Run the Python tests, including those of the statistics
	@cd models && ../$(PY) -m pytest -q
	@$(PY) -m pytest -q -c models/pyproject.toml --rootdir . Tests/Statistics
	@$(PY) -m pytest -q -c models/pyproject.toml --rootdir . Tests/LoadGenLogs
	@$(PY) -m pytest -q -c models/pyproject.toml --rootdir . Tests/Golden

build: packages ## Build everything for development
	@scripts/step "Building (debug)" swift build $(SWIFT_FLAGS) --build-tests

release: packages ## Build the three programs with optimisation
	@scripts/step "Building (release)" swift build $(SWIFT_FLAGS) -c release

cross: packages ## Build agent and runner for aarch64 boards, into build/aarch64
	@scripts/install-packages cross
	@scripts/cross

cross-tests: packages
	@scripts/install-packages cross
	@scripts/cross tests

RUNTIME_AARCH64 := $(BUILD)/tvm-runtime/aarch64
runtime-aarch64: venv ## Fetch TVM's two runtime libraries for aarch64 boards
	@[ -e $(RUNTIME_AARCH64)/.from-$(notdir $(VENV_STAMP)) ] || { \
	  rm -rf $(BUILD)/wheels $(RUNTIME_AARCH64) && \
	  scripts/step "Fetching TVM's wheels for aarch64 (about 95 MB)" $(VENV)/bin/pip download --quiet --no-deps \
	    --only-binary=:all: --platform manylinux_2_28_aarch64 --dest $(BUILD)/wheels \
	    $$(grep -oE 'apache-tvm(-ffi)?==[^"]+' models/pyproject.toml) && \
	  $(PY) -m unet runtime --out $(RUNTIME_AARCH64) $$(printf -- '--wheel %s ' $(BUILD)/wheels/*.whl) && \
	  touch $(RUNTIME_AARCH64)/.from-$(notdir $(VENV_STAMP)); }

fixtures-aarch64: fixtures runtime-aarch64
	@scripts/install-packages cross
	@$(PY) -m unet fixtures --target rpi3 --target m1-vm --out $(BUILD)/fixtures-aarch64

fixtures-cuda: fixtures
	@cd models/tests && ../../$(PY) gpu_on_cpu.py --made ../../$(BUILD)/fixtures --out ../../$(BUILD)/fixtures-cuda

fixtures: venv runtime ## Train, compile and score the small network the tests run
	@$(PY) -m unet fixtures --out $(BUILD)/fixtures

# TVM's arm64 libraries are needed only where the arm64 package can be built.
package: packages runtime ## Build the Debian packages, into build/packages
	@! scripts/emulates >/dev/null || $(MAKE) --no-print-directory runtime-aarch64
	@scripts/package

test-package: package ## Install, upgrade and purge the packages in a clean Debian
	@scripts/test-package

lint: venv ## Check all Swift, Python, shell and C sources
	@scripts/lint

format: venv ## Format all Swift and Python sources
	@scripts/list-migrations
	@swift format --in-place --parallel --recursive Package.swift Sources Tests
	@$(VENV)/bin/ruff format --quiet --config models/pyproject.toml models Benchmarks Tests

packages: ## Install missing Debian packages
	@scripts/install-packages

# Made anew when a pinned version changes.
VENV_STAMP := $(VENV)/.installed-$(shell sha256sum models/pyproject.toml 2>/dev/null | cut -c1-12)
venv: packages $(VENV_STAMP) ## Install Python packages into build/venv
$(VENV_STAMP): | packages
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@scripts/step "Installing PyTorch, TVM and NVIDIA's compiler into $(VENV) (1.7 GB on disk)" $(VENV)/bin/pip install --quiet --disable-pip-version-check --editable 'models[baselines,bench,cuda,test]'
	@touch $@

runtime: venv $(RUNTIME)/runtime.json ## Copy TVM's two runtime libraries to build/tvm-runtime
$(RUNTIME)/runtime.json: $(VENV_STAMP)
	@$(PY) -m unet runtime --out $(RUNTIME)

bench-fidelity: release fixtures ## Compare our timed loops with the timers of TVM, PyTorch and Python
	@Benchmarks/fidelity/run

bench-footprint: package venv ## Measure an idle agent's memory and start-up beside TVM's RPC server
	@Benchmarks/footprint/run

bench-compare: release fixtures ## Count wrong comparisons: of equal modules, and of one that does 3% more work
	@Benchmarks/compare/run

bench-loadgen: release fixtures ## Compare our statistics with MLPerf LoadGen's, on LoadGen's traces
	@$(PY) -c 'import mlperf_loadgen' 2>/dev/null || { scripts/install-packages loadgen && \
	  scripts/step "Compiling MLPerf LoadGen, which has no wheel for this machine (about half a minute)" $(VENV)/bin/pip install --quiet \
	    --disable-pip-version-check "$$(grep -oE 'mlcommons-loadgen==[0-9.]+' models/pyproject.toml)"; }
	@Benchmarks/loadgen/run

bench-unet: venv ## Compare the compiled U-Net with ONNX Runtime and PyTorch, layer by layer
	@Benchmarks/unet/run

bench-emulated: venv runtime-aarch64 ## Run the U-Net for a Raspberry Pi 3 under QEMU: mask, memory, instructions
	@Benchmarks/emulated/run

clean: ## Remove everything these targets made, but not results.sqlite
	rm -rf .build $(BUILD) data report
