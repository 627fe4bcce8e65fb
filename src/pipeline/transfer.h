/* pipeline/transfer.h — files of a folder to objects under a prefix, many at a time: small ones whole, large ones in
 * parts. What is there with the same checksum is kept; a multipart upload that broke off goes on where it was.
 * Memory: a few buffers a connection, whatever the files' sizes. Threads: one caller; it uses `connections` of its own. */
#ifndef FST_PIPELINE_TRANSFER_H
#define FST_PIPELINE_TRANSFER_H

#include "aws/s3.h"
#include "fhirstage/meter.h"

struct fst_transfer_item {
    const char *key; /* "input/Patient/Patient-000001.ndjson": under the folder as under the prefix; borrowed */
    uint64_t    size;
    uint32_t    crc32;
    bool        crc_known; /* else it is computed */
    bool        listed;    /* an object with that key and size is there */
    bool        kept;      /* and has the same checksum (fst_transfer_compare) */
};

struct fst_transfer_opts {
    const char                  *dir;
    struct fst_view              bucket, prefix; /* the prefix without slashes at its ends; may be empty */
    const struct fst_aws_config *config;
    const struct fst_env        *env;
    struct fst_s3_sse            sse;
    unsigned                     connections;
    struct fst_meter            *meter; /* may be NULL; bytes are added as they go out, files as they are done */
};

struct fst_transfer;
FST_MUST_USE enum fst_status fst_transfer_new(struct fst_transfer **out, const struct fst_transfer_opts *opts, struct fst_error *err);
void fst_transfer_free(struct fst_transfer *t);

/* The caller's own connection, while nothing is being sent. */
struct fst_aws *fst_transfer_client(struct fst_transfer *t);
/* PREFIX/KEY into `out`; borrowed. */
struct fst_view fst_transfer_key(const struct fst_transfer *t, const char *key, struct fst_buf *out);

/* Set `kept` where it is so. */
FST_MUST_USE enum fst_status fst_transfer_compare(struct fst_transfer *t, struct fst_transfer_item *items, size_t count, struct fst_error *err);
/* Send those that are not kept. */
FST_MUST_USE enum fst_status fst_transfer_send(struct fst_transfer *t, struct fst_transfer_item *items, size_t count, struct fst_error *err);

#endif
