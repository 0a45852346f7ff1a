# `make help` lists the targets. Everything installs what it needs and says so; all targets may be repeated.
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

test: lint build fixtures fixtures-cuda emulation test-swift test-aarch64 test-python test-package ## Install what is missing and run all tests

test-swift: build fixtures fixtures-cuda emulation ## Run the Swift tests
	@scripts/swift-test

# A machine that can have QEMU also tests the emulated boards; any other says why not.
emulation: build fixtures
	@! scripts/emulates || $(MAKE) --no-print-directory cross-tests fixtures-aarch64

test-aarch64: emulation ## Run the tests of runner and daemon as an emulated Raspberry Pi 3
	@! scripts/emulates >/dev/null || scripts/test-aarch64

test-python: venv build fixtures ## Run the Python tests, those of the statistics among them
	@cd models && ../$(PY) -m pytest -q
	@$(PY) -m pytest -q -c models/pyproject.toml --rootdir . Tests/Statistics
	@$(PY) -m pytest -q -c models/pyproject.toml --rootdir . Tests/LoadGenLogs
	@$(PY) -m pytest -q -c models/pyproject.toml --rootdir . Tests/Golden

build: packages ## Build everything for development
	@scripts/step "Building (debug)" swift build $(SWIFT_FLAGS) --build-tests

release: packages ## Build the three programs, optimised
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

fixtures: venv runtime ## Train, compile and score the small module that tests run
	@$(PY) -m unet fixtures --out $(BUILD)/fixtures

# The libraries for arm64 only where that package can be made.
package: packages runtime ## Make the Debian packages, into build/packages
	@! scripts/emulates >/dev/null || $(MAKE) --no-print-directory runtime-aarch64
	@scripts/package

test-package: package ## Install, upgrade and purge the packages in a clean Debian
	@scripts/test-package

lint: ## Check the formatting of all Swift sources
	@swift format lint --strict --recursive Package.swift Sources Tests && echo "swift format: no findings"

format: ## Format all Swift sources
	@swift format --in-place --recursive Package.swift Sources Tests

packages: ## Install the Debian packages that are missing
	@scripts/install-packages

# Rebuilt when a pin changes.
VENV_STAMP := $(VENV)/.installed-$(shell sha256sum models/pyproject.toml 2>/dev/null | cut -c1-12)
venv: packages $(VENV_STAMP) ## Install Python packages into build/venv
$(VENV_STAMP):
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@scripts/step "Installing PyTorch, TVM and NVIDIA's compiler into $(VENV) (1.7 GB on disk)" $(VENV)/bin/pip install --quiet --disable-pip-version-check --editable 'models[baselines,bench,cuda,test]'
	@touch $@

runtime: venv $(RUNTIME)/runtime.json ## Copy TVM's two runtime libraries to build/tvm-runtime
$(RUNTIME)/runtime.json: $(VENV_STAMP)
	@$(PY) -m unet runtime --out $(RUNTIME)

bench-fidelity: release fixtures ## Our timed loops against the timers of TVM, PyTorch and Python
	@Benchmarks/fidelity/run

bench-footprint: package venv ## What an idle agent costs, beside TVM's own RPC server
	@Benchmarks/footprint/run

bench-compare: release fixtures ## How often a comparison is wrong: of equal modules, and of one that does 3% more
	@Benchmarks/compare/run

bench-loadgen: release fixtures ## Our statistics against MLPerf LoadGen's, on its own traces
	@$(PY) -c 'import mlperf_loadgen' 2>/dev/null || { scripts/install-packages loadgen && \
	  scripts/step "Compiling MLPerf LoadGen, which has no wheel for this machine (about half a minute)" $(VENV)/bin/pip install --quiet \
	    --disable-pip-version-check "$$(grep -oE 'mlcommons-loadgen==[0-9.]+' models/pyproject.toml)"; }
	@Benchmarks/loadgen/run

bench-unet: venv ## The compiled U-Net against ONNX Runtime and PyTorch, layer by layer
	@Benchmarks/unet/run

bench-emulated: venv runtime-aarch64 ## The U-Net for a Raspberry Pi 3 under QEMU: mask, memory, executed instructions
	@Benchmarks/emulated/run

clean: ## Remove everything made here (results.sqlite stays)
	rm -rf .build $(BUILD) data report
