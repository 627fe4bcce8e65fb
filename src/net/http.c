#include "net/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

enum { HEAD_CEILING = 256 * 1024, CONNECT_MS = 10000, STALL_MS = 60000, DEADLINE_MS = 10 * 60 * 1000, BULK = 1 << 20, BULK_RATE = 1024, UPLOAD_BUFFER = 256 * 1024 };

struct fst_http {
    CURL                *curl;
    struct fst_http_opts opts;
    char                 why[CURL_ERROR_SIZE];
};

/* One exchange. */
struct exchange {
    struct fst_http               *h;
    const struct fst_http_request *req;
    struct fst_http_response      *resp;
    uint64_t                       total, sent, counted; /* counted: in req->sent */
    enum fst_status                source_st;
    struct fst_error               source_err;
    bool                           too_long, refused; /* the body: beyond its ceiling; the sink gave up */
    bool                           bulk;              /* much is on the way: it is held to a pace, not to a time */
    bool                           stalled, late;
    int64_t                        begun_ms, moved_ms;
    uint64_t                       moved; /* bytes, both ways, at moved_ms */
    size_t                         heard; /* bytes of headers */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int64_t mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum fst_status fst_http_new(struct fst_http **out, const struct fst_http_opts *opts, struct fst_error *err)
{
    struct fst_http *h;

    pthread_once(&once, init_curl);
    *out = NULL;
    h = calloc(1, sizeof *h);
    if (!h)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    h->opts = *opts;
    h->curl = curl_easy_init();
    if (!h->curl) {
        free(h);
        return fst_fail(err, FST_ENOMEM, "out of memory");
    }
    *out = h;
    return FST_OK;
}

void fst_http_free(struct fst_http *h)
{
    if (!h)
        return;
    curl_easy_cleanup(h->curl);
    free(h);
}

void fst_http_response_init(struct fst_http_response *r, size_t max_body)
{
    *r = (struct fst_http_response){ 0 };
    fst_buf_init(&r->head, HEAD_CEILING);
    fst_buf_init(&r->body, max_body);
}

void fst_http_response_clear(struct fst_http_response *r)
{
    fst_buf_clear(&r->head);
    fst_buf_clear(&r->body);
}

static struct fst_view trim(struct fst_view v)
{
    while (v.n && (v.p[0] == ' ' || v.p[0] == '\t'))
        v = fst_view_from(v, 1);
    while (v.n && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t' || v.p[v.n - 1] == '\r'))
        v.n--;
    return v;
}

struct fst_view fst_http_header(const struct fst_http_response *r, const char *name)
{
    size_t      n = strlen(name);
    const char *p = r->head.p, *end = p + r->head.len;

    while (p && p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t      len = newline ? (size_t)(newline - p) : (size_t)(end - p);
        if (len > n && p[n] == ':' && !strncasecmp(p, name, n))
            return trim(fst_view_n(p + n + 1, len - n - 1));
        p += len + 1;
    }
    return (struct fst_view){ 0 };
}

/* ---- curl's callbacks */

static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;

    if (n > 5 && !memcmp(p, "HTTP/", 5)) /* an interim answer came before */
        fst_buf_reset(&x->resp->head);
    else
        fst_buf_add(&x->resp->head, p, n);
    x->heard += n; /* interim answers count: they could go on without end */
    x->too_long = x->heard > HEAD_CEILING || fst_buf_status(&x->resp->head);
    return x->too_long ? 0 : size * n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;
    long             status = 0;

    if (x->req->sink) {
        curl_easy_getinfo(x->h->curl, CURLINFO_RESPONSE_CODE, &status);
        if (status / 100 == 2) {
            x->refused = !x->req->sink(x->req->sink_ctx, p, n);
            return x->refused ? 0 : n;
        }
    }
    fst_buf_add(&x->resp->body, p, n);
    x->too_long = fst_buf_status(&x->resp->body) != FST_OK;
    return x->too_long ? 0 : size * n;
}

/* Keep the caller's counter in step; curl may go back to the beginning. */
static void count_sent(struct exchange *x, uint64_t sent)
{
    if (x->req->sent)
        *x->req->sent += sent - x->counted;
    x->counted = sent;
}

static size_t on_read(char *p, size_t size, size_t n, void *ctx)
{
    struct exchange               *x = ctx;
    const struct fst_http_request *r = x->req;
    size_t                         room = size * n, some = x->total - x->sent < room ? (size_t)(x->total - x->sent) : room;

    if (some)
        x->source_st = r->source ? r->source(r->source_ctx, x->sent, p, some, &x->source_err)
                                 : fst_body_read(&r->body, (size_t)x->sent, p, some, &x->source_err);
    if (x->source_st)
        return CURL_READFUNC_ABORT;
    x->sent += some;
    count_sent(x, x->sent);
    return some;
}

static int on_seek(void *ctx, curl_off_t offset, int origin)
{
    struct exchange *x = ctx;

    if (origin != SEEK_SET || offset)
        return CURL_SEEKFUNC_CANTSEEK;
    x->sent = 0;
    return CURL_SEEKFUNC_OK;
}

/* Is it worth waiting on? A byte now and then keeps small exchanges alive until their time is up; where much is on the way
 * it must come at some pace, or a server that trickles would hold us for ever. */
static bool goes_on(struct exchange *x, uint64_t moved)
{
    int64_t  stall = x->h->opts.stall_ms ? x->h->opts.stall_ms : STALL_MS, now = mono_ms();
    int64_t  deadline = x->req->deadline_ms ? x->req->deadline_ms : x->bulk ? 0 : DEADLINE_MS;
    uint64_t enough = x->bulk ? (uint64_t)BULK_RATE * (uint64_t)stall / 1000 : 1;

    if (moved - x->moved >= enough) {
        x->moved = moved;
        x->moved_ms = now;
    }
    x->stalled = now - x->moved_ms > stall;
    x->late = deadline && now - x->begun_ms > deadline;
    return !x->stalled && !x->late;
}

static int on_progress(void *ctx, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total, curl_off_t ul)
{
    struct exchange *x = ctx;
    return (x->h->opts.stop && *x->h->opts.stop) || !goes_on(x, (uint64_t)dl + (uint64_t)ul + x->heard);
}

/* ---- the exchange */

static void set_limits(CURL *c, const struct fst_http_opts *o)
{
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)(o->connect_ms ? o->connect_ms : CONNECT_MS));
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L); /* credentials never follow to another host */
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
    curl_easy_setopt(c, CURLOPT_EXPECT_100_TIMEOUT_MS, 1000L);
    if (o->no_proxy)
        curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    if (o->ca_bundle)
        curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_bundle);
}

