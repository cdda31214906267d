# SPDX-License-Identifier: GPL-2.0-only
#
# The module itself is described by Kbuild and module/Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build
KERNELS ?= 6.1 6.12 latest

.DEFAULT_GOAL := modules
.PHONY: help setup modules modules_install clean demo test check unit \
	selftests test-long test-matrix test-debug torture fuzz kselftest \
	do-no-harm tested claims bench debug-kernel

help: ## this list
	@echo "Targets (KDIR=$(KDIR), KERNELS=$(KERNELS)):"
	@sed -n 's/^\([a-z_-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | \
		expand -t 20

setup: ## install the Debian packages needed here (root or sudo)
	@scripts/setup

modules: ## build mmscope.ko for the kernel in KDIR (default: the running one)
modules_install: ## install it there, without debug information
clean: ## remove what building it left here
# The kernel would copy that on each load, and never read it.
modules_install: export INSTALL_MOD_STRIP ?= 1
modules modules_install clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) $@

demo: setup ## boot a VM, look at a live process in it, take the tour, report
	@scripts/vm --kernel latest --memory 4G --swap 512M --numa 2 \
		--timeout 1800 -- scripts/demo

test: setup ## everything that must pass: check, unit, selftests
	@scripts/run-tests --kernels "$(KERNELS)" check unit selftests

check: setup ## the sources: warnings, sparse, kernel-doc, layers, style
	@scripts/run-tests --kernels "$(KERNELS)" check

unit: setup ## the pure logic and the scripts, in user space
	@scripts/run-tests unit

selftests: setup ## in a VM on each of KERNELS
	@scripts/run-tests --kernels "$(KERNELS)" selftests

test-long: setup ## more: experiments, traces, records, for hours (ONLY="oom")
	@scripts/run-tests --kernels "$(KERNELS)" --only "$(ONLY)" long

test-matrix: setup ## selftests on variants of KERNELS, for hours (ONLY="rt la57" TESTS=short)
	@scripts/run-tests --kernels "$(KERNELS)" --only "$(ONLY)" \
		--tests "$(TESTS)" matrix

torture: setup ## all at once, with reloads, for MINUTES (5)
	@scripts/run-tests --kernels "$(KERNELS)" \
		$(if $(MINUTES),--minutes $(MINUTES)) torture

test-debug: setup ## on the kernel that watches itself, for hours (ONLY="faults")
	@scripts/run-tests --kernels debug --only "$(ONLY)" debug

fuzz: setup ## a million writes, and libFuzzer for ten minutes a target
	@scripts/run-tests --kernels "$(KERNELS)" libfuzzer fuzz

kselftest: setup ## selftests from here, in a kernel's tree, installed (TESTS="query_test")
	@scripts/run-tests --kernels "$(KERNELS)" --tests "$(TESTS)" kselftest

do-no-harm: setup ## the kernel's tests without mmscope and with it (TESTS="mm:mmap")
	@scripts/run-tests --kernels "$(KERNELS)" --tests "$(TESTS)" harm

tested: ## write docs/reference/tested.md from what last ran here
	@scripts/tested

claims: setup ## write docs/reference/claims.md from tours on KERNELS
	@for kernel in $(KERNELS); do \
		scripts/vm --kernel $$kernel --memory 4G --swap 512M --numa 2 \
			--timeout 1800 -- scripts/mmscope tour \
			-o out/tour-$$kernel > /dev/null || exit 1; \
	done
	@scripts/claims $(KERNELS:%=out/tour-%)

bench: setup ## count guest instructions of mmscope and its rivals
	@scripts/bench --kernels "$(KERNELS)"

debug-kernel: setup ## build the kernel of scripts/vm --kernel debug (15 minutes)
	@scripts/vm --kernel debug --build-only
