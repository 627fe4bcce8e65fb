#include "test.h"

#include <stdio.h>
#include <string.h>

#include "serve/s3.h"

static void ranges(void **state)
{
    static const struct { const char *why, *range; uint64_t size; enum fst_s3_range kind; uint64_t from, n; } rows[] = {
        { "the first ten", "bytes=0-9", 100, FST_S3_RANGE_SOME, 0, 10 },
        { "open", "bytes=90-", 100, FST_S3_RANGE_SOME, 90, 10 },
        { "the last five", "bytes=-5", 100, FST_S3_RANGE_SOME, 95, 5 },
        { "the last more than there are", "bytes=-500", 100, FST_S3_RANGE_SOME, 0, 100 },
        { "beyond the end", "bytes=50-1000", 100, FST_S3_RANGE_SOME, 50, 50 },
        { "wholly beyond", "bytes=100-", 100, FST_S3_RANGE_BEYOND, 0, 0 },
        { "the last none", "bytes=-0", 100, FST_S3_RANGE_BEYOND, 0, 0 },
        { "of nothing", "bytes=0-", 0, FST_S3_RANGE_BEYOND, 0, 0 },
        { "backwards", "bytes=9-0", 100, FST_S3_RANGE_NONE, 0, 0 },
        { "several", "bytes=0-1,3-4", 100, FST_S3_RANGE_NONE, 0, 0 },
        { "no unit", "0-1", 100, FST_S3_RANGE_NONE, 0, 0 },
        { "no numbers", "bytes=-", 100, FST_S3_RANGE_NONE, 0, 0 },
        { "too long a number", "bytes=0-99999999999999999999", 100, FST_S3_RANGE_NONE, 0, 0 },
    };

    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        uint64_t          from = 0, n = 0;
        enum fst_s3_range kind = fst_s3_parse_range(fst_view_of(rows[i].range), rows[i].size, &from, &n);
        if (kind != rows[i].kind || from != rows[i].from || n != rows[i].n)
            fail_msg("%s: %d, %llu from %llu", rows[i].why, kind, (unsigned long long)n, (unsigned long long)from);
    }
}

static void times(void **state)
{
    static const struct { const char *text; int64_t ms; } rows[] = {
        { "Wed, 21 Oct 2015 07:28:00 GMT", 1445412480000 }, { "2015-10-21T07:28:00Z", 1445412480000 }, { "2015-10-21T07:28:00.250Z", 1445412480250 },
    };
    static const char *const not[] = { "", "yesterday", "Wed, 21 Okt 2015 07:28:00 GMT", "Wed, 21 Oct 2015" };
    char                     text[FST_S3_TIME_HTTP];
    int64_t                  ms;

    for (size_t i = 0; i < FST_COUNT(rows); i++)
        if (!fst_s3_parse_time(&ms, fst_view_of(rows[i].text)) || ms != rows[i].ms)
            fail_msg("'%s': %lld", rows[i].text, (long long)ms);
    for (size_t i = 0; i < FST_COUNT(not); i++)
        if (fst_s3_parse_time(&ms, fst_view_of(not[i])))
            fail_msg("'%s' is a time", not[i]);
    fst_s3_time_http(text, 1445412480000);
    assert_string_equal(text, "Wed, 21 Oct 2015 07:28:00 GMT");
}

static void deleting_on_a_condition(void **state)
{
    static const struct fst_s3_state there = { true, FST_VIEW("\"abc\""), 1445412480250, 7 }, gone = { 0 };
    static const struct { const char *why; struct fst_s3_delete_condition c; enum fst_s3_verdict there; } rows[] = {
        { "none", { { 0 } }, FST_S3_GOES_ON },
        { "its tag", { .etag = FST_VIEW("\"abc\"") }, FST_S3_GOES_ON },
        { "its tag without quotes", { .etag = FST_VIEW("abc") }, FST_S3_GOES_ON },
        { "any tag", { .etag = FST_VIEW("*") }, FST_S3_GOES_ON },
        { "another tag", { .etag = FST_VIEW("abcd") }, FST_S3_FAILS },
        { "its size", { .size = FST_VIEW("7") }, FST_S3_GOES_ON },
        { "another size", { .size = FST_VIEW("8") }, FST_S3_FAILS },
        { "no size", { .size = FST_VIEW("x") }, FST_S3_FAILS },
        { "its time", { .modified = FST_VIEW("Wed, 21 Oct 2015 07:28:00 GMT") }, FST_S3_GOES_ON },
        { "another time", { .modified = FST_VIEW("Wed, 21 Oct 2015 07:28:01 GMT") }, FST_S3_FAILS },
        { "its tag, another size", { FST_VIEW("abc"), FST_VIEW("8"), { 0 } }, FST_S3_FAILS },
    };

    for (size_t i = 0; i < FST_COUNT(rows); i++)
        if (fst_s3_delete_condition(&rows[i].c, &there) != rows[i].there || fst_s3_delete_condition(&rows[i].c, &gone) != FST_S3_GOES_ON)
            fail_msg("%s", rows[i].why);
}

static void parts_and_lines(void **state)
{
    struct fst_view    lines = FST_VIEW("1 5242880 abc=\n2 7 \n"), kept = FST_VIEW("content-type: a: b\nx-amz-meta-a: \n");
    struct fst_s3_part part;

    assert_true(fst_s3_next_part(&lines, &part));
    assert_true(part.number == 1 && part.size == 5242880 && fst_view_is(part.sum, "abc="));
    assert_true(fst_s3_next_part(&lines, &part));
    assert_true(part.number == 2 && part.size == 7 && !part.sum.n);
    assert_false(fst_s3_next_part(&lines, &part));
    assert_true(fst_view_is(fst_s3_header(kept, "content-type"), "a: b"));
    assert_int_equal(fst_s3_header(kept, "x-amz-meta-a").n, 0);
    assert_int_equal(fst_s3_header(kept, "expires").n, 0);
}

FST_TESTS(cmocka_unit_test(ranges), cmocka_unit_test(times), cmocka_unit_test(deleting_on_a_condition), cmocka_unit_test(parts_and_lines))
