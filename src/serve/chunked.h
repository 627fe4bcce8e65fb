/* serve/chunked.h — S3's aws-chunked bodies, decoded as they come: chunks, their signatures, the trailer.
 * Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks", and the same
 * with trailing headers. Signatures are noted while the bytes go by, and verified when the request's own is known.
 * Memory: 97 bytes a signed chunk. Threads: none share one. May use: sign. */
#ifndef FST_SERVE_CHUNKED_H
#define FST_SERVE_CHUNKED_H

#include "base/digest.h"
#include "sign/sigv4.h"

enum fst_chunked_state {
    FST_CHUNKED_SIZE,     /* in a chunk's first line */
    FST_CHUNKED_BYTES,
    FST_CHUNKED_BEHIND,   /* in the line end behind the bytes */
    FST_CHUNKED_TRAILER,
    FST_CHUNKED_ENDED,
    FST_CHUNKED_MALFORMED
};

struct fst_chunked {
    enum fst_chunked_state state;
    bool                   is_signed, is_last;
    uint64_t               left;  /* bytes of the chunk that are still to come */
    uint64_t               bytes; /* decoded so far */
    struct fst_buf         line;
    struct fst_digest      sha256;
    struct fst_buf         notes;   /* of each signed chunk: SHA-256 and signature, both in hex and terminated */
    struct fst_buf         trailer; /* "name:value\n", names in lower case */
    char                   trailer_signature[FST_HEX_SHA256];
};

/* Takes decoded bytes. */
typedef void fst_chunked_fn(void *ctx, const char *p, size_t n);

FST_MUST_USE enum fst_status fst_chunked_init(struct fst_chunked *c, bool is_signed);
void fst_chunked_clear(struct fst_chunked *c); /* safe twice, and after {0} */
/* Bytes as they come. What comes behind the end, or is no chunk, leaves the state MALFORMED; then nothing is done. */
void fst_chunked_add(struct fst_chunked *c, const char *p, size_t n, fst_chunked_fn *fn, void *ctx);
/* The value of a trailing header ("x-amz-checksum-crc32"); empty when there is none. */
struct fst_view fst_chunked_trailer(const struct fst_chunked *c, const char *name);
/* Are all signatures right, from `seed`, the request's own, on? Also true where nothing is signed. */
bool fst_chunked_verify(const struct fst_chunked *c, const uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *scope,
                        struct fst_view seed, bool has_trailer);

#endif
