# Man pages, completions and docs/commands.md: all written by the program from its tables.

.PHONY: man reference
man: build ## write the man pages into build/man
	$(BUILD)/fhirstage man --dir $(BUILD)/man

reference: build ## write docs/commands.md
	$(BUILD)/fhirstage man >docs/commands.md
