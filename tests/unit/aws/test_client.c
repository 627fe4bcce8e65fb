#include "test.h"

#include "aws/client.h"
#include "fake_server.h"

#define RESULT "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>&quot;e&quot;</ETag></CompleteMultipartUploadResult>"
#define FAILED "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>We fell</Message></Error>"

/* Answers, one a request; the last again and again. */
struct script {
    struct { int status; const char *headers, *body; } answers[4];
    size_t count, at;
};

static bool play(struct fake_server *s, const struct fake_request *r, struct fst_buf *out)
{
    struct script *p = s->ctx;
    size_t         i = p->at < p->count ? p->at++ : p->count - 1;
    fake_answer(out, p->answers[i].status, p->answers[i].headers, p->answers[i].body);
    return true;
}

/* A clock that sleeping moves, and dice that always show the most. */
struct dream {
    int64_t slept_ms;
};

static void dream_sleep(void *ctx, int64_t ms)
{
    struct dream *d = ctx;
    d->slept_ms += ms;
}

static void dream_random(void *ctx, void *out, size_t n)
{
    memset(out, 0xff, n);
}

static const char *dream_getenv(void *ctx, const char *name)
{
    return !strcmp(name, "AWS_CONFIG_FILE") || !strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") ? "/dev/null" : NULL;
}

static int64_t dream_now(void *ctx)
{
    return 1700000000000 + ((struct dream *)ctx)->slept_ms;
}

struct fixture {
    struct fake_server    server;
    struct script         script;
    struct dream          dream;
    struct fst_env        env;
    struct fst_aws_config config;
    struct fst_aws       *a;
    struct fst_error      err;
};

static void open_fixture(struct fixture *f, unsigned attempts)
{
    struct fst_remote remote = { .region = "us-east-1", .access_key_id = "id", .secret_access_key = "secret", .max_attempts = attempts };

    f->env = (struct fst_env){ dream_now, dream_now, dream_sleep, dream_random, dream_getenv, &f->dream };
    fake_start(&f->server, play, &f->script);
    remote.endpoint_url = f->server.url;
    assert_int_equal(fst_aws_config_load(&f->config, &remote, &f->env, &f->err), FST_OK);
    assert_int_equal(fst_aws_new(&f->a, &f->config, &f->env, NULL, &f->err), FST_OK);
}

static void close_fixture(struct fixture *f)
{
    fst_aws_free(f->a);
    fst_aws_config_clear(&f->config);
    fake_stop(&f->server);
}

static enum fst_status complete(struct fixture *f)
{
    struct fst_aws_request r = { .operation = "CompleteMultipartUpload", .method = "POST", .bucket = fst_view_of("bucket"), .key = fst_view_of("key"),
                                 .fails_late = true };
    return fst_aws_send(f->a, &r, &f->err);
}

