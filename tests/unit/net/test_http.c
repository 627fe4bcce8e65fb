#include "test.h"

#include "fake_server.h"
#include "net/http.h"

enum { BODY_CEILING = 1 << 20 };

/* Every target is a way to answer. */
static bool answer(struct fake_server *s, const struct fake_request *r, struct fst_buf *out)
{
    if (!strcmp(r->target, "/echo")) {
        struct fst_buf text;
        fst_buf_init(&text, FAKE_CEILING);
        fst_buf_addf(&text, "%s %.*s", r->method, FST_VIEW_ARGS(r->body));
        fake_answer(out, 200, "X-Kind:  some value \r\n", fst_buf_str(&text));
        fst_buf_clear(&text);
    } else if (!strcmp(r->target, "/redirect")) {
        fake_answer(out, 302, "Location: /echo\r\n", "");
    } else if (!strcmp(r->target, "/interim")) {
        fst_buf_add_str(out, "HTTP/1.1 103 Early\r\nX-Early: yes\r\n\r\n");
        fake_answer(out, 200, "X-Late: yes\r\n", "done");
    } else if (!strcmp(r->target, "/endless")) {
        fst_buf_addf(out, "HTTP/1.1 200 Said\r\nContent-Length: %d\r\n\r\n", 2 * BODY_CEILING);
        for (int i = 0; i < 2 * BODY_CEILING; i++)
            fst_buf_add_char(out, 'x');
    } else if (!strcmp(r->target, "/header-flood")) {
        fst_buf_add_str(out, "HTTP/1.1 200 Said\r\n");
        for (int i = 0; i < 20000; i++)
            fst_buf_addf(out, "X-%d: this is a header that is not the last one\r\n", i);
        fst_buf_add_str(out, "\r\n");
        return false;
    } else if (!strcmp(r->target, "/cut")) {
        fst_buf_add_str(out, "HTTP/1.1 200 Said\r\nContent-Length: 100\r\n\r\nonly this");
        return false;
    } else if (!strcmp(r->target, "/nothing")) {
        return false;
    } else if (!strcmp(r->target, "/rubbish")) {
        fst_buf_add_str(out, "\x01\x02\x03 this is not HTTP\n\n");
        return false;
    } else {
        fake_answer(out, 404, NULL, "no such way");
    }
    return true;
}

struct fixture {
    struct fake_server       server;
    struct fst_http         *http;
    struct fst_http_response resp;
    struct fst_error         err;
    char                     url[128];
};

static void open_fixture(struct fixture *f, const struct fst_http_opts *opts)
{
    *f = (struct fixture){ 0 };
    fake_start(&f->server, answer, NULL);
    assert_int_equal(fst_http_new(&f->http, opts, &f->err), FST_OK);
    fst_http_response_init(&f->resp, BODY_CEILING);
}

static void close_fixture(struct fixture *f)
{
    fst_http_free(f->http);
    fst_http_response_clear(&f->resp);
    fake_stop(&f->server);
}

static enum fst_status ask(struct fixture *f, struct fst_http_request *req, const char *target)
{
    snprintf(f->url, sizeof f->url, "%s%s", f->server.url, target);
    req->url = f->url;
    f->err = (struct fst_error){ 0 };
    return fst_http_do(f->http, req, &f->resp, &f->err);
}

static void test_answers(void **state)
{
    static const struct { const char *method, *target, *body; enum fst_status st; int status; const char *answer; } rows[] = {
        { "GET", "/echo", "", FST_OK, 200, "GET " },
        { "PUT", "/echo", "some bytes", FST_OK, 200, "PUT some bytes" },
        { "PUT", "/echo", "", FST_OK, 200, "PUT " },
        { "POST", "/echo", "more", FST_OK, 200, "POST more" },
        { "DELETE", "/echo", "", FST_OK, 200, "DELETE " },
        { "GET", "/redirect", "", FST_OK, 302, "" }, /* not followed */
        { "GET", "/interim", "", FST_OK, 200, "done" },
        { "GET", "/else", "", FST_OK, 404, "no such way" },
        { "GET", "/endless", "", FST_ELIMIT, 0, NULL },
        { "GET", "/header-flood", "", FST_ELIMIT, 0, NULL },
        { "GET", "/cut", "", FST_ENET, 0, NULL },
        { "GET", "/nothing", "", FST_ENET, 0, NULL },
        { "GET", "/rubbish", "", FST_ENET, 0, NULL },
    };
    struct fst_http_opts opts = { 0 };
    struct fixture       f;

    open_fixture(&f, &opts);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_http_request req = { .method = rows[i].method, .body = fst_body_of(fst_view_of(rows[i].body)) };
        enum fst_status         st = ask(&f, &req, rows[i].target);
        if (st != rows[i].st)
            fail_msg("%s %s: status %s, not %s: %s", rows[i].method, rows[i].target, fst_status_name(st), fst_status_name(rows[i].st), f.err.text);
        if (st == FST_OK && (f.resp.status != rows[i].status || !fst_view_is(fst_buf_view(&f.resp.body), rows[i].answer)))
            fail_msg("%s %s: %d %s", rows[i].method, rows[i].target, f.resp.status, fst_buf_str(&f.resp.body));
        if (st && !strstr(f.err.text, "127.0.0.1"))
            fail_msg("%s: the error does not say where: %s", rows[i].target, f.err.text);
    }
    close_fixture(&f);
}

