/* aws/trailer.h — a body as "aws-chunked": in chunks, each signed after the one before where the payload is to be
 * signed, with a checksum as trailer behind them.
 * Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Including Trailing Headers".
 * Threads: none share one. May use: net, sign. */
#ifndef FST_AWS_TRAILER_H
#define FST_AWS_TRAILER_H

#include "net/body.h"
#include "sign/sigv4.h"

/* Where the checksum is made while the body goes out, so that it is read but once. */
struct fst_late {
    void (*begin)(void *ctx); /* once more, when it is sent again */
    fst_body_fn *add;
    /* All has gone out but the trailer: write over it, with one as long. Not FST_OK gives up. */
    enum fst_status (*end)(void *ctx, char *trailer, struct fst_error *err);
    void *ctx;
};

struct fst_trailer {
    struct fst_body *pieces; /* what goes over the wire: the body's own bytes, and `text` between them */
    size_t           count, cap;
    struct fst_buf   text;
    char            *chunk; /* scratch: of a file, what is signed */
    uint64_t         bytes; /* of all pieces */
    const struct fst_late *late;
};

void fst_trailer_init(struct fst_trailer *c);
void fst_trailer_clear(struct fst_trailer *c);
/* The value of x-amz-content-sha256 that says so. */
const char *fst_trailer_payload(bool unsigned_payload);

struct fst_trailer_signing {
    const struct fst_sign_scope *scope;
    struct fst_view              secret;
    const char                  *signature; /* the request's own */
};
/* `trailer`: "name:value"; `late` may be NULL. `signing` NULL: unsigned; else nothing may be late. All is borrowed until it is sent. */
FST_MUST_USE enum fst_status fst_trailer_build(struct fst_trailer *c, const struct fst_body *body, struct fst_view trailer,
                                               const struct fst_late *late, const struct fst_trailer_signing *signing, struct fst_error *err);
/* As fst_http_source_fn: what goes over the wire. */
FST_MUST_USE enum fst_status fst_trailer_read(void *c, uint64_t at, char *out, size_t n, struct fst_error *err);

#endif
