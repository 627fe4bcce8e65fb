# Tests. `make test` is the whole suite, built with ASan and UBSan; `make check` the quick part, for every commit.

ASAN      := build/asan
SANFLAGS  := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
UNIT_SRC  := $(sort $(wildcard tests/unit/*.c tests/unit/*/*.c))
UNIT_BIN   = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SRC))
# Absolute, since tests change folder. Where it is not there the tests that need it say so.
TESTDATA  ?= $(abspath ../shared/data)
export TESTDATA

.PHONY: test check conformance unit check-layers check-headers
test: deps-test ## run all the tests, sanitised
	$(MAKE) $(PARALLEL) CI=1 build
	$(MAKE) $(PARALLEL) CI=1 BUILD=$(ASAN) OPT="-O1 -g" SANITIZE="$(SANFLAGS)" build unit-bins fuzz-bins
	sh tests/run $(ASAN)

check: check-layers check-headers unit ## build, layers, headers and unit tests

unit: unit-bins
	@sh tests/run-units $(BUILD)

.PHONY: unit-bins
unit-bins: build $(UNIT_BIN)

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libfhirstage.a $(CLI_OBJ)
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(FST_CFLAGS) -Itests/unit -o $@ $< $(filter-out %/cli/main.o,$(CLI_OBJ)) $(BUILD)/libfhirstage.a -lcmocka $(FST_LIBS)

check-layers: ## does every include keep to mk/layers.txt
	@sh tools/check-layers

check-headers: ## does every header compile alone
	@sh tools/check-headers "$(CC)" $(FST_CFLAGS)

.PHONY: soak
soak: build ## kill -9 the service at 50 random points while 20 jobs are queued and run
	python3 tests/soak/kill.py $(BUILD)/fhirstage --kills 50 --jobs 20 --lines 20000

# Every real resource that is given must pass: CONFORMANCE is a folder or a .tar.xz of NDJSON.
CONFORMANCE ?= $(TESTDATA)/synthea-ndjson-150.tar.xz
conformance: build ## no false rejection on the real resources that are given
	@sh tests/oracle/conformance $(BUILD)/fhirstage "$(CONFORMANCE)"
