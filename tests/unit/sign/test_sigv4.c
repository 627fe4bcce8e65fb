#include "test.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "json/tape.h"
#include "sign/sigv4.h"

enum { CEILING = 1 << 20, HEADERS = 32 };

/* One case of the suite: a folder of files. */
struct suite_case {
    const char            *dir;
    struct fst_buf         request, context, name, body_hash;
    struct fst_tape        tape;
    struct fst_sign_header headers[HEADERS];
    struct fst_sign_request r;
    struct fst_sign_scope   scope;
    struct fst_view         secret, key_id, token;
    bool                    late_token;
};

static void read_file(struct fst_buf *out, const char *dir, const char *name)
{
    struct fst_buf path;
    fst_buf_init(&path, CEILING);
    fst_buf_reset(out);
    assert_int_equal(fst_file_read(out, fst_path_join(&path, dir, name), NULL), FST_OK);
    fst_buf_clear(&path);
}

static struct fst_view member(struct suite_case *c, uint32_t object, const char *name)
{
    return fst_tape_raw(&c->tape, fst_tape_member(&c->tape, object, name));
}

/* "GET /path?query HTTP/1.1", headers (a line that begins with a space goes on), an empty line, the body. */
static void read_request(struct suite_case *c)
{
    char   *text = c->request.p, *line_end = strchr(text, '\n'), *query, *http = line_end ? line_end : text + strlen(text);
    char   *space = strchr(text, ' ');
    size_t  n = 0;
    uint8_t hash[FST_SHA256_BYTES];
    static char hex[FST_HEX_SHA256];

    while (*http != ' ')
        http--;
    c->r.method = fst_view_n(text, (size_t)(space - text));
    query = memchr(space, '?', (size_t)(http - space));
    c->r.path = fst_view_n(space + 1, (size_t)((query ? query : http) - space) - 1);
    c->r.query = query ? fst_view_n(query + 1, (size_t)(http - query) - 1) : (struct fst_view){ 0 };
    for (text = line_end ? line_end + 1 : NULL; text && *text && *text != '\n';) {
        char *end = strchr(text, '\n'), *colon = strchr(text, ':');
        while (end && end[1] == ' ')
            end = strchr(end + 1, '\n');
        if (!end)
            end = text + strlen(text);
        c->headers[n].name = fst_view_n(text, (size_t)(colon - text));
        c->headers[n++].value = fst_view_n(colon + 1, (size_t)(end - colon) - 1);
        text = *end ? end + 1 : NULL;
    }
    fst_sha256(text && *text ? fst_view_of(text + 1) : (struct fst_view){ "", 0 }, hash);
    fst_hex(hash, sizeof hash, hex);
    c->r.payload = fst_view_of(hex);
    c->r.headers = c->headers;
    c->r.header_count = n;
}

static void add_header(struct suite_case *c, const char *name, struct fst_view value)
{
    c->headers[c->r.header_count++] = (struct fst_sign_header){ fst_view_of(name), value };
}

static void open_case(struct suite_case *c, const char *dir)
{
    struct fst_json_opts  opts = { 0 };
    struct fst_json_error jerr;
    uint32_t              credentials;
    int64_t               ms;

    memset(c, 0, sizeof *c);
    c->dir = dir;
    fst_buf_init(&c->request, CEILING);
    fst_buf_init(&c->context, CEILING);
    read_file(&c->request, dir, "request.txt");
    read_file(&c->context, dir, "context.json");
    assert_int_equal(fst_json_parse(&c->tape, fst_buf_view(&c->context), &opts, &jerr), FST_OK);
    read_request(c);
    credentials = fst_tape_member(&c->tape, 0, "credentials");
    c->key_id = member(c, credentials, "access_key_id");
    c->secret = member(c, credentials, "secret_access_key");
    c->token = member(c, credentials, "token");
    c->scope.region = member(c, 0, "region");
    c->scope.service = member(c, 0, "service");
    c->late_token = fst_view_is(member(c, 0, "omit_session_token"), "true");
    c->r.path_kind = fst_view_is(member(c, 0, "normalize"), "true") ? FST_SIGN_PATH_NORMALIZED : FST_SIGN_PATH_RAW;
    assert_true(fst_parse_time_ms(&ms, member(c, 0, "timestamp")));
    fst_format_time_basic(c->scope.time, ms);
}

