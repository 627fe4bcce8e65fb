/* aws/trailer.h — a body as "aws-chunked": in chunks, each signed after the one before where the payload is to be
 * signed, with a checksum as trailer behind them.
 * Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Including Trailing Headers".
 * Threads: none share one. May use: sign. */
#ifndef FST_AWS_TRAILER_H
#define FST_AWS_TRAILER_H

#include "base/buf.h"
#include "sign/sigv4.h"

struct fst_trailer {
    struct fst_view *pieces; /* what goes over the wire: the body's own bytes, and `text` between them */
    size_t           count, cap;
    struct fst_buf   text;
};

void fst_trailer_init(struct fst_trailer *c);
void fst_trailer_clear(struct fst_trailer *c);
/* The value of x-amz-content-sha256 that says so. */
const char *fst_trailer_payload(bool unsigned_payload);
/* `trailer`: "name:value". `scope` NULL: unsigned, else with the secret and the request's own signature. The body is
 * borrowed until the pieces are sent. */
FST_MUST_USE enum fst_status fst_trailer_build(struct fst_trailer *c, struct fst_view body, struct fst_view trailer,
                                               const struct fst_sign_scope *scope, struct fst_view secret, const char *signature,
                                               struct fst_error *err);

#endif
