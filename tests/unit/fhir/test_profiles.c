#include "test.h"

#include "fhirstage/profiles.h"
#include "judge.h"

/* `wanted`: the first error, "rule at place", or empty. */
static void check(const struct fst_profiles *profiles, const char *why, const char *json, const char *wanted)
{
    struct first first;
    char         found[sizeof first.rule + sizeof first.expression + 4] = "";
    judge(&(struct fst_validate_opts){ .profiles = profiles }, json, &first);
    if (first.count)
        snprintf(found, sizeof found, "%s at %s", first.rule, first.expression);
    if (strcmp(found, wanted))
        fail_msg("%s: '%s', not '%s'", why, found, wanted);
}

/* A profile http://t/p of the type with these elements in its differential; http://t/q with none but a gender. */
static struct fst_profiles *profile(const char *type, const char *elements)
{
    static char          json[8192];
    struct fst_profiles *p;
    struct fst_error     err = { 0 };
    snprintf(json, sizeof json,
             "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"StructureDefinition\",\"url\":\"http://t/p\",\"kind\":"
             "\"resource\",\"type\":\"%s\",\"derivation\":\"constraint\",\"baseDefinition\":\"http://hl7.org/fhir/StructureDefinition/%s\","
             "\"differential\":{\"element\":[%s]}}},{\"resource\":{\"resourceType\":\"StructureDefinition\",\"url\":\"http://t/q\",\"kind\":"
             "\"resource\",\"type\":\"Patient\",\"derivation\":\"constraint\",\"baseDefinition\":\"http://hl7.org/fhir/StructureDefinition/Patient\","
             "\"differential\":{\"element\":[{\"id\":\"Patient.gender\",\"path\":\"Patient.gender\",\"min\":1}]}}}]}",
             type, type, elements);
    if (fst_profiles_parse(&p, fst_view_of(json), "test", &err))
        fail_msg("%s", err.text);
    return p;
}

#define SLICED(path, kind, at, rules, more) \
    "{\"id\":\"" path "\",\"path\":\"" path "\",\"slicing\":{\"discriminator\":[{\"type\":\"" kind "\",\"path\":\"" at "\"}],\"rules\":\"" rules "\"" more "}},"
#define SLICE(path, name, rest) "{\"id\":\"" path ":" name "\",\"path\":\"" path "\",\"sliceName\":\"" name "\"" rest "},"
#define AT(id, path, rest) "{\"id\":\"" id "\",\"path\":\"" path "\"" rest "}"
#define OBS "{\"resourceType\":\"Observation\",\"meta\":{\"profile\":[\"http://t/p\"]},\"status\":\"final\",\"code\":{\"text\":\"c\"},"
#define PAT "{\"resourceType\":\"Patient\",\"meta\":{\"profile\":[\"http://t/p\"]},"

struct row {
    const char *why, *type, *elements, *json, *first;
};

static void run(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fst_profiles *p = profile(rows[i].type, rows[i].elements);
        check(p, rows[i].why, rows[i].json, rows[i].first);
        fst_profiles_free(p);
    }
}

#define RESOLVED ",\"constraint\":[{\"key\":\"t-1\",\"severity\":\"error\",\"human\":\"x\",\"expression\":\"subject.resolve().ofType(Patient).active\"}]"
#define BY_USE SLICED("Patient.name", "value", "use", "closed", "") SLICE("Patient.name", "o", ",\"max\":\"1\"") \
    AT("Patient.name:o.use", "Patient.name.use", ",\"fixedCode\":\"official\"")
#define IN_ORDER SLICED("Patient.name", "value", "use", "open", ",\"ordered\":true") SLICE("Patient.name", "o", "")      \
    AT("Patient.name:o.use", "Patient.name.use", ",\"fixedCode\":\"official\"") "," SLICE("Patient.name", "n", "")       \
    AT("Patient.name:n.use", "Patient.name.use", ",\"fixedCode\":\"nickname\"")