static void close_case(struct suite_case *c)
{
    fst_buf_clear(&c->request);
    fst_buf_clear(&c->context);
    fst_tape_clear(&c->tape);
}

static void expect_file(struct suite_case *c, const char *name, struct fst_view got)
{
    struct fst_buf want;
    fst_buf_init(&want, CEILING);
    read_file(&want, c->dir, name);
    if (!fst_view_equal(fst_buf_view(&want), got))
        fail_msg("%s/%s: got\n%.*s\nwant\n%s", c->dir, name, FST_VIEW_ARGS(got), fst_buf_str(&want));
    fst_buf_clear(&want);
}

static void expect_stages(struct suite_case *c, const char *kind)
{
    struct fst_buf canonical, text;
    uint8_t        key[FST_SHA256_BYTES];
    char           signature[FST_HEX_SHA256], name[64];

    fst_buf_init(&canonical, CEILING);
    fst_buf_init(&text, CEILING);
    fst_sign_canonical_request(&canonical, &c->r);
    snprintf(name, sizeof name, "%s-canonical-request.txt", kind);
    expect_file(c, name, fst_buf_view(&canonical));
    fst_sign_string_to_sign(&text, &c->scope, fst_buf_view(&canonical));
    snprintf(name, sizeof name, "%s-string-to-sign.txt", kind);
    expect_file(c, name, fst_buf_view(&text));
    fst_sign_key(key, &c->scope, c->secret);
    fst_sign_hmac_hex(signature, key, fst_buf_view(&text));
    snprintf(name, sizeof name, "%s-signature.txt", kind);
    expect_file(c, name, fst_view_of(signature));
    assert_int_equal(fst_sign_signature(signature, &c->r, &c->scope, c->secret), FST_OK);
    expect_file(c, name, fst_view_of(signature));
    fst_buf_clear(&canonical);
    fst_buf_clear(&text);
}

static void by_header(const char *dir)
{
    struct suite_case c;
    struct fst_buf    authorization, signed_request;

    open_case(&c, dir);
    add_header(&c, "X-Amz-Date", fst_view_of(c.scope.time));
    if (fst_view_is(member(&c, 0, "sign_body"), "true"))
        add_header(&c, "x-amz-content-sha256", c.r.payload);
    if (c.token.n && !c.late_token)
        add_header(&c, "X-Amz-Security-Token", c.token);
    expect_stages(&c, "header");
    fst_buf_init(&authorization, CEILING);
    fst_buf_init(&signed_request, CEILING);
    {
        char                  signature[FST_HEX_SHA256];
        struct fst_sign_claim claim;
        assert_int_equal(fst_sign_signature(signature, &c.r, &c.scope, c.secret), FST_OK);
        fst_sign_authorization(&authorization, &c.r, &c.scope, c.key_id, signature);
        read_file(&signed_request, dir, "header-signed-request.txt");
        assert_non_null(strstr(signed_request.p, fst_buf_str(&authorization)));
        assert_true(fst_sign_parse_authorization(&claim, fst_buf_view(&authorization)));
        assert_true(fst_view_equal(claim.access_key_id, c.key_id) && fst_view_equal(claim.region, c.scope.region));
        assert_true(fst_view_equal(claim.service, c.scope.service) && fst_sign_equal(claim.signature, signature));
        signature[5] ^= 1;
        assert_false(fst_sign_equal(claim.signature, signature));
    }
    fst_buf_clear(&authorization);
    fst_buf_clear(&signed_request);
    close_case(&c);
}

