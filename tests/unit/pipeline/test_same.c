#include "test.h"

#include "aws/s3_wire.h"
#include "fake_server.h"
#include "pipeline/same.h"

enum { SIZE = 25, PART = 10 };

/* What HEAD answers: made of `bytes`, in parts of PART where that is asked. */
struct told {
    char   header[128];
    size_t part; /* of the first part */
};

static bool answer(struct fake_server *s, const struct fake_request *r, struct fst_buf *out)
{
    const struct told *t = s->ctx;
    size_t             size = strstr(r->target, "partNumber=1") ? t->part : SIZE;

    if (!t->header[0])
        fst_buf_add_str(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    else
        fst_buf_addf(out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n%s\r\n", size, t->header);
    return true;
}

static const char *no_variables(void *ctx, const char *name)
{
    return !strcmp(name, "AWS_CONFIG_FILE") || !strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") ? "/dev/null" : NULL;
}

static void tell_sum(struct told *t, enum fst_s3_sum_kind kind, const char *header, const char *bytes, bool parts)
{
    struct fst_s3_sum sum = { .kind = kind };
    char              text[FST_S3_SUM_TEXT];

    for (size_t at = 0; at < SIZE; at += parts ? PART : SIZE) {
        struct fst_s3_sum part = { .kind = kind };
        size_t            n = parts && SIZE - at > PART ? PART : SIZE - at;
        fst_s3_sum_add(parts ? &part : &sum, fst_view_n(bytes + at, n));
        if (parts)
            fst_s3_sum_add_part(&sum, &part);
    }
    fst_s3_sum_text(text, &sum);
    snprintf(t->header, sizeof t->header, "%s: %s\r\nETag: \"opaque\"\r\n", header, text);
    t->part = PART;
}

static void tell_md5(struct told *t, const char *bytes, bool parts)
{
    uint8_t hash[FST_MD5_BYTES], all[3 * FST_MD5_BYTES];
    char    text[2 * FST_MD5_BYTES + 1];

    fst_md5(fst_view_n(bytes, SIZE), hash);
    for (size_t i = 0; parts && i < 3; i++)
        fst_md5(fst_view_n(bytes + i * PART, i < 2 ? PART : SIZE - 2 * PART), all + i * FST_MD5_BYTES);
    if (parts)
        fst_md5(fst_view_n((const char *)all, sizeof all), hash);
    fst_hex(hash, sizeof hash, text);
    snprintf(t->header, sizeof t->header, "ETag: \"%s%s\"\r\n", text, parts ? "-3" : "");
    t->part = PART;
}

/* Feed `bytes` in pieces of every size; the verdict must not hang on that. */
static void expect(struct told *t, const char *what, const char *bytes, size_t n, bool wanted)
{
    struct fst_env        env = *fst_env_real();
    struct fake_server    server;
    struct fst_aws_config config;
    struct fst_aws       *a;
    struct fst_remote     remote = { .region = "us-east-1", .access_key_id = "K", .secret_access_key = "S" };

    env.getenv = no_variables;
    fake_start(&server, answer, t);
    remote.endpoint_url = server.url;
    assert_int_equal(fst_aws_config_load(&config, &remote, &env, NULL), FST_OK);
    assert_int_equal(fst_aws_new(&a, &config, &env, NULL, NULL), FST_OK);
    for (size_t step = 1; step <= SIZE; step += 3) {
        struct fst_same same;
        bool            found;
        assert_int_equal(fst_same_begin(&same, a, fst_view_of("bucket"), fst_view_of("key"), &found, NULL), FST_OK);
        for (size_t at = 0; found && at < n; at += step)
            fst_same_add(&same, fst_view_n(bytes + at, n - at < step ? n - at : step));
        if ((found && fst_same_end(&same)) != wanted)
            fail_msg("%s, in steps of %zu: %d wanted", what, step, wanted);
        fst_same_clear(&same);
    }
    fst_aws_free(a);
    fst_aws_config_clear(&config);
    fake_stop(&server);
}

static void sums(void **state)
{
    static const struct { enum fst_s3_sum_kind kind; const char *header; bool parts; } rows[] = {
        { FST_S3_SUM_CRC32, "x-amz-checksum-crc32", false },       { FST_S3_SUM_CRC32, "x-amz-checksum-crc32", true },
        { FST_S3_SUM_CRC32C, "x-amz-checksum-crc32c", false },     { FST_S3_SUM_CRC32C, "x-amz-checksum-crc32c", true },
        { FST_S3_SUM_CRC64NVME, "x-amz-checksum-crc64nvme", false },
    };
    const char *bytes = "abcdefghijklmnopqrstuvwxy", *others = "abcdefghijklmnopqrstuvwxz";
    struct told t;

    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        tell_sum(&t, rows[i].kind, rows[i].header, bytes, rows[i].parts);
        expect(&t, t.header, bytes, SIZE, true);
        expect(&t, t.header, others, SIZE, false);
        expect(&t, t.header, bytes, SIZE - 1, false);
    }
}

static void etags(void **state)
{
    const char *bytes = "abcdefghijklmnopqrstuvwxy", *others = "abcdefghijklmnopqrstuvwxz";
    struct told t;

    for (int parts = 0; parts < 2; parts++) {
        tell_md5(&t, bytes, parts);
        expect(&t, t.header, bytes, SIZE, true);
        expect(&t, t.header, others, SIZE, false);
    }
}

/* A name and a size alone are never enough. */
static void nothing(void **state)
{
    static const char *const headers[] = { "ETag: \"opaque\"\r\n", "x-amz-checksum-crc32: AAAA\r\n", "Server: none\r\n", "" };
    const char              *bytes = "abcdefghijklmnopqrstuvwxy";

    for (size_t i = 0; i < FST_COUNT(headers); i++) {
        struct told t = { .part = SIZE };
        snprintf(t.header, sizeof t.header, "%s", headers[i]);
        expect(&t, headers[i], bytes, SIZE, false);
    }
}

FST_TESTS(cmocka_unit_test(sums), cmocka_unit_test(etags), cmocka_unit_test(nothing))
