/* aws/client.h — one signed request to an AWS service, retried as the AWS SDKs' standard mode does: which errors are
 * worth another try, full jitter, a budget of tries, the clock corrected by the server's.
 * Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
 * Threads: one client per thread; the config is shared. May use: net, sign, json. */
#ifndef FST_AWS_CLIENT_H
#define FST_AWS_CLIENT_H

#include "aws/trailer.h"
#include "aws/config.h"
#include "net/http.h"

enum { FST_AWS_CODE_MAX = 96 };

struct fst_aws {
    const struct fst_aws_config *config;
    const struct fst_env        *env;
    struct fst_http             *http;
    _Atomic int                 *stop;
    struct fst_credentials      *credentials; /* of the last request */
    struct fst_http_response     resp;   /* of the last request */
    char                         code[FST_AWS_CODE_MAX]; /* its error code; empty when it succeeded */
    int64_t                      skew_ms; /* that the last try was signed with */
    struct fst_bucket_region     moved;   /* a bucket that was found to be elsewhere, when the last try was made */
    uint64_t                     throttled; /* how often it was asked to go slower */
    struct fst_trailer           trailing; /* scratch */
    struct fst_buf               url, query, canonical; /* scratch */
};

struct fst_aws_request {
    enum fst_service   service;
    const char        *operation; /* "PutObject", for messages */
    const char        *method;
    struct fst_view    bucket, key; /* S3; empty otherwise */
    const char        *path;        /* of other services; NULL: "/" */
    struct fst_view    query;       /* percent-encoded */
    const char *const *headers;     /* "name: value"; all are signed */
    size_t             header_count;
    struct fst_body    body;
    const uint8_t     *sha256;         /* of the body, where the caller knows it already; else NULL */
    _Atomic uint64_t  *sent;           /* as in net/http.h; may be NULL */
    bool               unsigned_payload; /* the signature does not cover the body */
    const char        *trailer;        /* "x-amz-checksum-crc32:…": sent behind the body, which goes in chunks then; else NULL */
    const struct fst_late *late;       /* the trailer is known when all else has been sent; NULL: it is known */
    bool               fails_late;     /* S3: a 200 may hold an error */
    fst_http_sink_fn  *sink;
    void              *sink_ctx;
    bool               no_retry; /* a sink that cannot begin again */
    bool               anonymous; /* unsigned */
    bool               any_owner; /* the bucket need not be whose config says */
};

FST_MUST_USE enum fst_status fst_aws_new(struct fst_aws **out, const struct fst_aws_config *config, const struct fst_env *env,
                                         _Atomic int *stop, struct fst_error *err);
void fst_aws_free(struct fst_aws *a);

/* FST_OK with a 2xx answer in a->resp. FST_ESERVICE when the service refused: a->code says why, `err` in words.
 * FST_ENET when it could not be reached. */
FST_MUST_USE enum fst_status fst_aws_send(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err);

#endif