static void set_callbacks(CURL *c, struct exchange *x)
{
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->h->why);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(c, CURLOPT_READDATA, x);
    curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(c, CURLOPT_SEEKDATA, x);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, x);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

static void set_method(CURL *c, const struct exchange *x)
{
    const struct fst_http_request *r = x->req;

    curl_easy_setopt(c, CURLOPT_URL, r->url);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    if (!strcmp(r->method, "HEAD")) {
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    } else if (!strcmp(r->method, "PUT")) {
        curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->total);
    } else if (!strcmp(r->method, "POST")) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->total);
    } else if (strcmp(r->method, "GET") != 0) {
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r->method);
    }
}

static struct curl_slist *header_list(const struct fst_http_request *r, bool *ok)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");

    *ok = list != NULL;
    for (size_t i = 0; i < r->header_count && *ok; i++) {
        struct curl_slist *longer = curl_slist_append(list, r->headers[i]);
        *ok = longer != NULL;
        list = longer ? longer : list;
    }
    return list;
}

/* The host and port of a URL, for messages; not the user and password that may stand before. */
static struct fst_view host_of(const char *url)
{
    const char     *host = strstr(url, "://"), *at;
    struct fst_view v;

    host = host ? host + 3 : url;
    v = fst_view_n(host, strcspn(host, "/?"));
    at = memrchr(v.p, '@', v.n);
    return at ? fst_view_from(v, (size_t)(at - v.p) + 1) : v;
}

static enum fst_status explain(const struct exchange *x, CURLcode code, struct fst_error *err)
{
    struct fst_view host = host_of(x->req->url);
    const char     *why = x->h->why[0] ? x->h->why : curl_easy_strerror(code);
    enum fst_status st = FST_ENET;

    if (x->source_st) {
        if (err)
            *err = x->source_err;
        return x->source_st;
    }
    if (code == CURLE_ABORTED_BY_CALLBACK && x->h->opts.stop && *x->h->opts.stop)
        return fst_stopped_by(*x->h->opts.stop, err);
    if (x->stalled || x->late) {
        (void)fst_fail(err, st, x->stalled ? "%.*s: nothing came for %lld s" : "%.*s: no whole answer within %lld s", FST_VIEW_ARGS(host),
                       (long long)((x->stalled ? x->h->opts.stall_ms ? x->h->opts.stall_ms : STALL_MS : mono_ms() - x->begun_ms) / 1000));
        fst_error_hint(err, "run the same command again");
        return st;
    }
    if (x->too_long || (code == CURLE_OUT_OF_MEMORY && !x->heard)) /* so curl calls a header line that is too long for it */
        return fst_fail(err, FST_ELIMIT, "%.*s: the answer is longer than it may be", FST_VIEW_ARGS(host));
    if (x->refused)
        return fst_fail(err, FST_EIO, "%.*s: the answer could not be taken", FST_VIEW_ARGS(host));
    fst_fail(err, st, "%.*s: %s", FST_VIEW_ARGS(host), why);
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST)
        fst_error_hint(err, "check the endpoint and the region, and that the network can be reached from here");
    else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
        fst_error_hint(err, "name the certificates to trust in AWS_CA_BUNDLE");
    else if (code == CURLE_SSL_CONNECT_ERROR)
        fst_error_hint(err, "does the endpoint speak https? an endpoint that begins with http:// is asked without");
    return st;
}

enum fst_status fst_http_do(struct fst_http *h, const struct fst_http_request *req, struct fst_http_response *resp,
                            struct fst_error *err)
{
    struct exchange    x = { .h = h, .req = req, .resp = resp, .total = req->source ? req->source_bytes : req->body.n };
    bool               ok;
    struct curl_slist *headers = header_list(req, &ok);
    long               status = 0;
    CURLcode           code;

    if (!ok) {
        curl_slist_free_all(headers);
        return fst_fail(err, FST_ENOMEM, "out of memory");
    }
    fst_buf_reset(&resp->head);
    fst_buf_reset(&resp->body);
    h->why[0] = '\0';
    curl_easy_reset(h->curl); /* connections stay */
    set_limits(h->curl, &h->opts);
    set_callbacks(h->curl, &x);
    set_method(h->curl, &x);
    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
    x.begun_ms = x.moved_ms = resp->begun_ms = mono_ms();
    x.bulk = req->sink || x.total > BULK;
    code = curl_easy_perform(h->curl);
    resp->ended_ms = mono_ms();
    curl_slist_free_all(headers);
    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
    resp->status = (int)status;
    if (code || status / 100 != 2)
        count_sent(&x, 0);
    return code ? explain(&x, code, err) : FST_OK;
}
