/* sign/sigv4.h — AWS Signature Version 4 as pure computation, each stage callable: the client signs with it, the
 * local service verifies with it.
 * Source: AWS IAM User Guide, "Create a signed AWS API request"; S3's streaming variant: "Signature Calculations …
 * Transferring Payload in Multiple Chunks". Secrets are read, never kept. Threads: thread-safe. May use: base. */
#ifndef FST_SIGN_SIGV4_H
#define FST_SIGN_SIGV4_H

#include "base/digest.h"

#define FST_SIGN_ALGORITHM        "AWS4-HMAC-SHA256"
#define FST_SIGN_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
/* SHA-256 of nothing. */
#define FST_SIGN_EMPTY_SHA256     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

enum { FST_HEX_SHA256 = 2 * FST_SHA256_BYTES + 1, FST_AMZ_DATE = 17 };

struct fst_sign_header {
    struct fst_view name, value;
};

enum fst_sign_path {
    FST_SIGN_PATH_RAW,        /* encoded as it stands: with the path of the wire that is what all services but S3 do */
    FST_SIGN_PATH_NORMALIZED, /* the same, with "//", "." and ".." resolved first */
    FST_SIGN_PATH_DECODED     /* percent-decoded before: S3, with the path of the wire */
};

/* What is signed. Everything is borrowed. */
struct fst_sign_request {
    struct fst_view               method;
    struct fst_view               path;  /* "/bucket/key" */
    enum fst_sign_path            path_kind;
    struct fst_view               query; /* without "?"; X-Amz-Signature is passed over */
    const struct fst_sign_header *headers; /* those that are signed, in any order */
    size_t                        header_count;
    struct fst_view               payload; /* SHA-256 in hex, or FST_SIGN_UNSIGNED_PAYLOAD and its like */
};

struct fst_sign_scope {
    char            time[FST_AMZ_DATE]; /* 20150830T123600Z */
    struct fst_view region, service;
};

/* ---- the stages */

/* Percent-encode all but A-Z a-z 0-9 - . _ ~ (and "/" when `keep_slash`). */
void fst_sign_encode(struct fst_buf *out, struct fst_view v, bool keep_slash);
void fst_sign_decode(struct fst_buf *out, struct fst_view v); /* "%41" to "A"; what is no escape stays */
/* "host;x-amz-date" */
void fst_sign_signed_headers(struct fst_buf *out, const struct fst_sign_request *r);
void fst_sign_canonical_request(struct fst_buf *out, const struct fst_sign_request *r);
/* "20150830/us-east-1/service/aws4_request" */
void fst_sign_scope_text(struct fst_buf *out, const struct fst_sign_scope *s);
void fst_sign_string_to_sign(struct fst_buf *out, const struct fst_sign_scope *s, struct fst_view canonical_request);
void fst_sign_key(uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *s, struct fst_view secret);
void fst_sign_hmac_hex(char out[FST_HEX_SHA256], const uint8_t key[FST_SHA256_BYTES], struct fst_view string_to_sign);

/* ---- the whole */

/* The signature of `r`. FST_ENOMEM when a request is too large to be true. */
FST_MUST_USE enum fst_status fst_sign_signature(char out[FST_HEX_SHA256], const struct fst_sign_request *r,
                                                const struct fst_sign_scope *s, struct fst_view secret);
/* The value of the Authorization header. */
void fst_sign_authorization(struct fst_buf *out, const struct fst_sign_request *r, const struct fst_sign_scope *s,
                            struct fst_view access_key_id, const char *signature);
/* Append to `query` what a presigned request carries besides its signature; r->headers are those that it will sign. */
void fst_sign_presign_query(struct fst_buf *query, const struct fst_sign_request *r, const struct fst_sign_scope *s,
                            struct fst_view access_key_id, struct fst_view token, unsigned expires_seconds);

/* ---- streaming: each chunk is signed after the one before; the first after the request's own signature ("seed") */

void fst_sign_chunk(char out[FST_HEX_SHA256], const uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *s,
                    const char *previous, struct fst_view bytes);
/* The same from the bytes' SHA-256 in hex: for who saw them go by. */
void fst_sign_chunk_hash(char out[FST_HEX_SHA256], const uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *s,
                         const char *previous, const char *sha256_hex);
/* `trailer`: "name:value\n" for each trailer. */
void fst_sign_trailer(char out[FST_HEX_SHA256], const uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *s,
                      const char *previous, struct fst_view trailer);

/* ---- the other end: what a request claims, to be verified by signing it once more */

struct fst_sign_claim { /* views into the header or query */
    struct fst_view access_key_id, date, region, service;
    struct fst_view signed_headers; /* "host;x-amz-date" */
    struct fst_view signature;
    struct fst_view time;           /* of a presigned query; else empty: it is in x-amz-date */
    uint64_t        expires;        /* seconds, of a presigned query */
    struct fst_view token;
};
/* From an Authorization header; false when it is malformed or of another algorithm. */
FST_MUST_USE bool fst_sign_parse_authorization(struct fst_sign_claim *c, struct fst_view header);
/* From a presigned query, decoded into `scratch`. False when it has none. */
FST_MUST_USE bool fst_sign_parse_query(struct fst_sign_claim *c, struct fst_view query, struct fst_buf *scratch);
/* In constant time. */
bool fst_sign_equal(struct fst_view a, const char *signature);

#endif
