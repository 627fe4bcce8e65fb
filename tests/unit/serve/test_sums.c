#include "test.h"

#include <stdio.h>
#include <string.h>

#include "serve/body.h"

static void known_values(void **state)
{
    static const struct { enum fst_sum sum; const char *header, *value; } rows[] = { /* of "123456789" */
        { FST_SUM_SHA256, "x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=" },
        { FST_SUM_SHA1, "x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=" },
        { FST_SUM_MD5, NULL, "JfnnlDI7RTiF9RgfG2JNCw==" },
        { FST_SUM_CRC32, "x-amz-checksum-crc32", "y/Q5Jg==" },
        { FST_SUM_CRC32C, "x-amz-checksum-crc32c", "4waSgw==" },
        { FST_SUM_CRC64NVME, "X-Amz-Checksum-CRC64NVME", "rosUhgp5mIg=" },
    };
    struct fst_sums s;
    struct fst_buf  text;
    uint8_t         value[FST_SUM_MAX];

    fst_buf_init(&text, 128);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        assert_int_equal(fst_sums_init(&s, 1u << rows[i].sum), FST_OK);
        fst_sums_add(&s, "1234", 4);
        fst_sums_add(&s, "56789", 5);
        fst_sums_finish(&s);
        if (!fst_view_is(fst_sums_text(&s, rows[i].sum, &text), rows[i].value))
            fail_msg("%zu: '%s', not '%s'", i, text.p, rows[i].value);
        assert_true(fst_sum_decode(rows[i].sum, fst_view_of(rows[i].value), value));
        assert_memory_equal(value, s.values[rows[i].sum], fst_sum_kinds[rows[i].sum].bytes);
        if (rows[i].header)
            assert_int_equal(fst_sum_by_header(fst_view_of(rows[i].header)), rows[i].sum);
        fst_sums_clear(&s);
        fst_sums_clear(&s);
    }
    assert_false(fst_sum_decode(FST_SUM_CRC32, fst_view_of("bad"), value));
    assert_false(fst_sum_decode(FST_SUM_CRC32, fst_view_of("y/Q5Jnk="), value));
    assert_int_equal(fst_sum_by_name(fst_view_of("")), FST_SUMS); /* MD5 has no name there */
    assert_int_equal(fst_sum_by_name(fst_view_of("crc32c")), FST_SUM_CRC32C);
    fst_buf_clear(&text);
}

/* In memory, in a file, undone from aws-chunked, discarded, too large: in pieces of every size. */
static void bodies(void **state)
{
    static const struct { const char *why, *in; struct fst_body_plan plan; uint64_t expected, size; const char *out; bool too_large; } rows[] = {
        { "in memory", "hello", { .sums = 1u << FST_SUM_MD5 }, 5, 5, "hello", false },
        { "in a file", "hello", { .sums = 1u << FST_SUM_MD5 }, UINT64_MAX, 5, "hello", false },
        { "in memory, however long", "hello", { .in_memory = true }, UINT64_MAX, 5, "hello", false },
        { "chunked", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", { .chunked = true }, UINT64_MAX, 5, "hello", false },
        { "discarded", "hello", { .discard = true, .sums = 1u << FST_SUM_SHA256 }, UINT64_MAX, 0, "", false },
        { "at its most", "hello", { .most = 5 }, 5, 5, "hello", false },
    };
    struct fst_body b;
    char            got[64];

    for (size_t i = 0; i < FST_COUNT(rows); i++)
        for (size_t step = 1, n = strlen(rows[i].in); step < 31; step++) {
            assert_true(fst_body_init(&b, &rows[i].plan, rows[i].expected, "/tmp"));
            for (size_t at = 0; at < n; at += step)
                fst_body_add(&b, rows[i].in + at, at + step < n ? step : n - at);
            fst_body_finish(&b);
            snprintf(got, sizeof got, "%s", fst_buf_str(&b.bytes));
            if (b.file[0]) {
                FILE *f = fopen(b.file, "r");
                assert_non_null(f);
                got[fread(got, 1, sizeof got - 1, f)] = '\0';
                fclose(f);
            }
            if (b.failed || b.too_large != rows[i].too_large || b.size != rows[i].size || strcmp(got, rows[i].out) != 0)
                fail_msg("%s, in pieces of %zu: '%s', %llu bytes", rows[i].why, step, got, (unsigned long long)b.size);
            fst_body_clear(&b);
            fst_body_clear(&b);
        }
    assert_true(fst_body_init(&b, &(struct fst_body_plan){ .most = 4 }, 5, "/tmp"));
    fst_body_add(&b, "hello", 5);
    fst_body_finish(&b);
    assert_true(b.too_large);
    fst_body_clear(&b);
    assert_false(fst_body_init(&b, &(struct fst_body_plan){ 0 }, UINT64_MAX, "/nowhere"));
    fst_body_clear(&b);
}

FST_TESTS(cmocka_unit_test(known_values), cmocka_unit_test(bodies))
