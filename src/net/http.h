/* net/http.h — one HTTP exchange at a time over a connection that is kept: libcurl, with what every caller needs set
 * (time limits, stall detection, ceilings, no redirects). Proxies are curl's own environment variables.
 * Threads: one client per thread. May use: libcurl. */
#ifndef FST_NET_HTTP_H
#define FST_NET_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "net/body.h"

struct fst_http; /* a client: keeps connections alive between exchanges */

struct fst_http_opts {
    const char  *ca_bundle;   /* file; NULL: the system's */
    int64_t      connect_ms;  /* 0: 10 s */
    int64_t      stall_ms;    /* with next to nothing either way; 0: 60 s */
    bool         no_proxy;    /* whatever the environment says */
    _Atomic int *stop;        /* not 0: give up; may be NULL */
};

/* Receives a body piece by piece; false gives up. */
typedef bool fst_http_sink_fn(void *ctx, const char *p, size_t n);
/* Gives a body's n bytes from `at` on, one after another; from 0 again when it is sent again. Not FST_OK gives up. */
typedef enum fst_status fst_http_source_fn(void *ctx, uint64_t at, char *out, size_t n, struct fst_error *err);

struct fst_http_request {
    const char        *method; /* "PUT" */
    const char        *url;
    const char *const *headers; /* "Name: value" */
    size_t             header_count;
    struct fst_body    body;      /* sent as it is … */
    fst_http_source_fn *source;   /* … or, where it is there, the `source_bytes` that it gives */
    void              *source_ctx;
    uint64_t           source_bytes;
    _Atomic uint64_t  *sent;      /* grows as the body goes out, and falls again when that was in vain; may be NULL */
    fst_http_sink_fn  *sink;      /* of a successful answer's body; NULL: into response->body */
    void              *sink_ctx;
    int64_t            deadline_ms; /* of the whole exchange; 0: 10 minutes, none while much is sent or goes to a sink */
};

struct fst_http_response { /* reused: reset by each exchange */
    int            status;
    struct fst_buf head; /* "Name: value\r\n" lines */
    struct fst_buf body; /* up to its ceiling; more is FST_ELIMIT */
    int64_t        begun_ms, ended_ms; /* monotonic */
};

FST_MUST_USE enum fst_status fst_http_new(struct fst_http **out, const struct fst_http_opts *opts, struct fst_error *err);
void fst_http_free(struct fst_http *h);

void fst_http_response_init(struct fst_http_response *r, size_t max_body);
void fst_http_response_clear(struct fst_http_response *r);
/* A header's value, trimmed; empty when absent. */
struct fst_view fst_http_header(const struct fst_http_response *r, const char *name);

/* FST_OK when an answer came, whatever its status. FST_ENET when none did; FST_ELIMIT; FST_EINTR when stopped; else what
 * the source failed with. */
FST_MUST_USE enum fst_status fst_http_do(struct fst_http *h, const struct fst_http_request *req, struct fst_http_response *resp,
                                         struct fst_error *err);

#endif
