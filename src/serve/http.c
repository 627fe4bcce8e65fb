#include "serve/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "sign/sigv4.h"

enum { CEILING = 1 << 30, HEADERS_CEILING = 256 * 1024, MAX_CONNECTIONS = 1024, TIMEOUT_S = 300, CONNECTION_MEMORY = 128 * 1024 };

struct fst_http_server {
    struct fst_http_server_opts opts;
    struct MHD_Daemon          *daemon;
};

/* A request that is being gathered. */
struct gathering {
    struct fst_exchange x;
    char               *uri;
    bool                begun, answered;
    uint64_t            length; /* of the body, as announced */
};

/* ---- reading the request */

struct fst_view fst_exchange_header(const struct fst_exchange *x, const char *name)
{
    return fst_view_of(MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name));
}

struct each {
    fst_header_fn *fn;
    void          *ctx;
};

static enum MHD_Result visit_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct each *e = cls;
    e->fn(e->ctx, fst_view_of(name), fst_view_of(value ? value : ""));
    return MHD_YES;
}

void fst_exchange_each_header(const struct fst_exchange *x, fst_header_fn *fn, void *ctx)
{
    struct each e = { fn, ctx };
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, visit_header, &e);
}

struct joining {
    const char     *name;
    struct fst_buf *out;
    bool            any;
};

static void join_header(void *ctx, struct fst_view name, struct fst_view value)
{
    struct joining *j = ctx;

    if (name.n != strlen(j->name) || strncasecmp(name.p, j->name, name.n) != 0)
        return;
    fst_buf_add_str(j->out, j->any ? "," : "");
    fst_buf_add_view(j->out, value);
    j->any = true;
}

void fst_exchange_join_headers(const struct fst_exchange *x, const char *name, struct fst_buf *out)
{
    struct joining j = { .name = name, .out = out };
    fst_exchange_each_header(x, join_header, &j);
}

bool fst_exchange_next_argument(struct fst_view *rest, struct fst_view *name, struct fst_view *value)
{
    const char     *end = rest->n ? memchr(rest->p, '&', rest->n) : NULL;
    struct fst_view item = end ? fst_view_n(rest->p, (size_t)(end - rest->p)) : *rest;
    const char     *equals = item.n ? memchr(item.p, '=', item.n) : NULL;

    if (!rest->n)
        return false;
    *rest = fst_view_from(*rest, item.n + 1);
    *name = equals ? fst_view_n(item.p, (size_t)(equals - item.p)) : item;
    *value = fst_view_from(item, name->n + 1);
    return true;
}

bool fst_exchange_argument(const struct fst_exchange *x, const char *wanted, struct fst_buf *out)
{
    struct fst_view rest = x->query, name, value;

    fst_buf_reset(out);
    while (fst_exchange_next_argument(&rest, &name, &value))
        if (fst_view_is(name, wanted)) {
            fst_sign_decode(out, value);
            return true;
        }
    return false;
}

bool fst_exchange_has(const struct fst_exchange *x, const char *wanted)
{
    struct fst_view rest = x->query, name, value;

    while (fst_exchange_next_argument(&rest, &name, &value))
        if (fst_view_is(name, wanted))
            return true;
    return false;
}

void fst_exchange_add_header(struct fst_exchange *x, const char *name, const char *fmt, ...)
{
    va_list args;

    fst_buf_add(&x->headers, name, strlen(name) + 1);
    va_start(args, fmt);
    fst_buf_vaddf(&x->headers, fmt, args);
    va_end(args);
    fst_buf_add(&x->headers, "", 1);
}

/* ---- gathering */

/* The URI as it came, before libmicrohttpd decodes it: what was signed. */
static void *note_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct gathering *g = calloc(1, sizeof *g);

    if (g)
        g->uri = strdup(uri);
    return g;
}

static bool begin(const struct fst_http_server *s, struct gathering *g, struct MHD_Connection *c, const char *method)
{
    struct fst_exchange *x = &g->x;
    const char          *query;

    g->begun = true;
    x->out_fd = -1;
    if (!g->uri)
        return false;
    fst_buf_init(&x->body, CEILING);
    fst_buf_init(&x->out, CEILING);
    fst_buf_init(&x->headers, HEADERS_CEILING);
    x->method = method;
    x->connection = c;
    x->status = 200;
    query = strchr(g->uri, '?');
    x->path = query ? fst_view_n(g->uri, (size_t)(query - g->uri)) : fst_view_of(g->uri);
    x->query = fst_view_of(query ? query + 1 : "");
    if (!fst_parse_u64(&g->length, fst_exchange_header(x, "content-length")))
        g->length = fst_exchange_header(x, "transfer-encoding").n ? UINT64_MAX : 0;
    if (s->opts.begun)
        s->opts.begun(s->opts.ctx, x);
    if (x->cut_request && !g->length)
        return false;
    return fst_body_init(&x->in, &x->plan, g->length, s->opts.tmp_dir);
}

/* False: enough of a request that is to break. */
static bool gather(struct gathering *g, const char *p, size_t n)
{
    struct fst_exchange *x = &g->x;

    fst_body_add(&x->in, p, n);
    return !x->cut_request || x->in.size < (g->length + 1) / 2;
}

static void handle(const struct fst_http_server *s, struct fst_exchange *x)
{
    fst_body_finish(&x->in);
    x->body = x->in.bytes;
    fst_buf_init(&x->in.bytes, CEILING);
    s->opts.handler(s->opts.ctx, x);
}

/* ---- answering */

