#include "test.h"

#include <stdlib.h>

#include "aws/trailer.h"

static void join(struct fst_buf *out, const struct fst_trailer *t)
{
    fst_buf_reset(out);
    for (size_t i = 0; i < t->count; i++)
        fst_buf_add_view(out, t->pieces[i]);
    fst_buf_str(out);
}

static void unsigned_ones(void **state)
{
    static const struct { const char *body, *wire; } rows[] = {
        { "hello", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:sum\r\n\r\n" },
        { "", "0\r\nx-amz-checksum-crc32:sum\r\n\r\n" },
        { "sixteen bytes...", "10\r\nsixteen bytes...\r\n0\r\nx-amz-checksum-crc32:sum\r\n\r\n" },
    };
    struct fst_trailer t;
    struct fst_buf     wire;

    fst_trailer_init(&t);
    fst_buf_init(&wire, 1 << 16);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        assert_int_equal(fst_trailer_build(&t, fst_view_of(rows[i].body), fst_view_of("x-amz-checksum-crc32:sum"), NULL, (struct fst_view){ 0 }, "", NULL),
                         FST_OK);
        join(&wire, &t);
        assert_string_equal(wire.p, rows[i].wire);
    }
    fst_buf_clear(&wire);
    fst_trailer_clear(&t);
}

/* Chunks of a MiB, an empty one, the trailer: each signed after the one before, as the verifying side computes it. */
static void signed_ones(void **state)
{
    struct fst_sign_scope scope = { "20130524T000000Z", FST_VIEW("us-east-1"), FST_VIEW("s3") };
    const char           *seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    struct fst_view       secret = FST_VIEW("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    size_t                n = (1 << 20) + 1024;
    char                 *body = malloc(n), first[FST_HEX_SHA256], second[FST_HEX_SHA256], last[FST_HEX_SHA256], end[FST_HEX_SHA256];
    uint8_t               key[FST_SHA256_BYTES];
    struct fst_trailer    t;
    struct fst_buf        wire, wanted;

    assert_non_null(body);
    memset(body, 'a', n);
    fst_trailer_init(&t);
    fst_buf_init(&wire, 4 << 20);
    fst_buf_init(&wanted, 4 << 20);
    assert_int_equal(fst_trailer_build(&t, fst_view_n(body, n), fst_view_of("x-amz-checksum-crc32c:sOO8/Q=="), &scope, secret, seed, NULL), FST_OK);
    join(&wire, &t);
    fst_sign_key(key, &scope, secret);
    fst_sign_chunk(first, key, &scope, seed, fst_view_n(body, 1 << 20));
    fst_sign_chunk(second, key, &scope, first, fst_view_n(body, 1024));
    fst_sign_chunk(last, key, &scope, second, (struct fst_view){ 0 });
    fst_sign_trailer(end, key, &scope, last, fst_view_of("x-amz-checksum-crc32c:sOO8/Q==\n"));
    fst_buf_addf(&wanted, "100000;chunk-signature=%s\r\n", first);
    fst_buf_add(&wanted, body, 1 << 20);
    fst_buf_addf(&wanted, "\r\n400;chunk-signature=%s\r\n", second);
    fst_buf_add(&wanted, body, 1024);
    fst_buf_addf(&wanted, "\r\n0;chunk-signature=%s\r\nx-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:%s\r\n\r\n", last, end);
    assert_true(fst_view_equal(fst_buf_view(&wire), fst_buf_view(&wanted)));
    fst_buf_clear(&wire);
    fst_buf_clear(&wanted);
    fst_trailer_clear(&t);
    free(body);
}

FST_TESTS(cmocka_unit_test(unsigned_ones), cmocka_unit_test(signed_ones))