static void test_headers_and_reuse(void **state)
{
    struct fst_http_opts    opts = { 0 };
    struct fst_http_request req = { .method = "GET" };
    struct fixture          f;

    open_fixture(&f, &opts);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(&f, &req, "/echo"), FST_OK);
        assert_true(fst_view_is(fst_http_header(&f.resp, "x-kind"), "some value"));
        assert_int_equal(fst_http_header(&f.resp, "x-ki").n, 0);
    }
    assert_int_equal(ask(&f, &req, "/interim"), FST_OK);
    assert_int_equal(fst_http_header(&f.resp, "x-early").n, 0);
    assert_true(fst_view_is(fst_http_header(&f.resp, "x-late"), "yes"));
    assert_int_equal(f.server.connections, 1);
    close_fixture(&f);
}

enum { SOURCE_BYTES = 6 };

static enum fst_status give(void *ctx, uint64_t at, char *out, size_t n, struct fst_error *err)
{
    if (ctx)
        return fst_fail(err, FST_EIO, "a file: it is shorter than it was");
    memcpy(out, "middle" + at, n);
    return FST_OK;
}

static void test_source(void **state)
{
    struct fst_http_opts    opts = { 0 };
    _Atomic uint64_t        sent = 7;
    struct fst_http_request req = { .method = "PUT", .source = give, .source_bytes = SOURCE_BYTES, .sent = &sent };
    struct fixture          f;

    open_fixture(&f, &opts);
    assert_int_equal(ask(&f, &req, "/echo"), FST_OK);
    assert_true(fst_view_is(fst_buf_view(&f.resp.body), "PUT middle"));
    assert_int_equal(sent, 13);
    assert_int_equal(ask(&f, &req, "/else"), FST_OK); /* refused: in vain */
    assert_int_equal(sent, 13);
    req.source_ctx = &f; /* breaks */
    assert_int_equal(ask(&f, &req, "/echo"), FST_EIO);
    assert_string_equal(f.err.text, "a file: it is shorter than it was");
    assert_int_equal(sent, 13);
    close_fixture(&f);
}

static bool take(void *ctx, const char *p, size_t n)
{
    fst_buf_add(ctx, p, n);
    return true;
}

static bool refuse(void *ctx, const char *p, size_t n)
{
    return false;
}

static void test_sink(void **state)
{
    struct fst_http_opts    opts = { 0 };
    struct fst_buf          taken;
    struct fst_http_request req = { .method = "GET", .sink = take, .sink_ctx = &taken };
    struct fixture          f;

    open_fixture(&f, &opts);
    fst_buf_init(&taken, 4 * BODY_CEILING);
    assert_int_equal(ask(&f, &req, "/endless"), FST_OK);
    assert_int_equal(taken.len, 2 * BODY_CEILING);
    fst_buf_reset(&taken);
    assert_int_equal(ask(&f, &req, "/else"), FST_OK); /* an error's body goes where it can be read */
    assert_int_equal(taken.len, 0);
    assert_true(fst_view_is(fst_buf_view(&f.resp.body), "no such way"));
    req.sink = refuse;
    assert_int_equal(ask(&f, &req, "/echo"), FST_EIO);
    fst_buf_clear(&taken);
    close_fixture(&f);
}

static void test_stop(void **state)
{
    _Atomic int             stop = 2;
    struct fst_http_opts    opts = { .stop = &stop };
    struct fst_http_request req = { .method = "GET" };
    struct fixture          f;

    open_fixture(&f, &opts);
    assert_int_equal(ask(&f, &req, "/echo"), FST_EINTR);
    stop = 15;
    assert_int_equal(ask(&f, &req, "/echo"), FST_ETERM);
    close_fixture(&f);
}

FST_TESTS(cmocka_unit_test(test_answers), cmocka_unit_test(test_headers_and_reuse), cmocka_unit_test(test_source),
          cmocka_unit_test(test_sink), cmocka_unit_test(test_stop))
