# fhirstage — make run, make test: from a bare Debian or Ubuntu, set up, build, do the job / pass the tests.
# The parts are in mk/: deps.mk installs, build.mk compiles, test.mk tests, bench.mk measures, install.mk installs.

all: build

include mk/deps.mk
include mk/facts.mk
include mk/build.mk
include mk/docs.mk
include mk/test.mk
include mk/preload.mk
include mk/fuzz.mk
include mk/bench.mk
include mk/conformance.mk
include mk/kill.mk
include mk/install.mk

-include config.mak

.PHONY: all run clean help
run: deps ## do the whole job on the samples, against the embedded service
	@$(MAKE) --no-print-directory $(PARALLEL) build
	$(BUILD)/fhirstage run samples/synthea --local --out $(RUN_OUT)

RUN_OUT ?= fhirstage-out

clean: ## remove what was built
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
