/* serve/http.h — the HTTP side: libmicrohttpd, a thread a connection, each request gathered whole (see serve/body.h)
 * before it is handled.
 * Threads: the handler is called from many. May use: libmicrohttpd. */
#ifndef FST_SERVE_HTTP_H
#define FST_SERVE_HTTP_H

#include <stdbool.h>

#include "serve/auth.h"
#include "serve/body.h"

/* One request, and the answer that the handler makes. */
struct fst_exchange {
    const char     *method;
    struct fst_view path, query; /* as on the wire, not decoded; the query without "?" */
    struct fst_caller caller;
    struct fst_body_plan plan;   /* `begun` makes it: what is done with the body */
    struct fst_body in;          /* the body, … */
    struct fst_buf  body;        /* … and its bytes once it is whole, unless they are in in.file */
    bool            answer_early; /* `begun` says no: where the client waits for a word before it sends the body, it is answered then */

    char            id[33];      /* of the request: the service's own */
    char            host_id[48]; /* S3's second one */
    int             status;      /* 200 unless set */
    struct fst_buf  out;         /* the answer's body … */
    int             out_fd;      /* … or this much of a file, which is closed afterwards; -1: none */
    uint64_t        out_offset, out_bytes;
    uint64_t        head_bytes;  /* of an answer to HEAD: what its body would have */
    bool            drop;        /* break the connection instead of answering */
    bool            cut;         /* break it in the middle of the answer; of one without a body, before it */
    bool            cut_request; /* break it in the middle of the request, and don't handle it */
    unsigned        faults;      /* the service's own: what is due (serve/fault.h) */
    int64_t         delay_ms;
    struct fst_buf headers;      /* of the answer: name and value by turns, each terminated */
    void          *connection;   /* http.c's */
};

struct fst_view fst_exchange_header(const struct fst_exchange *x, const char *name); /* empty when absent */
/* The values of all headers of that name, with "," between, appended. */
void fst_exchange_join_headers(const struct fst_exchange *x, const char *name, struct fst_buf *out);
typedef void fst_header_fn(void *ctx, struct fst_view name, struct fst_view value);
void fst_exchange_each_header(const struct fst_exchange *x, fst_header_fn *fn, void *ctx);
/* A query's argument, decoded into `out`; false when absent. "?uploads" has an empty one. */
bool fst_exchange_argument(const struct fst_exchange *x, const char *name, struct fst_buf *out);
bool fst_exchange_has(const struct fst_exchange *x, const char *name);
/* The next argument of a query, cut off `rest`; false at its end. Not decoded. */
bool fst_exchange_next_argument(struct fst_view *rest, struct fst_view *name, struct fst_view *value);
void fst_exchange_add_header(struct fst_exchange *x, const char *name, const char *fmt, ...) FST_PRINTF(3, 4);

typedef void fst_handler_fn(void *ctx, struct fst_exchange *x);

struct fst_http_server;
struct fst_http_server_opts {
    const char     *address; /* "127.0.0.1" */
    uint16_t        port;    /* 0: any */
    const char     *tmp_dir; /* where large bodies go */
    fst_handler_fn *begun;   /* the headers are there: it may set plan, answer_early and cut_request. May be NULL */
    fst_handler_fn *handler;
    void           *ctx;
};
FST_MUST_USE enum fst_status fst_http_server_start(struct fst_http_server **out, const struct fst_http_server_opts *opts, struct fst_error *err);
uint16_t fst_http_server_port(const struct fst_http_server *s);
void     fst_http_server_stop(struct fst_http_server *s); /* waits for requests in hand */

#endif
