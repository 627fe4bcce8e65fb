/* aws/s3_wire.h — what S3's operations write and read alike: headers, checksums, ETags.
 * Threads: thread-safe. May use: base, json, net, sign. */
#ifndef FST_AWS_S3_WIRE_H
#define FST_AWS_S3_WIRE_H

#include "aws/s3.h"

enum { FST_S3_HEADERS = 8, FST_S3_HEADER_MAX = 2048, FST_S3_SUM_TEXT = 32, FST_S3_TRAILER_MAX = 96 };

/* Valid when {0}. */
struct fst_s3_headers {
    char        text[FST_S3_HEADERS][FST_S3_HEADER_MAX];
    const char *items[FST_S3_HEADERS + FST_S3_STORING_MAX];
    size_t      count, texts; /* texts: of the items, those in `text` */
    char        trailer[FST_S3_TRAILER_MAX];
    struct fst_late   late; /* where the sum is */
    struct fst_s3_sum sum;  /* that was sent */
    const struct fst_s3_late *late_sum;
};
void fst_s3_add_header(struct fst_s3_headers *h, const char *name, const char *value); /* NULL: left out */
void fst_s3_add_storing(struct fst_s3_headers *h, const struct fst_s3_storing *storing); /* NULL: none */

/* "CRC32C"; NULL for NONE. The other way round, NONE for what is not known. */
const char *fst_s3_sum_name(enum fst_s3_sum_kind kind);
enum fst_s3_sum_kind fst_s3_sum_of_name(const char *name);
/* As S3 writes it: base64 of its bytes, the highest first; behind a composite one "-N". */
void fst_s3_sum_text(char out[FST_S3_SUM_TEXT], const struct fst_s3_sum *sum);
/* Of kind NONE when it is not one. */
void fst_s3_parse_sum(struct fst_s3_sum *sum, enum fst_s3_sum_kind kind, struct fst_view text);
/* "x-amz-checksum-…"; none for NONE. */
void fst_s3_add_sum(struct fst_s3_headers *h, const struct fst_s3_sum *sum);
void fst_s3_read_sum(struct fst_s3_sum *sum, const struct fst_http_response *resp);
/* Without its quotes; empty when it is too long or unfit to be sent back. */
void fst_s3_set_etag(char out[FST_ETAG_MAX], struct fst_view etag);

/* Add what guards p's body, and give `r` the headers. */
void fst_s3_guard_request(struct fst_aws_request *r, struct fst_s3_headers *h, const struct fst_s3_put *p);
struct fst_aws_request fst_s3_put_request(const struct fst_s3_put *p, const char *operation);

#endif
