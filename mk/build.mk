# Compiling. BUILD names a variant's folder: build (optimised), build/asan (sanitised, for the tests).

BUILD     ?= build
CC        ?= gcc
# For the makes that `run` and `test` start once everything is installed; a -j given on the command line holds for them too.
PARALLEL   = $(if $(filter --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))
OPT       ?= -O3 -g
WARN      := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
             -Wvla -Wformat=2 -Wundef -Wno-unused-parameter -Wno-missing-field-initializers -Wno-format-truncation $(if $(CI),-Werror)
PKGS      := yajl libcurl libcrypto zlib expat libmicrohttpd sqlite3
# Looked up when a compile needs them, not before `make deps` has run.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)
FST_CFLAGS = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Iinclude -Isrc -I$(BUILD)/gen -include src/base/banned.h \
             -pthread -fstack-protector-strong -fno-strict-aliasing $(WARN) $(OPT) $(SANITIZE) $(PKG_CFLAGS) $(CFLAGS)
FST_LIBS   = $(SANITIZE) -pthread $(PKG_LIBS) -lm $(LDFLAGS)

LIB_DIRS  := base json input fhir prepare sign net healthlake aws pipeline
LIB_SRC   := $(sort $(wildcard $(LIB_DIRS:%=src/%/*.c)))
CLI_SRC   := $(sort $(wildcard src/cli/*.c src/serve/*.c))
LIB_OBJ    = $(LIB_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ    = $(CLI_SRC:%.c=$(BUILD)/%.o)

.PHONY: build
build: $(BUILD)/fhirstage $(BUILD)/libfhirstage.a ## compile the program and the library

$(BUILD)/libfhirstage.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/fhirstage: $(CLI_OBJ) $(BUILD)/libfhirstage.a
	$(Q)$(CC) -o $@ $(CLI_OBJ) $(BUILD)/libfhirstage.a $(FST_LIBS)

# -MMD notes each file's headers; GENERATED are headers made from data/ before the first compile.
$(BUILD)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(FST_CFLAGS) -MMD -MP -c -o $@ $<

Q ?= @
-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d)
