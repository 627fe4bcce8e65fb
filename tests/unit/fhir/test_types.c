#include "test.h"

#include <string.h>

#include "fhir/types.h"

static void every_type_is_found(void **state)
{
    assert_int_equal(FST_TYPE_COUNT, 146);
    for (int i = 0; i < FST_TYPE_COUNT; i++) {
        assert_int_equal(fst_type_find(fst_view_of(fst_type_name((fst_type)i))), i);
        if (i)
            assert_true(strcmp(fst_type_name((fst_type)(i - 1)), fst_type_name((fst_type)i)) < 0);
    }
}

static void support(void **state)
{
    static const struct { const char *name; int support; } rows[] = {
        { "Patient", FST_TYPE_IMPORTED },  { "Account", FST_TYPE_IMPORTED },       { "VisionPrescription", FST_TYPE_IMPORTED },
        { "Bundle", FST_TYPE_IMPORTED },   { "Parameters", FST_TYPE_NOT_READ },    { "OperationOutcome", FST_TYPE_NOT_READ },
        { "Basic", FST_TYPE_NOT_LISTED },  { "SearchParameter", FST_TYPE_NOT_LISTED },
        { "", -1 }, { "patient", -1 }, { "Patients", -1 }, { "Patien", -1 }, { "Resource", -1 }, { "DomainResource", -1 },
        { "ActorDefinition", -1 }, { "Zebra", -1 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        fst_type type = fst_type_find(fst_view_of(rows[i].name));
        int      got = type == FST_NO_TYPE ? -1 : (int)fst_type_support(type);
        if (got != rows[i].support)
            fail_msg("'%s': %d", rows[i].name, got);
    }
}

static void ids(void **state)
{
    static const struct { const char *id; bool ok; } rows[] = {
        { "a", true }, { "A-z.09", true }, { "1234567890123456789012345678901234567890123456789012345678901234", true },
        { "12345678901234567890123456789012345678901234567890123456789012345", false },
        { "", false }, { "a b", false }, { "a_b", false }, { "a/b", false }, { "\xC3\xA4", false }, { "urn:uuid:1", false },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        if (fst_id_is_valid(fst_view_of(rows[i].id)) != rows[i].ok)
            fail_msg("'%s'", rows[i].id);
    assert_false(fst_id_is_valid(fst_view_n("a\0b", 3)));
}

FST_TESTS(cmocka_unit_test(every_type_is_found), cmocka_unit_test(support), cmocka_unit_test(ids))
