# Fuzzing. tests/fuzz/NAME.c is a target, see tests/fuzz/fuzz.h. `make test` replays what is in tests/fuzz/corpus with any
# compiler; `make fuzz` searches with clang's libFuzzer: FUZZ=NAME… for some targets, FUZZ_SECONDS of processor time for each.

FUZZ         ?= $(FUZZ_ALL)
FUZZ_ALL     := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/replay.c,$(sort $(wildcard tests/fuzz/*.c))))
FUZZ_SECONDS ?= 60
FUZZ_MAIN    ?= tests/fuzz/replay.c
FUZZ_BUILD   := build/libfuzzer
# NULL + 0, an empty view's end, is what clang alone objects to.
FUZZ_FLAGS   := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize=pointer-overflow -fno-sanitize-recover=undefined \
                -fno-omit-frame-pointer

.PHONY: fuzz fuzz-bins
fuzz: ## search for inputs that break something: FUZZ="json …" FUZZ_SECONDS=60
	@sh tools/deps clang libclang-rt-14-dev
	$(MAKE) BUILD=$(FUZZ_BUILD) CC=clang OPT="-O1 -g -Wno-unknown-warning-option" SANITIZE="$(FUZZ_FLAGS)" FUZZ_MAIN=-fsanitize=fuzzer fuzz-bins
	sh tests/fuzz/search $(FUZZ_BUILD) $(FUZZ_SECONDS) $(FUZZ)

fuzz-bins: $(FUZZ_ALL:%=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/%: tests/fuzz/%.c tests/fuzz/fuzz.h tests/fuzz/replay.c $(BUILD)/libfhirstage.a
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(FST_CFLAGS) -Itests/fuzz -o $@ $< $(FUZZ_MAIN) $(BUILD)/libfhirstage.a $(FST_LIBS)
