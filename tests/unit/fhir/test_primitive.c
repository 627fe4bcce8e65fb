#include "test.h"

#include "fhir/primitive.h"

static const struct { enum fst_prim prim; const char *text; bool ok; } rows[] = {
    { FST_PRIM_BOOLEAN, "true", true }, { FST_PRIM_BOOLEAN, "TRUE", false },
    { FST_PRIM_INTEGER, "-0", true }, { FST_PRIM_INTEGER, "2147483647", true }, { FST_PRIM_INTEGER, "2147483648", false },
    { FST_PRIM_INTEGER, "-2147483648", true }, { FST_PRIM_INTEGER, "1.0", false }, { FST_PRIM_INTEGER, "1e3", false },
    { FST_PRIM_UNSIGNED_INT, "0", true }, { FST_PRIM_UNSIGNED_INT, "-0", false }, { FST_PRIM_UNSIGNED_INT, "99999999999999999999", false },
    { FST_PRIM_POSITIVE_INT, "0", false }, { FST_PRIM_POSITIVE_INT, "1", true },
    { FST_PRIM_DECIMAL, "1e400", true },
    { FST_PRIM_STRING, " ", true }, { FST_PRIM_STRING, "", false }, { FST_PRIM_MARKDOWN, "\n", true },
    { FST_PRIM_CODE, "a b", true }, { FST_PRIM_CODE, "a  b", false }, { FST_PRIM_CODE, " a", false }, { FST_PRIM_CODE, "a ", false },
    { FST_PRIM_CODE, "a\tb", false }, { FST_PRIM_CODE, "a\xC2\xA0" "b", false }, { FST_PRIM_CODE, "\xC3\xA9", true },
    { FST_PRIM_ID, "a.b-c", true }, { FST_PRIM_ID, "a_b", false },
    { FST_PRIM_URI, "Patient/1", true }, { FST_PRIM_URI, "http://a b", false }, { FST_PRIM_URI, "oid:1.2.840.10065", false },
    { FST_PRIM_URI, "urn:oid:1.2.3", false }, { FST_PRIM_URI, "urn:uuid:XYZ", false }, { FST_PRIM_URL, "ftp://x", true },
    { FST_PRIM_CANONICAL, "#x", true }, { FST_PRIM_CANONICAL, "abc", false }, { FST_PRIM_CANONICAL, "http://x|1", true },
    { FST_PRIM_CANONICAL, "http:", false }, { FST_PRIM_CANONICAL, "1http:x", false },
    { FST_PRIM_OID, "urn:oid:2.16.840.1.113883.6.1", true }, { FST_PRIM_OID, "urn:oid:1.2.840.01.1", false },
    { FST_PRIM_OID, "urn:oid:3.1.2.840.1", false }, { FST_PRIM_OID, "1.2.840.10065.1", false },
    { FST_PRIM_UUID, "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", true },
    { FST_PRIM_UUID, "urn:uuid:C757873D-ec9a-4326-a141-556f43239520", false },
    { FST_PRIM_URI, "urn:oid:1.22.3", true }, { FST_PRIM_URI, "urn:oid:1.3.6", true }, { FST_PRIM_URI, "urn:uuid:c757873d-ec9a-4326-a141-556f43239520#x", true },
    { FST_PRIM_CANONICAL, "urn:oid:1.2.840.10065|1", true }, { FST_PRIM_URI, "urn:oid:1.2.840.10065|1", false },
    { FST_PRIM_BASE64, "!!!!", true }, { FST_PRIM_BASE64, "!!!", true }, { FST_PRIM_BASE64, "aGVs bG8=", true }, { FST_PRIM_BASE64, "aGVsbG8", false },
    { FST_PRIM_DATE, "0001", true }, { FST_PRIM_DATE, "0000", false }, { FST_PRIM_DATE, "2020-12", true }, { FST_PRIM_DATE, "2020-13", false },
    { FST_PRIM_DATE, "2000-02-29", true }, { FST_PRIM_DATE, "1900-02-29", false }, { FST_PRIM_DATE, "2020-04-31", false },
    { FST_PRIM_DATE, "2020-01-01T00:00:00Z", false }, { FST_PRIM_DATE, "20200101", false }, { FST_PRIM_DATE, "2020-", false },
    { FST_PRIM_DATETIME, "2020-01", true }, { FST_PRIM_DATETIME, "2020-01-01T23:59:60Z", true },
    { FST_PRIM_DATETIME, "2020-01-01T10:00:00.1234567890123-12:00", true }, { FST_PRIM_DATETIME, "2020-01-01T10:00:00", false },
    { FST_PRIM_DATETIME, "2020-01-01T10:00:00.Z", false }, { FST_PRIM_DATETIME, "2020-01-01T10:00:00+14:00", true },
    { FST_PRIM_DATETIME, "2020-01-01T10:00:00+14:01", false }, { FST_PRIM_DATETIME, "2020-01T10:00:00Z", false },
    { FST_PRIM_DATETIME, "2020-01-01T24:00:00Z", false }, { FST_PRIM_DATETIME, "2020-01-01T10:00:00z", false },
    { FST_PRIM_INSTANT, "2020-01-01", false }, { FST_PRIM_INSTANT, "2020-01-01T10:00:00.5Z", true },
    { FST_PRIM_TIME, "10:00:60", true }, { FST_PRIM_TIME, "10:00:00.5", false }, { FST_PRIM_TIME, "10:00", false },
};

