# What the service preloads: samples/ as `prepare` makes them, gzipped, put into the program by src/serve/preload.c.

PRELOAD_TOOL = $(BUILD)/gen/preload
PRELOAD_GZ   = $(BUILD)/gen/preload.ndjson.gz
SAMPLES     := $(sort $(wildcard samples/synthea/*.json))

$(PRELOAD_TOOL): tools/preload.c $(BUILD)/libfhirstage.a
	@echo "CC $<"
	$(Q)$(CC) $(FST_CFLAGS) -o $@ $< $(BUILD)/libfhirstage.a $(FST_LIBS)

$(PRELOAD_GZ): $(PRELOAD_TOOL) $(SAMPLES)
	@rm -rf $(BUILD)/gen/preloaded
	$(Q)$(PRELOAD_TOOL) samples/synthea $(BUILD)/gen/preloaded
	$(Q)find $(BUILD)/gen/preloaded/input -name '*.ndjson' | LC_ALL=C sort | xargs cat | gzip -9n >$@.tmp && mv $@.tmp $@
	@rm -rf $(BUILD)/gen/preloaded

$(BUILD)/src/serve/preload.o: $(PRELOAD_GZ)
$(BUILD)/src/serve/preload.o: CFLAGS += -DFST_PRELOAD_GZ='"$(PRELOAD_GZ)"'