#define BY_PATTERN SLICED("Observation.category", "pattern", "$this", "open", "")                                        \
    "{\"id\":\"Observation.category:l\",\"path\":\"Observation.category\",\"sliceName\":\"l\",\"min\":1,\"patternCodeableConcept\":{\"coding\":[{\"code\":\"l\"}]}}"
#define BY_EXISTENCE SLICED("Observation.component", "exists", "value", "closed", "") SLICE("Observation.component", "w", ",\"max\":\"1\"") \
    AT("Observation.component:w.value[x]", "Observation.component.value[x]", ",\"min\":1")
#define BY_TYPE SLICED("Observation.value[x]", "type", "$this", "open", "")                                              \
    "{\"id\":\"Observation.value[x]:valueQuantity\",\"path\":\"Observation.value[x]\",\"sliceName\":\"valueQuantity\",\"type\":[{\"code\":\"Quantity\"}]}," \
    AT("Observation.value[x]:valueQuantity.unit", "Observation.value[x].unit", ",\"min\":1")
#define BY_TARGET SLICED("Observation.hasMember", "type", "resolve()", "open", "")                                       \
    "{\"id\":\"Observation.hasMember:o\",\"path\":\"Observation.hasMember\",\"sliceName\":\"o\",\"min\":1,\"type\":[{\"code\":\"Reference\",\"targetProfile\":[\"http://hl7.org/fhir/StructureDefinition/Observation\"]}]}"
#define BY_PROFILE SLICED("Bundle.entry", "profile", "resource", "open", "") SLICE("Bundle.entry", "p", ",\"min\":1")    \
    AT("Bundle.entry:p.resource", "Bundle.entry.resource", ",\"type\":[{\"code\":\"Patient\",\"profile\":[\"http://t/q\"]}]")
#define RESLICED BY_USE "," SLICE("Patient.name", "o/f", ",\"max\":\"0\"")                                                \
    AT("Patient.name:o/f.use", "Patient.name.use", ",\"fixedCode\":\"official\"")

