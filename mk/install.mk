PREFIX  ?= /usr/local
DESTDIR ?=

.PHONY: install
install: build man ## install program, library, headers, man pages and completions: PREFIX=/usr/local DESTDIR=
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/fhirstage
	install -m 755 $(BUILD)/fhirstage $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/libfhirstage.a $(DESTDIR)$(PREFIX)/lib/
	install -m 644 include/fhirstage/*.h include/fhirstage/*.def $(DESTDIR)$(PREFIX)/include/fhirstage/
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 644 $(BUILD)/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	$(BUILD)/fhirstage completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/fhirstage
	$(BUILD)/fhirstage completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_fhirstage
	$(BUILD)/fhirstage completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/fhirstage.fish
