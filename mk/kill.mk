# Breaking `run` in every way, at length. `make test` has a short version (tests/e2e/kill.sh, tests/e2e/faults.sh).
# KILL_DATA names a folder of some 200 MB; else the samples are repeated until they are that large.

KILL_DATA ?=

.PHONY: kill
kill: build ## kill run, service and link at 100 random points over 200 MB, and 5 over 2 GB
	sh tests/lib/kill-long $(BUILD) $(KILL_DATA)
