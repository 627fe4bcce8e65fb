# Speed, as ratios in one run. BENCH_DATA names a folder of NDJSON; else the given data's, else the samples.

.PHONY: bench
bench: build $(BUILD)/bench/stages ## measure each stage beside jq and yajl alone
	sh bench/run $(BUILD) $(BENCH_DATA)

$(BUILD)/bench/%: bench/%.c $(BUILD)/libfhirstage.a
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(FST_CFLAGS) -o $@ $< $(BUILD)/libfhirstage.a $(FST_LIBS)

.PHONY: bench-s3
bench-s3: build ## measure uploads beside s5cmd, rclone, the AWS CLI and aws-c-s3, to a sink and to versitygw
	python3 bench/s3 $(BUILD) $(BENCH_RUNS)
