/* base/digest.h — hashes: OpenSSL's for what others check, xxHash for tables.
 * Threads: thread-safe. May use: OpenSSL, xxHash. */
#ifndef FST_BASE_DIGEST_H
#define FST_BASE_DIGEST_H

#include <stdint.h>

#include "base/buf.h"

enum { FST_SHA256_BYTES = 32, FST_SHA1_BYTES = 20, FST_MD5_BYTES = 16 };

enum fst_digest_kind { FST_SHA256, FST_SHA1, FST_MD5 };

struct fst_digest { /* incremental; valid after _init, void after _finish */
    void *state;
};
FST_MUST_USE enum fst_status fst_digest_init(struct fst_digest *d, enum fst_digest_kind kind);
void fst_digest_add(struct fst_digest *d, const void *p, size_t n);
void fst_digest_finish(struct fst_digest *d, uint8_t *out); /* FST_..._BYTES of its kind; frees the state */
void fst_digest_clear(struct fst_digest *d); /* gives up; safe twice */

void fst_sha256(struct fst_view v, uint8_t out[FST_SHA256_BYTES]);
void fst_sha1(struct fst_view v, uint8_t out[FST_SHA1_BYTES]);
void fst_md5(struct fst_view v, uint8_t out[FST_MD5_BYTES]);
void fst_hmac_sha1(struct fst_view key, struct fst_view v, uint8_t out[FST_SHA1_BYTES]);
void fst_hmac_sha256(struct fst_view key, struct fst_view v, uint8_t out[FST_SHA256_BYTES]);

struct fst_hash128 {
    uint64_t hi, lo;
};
/* Fast, not cryptographic, the same on every machine. */
struct fst_hash128 fst_hash128(struct fst_view v, uint64_t seed);
static inline int fst_hash128_compare(struct fst_hash128 a, struct fst_hash128 b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

void fst_hex(const uint8_t *bytes, size_t n, char *out); /* 2n + 1 chars, lower case */
void fst_base64(struct fst_buf *out, const void *p, size_t n);
/* Strict RFC 4648 with padding; false when malformed. */
FST_MUST_USE bool fst_base64_decode(struct fst_buf *out, struct fst_view v);

#endif
