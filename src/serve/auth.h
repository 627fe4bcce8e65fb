/* serve/auth.h — who signed a request, and is it true? In two steps: what the headers alone tell, before a byte of the
 * body is kept, and the rest when the body is there.
 * Threads: thread-safe. May use: sign. */
#ifndef FST_SERVE_AUTH_H
#define FST_SERVE_AUTH_H

#include "serve/keys.h"
#include "sign/sigv4.h"

struct fst_exchange;

enum fst_auth {
    FST_AUTH_OK,
    FST_AUTH_MISSING,
    FST_AUTH_NO_TIME,
    FST_AUTH_OTHER_KIND,      /* no AWS4-HMAC-SHA256 */
    FST_AUTH_MALFORMED,
    FST_AUTH_MALFORMED_QUERY, /* of a presigned URL */
    FST_AUTH_EXPIRES,         /* its X-Amz-Expires */
    FST_AUTH_UNKNOWN_KEY,
    FST_AUTH_SKEWED,
    FST_AUTH_EXPIRED,
    FST_AUTH_WRONG,         /* the signature */
    FST_AUTH_WRONG_SERVICE,
    FST_AUTH_UNSIGNED,      /* a header that must be signed is not */
    FST_AUTH_WRONG_PAYLOAD,
    FST_AUTH_INCOMPLETE,    /* aws-chunked: malformed or cut off */
    FST_AUTH_WRONG_CHUNK    /* aws-chunked: the trailer's or a chunk's signature is wrong */
};

/* What is known of who sent a request. */
struct fst_caller {
    enum fst_auth auth;
    bool          is_presigned, needs_body; /* the body's hash, to check the signature */
    char          region[64];
    const char   *account; /* NULL: nobody */
    uint8_t       key[FST_SHA256_BYTES]; /* to sign with, for chunks */
    char          time[FST_AMZ_DATE], seed[FST_HEX_SHA256];
};

/* The headers are there. */
void fst_auth_begin(struct fst_caller *c, const struct fst_keys *keys, const struct fst_exchange *x, const char *service, int64_t now_ms);
/* The body is there. */
void fst_auth_finish(struct fst_caller *c, const struct fst_keys *keys, const struct fst_exchange *x, const char *service, int64_t now_ms);

/* auth-v2.c: a URL signed in the older way, which the AWS CLI and boto3 still presign with in us-east-1. False when the
 * request is none such; else `c` is filled in. */
bool fst_auth_v2(struct fst_caller *c, const struct fst_keys *keys, const struct fst_exchange *x, int64_t now_ms);

#endif