/* S3 says 200 first, and how it went behind that. */
static void late_failures(void **state)
{
    static const struct {
        const char     *why, *first, *second;
        enum fst_status st;
        int             requests;
    } rows[] = {
        { "well", RESULT, NULL, FST_OK, 1 },
        { "well, after white space", "   \n  \n" RESULT, NULL, FST_OK, 1 },
        { "an error", FAILED, NULL, FST_ESERVICE, 3 },
        { "an error after white space", "  \n" FAILED, NULL, FST_ESERVICE, 3 },
        { "an error, and then well", FAILED, RESULT, FST_OK, 2 },
        { "broken off", "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>", NULL, FST_ENET, 3 },
        { "broken off, and then well", "   ", RESULT, FST_OK, 2 },
        { "nothing", "", NULL, FST_ENET, 3 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fixture f = { .script = { .answers = { { 200, NULL, rows[i].first }, { 200, NULL, rows[i].second } }, .count = rows[i].second ? 2 : 1 } };
        open_fixture(&f, 3);
        if (complete(&f) != rows[i].st || f.server.requests != rows[i].requests)
            fail_msg("%s: %d requests: %s", rows[i].why, f.server.requests, f.err.text);
        if (rows[i].st == FST_ESERVICE)
            assert_string_equal(f.a->code, "InternalError");
        close_fixture(&f);
    }
}

/* Full jitter up to base × 2^n, at most 20 s; what the service asks for is waited. */
static void pauses(void **state)
{
    static const struct {
        const char *why;
        int         status;
        const char *headers, *body;
        unsigned    attempts;
        int64_t     slept_ms; /* with dice that show the most */
    } rows[] = {
        { "transient", 500, NULL, "", 5, 50 + 100 + 200 + 400 },
        { "throttled", 503, NULL, "<Error><Code>SlowDown</Code></Error>", 4, 1000 + 2000 + 4000 },
        { "no longer than 20 s", 429, NULL, "", 8, 1000 + 2000 + 4000 + 8000 + 16000 + 20000 + 20000 },
        { "asked for in seconds", 503, "Retry-After: 7\r\n", "", 2, 7000 },
        { "asked for in milliseconds", 503, "x-amz-retry-after: 1500\r\n", "", 2, 1500 },
        { "asked for too much", 500, "Retry-After: 86400\r\n", "", 2, 50 },
        { "final", 400, NULL, "<Error><Code>InvalidArgument</Code></Error>", 9, 0 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fixture f = { .script = { .answers = { { rows[i].status, rows[i].headers, rows[i].body } }, .count = 1 } };
        open_fixture(&f, rows[i].attempts);
        assert_int_equal(complete(&f), FST_ESERVICE);
        if (f.dream.slept_ms != rows[i].slept_ms)
            fail_msg("%s: %lld ms", rows[i].why, (long long)f.dream.slept_ms);
        close_fixture(&f);
    }
}

/* 500 tokens, 14 a retry: then failures are told at once, until successes have filled it up again. */
static void budget(void **state)
{
    struct fixture f = { .script = { .answers = { { 500, NULL, "" } }, .count = 1 } };
    int            before;

    open_fixture(&f, 99);
    assert_int_equal(complete(&f), FST_ESERVICE);
    assert_int_equal(f.server.requests, 1 + 500 / 14);
    before = f.server.requests;
    assert_int_equal(complete(&f), FST_ESERVICE);
    assert_int_equal(f.server.requests, before + 1);
    f.script.answers[0].status = 200;
    f.script.answers[0].body = RESULT;
    for (int i = 0; i < 14; i++)
        assert_int_equal(complete(&f), FST_OK);
    f.script.answers[0].status = 500;
    before = f.server.requests;
    assert_int_equal(complete(&f), FST_ESERVICE);
    assert_true(f.server.requests - before >= 2);
    close_fixture(&f);
}

/* Every further connection brings what one request's tries cost; what one has spent the others lack. */
static void shared_budget(void **state)
{
    struct fixture  f = { .script = { .answers = { { 500, NULL, "" } }, .count = 1 } };
    struct fst_aws *first, *second;

    open_fixture(&f, 41);
    first = f.a;
    assert_int_equal(fst_aws_new(&second, &f.config, &f.env, NULL, &f.err), FST_OK);
    assert_int_equal(complete(&f), FST_ESERVICE);
    assert_int_equal(f.server.requests, 41);
    f.a = second;
    assert_int_equal(complete(&f), FST_ESERVICE);
    assert_int_equal(f.server.requests, 41 + 1 + 500 / 14);
    fst_aws_free(second);
    f.a = first;
    assert_int_equal(complete(&f), FST_ESERVICE); /* nothing is left */
    assert_int_equal(f.server.requests, 41 + 1 + 500 / 14 + 1);
    close_fixture(&f);
}

/* An hour ahead: who is told so tells the others. */
static void shared_clock(void **state)
{
    struct fixture  f = { .script = { .answers = { { 403, "Date: Tue, 14 Nov 2023 23:13:20 GMT\r\n", "<Error><Code>RequestTimeTooSkewed</Code></Error>" },
                                                   { 200, NULL, RESULT } }, .count = 2 } };
    struct fst_aws *first, *second;

    open_fixture(&f, 3);
    first = f.a;
    assert_int_equal(fst_aws_new(&second, &f.config, &f.env, NULL, &f.err), FST_OK);
    assert_int_equal(complete(&f), FST_OK);
    assert_int_equal(f.server.requests, 2);
    f.a = second;
    assert_int_equal(complete(&f), FST_OK);
    assert_in_range(second->skew_ms, 3600 * 1000, 3660 * 1000); /* with half of the time that it took */
    fst_aws_free(second);
    f.a = first;
    close_fixture(&f);
}

/* What a message says of where, which request, and what to do. */
static void words(void **state)
{
    struct fixture f = { .script = { .answers = { { 403, "x-amz-request-id: R1\r\nx-amz-id-2: H2\r\n",
        "<Error><Code>AccessDenied</Code><Message>User: u is not authorized to perform: kms:Decrypt on resource: arn</Message></Error>" } }, .count = 1 } };

    open_fixture(&f, 3);
    assert_int_equal(complete(&f), FST_ESERVICE);
    assert_string_equal(f.err.text, "s3://bucket/key: CompleteMultipartUpload: AccessDenied: User: u is not authorized to perform: kms:Decrypt on "
                                    "resource: arn (request id R1, H2)");
    assert_string_equal(f.err.hint, "it is the KMS key that refuses, not the bucket: the key's policy or the caller's must allow kms:Decrypt on the key");
    f.script.answers[0].body = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    assert_int_equal(complete(&f), FST_ESERVICE);
    assert_string_equal(f.err.hint, "the credentials are known but may not do this: their policy must allow it");
    close_fixture(&f);
}

FST_TESTS(cmocka_unit_test(late_failures), cmocka_unit_test(pauses), cmocka_unit_test(budget), cmocka_unit_test(shared_budget),
          cmocka_unit_test(shared_clock), cmocka_unit_test(words))
