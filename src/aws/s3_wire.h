/* aws/s3_wire.h — what S3's operations write and read alike: headers, checksums, ETags.
 * Threads: thread-safe. May use: base, json, net, sign. */
#ifndef FST_AWS_S3_WIRE_H
#define FST_AWS_S3_WIRE_H

#include "aws/s3.h"

enum { FST_S3_HEADERS = 8, FST_S3_HEADER_MAX = 2048, FST_S3_CRC = 16 };

/* Valid when {0}. */
struct fst_s3_headers {
    char        text[FST_S3_HEADERS][FST_S3_HEADER_MAX];
    const char *items[FST_S3_HEADERS];
    size_t      count;
};
void fst_s3_add_header(struct fst_s3_headers *h, const char *name, const char *value); /* NULL: left out */
void fst_s3_add_sse(struct fst_s3_headers *h, const struct fst_s3_sse *sse);

/* A CRC32 as S3 writes it: base64 of its bytes, the highest first. */
void fst_s3_crc_text(char out[FST_S3_CRC], uint32_t crc);
/* False for what is no checksum of a whole object: a composite one has "-N" behind it. */
FST_MUST_USE bool fst_s3_parse_crc(uint32_t *crc, struct fst_view text);
/* Without its quotes; empty when it is too long or unfit to be sent back. */
void fst_s3_set_etag(char out[FST_ETAG_MAX], struct fst_view etag);

struct fst_aws_request fst_s3_put_request(const struct fst_s3_put *p, const char *operation);

#endif
