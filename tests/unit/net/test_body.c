#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/body.h"

enum { BYTES = 3 * FST_BODY_BLOCK + 17, BEFORE = 100 };

static char *make_bytes(void)
{
    char *bytes = malloc(BEFORE + BYTES);

    assert_non_null(bytes);
    for (size_t i = 0; i < BEFORE + BYTES; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    return bytes;
}

static int make_file(const char *bytes)
{
    char name[] = "/tmp/fhirstage-body-XXXXXX";
    int  fd = mkstemp(name);

    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(write(fd, bytes, BEFORE + BYTES), BEFORE + BYTES);
    return fd;
}

static void gather(void *ctx, struct fst_view block)
{
    assert_true(block.n <= FST_BODY_BLOCK);
    fst_buf_add_view(ctx, block);
}

/* In memory and in a file it is the same. */
static void test_whole_and_in_pieces(void **state)
{
    char           *bytes = make_bytes(), *out = malloc(BYTES);
    struct fst_body bodies[] = { fst_body_of(fst_view_n(bytes + BEFORE, BYTES)),
                                 { .n = BYTES, .fd = make_file(bytes), .offset = BEFORE, .name = "file" } };
    struct fst_buf  all;

    fst_buf_init(&all, 1 << 20);
    for (size_t i = 0; i < FST_COUNT(bodies); i++) {
        fst_buf_reset(&all);
        assert_int_equal(fst_body_each(&bodies[i], gather, &all, NULL), FST_OK);
        assert_true(fst_view_equal(fst_buf_view(&all), fst_view_n(bytes + BEFORE, BYTES)));
        for (size_t step = 1, at = 0; at < BYTES; at += step, step = step * 3 % 30011)
            assert_int_equal(fst_body_read(&bodies[i], at, out + at, BYTES - at < step ? BYTES - at : step, NULL), FST_OK);
        assert_memory_equal(out, bytes + BEFORE, BYTES);
    }
    fst_buf_clear(&all);
    close(bodies[1].fd);
    free(out);
    free(bytes);
}

static void test_shorter(void **state)
{
    char            *bytes = make_bytes();
    struct fst_body  body = { .n = BYTES, .fd = make_file(bytes), .offset = BEFORE, .name = "the/file" };
    struct fst_buf   all;
    struct fst_error err = { 0 };

    assert_int_equal(ftruncate(body.fd, BEFORE + BYTES - 1), 0);
    fst_buf_init(&all, 1 << 20);
    assert_int_equal(fst_body_each(&body, gather, &all, &err), FST_EIO);
    assert_string_equal(err.text, "the/file: it is shorter than it was");
    fst_buf_clear(&all);
    close(body.fd);
    free(bytes);
}

static void test_empty(void **state)
{
    struct fst_body body = { 0 };
    struct fst_buf  all;

    fst_buf_init(&all, 16);
    assert_int_equal(fst_body_each(&body, gather, &all, NULL), FST_OK);
    assert_int_equal(all.len, 0);
    fst_buf_clear(&all);
}

FST_TESTS(cmocka_unit_test(test_whole_and_in_pieces), cmocka_unit_test(test_shorter), cmocka_unit_test(test_empty))