static void grammar(void **state)
{
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        const char *refused = fst_prim_refuse(rows[i].prim, fst_view_of(rows[i].text));
        if (!refused != rows[i].ok)
            fail_msg("'%s': %s", rows[i].text, refused ? refused : "taken");
    }
}

/* No prefix of a value may be read past its end: the bytes behind it are another's. */
static void stays_inside(void **state)
{
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        for (size_t n = 0; n <= strlen(rows[i].text); n++) {
            char *exact = malloc(n ? n : 1);
            memcpy(exact, rows[i].text, n);
            const char *refused = fst_prim_refuse(rows[i].prim, fst_view_n(exact, n));
            if (!n && !refused && rows[i].prim != FST_PRIM_NONE)
                fail_msg("the empty text passes as primitive %d", rows[i].prim);
            free(exact);
        }
}

/* What passes at a glance passes: every row with every byte changed to every other. */
static void glances_are_right(void **state)
{
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        size_t n = strlen(rows[i].text);
        char  *exact = malloc(n ? n : 1);
        memcpy(exact, rows[i].text, n);
        if (rows[i].prim == FST_PRIM_BOOLEAN || rows[i].prim == FST_PRIM_DECIMAL) /* their kinds in JSON say it all */
            n = 0;
        for (size_t at = 0; at < n; at++)
            for (int c = 0; c < 256; c++) {
                exact[at] = (char)c;
                if (fst_prim_passes(rows[i].prim, fst_view_n(exact, n)) && fst_prim_refuse(rows[i].prim, fst_view_n(exact, n)))
                    fail_msg("'%s' with byte %zu set to %d passes at a glance", rows[i].text, at, c);
                exact[at] = rows[i].text[at];
            }
        free(exact);
    }
    assert_true(fst_prim_passes(FST_PRIM_DATETIME, fst_view_of("2020-06-28T10:30:59.123+01:00")));
    assert_true(fst_prim_passes(FST_PRIM_URI, fst_view_of("http://loinc.org")));
    assert_true(fst_prim_passes(FST_PRIM_BASE64, fst_view_of("SGVsbG8sIHdvcmxkISBIZWxsbywgd29ybGQhIEhlbGxvIQ==")));
}

FST_TESTS(cmocka_unit_test(grammar), cmocka_unit_test(stays_inside), cmocka_unit_test(glances_are_right))
