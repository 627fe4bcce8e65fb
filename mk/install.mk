PREFIX  ?= /usr/local
DESTDIR ?=

.PHONY: install
install: build ## install program, library and headers: PREFIX=/usr/local DESTDIR=
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/fhirstage
	install -m 755 $(BUILD)/fhirstage $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(BUILD)/libfhirstage.a $(DESTDIR)$(PREFIX)/lib/
	install -m 644 include/fhirstage/*.h include/fhirstage/*.def $(DESTDIR)$(PREFIX)/include/fhirstage/
