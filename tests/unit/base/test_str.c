#include "test.h"

#include "base/str.h"

static void sizes(void **state)
{
    static const struct { const char *text; bool ok; uint64_t bytes; } rows[] = {
        { "4096", true, 4096 }, { "64MiB", true, 64 << 20 }, { "1.5 GB", true, 1500000000 }, { "10k", true, 10240 },
        { "", false, 0 }, { "-1", false, 0 }, { "5 parsecs", false, 0 }, { "99999999999999999999", false, 0 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        uint64_t bytes = 0;
        bool     ok = fst_parse_size(&bytes, fst_view_of(rows[i].text));
        if (ok != rows[i].ok || bytes != rows[i].bytes)
            fail_msg("'%s': %d, %llu", rows[i].text, ok, (unsigned long long)bytes);
    }
}

static void times(void **state)
{
    static const struct { const char *text; bool ok; int64_t ms; } rows[] = {
        { "1970-01-01T00:00:00Z", true, 0 }, { "2026-11-23T10:00:00.5+01:00", true, 1795424400500 },
        { "2026-11-23", false, 0 }, { "2026-11-23T10:00:00", false, 0 }, { "2026-13-23T10:00:00Z", false, 0 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        int64_t ms = 0;
        bool    ok = fst_parse_time_ms(&ms, fst_view_of(rows[i].text));
        if (ok != rows[i].ok || (ok && ms != rows[i].ms))
            fail_msg("'%s': %d, %lld", rows[i].text, ok, (long long)ms);
    }
}

static void counts(void **state)
{
    static const struct { uint64_t n; const char *text; } rows[] = {
        { 0, "0" }, { 999, "999" }, { 1000, "1,000" }, { 1234567, "1,234,567" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_buf b;
        fst_buf_init(&b, 64);
        fst_add_count(&b, rows[i].n);
        assert_string_equal(fst_buf_str(&b), rows[i].text);
        fst_buf_clear(&b);
    }
}

FST_TESTS(cmocka_unit_test(sizes), cmocka_unit_test(times), cmocka_unit_test(counts))
