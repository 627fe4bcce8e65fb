# R4's definitions: data/r4.facts is written from HL7's package by `make regen`, and made into tables before the first compile.

BUILD      ?= build
FACTS_SRC  := tools/facts.c $(wildcard src/fhir/compile*.c src/fhir/define*.c) \
              src/fhir/package.c src/fhir/schema.c $(wildcard src/base/*.c src/json/*.c)
FACTS_TOOL  = $(BUILD)/gen/facts
GENERATED  += $(BUILD)/gen/fhir/r4-tables.inc
R4_PACKAGE ?= $(TESTDATA)/fhir-r4/hl7.fhir.r4.examples-4.0.1.tgz
UCUM_ESSENCE ?= $(TESTDATA)/ucum/ucum-essence.xml

$(FACTS_TOOL): $(FACTS_SRC) $(wildcard src/fhir/*.h src/base/*.h src/json/*.h)
	@mkdir -p $(@D)
	@echo "CC tools/facts.c"
	$(Q)$(CC) $(FST_CFLAGS) -o $@ $(FACTS_SRC) $(FST_LIBS)

$(BUILD)/gen/fhir/r4-tables.inc: data/r4.facts data/iso.facts data/ucum.facts $(FACTS_TOOL)
	@mkdir -p $(@D)
	$(Q)$(FACTS_TOOL) compile data/r4.facts data/iso.facts data/ucum.facts >$@.tmp && mv $@.tmp $@

.PHONY: regen
regen: $(FACTS_TOOL) ## write data/r4.facts anew from HL7's package: R4_PACKAGE=FILE.tgz
	$(FACTS_TOOL) regen $(R4_PACKAGE) >data/r4.facts.tmp && mv data/r4.facts.tmp data/r4.facts
	tools/patient-links $(R4_PACKAGE) >src/serve/patient-links.def.tmp && mv src/serve/patient-links.def.tmp src/serve/patient-links.def
	tools/iso-facts >data/iso.facts.tmp && mv data/iso.facts.tmp data/iso.facts
	tools/ucum-facts $(UCUM_ESSENCE) >data/ucum.facts.tmp && mv data/ucum.facts.tmp data/ucum.facts
