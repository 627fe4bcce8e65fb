#include "test.h"

#include "serve/quota.h"

static void quotas(void **state)
{
    static const struct { const char *spec; enum fst_quota which; int64_t value; } rows[] = {
        { "files=7", FST_QUOTA_FILES, 7 }, { "file-size=2kB", FST_QUOTA_FILE_SIZE, 2000 }, { "import-size=1KiB", FST_QUOTA_IMPORT_SIZE, 1024 },
        { "none", FST_QUOTA_DATASTORES, INT64_MAX },
    };
    static const char *const wrong[] = { "", "=1", "files", "files=", "files=0", "files=x", "file=1", "filess=1" };
    struct fst_error         err;
    int64_t                  quota[FST_QUOTA_COUNT];
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        fst_quota_live(quota);
        assert_int_equal(quota[FST_QUOTA_QUEUED_IMPORTS], 25);
        assert_int_equal(fst_quota_set(quota, rows[i].spec, &err), FST_OK);
        assert_int_equal(quota[rows[i].which], rows[i].value);
    }
    for (size_t i = 0; i < FST_COUNT(wrong); i++)
        if (fst_quota_set(quota, wrong[i], &err) != FST_EUSAGE)
            fail_msg("'%s' passed", wrong[i]);
}

/* Requests at these times; '+' is let through, '-' is not. */
static void paces(void **state)
{
    static const struct { const char *why, *rules[3], *op; bool everyone; int64_t at_ms[6]; const char *lets; } rows[] = {
        { "no rule", { NULL }, "ReadResource", true, { 0, 0, 0 }, "+++" },
        { "one a second", { "1", NULL }, "ReadResource", true, { 0, 0, 999, 1000, 1001 }, "+--+-" },
        { "two a second, of which two may come at once", { "2", NULL }, "ReadResource", true, { 0, 0, 0, 500, 600 }, "++-+-" },
        { "a second's worth is kept, no more", { "1", NULL }, "ReadResource", true, { 0, 60000, 60000 }, "++-" },
        { "not for S3", { "1", NULL }, "PutObject", false, { 0, 0 }, "++" },
        { "for S3 by name", { "Put*=1", NULL }, "PutObject", false, { 0, 0 }, "+-" },
        { "the first that fits", { "Read*=1", "5", NULL }, "ReadResource", true, { 0, 0 }, "+-" },
        { "one a minute", { "live", NULL }, "CreateFHIRDatastore", true, { 0, 30000, 60001 }, "+-+" },
        { "the live pace lets S3 alone", { "live", NULL }, "PutObject", false, { 0, 0 }, "++" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_pace  p;
        struct fst_error err;
        fst_pace_init(&p);
        for (const char *const *rule = rows[i].rules; *rule; rule++)
            assert_int_equal(fst_pace_add(&p, *rule, &err), FST_OK);
        for (size_t k = 0; rows[i].lets[k]; k++)
            if (fst_pace_lets(&p, rows[i].op, rows[i].everyone, rows[i].at_ms[k]) != (rows[i].lets[k] == '+'))
                fail_msg("%s: request %zu", rows[i].why, k);
        fst_pace_clear(&p);
    }
}

FST_TESTS(cmocka_unit_test(quotas), cmocka_unit_test(paces))