static void by_query(const char *dir)
{
    struct suite_case     c;
    struct fst_buf        query, scratch;
    struct fst_sign_claim claim;

    open_case(&c, dir);
    fst_buf_init(&query, CEILING);
    fst_buf_init(&scratch, CEILING);
    fst_buf_add_view(&query, c.r.query);
    fst_sign_presign_query(&query, &c.r, &c.scope, c.key_id, c.late_token ? (struct fst_view){ 0 } : c.token, 3600);
    c.r.query = fst_buf_view(&query);
    expect_stages(&c, "query");
    fst_buf_add_str(&query, "&X-Amz-Signature=abc");
    assert_true(fst_sign_parse_query(&claim, fst_buf_view(&query), &scratch));
    assert_true(fst_view_equal(claim.access_key_id, c.key_id) && claim.expires == 3600);
    fst_buf_clear(&query);
    fst_buf_clear(&scratch);
    close_case(&c);
}

static void test_suite(void **state)
{
    struct fst_buf path;
    DIR           *dir;
    struct dirent *entry;
    int            cases = 0;

    (void)state;
    if (!fst_testdata()) {
        puts("SKIPPED: the SigV4 suite is not here (TESTDATA)");
        skip();
    }
    fst_buf_init(&path, CEILING);
    fst_buf_addf(&path, "%s/sigv4-suite/v4", fst_testdata());
    dir = opendir(path.p);
    if (!dir) {
        puts("SKIPPED: the SigV4 suite is not here (TESTDATA)");
        fst_buf_clear(&path);
        skip();
    }
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        fst_buf_reset(&path);
        fst_buf_addf(&path, "%s/sigv4-suite/v4/%s", fst_testdata(), entry->d_name);
        by_header(path.p);
        by_query(path.p);
        cases++;
    }
    closedir(dir);
    fst_buf_clear(&path);
    assert_int_equal(cases, 38);
}

/* The example of S3's documentation of chunked uploads: the signatures are given there. */
static void test_streaming(void **state)
{
    struct fst_sign_scope scope = { "20130524T000000Z", FST_VIEW("us-east-1"), FST_VIEW("s3") };
    static const char     seed[] = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    uint8_t               key[FST_SHA256_BYTES];
    char                  first[FST_HEX_SHA256], second[FST_HEX_SHA256], last[FST_HEX_SHA256];
    static char           bytes[65536];

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    fst_sign_key(key, &scope, (struct fst_view)FST_VIEW("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
    fst_sign_chunk(first, key, &scope, seed, fst_view_n(bytes, 65536));
    assert_string_equal(first, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    fst_sign_chunk(second, key, &scope, first, fst_view_n(bytes, 1024));
    assert_string_equal(second, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    fst_sign_chunk(last, key, &scope, second, (struct fst_view){ "", 0 });
    assert_string_equal(last, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
}

static void test_malformed(void **state)
{
    static const char *const headers[] = {
        "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a", "AWS3 Credential=a/20150830/r/s/aws4_request, SignedHeaders=host, Signature=b",
        "AWS4-HMAC-SHA256 Credential=a/20150830/r/s/aws5_request, SignedHeaders=host, Signature=b",
        "AWS4-HMAC-SHA256 Credential=a/20150830/r/s/aws4_request, Signature=b",
        "AWS4-HMAC-SHA256 Credential=/20150830/r/s/aws4_request, SignedHeaders=host, Signature=b",
    };
    struct fst_sign_claim c;

    (void)state;
    for (size_t i = 0; i < FST_COUNT(headers); i++)
        assert_false(fst_sign_parse_authorization(&c, fst_view_of(headers[i])));
}

FST_TESTS(cmocka_unit_test(test_suite), cmocka_unit_test(test_streaming), cmocka_unit_test(test_malformed))
