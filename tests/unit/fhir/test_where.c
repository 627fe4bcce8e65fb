#include "test.h"

#include "fhir/where.h"

static void places(void **state)
{
    /* The byte that is asked for is the one behind '@', which is no part of the text. */
    static const struct { const char *text, *place; } rows[] = {
        { "@{\"resourceType\":\"Patient\"}", "" },
        { "{\"id\":\"1\",@", "" },
        { "{\"resourceType\":\"Patient\",@\"id\"", "Patient" },
        { "{\"resourceType\":\"Patient\",\"id\":@x", "Patient.id" },
        { "{\"resourceType\":\"Foo\",\"id\":@x", "" },
        { "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"a\"},{\"given\":[\"b\",@c", "Patient.name[1].given[1]" },
        { "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"a,]}\\\"\",@\"family\":\"b\"}]}", "Patient.name[0]" },
        { "{\"resourceType\":\"Patient\",\"name\":[{}],\"extension\":[{\"valueDecimal\":0@1}]}", "Patient.extension[0].value.ofType(decimal)" },
        { "{\"resourceType\":\"Patient\",\"foo\":[{\"a\":@x", "Patient" },
        { "{\"resourceType\":\"Patient\",\"contained\":[{\"resourceType\":\"Basic\",\"id\":@x", "Patient.contained[0].id" },
        { "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"id\":@x", "Bundle.entry[0].resource" },
        { "{\"resourceType\":\"Patient\"}}}]],\"id\":@", "" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        char           text[256];
        size_t         at = strcspn(rows[i].text, "@");
        struct fst_buf place;
        snprintf(text, sizeof text, "%.*s%s", (int)at, rows[i].text, rows[i].text + at + 1);
        fst_buf_init(&place, 1024);
        fst_where(&place, fst_view_of(text), at);
        if (strcmp(fst_buf_str(&place), rows[i].place) != 0)
            fail_msg("%s: '%s'", rows[i].text, fst_buf_str(&place));
        fst_buf_clear(&place);
    }
}

static void deep(void **state)
{
    static char    text[4000];
    struct fst_buf place;
    memset(text, '[', sizeof text);
    fst_buf_init(&place, 1024);
    fst_where(&place, fst_view_n(text, sizeof text), sizeof text);
    assert_int_equal(place.len, 0);
    fst_buf_clear(&place);
}

FST_TESTS(cmocka_unit_test(places), cmocka_unit_test(deep))
