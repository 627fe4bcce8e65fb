#include "test.h"

#include <stdio.h>
#include <string.h>

#include "serve/chunked.h"

#define SEED "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"

static const struct fst_sign_scope scope = { "20130524T000000Z", FST_VIEW("us-east-1"), FST_VIEW("s3") };

static void take(void *ctx, const char *p, size_t n)
{
    fst_buf_add(ctx, p, n);
}

static enum fst_chunked_state decode(struct fst_chunked *c, struct fst_buf *out, struct fst_view in, size_t step, bool is_signed)
{
    assert_int_equal(fst_chunked_init(c, is_signed), FST_OK);
    fst_buf_reset(out);
    for (size_t at = 0; at < in.n; at += step)
        fst_chunked_add(c, in.p + at, at + step < in.n ? step : in.n - at, take, out);
    return c->state;
}

/* Unsigned bodies, in pieces of every size: what they decode to, or that they are refused. */
static void unsigned_bodies(void **state)
{
    static const struct { const char *why, *in; enum fst_chunked_state state; const char *out, *crc; } rows[] = {
        { "two chunks, no trailer", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", FST_CHUNKED_ENDED, "hello world", "" },
        { "a trailer", "2\r\nhi\r\n0\r\nx-amz-checksum-crc32: 2Pp2gg==\r\n\r\n", FST_CHUNKED_ENDED, "hi", "2Pp2gg==" },
        { "a trailer's name in capitals, bare line ends", "1\nx\n0\nX-Amz-Checksum-CRC32:AAAAAA==\n\n", FST_CHUNKED_ENDED, "x", "AAAAAA==" },
        { "nothing at all in it", "0\r\n\r\n", FST_CHUNKED_ENDED, "", "" },
        { "size in capitals", "A\r\n0123456789\r\n0\r\n\r\n", FST_CHUNKED_ENDED, "0123456789", "" },
        { "cut off", "5\r\nhel", FST_CHUNKED_BYTES, "hel", "" },
        { "no last chunk", "1\r\nx\r\n", FST_CHUNKED_SIZE, "x", "" },
        { "no size", "x\r\n", FST_CHUNKED_MALFORMED, "", "" },
        { "a size beyond all", "ffffffffffffffff\r\n", FST_CHUNKED_MALFORMED, "", "" },
        { "bytes beyond the size", "1\r\nxy\r\n0\r\n\r\n", FST_CHUNKED_MALFORMED, "x", "" },
        { "bytes behind the end", "0\r\n\r\nx", FST_CHUNKED_MALFORMED, "", "" },
        { "a trailer without a colon", "0\r\nnonsense\r\n\r\n", FST_CHUNKED_MALFORMED, "", "" },
    };
    struct fst_chunked c;
    struct fst_buf     out;

    fst_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        for (size_t step = 1; step < 32; step++) {
            enum fst_chunked_state got = decode(&c, &out, fst_view_of(rows[i].in), step, false);
            if (got != rows[i].state || strcmp(fst_buf_str(&out), rows[i].out) != 0 ||
                !fst_view_is(fst_chunked_trailer(&c, "x-amz-checksum-crc32"), rows[i].crc))
                fail_msg("%s: in pieces of %zu: state %d, '%s'", rows[i].why, step, got, out.p);
            fst_chunked_clear(&c);
        }
    fst_buf_clear(&out);
}

static void add_chunk(struct fst_buf *b, size_t n, const char *signature)
{
    fst_buf_addf(b, "%zx;chunk-signature=%s\r\n", n, signature);
    for (size_t i = 0; i < n; i++)
        fst_buf_add_char(b, 'a');
    if (n)
        fst_buf_add_str(b, "\r\n");
}

/* The example of S3's documentation; and that each changed byte of it is noticed. */
static void signed_body(void **state)
{
    static const char *const signatures[] = { "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                                              "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                                              "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9" };
    static const size_t      changed[] = { 100, 66000, 25 };
    struct fst_chunked       c;
    struct fst_buf           in, out;
    uint8_t                  key[FST_SHA256_BYTES];

    fst_buf_init(&in, 1 << 20);
    fst_buf_init(&out, 1 << 20);
    fst_sign_key(key, &scope, (struct fst_view)FST_VIEW("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
    add_chunk(&in, 65536, signatures[0]);
    add_chunk(&in, 1024, signatures[1]);
    add_chunk(&in, 0, signatures[2]);
    fst_buf_add_str(&in, "\r\n");
    assert_int_equal(decode(&c, &out, fst_buf_view(&in), 1000, true), FST_CHUNKED_ENDED);
    assert_int_equal(out.len, 66560);
    assert_true(fst_chunked_verify(&c, key, &scope, fst_view_of(SEED), false));
    assert_false(fst_chunked_verify(&c, key, &scope, fst_view_of(SEED), true));
    assert_false(fst_chunked_verify(&c, key, &scope, fst_view_of(signatures[0]), false));
    fst_chunked_clear(&c);
    for (size_t i = 0; i < FST_COUNT(changed); i++) {
        in.p[changed[i]] ^= 1;
        assert_int_equal(decode(&c, &out, fst_buf_view(&in), 1000, true), FST_CHUNKED_ENDED);
        assert_false(fst_chunked_verify(&c, key, &scope, fst_view_of(SEED), false));
        fst_chunked_clear(&c);
        in.p[changed[i]] ^= 1;
    }
    fst_buf_clear(&in);
    fst_buf_clear(&out);
}

/* A signed trailer is made here as a client makes it. */
static void signed_trailer(void **state)
{
    struct fst_chunked c;
    struct fst_buf     in, out;
    uint8_t            key[FST_SHA256_BYTES];
    char               first[FST_HEX_SHA256], last[FST_HEX_SHA256], trailer[FST_HEX_SHA256];

    fst_buf_init(&in, 1 << 20);
    fst_buf_init(&out, 1 << 20);
    fst_sign_key(key, &scope, (struct fst_view)FST_VIEW("secret"));
    fst_sign_chunk(first, key, &scope, SEED, (struct fst_view)FST_VIEW("aa"));
    fst_sign_chunk(last, key, &scope, first, (struct fst_view)FST_VIEW(""));
    fst_sign_trailer(trailer, key, &scope, last, (struct fst_view)FST_VIEW("x-amz-checksum-crc32:B4tU0g==\n"));
    add_chunk(&in, 2, first);
    add_chunk(&in, 0, last);
    fst_buf_addf(&in, "x-amz-checksum-crc32:B4tU0g==\r\nx-amz-trailer-signature:%s\r\n\r\n", trailer);
    assert_int_equal(decode(&c, &out, fst_buf_view(&in), 7, true), FST_CHUNKED_ENDED);
    assert_true(fst_chunked_verify(&c, key, &scope, fst_view_of(SEED), true));
    assert_true(fst_view_is(fst_chunked_trailer(&c, "x-amz-checksum-crc32"), "B4tU0g=="));
    c.trailer.p[c.trailer.len - 3] = 'x';
    assert_false(fst_chunked_verify(&c, key, &scope, fst_view_of(SEED), true));
    fst_chunked_clear(&c);
    fst_buf_clear(&in);
    fst_buf_clear(&out);
}

FST_TESTS(cmocka_unit_test(unsigned_bodies), cmocka_unit_test(signed_body), cmocka_unit_test(signed_trailer))