/* An answer to HEAD has a length and no bytes: this is never asked. */
static ssize_t no_body(void *cls, uint64_t at, char *p, size_t max)
{
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/* Half of an answer, then nothing more. */
struct half {
    struct fst_buf bytes;
    int            fd; /* or -1 */
    uint64_t       offset, n;
};

static ssize_t read_half(void *cls, uint64_t at, char *p, size_t max)
{
    struct half *h = cls;
    uint64_t     left = h->n / 2 > at ? h->n / 2 - at : 0;
    size_t       n = left < max ? (size_t)left : max;

    if (!n)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (h->fd >= 0)
        return pread(h->fd, p, n, (off_t)(h->offset + at));
    memcpy(p, h->bytes.p + at, n);
    return (ssize_t)n;
}

static void free_half(void *cls)
{
    struct half *h = cls;

    fst_buf_clear(&h->bytes);
    if (h->fd >= 0)
        close(h->fd);
    free(h);
}

static struct MHD_Response *make_half(struct fst_exchange *x)
{
    struct half *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    *h = (struct half){ .bytes = x->out, .fd = x->out_fd, .offset = x->out_offset, .n = x->out_fd < 0 ? x->out.len : x->out_bytes };
    fst_buf_init(&x->out, CEILING);
    x->out_fd = -1;
    return MHD_create_response_from_callback(h->n, 64 * 1024, read_half, h, free_half);
}

static struct MHD_Response *make_response(struct fst_exchange *x)
{
    size_t n;
    char  *p;

    if (x->cut)
        return make_half(x);
    if (!strcmp(x->method, "HEAD"))
        return MHD_create_response_from_callback(x->head_bytes ? x->head_bytes : x->out.len, 1, no_body, NULL, NULL);
    if (x->out_fd >= 0) {
        int fd = x->out_fd;
        x->out_fd = -1;
        return MHD_create_response_from_fd_at_offset64(x->out_bytes, fd, x->out_offset);
    }
    fst_buf_str(&x->out);
    p = fst_buf_take(&x->out, &n);
    return p ? MHD_create_response_from_buffer(n, p, MHD_RESPMEM_MUST_FREE) : MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result answer(struct MHD_Connection *c, struct fst_exchange *x)
{
    struct MHD_Response *r;
    enum MHD_Result      queued;

    if (x->drop || (x->cut && (!strcmp(x->method, "HEAD") || (x->out_fd < 0 && x->out.len < 2))))
        return MHD_NO;
    r = make_response(x);
    if (!r)
        return MHD_NO;
    for (const char *p = x->headers.p, *end = p + x->headers.len; p < end;) {
        const char *value = p + strlen(p) + 1;
        MHD_add_response_header(r, p, *value ? value : " "); /* it takes no empty ones; who reads it trims */
        p = value + strlen(value) + 1;
    }
    queued = MHD_queue_response(c, (unsigned)x->status, r);
    MHD_destroy_response(r);
    return queued;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                                  const char *data, size_t *n, void **state)
{
    struct fst_http_server *s = cls;
    struct gathering       *g = *state;

    if (!g)
        return MHD_NO;
    if (!g->begun) {
        if (!begin(s, g, c, method))
            return MHD_NO;
        g->answered = g->x.answer_early && fst_exchange_header(&g->x, "expect").n;
        if (!g->answered)
            return MHD_YES;
        handle(s, &g->x);
        return answer(c, &g->x);
    }
    if (g->answered)
        return MHD_NO;
    if (*n) {
        if (!gather(g, data, *n))
            return MHD_NO;
        *n = 0;
        return MHD_YES;
    }
    handle(s, &g->x);
    return answer(c, &g->x);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
    struct gathering *g = *state;

    if (!g)
        return;
    if (g->begun) {
        fst_body_clear(&g->x.in);
        if (g->x.out_fd >= 0)
            close(g->x.out_fd);
        fst_buf_clear(&g->x.body);
        fst_buf_clear(&g->x.out);
        fst_buf_clear(&g->x.headers);
    }
    free(g->uri);
    free(g);
    *state = NULL;
}

/* ---- the server */

enum fst_status fst_http_server_start(struct fst_http_server **out, const struct fst_http_server_opts *opts, struct fst_error *err)
{
    struct fst_http_server *s = calloc(1, sizeof *s);
    struct sockaddr_in      address = { .sin_family = AF_INET, .sin_port = htons(opts->port) };

    *out = NULL;
    if (!s)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    s->opts = *opts;
    if (inet_pton(AF_INET, strcmp(opts->address, "localhost") ? opts->address : "127.0.0.1", &address.sin_addr) != 1) {
        free(s);
        return fst_fail(err, FST_EUSAGE, "%s: not an IPv4 address to listen on", opts->address);
    }
    errno = 0;
    s->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, opts->port, NULL, NULL,
                                 on_request, s, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_URI_LOG_CALLBACK, note_uri, NULL,
                                 MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                                 MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    if (!s->daemon) {
        fst_fail(err, FST_EIO, "%s:%u: cannot listen%s%s", opts->address, opts->port, errno ? ": " : "", errno ? strerror(errno) : "");
        fst_error_hint(err, "another program may be listening there: give another port, or 0 for any");
        free(s);
        return FST_EIO;
    }
    *out = s;
    return FST_OK;
}

uint16_t fst_http_server_port(const struct fst_http_server *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void fst_http_server_stop(struct fst_http_server *s)
{
    if (!s)
        return;
    MHD_stop_daemon(s->daemon);
    free(s);
}
