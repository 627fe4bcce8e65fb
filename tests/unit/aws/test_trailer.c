#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "aws/trailer.h"

/* All of it, in reads of that size. */
static enum fst_status take(struct fst_buf *out, struct fst_trailer *t, size_t step, struct fst_error *err)
{
    char           *bytes = malloc(step);
    enum fst_status st = FST_OK;

    assert_non_null(bytes);
    fst_buf_reset(out);
    for (uint64_t at = 0; at < t->bytes && !st; at += step) {
        size_t n = t->bytes - at < step ? (size_t)(t->bytes - at) : step;
        st = fst_trailer_read(t, at, bytes, n, err);
        if (!st)
            fst_buf_add(out, bytes, n);
    }
    fst_buf_str(out);
    free(bytes);
    return st;
}

static const struct { const char *body, *wire; } plain[] = {
    { "hello", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:sum\r\n\r\n" },
    { "", "0\r\nx-amz-checksum-crc32:sum\r\n\r\n" },
    { "sixteen bytes...", "10\r\nsixteen bytes...\r\n0\r\nx-amz-checksum-crc32:sum\r\n\r\n" },
};

static void unsigned_ones(void **state)
{
    struct fst_trailer t;
    struct fst_buf     wire;

    fst_trailer_init(&t);
    fst_buf_init(&wire, 1 << 16);
    for (size_t i = 0; i < FST_COUNT(plain); i++) {
        struct fst_body body = fst_body_of(fst_view_of(plain[i].body));
        assert_int_equal(fst_trailer_build(&t, &body, fst_view_of("x-amz-checksum-crc32:sum"), NULL, NULL, NULL), FST_OK);
        for (size_t step = 1; step < 32; step++) {
            assert_int_equal(take(&wire, &t, step, NULL), FST_OK);
            assert_string_equal(wire.p, plain[i].wire);
        }
    }
    fst_buf_clear(&wire);
    fst_trailer_clear(&t);
}

struct seen {
    struct fst_buf bytes;
    bool           refuses;
};

static void begin(void *ctx)
{
    struct seen *s = ctx;
    fst_buf_reset(&s->bytes);
}

static void add(void *ctx, struct fst_view bytes)
{
    struct seen *s = ctx;
    fst_buf_add_view(&s->bytes, bytes);
}

static enum fst_status end(void *ctx, char *trailer, struct fst_error *err)
{
    const struct seen *s = ctx;

    if (s->refuses)
        return fst_fail(err, FST_EIO, "not these");
    memcpy(trailer + strlen("x-amz-checksum-crc32:"), "sum", 3);
    return FST_OK;
}

/* The trailer is written when the body has gone by, as often as it does. */
static void late_ones(void **state)
{
    struct seen           seen = { .refuses = false };
    const struct fst_late late = { begin, add, end, &seen };
    struct fst_trailer    t;
    struct fst_buf        wire;
    struct fst_error      err = { 0 };

    fst_trailer_init(&t);
    fst_buf_init(&wire, 1 << 16);
    fst_buf_init(&seen.bytes, 1 << 16);
    for (size_t i = 0; i < FST_COUNT(plain); i++) {
        struct fst_body body = fst_body_of(fst_view_of(plain[i].body));
        assert_int_equal(fst_trailer_build(&t, &body, fst_view_of("x-amz-checksum-crc32:___"), &late, NULL, NULL), FST_OK);
        for (size_t step = 1; step < 32; step++) {
            assert_int_equal(take(&wire, &t, step, NULL), FST_OK);
            assert_string_equal(wire.p, plain[i].wire);
            assert_string_equal(fst_buf_str(&seen.bytes), plain[i].body);
        }
    }
    seen.refuses = true;
    assert_int_equal(take(&wire, &t, 7, &err), FST_EIO);
    assert_string_equal(err.text, "not these");
    fst_buf_clear(&seen.bytes);
    fst_buf_clear(&wire);
    fst_trailer_clear(&t);
}

/* Chunks of a MiB, an empty one, the trailer: each signed after the one before, as the verifying side computes it. */
static void expect_signed(struct fst_buf *wanted, const char *body, size_t n, const struct fst_trailer_signing *by)
{
    char    first[FST_HEX_SHA256], second[FST_HEX_SHA256], last[FST_HEX_SHA256], end_of[FST_HEX_SHA256];
    uint8_t key[FST_SHA256_BYTES];

    fst_sign_key(key, by->scope, by->secret);
    fst_sign_chunk(first, key, by->scope, by->signature, fst_view_n(body, 1 << 20));
    fst_sign_chunk(second, key, by->scope, first, fst_view_n(body, n - (1 << 20)));
    fst_sign_chunk(last, key, by->scope, second, (struct fst_view){ 0 });
    fst_sign_trailer(end_of, key, by->scope, last, fst_view_of("x-amz-checksum-crc32c:sOO8/Q==\n"));
    fst_buf_addf(wanted, "100000;chunk-signature=%s\r\n", first);
    fst_buf_add(wanted, body, 1 << 20);
    fst_buf_addf(wanted, "\r\n%zx;chunk-signature=%s\r\n", n - (1 << 20), second);
    fst_buf_add(wanted, body, n - (1 << 20));
    fst_buf_addf(wanted, "\r\n0;chunk-signature=%s\r\nx-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:%s\r\n\r\n", last, end_of);
}

static void signed_ones(void **state)
{
    struct fst_sign_scope      scope = { "20130524T000000Z", FST_VIEW("us-east-1"), FST_VIEW("s3") };
    struct fst_trailer_signing by = { &scope, FST_VIEW("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                                      "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e" };
    size_t                     n = (1 << 20) + 1024;
    char                      *body = malloc(n);
    FILE                      *file = tmpfile();
    struct fst_trailer         t;
    struct fst_buf             wire, wanted;

    assert_true(body && file);
    memset(body, 'a', n);
    assert_int_equal(write(fileno(file), body, n), n);
    fst_trailer_init(&t);
    fst_buf_init(&wire, 4 << 20);
    fst_buf_init(&wanted, 4 << 20);
    expect_signed(&wanted, body, n, &by);
    for (int from_file = 0; from_file < 2; from_file++) {
        struct fst_body of = { .p = from_file ? NULL : body, .n = n, .fd = fileno(file), .name = "file" };
        assert_int_equal(fst_trailer_build(&t, &of, fst_view_of("x-amz-checksum-crc32c:sOO8/Q=="), NULL, &by, NULL), FST_OK);
        assert_int_equal(take(&wire, &t, 70001, NULL), FST_OK);
        assert_true(fst_view_equal(fst_buf_view(&wire), fst_buf_view(&wanted)));
    }
    fst_buf_clear(&wire);
    fst_buf_clear(&wanted);
    fst_trailer_clear(&t);
    fclose(file);
    free(body);
}

FST_TESTS(cmocka_unit_test(unsigned_ones), cmocka_unit_test(late_ones), cmocka_unit_test(signed_ones))