static void slices(void **state)
{
    static const struct row rows[] = {
        { "in a slice", "Patient", BY_USE, PAT "\"name\":[{\"use\":\"official\"}]}", "" },
        { "too little", "Observation", AT("Observation.value[x]", "Observation.value[x]", ",\"minValueInteger\":3"), OBS "\"valueInteger\":2}",
          "min-value at Observation.value.ofType(integer)" },
        { "enough", "Observation", AT("Observation.value[x]", "Observation.value[x]", ",\"minValueInteger\":3"), OBS "\"valueInteger\":3}", "" },
        { "too much", "Observation",
          AT("Observation.value[x]", "Observation.value[x]", ",\"maxValueQuantity\":{\"value\":1.5,\"code\":\"mg\",\"system\":\"http://unitsofmeasure.org\"}"),
          OBS "\"valueQuantity\":{\"value\":2,\"code\":\"mg\",\"system\":\"http://unitsofmeasure.org\"}}", "max-value at Observation.value.ofType(Quantity)" },
        { "of another unit", "Observation",
          AT("Observation.value[x]", "Observation.value[x]", ",\"maxValueQuantity\":{\"value\":1.5,\"code\":\"mg\",\"system\":\"http://unitsofmeasure.org\"}"),
          OBS "\"valueQuantity\":{\"value\":2,\"code\":\"ug\",\"system\":\"http://unitsofmeasure.org\"}}", "" },
        { "a rule about what is referred to", "Observation", AT("Observation", "Observation", RESOLVED),
          OBS "\"subject\":{\"reference\":\"#p\"},\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"p\",\"active\":false}]}", "t-1 at Observation" },
        { "which it keeps", "Observation", AT("Observation", "Observation", RESOLVED),
          OBS "\"subject\":{\"reference\":\"#p\"},\"contained\":[{\"resourceType\":\"Patient\",\"id\":\"p\",\"active\":true}]}", "" },
        { "System's name of a type", "Observation", AT("Observation", "Observation", ",\"constraint\":[{\"key\":\"t-1\",\"severity\":\"error\",\"human\":\"x\",\"expression\":\"(subject.display as String) = 'x'\"}]"), OBS "\"subject\":{\"display\":\"x\"}}", "" },
        { "which is compared", "Observation", AT("Observation", "Observation", ",\"constraint\":[{\"key\":\"t-1\",\"severity\":\"error\",\"human\":\"x\",\"expression\":\"(subject.display as String) = 'x'\"}]"), OBS "\"subject\":{\"display\":\"y\"}}", "t-1 at Observation" },
        { "which is elsewhere", "Observation", AT("Observation", "Observation", RESOLVED), OBS "\"subject\":{\"reference\":\"Patient/1\"}}", "" },
        { "a set of R4's that nothing else binds to", "Observation", AT("Observation.value[x]", "Observation.value[x]", ",\"binding\":{\"strength\":\"required\",\"valueSet\":\"http://hl7.org/fhir/ValueSet/age-units\"}"),
          OBS "\"valueQuantity\":{\"value\":2,\"code\":\"m\",\"system\":\"http://unitsofmeasure.org\"}}", "binding at Observation.value.ofType(Quantity)" },
        { "a code of it", "Observation", AT("Observation.value[x]", "Observation.value[x]", ",\"binding\":{\"strength\":\"required\",\"valueSet\":\"http://hl7.org/fhir/ValueSet/age-units\"}"),
          OBS "\"valueQuantity\":{\"value\":2,\"code\":\"mo\",\"system\":\"http://unitsofmeasure.org\"}}", "" },
        { "elements without ids are in the slice before them", "Patient",
          "{\"path\":\"Patient.name\",\"slicing\":{\"discriminator\":[{\"type\":\"value\",\"path\":\"use\"}],\"rules\":\"closed\"}},"
          "{\"path\":\"Patient.name\",\"sliceName\":\"o\"},{\"path\":\"Patient.name.use\",\"fixedCode\":\"official\"},"
          "{\"path\":\"Patient.name\",\"sliceName\":\"n\"},{\"path\":\"Patient.name.use\",\"fixedCode\":\"nickname\"},{\"path\":\"Patient.name.text\",\"min\":1}",
          PAT "\"name\":[{\"use\":\"official\"},{\"use\":\"nickname\"}]}", "min at Patient.name[1]" },
        { "closed", "Patient", BY_USE, PAT "\"name\":[{\"use\":\"old\"}]}", "slicing at Patient.name[0]" },
        { "too many", "Patient", BY_USE, PAT "\"name\":[{\"use\":\"official\"},{\"use\":\"official\"}]}", "slice-max at Patient" },
        { "of a slice", "Patient", RESLICED, PAT "\"name\":[{\"use\":\"official\"}]}", "slice-max at Patient" },
        { "in order", "Patient", IN_ORDER, PAT "\"name\":[{\"use\":\"official\"},{\"use\":\"nickname\"}]}", "" },
        { "out of order", "Patient", IN_ORDER, PAT "\"name\":[{\"use\":\"nickname\"},{\"use\":\"official\"}]}", "slicing at Patient.name[1]" },
        { "pattern", "Observation", BY_PATTERN, OBS "\"category\":[{\"text\":\"x\",\"coding\":[{\"code\":\"k\"},{\"code\":\"l\"}]}]}", "" },
        { "no pattern", "Observation", BY_PATTERN, OBS "\"category\":[{\"coding\":[{\"code\":\"k\"}]}]}", "slice-min at Observation" },
        { "exists", "Observation", BY_EXISTENCE, OBS "\"component\":[{\"code\":{\"text\":\"a\"},\"valueString\":\"x\"}]}", "" },
        { "does not exist", "Observation", BY_EXISTENCE, OBS "\"component\":[{\"code\":{\"text\":\"a\"}}]}", "slicing at Observation.component[0]" },
        { "of that type", "Observation", BY_TYPE, OBS "\"valueQuantity\":{\"value\":1}}", "min at Observation.value.ofType(Quantity)" },
        { "of another type", "Observation", BY_TYPE, OBS "\"valueString\":\"x\"}", "" },
        { "target", "Observation", BY_TARGET, OBS "\"hasMember\":[{\"reference\":\"#c\"}],\"contained\":[{\"resourceType\":\"Observation\",\"id\":\"c\",\"status\":\"final\",\"code\":{\"text\":\"c\"}}]}", "" },
        { "other target", "Observation", BY_TARGET, OBS "\"hasMember\":[{\"reference\":\"QuestionnaireResponse/1\"}]}", "slice-min at Observation" },
        { "profile", "Bundle", BY_PROFILE, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"meta\":{\"profile\":[\"http://t/p\"]},\"entry\":[{\"fullUrl\":\"urn:uuid:0a000000-0000-4000-8000-000000000001\",\"resource\":{\"resourceType\":\"Patient\",\"gender\":\"male\"}}]}", "" },
        { "not of the profile", "Bundle", BY_PROFILE, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"meta\":{\"profile\":[\"http://t/p\"]},\"entry\":[{\"fullUrl\":\"urn:uuid:0a000000-0000-4000-8000-000000000001\",\"resource\":{\"resourceType\":\"Patient\",\"active\":true}}]}", "slice-min at Bundle" },
    };
    (void)state;
    run(rows, FST_COUNT(rows));
}

static void elements(void **state)
{
    static const struct row rows[] = {
        { "max 0", "Patient", AT("Patient.photo", "Patient.photo", ",\"max\":\"0\""), PAT "\"photo\":[{\"title\":\"t\"}]}", "max at Patient" },
        { "an extension alone counts", "Patient", AT("Patient.birthDate", "Patient.birthDate", ",\"min\":1"), PAT "\"_birthDate\":{\"extension\":[{\"url\":\"http://x\",\"valueCode\":\"y\"}]}}", "" },
        { "nested", "Patient", AT("Patient.contact.name.family", "Patient.contact.name.family", ",\"min\":1"), PAT "\"contact\":[{\"name\":{\"text\":\"t\"}}]}", "min at Patient.contact[0].name" },
        { "a choice by one of its names", "Observation", AT("Observation.valueQuantity", "Observation.valueQuantity", ",\"min\":1"), OBS "\"valueString\":\"x\"}", "type at Observation.value.ofType(string)" },
        { "fixed number", "Observation", AT("Observation.valueInteger", "Observation.valueInteger", ",\"fixedInteger\":5"), OBS "\"valueInteger\":6}", "fixed at Observation.value.ofType(integer)" },
        { "fixed object", "Patient", AT("Patient.maritalStatus", "Patient.maritalStatus", ",\"fixedCodeableConcept\":{\"text\":\"m\"}"), PAT "\"maritalStatus\":{\"text\":\"m\",\"id\":\"x\"}}", "fixed at Patient.maritalStatus" },
        { "pattern of a period", "Encounter", AT("Encounter.period", "Encounter.period", ",\"patternPeriod\":{\"start\":\"2020\"}"), "{\"resourceType\":\"Encounter\",\"meta\":{\"profile\":[\"http://t/p\"]},\"status\":\"finished\",\"class\":{\"code\":\"AMB\"},\"period\":{\"start\":\"2021\"}}", "pattern at Encounter.period.start" },
        { "rule", "Patient", AT("Patient", "Patient", ",\"constraint\":[{\"key\":\"k-1\",\"severity\":\"error\",\"human\":\"h\",\"expression\":\"active\"}]"), PAT "\"active\":false}", "k-1 at Patient" },
        { "content reference", "Questionnaire", AT("Questionnaire.item.text", "Questionnaire.item.text", ",\"min\":1"), "{\"resourceType\":\"Questionnaire\",\"meta\":{\"profile\":[\"http://t/p\"]},\"status\":\"draft\",\"item\":[{\"linkId\":\"1\",\"text\":\"t\",\"type\":\"group\",\"item\":[{\"linkId\":\"2\",\"text\":\"t\",\"type\":\"string\"}]}]}", "" },
        { "contained", "Organization", AT("Organization.name", "Organization.name", ",\"min\":1"), "{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"#o\"},\"contained\":[{\"resourceType\":\"Organization\",\"id\":\"o\",\"meta\":{\"profile\":[\"http://t/p\"]},\"identifier\":[{\"value\":\"1\"}]}]}", "min at Patient.contained[0]" },
    };
    (void)state;
    run(rows, FST_COUNT(rows));
}

/* R4's own, without any file: profiles that are claimed, and extensions by their url. */
static void own(void **state)
{
    static const struct { const char *json, *first; } rows[] = {
        { "{\"resourceType\":\"Observation\",\"meta\":{\"profile\":[\"http://hl7.org/fhir/StructureDefinition/bodyweight\"]},\"status\":\"final\",\"code\":{\"text\":\"c\"}}", "min at Observation" },
        { "{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-birthPlace\",\"valueAddress\":{\"city\":\"c\"}}]}", "" },
        { "{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-birthPlace\",\"valueString\":\"c\"}]}", "type at Patient.extension[0]" },
        { "{\"resourceType\":\"Patient\",\"modifierExtension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-birthPlace\",\"valueAddress\":{\"city\":\"c\"}}]}", "extension-modifier at Patient.modifierExtension[0]" },
        { "{\"resourceType\":\"Patient\",\"name\":[{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-birthPlace\",\"valueAddress\":{\"city\":\"c\"}}]}]}", "extension-context at Patient.name[0]" },
        { "{\"resourceType\":\"Patient\",\"address\":[{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/geolocation\",\"extension\":[{\"url\":\"latitude\",\"valueDecimal\":1}]}]}]}", "slice-min at Patient.address[0].extension[0]" },
        { "{\"resourceType\":\"Patient\",\"address\":[{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/geolocation\",\"extension\":[{\"url\":\"latitude\",\"valueDecimal\":1},{\"url\":\"longitude\",\"valueDecimal\":1},{\"url\":\"height\",\"valueDecimal\":1}]}]}]}", "extension-part at Patient.address[0].extension[0].extension[2]" },
    };
    (void)state;
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        check(NULL, rows[i].json, rows[i].json, rows[i].first);
}

/* Definitions that are none say so in a line. */
static void malformed(void **state)
{
    static const struct { const char *json, *text; } rows[] = {
        { "{\"resourceType\":\"Patient\"}", "t: no StructureDefinition in it" },
        { "{\"resourceType\":", "t: line 1: the text ends too early" },
        { "{\"resourceType\":\"StructureDefinition\",\"url\":\"http://t/p\",\"derivation\":\"constraint\",\"type\":\"Foo\"}", "profiles: a profile of no type of R4: http://t/p" },
        { "{\"resourceType\":\"StructureDefinition\",\"url\":\"http://t/p\",\"derivation\":\"constraint\",\"type\":\"Patient\",\"differential\":{\"element\":[{\"path\":\"Patient.name\",\"min\":1,\"max\":\"many\"}]}}", "profiles: not a maximum: 1..many" },
        { "{\"resourceType\":\"StructureDefinition\",\"url\":\"http://t/p\",\"derivation\":\"constraint\",\"type\":\"Patient\",\"differential\":{\"element\":[{\"path\":\"Patient.name\",\"type\":[{\"code\":\"Foo\"}]}]}}", "profiles: no such type: Foo" },
    };
    (void)state;
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_profiles *p;
        struct fst_error     err = { 0 };
        assert_int_equal(fst_profiles_parse(&p, fst_view_of(rows[i].json), "t", &err), FST_EPARSE);
        assert_null(p);
        assert_string_equal(err.text, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices), cmocka_unit_test(elements), cmocka_unit_test(own), cmocka_unit_test(malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
