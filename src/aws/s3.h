/* aws/s3.h — the operations of S3 that staging needs.
 * Threads: as the client's. May use: net, sign, json. */
#ifndef FST_AWS_S3_H
#define FST_AWS_S3_H

#include "aws/client.h"
#include "aws/s3_storing.h"
#include "base/crc.h"

/* "s3://BUCKET/PREFIX" in its parts, borrowed: the prefix without slashes at its ends. FST_EUSAGE when it is none. */
FST_MUST_USE enum fst_status fst_s3_parse_url(struct fst_view *bucket, struct fst_view *prefix, const char *url, struct fst_error *err);

enum { FST_ETAG_MAX = 72 };

struct fst_s3_object {
    struct fst_view key;
    uint64_t        size;
    const char     *etag; /* without quotes; empty when the service gives none, or a longer one */
};
/* Return not FST_OK to stop. The strings are borrowed. */
typedef enum fst_status fst_s3_list_fn(void *ctx, const struct fst_s3_object *o, struct fst_error *err);

/* Is there such a bucket, for us? FST_ESERVICE with a->code "NotFound" when there is none. */
FST_MUST_USE enum fst_status fst_s3_head_bucket(struct fst_aws *a, struct fst_view bucket, struct fst_error *err);
FST_MUST_USE enum fst_status fst_s3_create_bucket(struct fst_aws *a, struct fst_view bucket, struct fst_error *err);
/* Every object whose key starts with `prefix`, in order. */
FST_MUST_USE enum fst_status fst_s3_list(struct fst_aws *a, struct fst_view bucket, struct fst_view prefix, fst_s3_list_fn *fn,
                                         void *ctx, struct fst_error *err);

/* ---- checksums, which the service verifies, keeps and tells */

enum fst_s3_sum_kind { FST_S3_SUM_NONE, FST_S3_SUM_CRC32, FST_S3_SUM_CRC32C, FST_S3_SUM_CRC64NVME, FST_S3_SUM_COUNT };

struct fst_s3_sum {
    enum fst_s3_sum_kind kind;
    uint64_t             value; /* of the bytes; of a composite one, of its parts' checksums in a row */
    unsigned             parts; /* of a composite one; else 0 */
};
enum fst_crc_kind fst_s3_sum_crc(enum fst_s3_sum_kind kind); /* not of NONE */
/* `sum` goes on with these bytes. */
void fst_s3_sum_add(struct fst_s3_sum *sum, struct fst_view bytes);
/* A composite one goes on with a part's checksum, of the same kind. */
void fst_s3_sum_add_part(struct fst_s3_sum *sum, const struct fst_s3_sum *part);
bool fst_s3_sum_equal(const struct fst_s3_sum *a, const struct fst_s3_sum *b);

/* Should the signature cover what is sent? Over TLS nobody can change it under way, and its checksum guards the rest:
 * hashing it too would cost more than all else. */
bool fst_s3_signs_payload(const struct fst_aws_config *config);

/* How a body is guarded. */
struct fst_s3_guard {
    enum fst_s3_sum_kind sum;
    bool                 trailer;          /* the checksum goes behind the body, not before it */
    bool                 unsigned_payload;
};

/* A sum that is made while the body goes out, so that it is read but once. */
struct fst_s3_late {
    void (*begin)(void *ctx); /* once more, when it is sent again */
    fst_body_fn *add;
    enum fst_status (*end)(void *ctx, struct fst_s3_sum *sum, struct fst_error *err); /* not FST_OK: it is not to be sent */
    void *ctx;
};

struct fst_s3_put {
    struct fst_view   bucket, key;
    struct fst_body   body;
    _Atomic uint64_t *sent;      /* as in net/http.h; may be NULL */
    struct fst_s3_sum sum;       /* of the body; of kind NONE: none is sent */
    const struct fst_s3_late *late; /* the sum's value is known when the body has been sent: unsigned, with a trailer; or NULL */
    const uint8_t    *sha256;    /* of the body, where it is known; else NULL */
    bool              trailer, unsigned_payload; /* as in struct fst_s3_guard */
    const char       *content_type;
    const struct fst_s3_storing *storing; /* NULL: as the bucket has it */
    bool              if_absent; /* "PreconditionFailed" when it is there */
};
FST_MUST_USE enum fst_status fst_s3_put(struct fst_aws *a, const struct fst_s3_put *p, struct fst_error *err);

struct fst_s3_head {
    uint64_t          size;
    struct fst_s3_sum sum;  /* of kind NONE when the service does not know it */
    char              etag[FST_ETAG_MAX]; /* without quotes; empty when the service gives none, or a longer one */
};
FST_MUST_USE enum fst_status fst_s3_head(struct fst_aws *a, struct fst_view bucket, struct fst_view key, struct fst_s3_head *head,
                                         struct fst_error *err);
/* How large the first part was of an object that was put together of parts; of others, its size. */
FST_MUST_USE enum fst_status fst_s3_head_part(struct fst_aws *a, struct fst_view bucket, struct fst_view key, uint64_t *size,
                                              struct fst_error *err);
/* Into a->resp.body, up to its ceiling; or to the sink. */
FST_MUST_USE enum fst_status fst_s3_get(struct fst_aws *a, struct fst_view bucket, struct fst_view key, fst_http_sink_fn *sink,
                                        void *ctx, struct fst_error *err);
/* How old the object is that the last answer is of, by the service's clock; -1 when it does not say. */
int64_t fst_s3_age(const struct fst_aws *a);
FST_MUST_USE enum fst_status fst_s3_delete(struct fst_aws *a, struct fst_view bucket, struct fst_view key, struct fst_error *err);

/* ---- multipart: an object in parts, each checked, put together by the service */

enum { FST_UPLOAD_ID_MAX = 1024, FST_PART_MAX = 10000 };

/* What Complete has to name of each part. */
struct fst_s3_part {
    char              etag[FST_ETAG_MAX]; /* as the service wrote it; empty: not uploaded */
    struct fst_s3_sum sum;
};

FST_MUST_USE enum fst_status fst_s3_create_multipart(struct fst_aws *a, const struct fst_s3_put *p, char upload_id[FST_UPLOAD_ID_MAX],
                                                     struct fst_error *err);
/* `p` is the part's body; `number` counts from 1. */
FST_MUST_USE enum fst_status fst_s3_upload_part(struct fst_aws *a, const struct fst_s3_put *p, const char *upload_id, unsigned number,
                                                struct fst_s3_part *part, struct fst_error *err);
/* parts[i] is part i + 1; p->sum is that of the whole object. Else bucket and key count. */
FST_MUST_USE enum fst_status fst_s3_complete_multipart(struct fst_aws *a, const struct fst_s3_put *p, const char *upload_id,
                                                       const struct fst_s3_part *parts, size_t count, struct fst_error *err);
FST_MUST_USE enum fst_status fst_s3_abort_multipart(struct fst_aws *a, struct fst_view bucket, struct fst_view key,
                                                    const char *upload_id, struct fst_error *err);

/* One upload that was begun and not completed. Borrowed. Return not FST_OK to stop. */
typedef enum fst_status fst_s3_uploads_fn(void *ctx, struct fst_view key, struct fst_view upload_id, struct fst_error *err);
/* Those whose key starts with `prefix`. */
FST_MUST_USE enum fst_status fst_s3_list_multiparts(struct fst_aws *a, struct fst_view bucket, struct fst_view prefix,
                                                    fst_s3_uploads_fn *fn, void *ctx, struct fst_error *err);

/* One part that is there. Borrowed. Its sum is of kind NONE where the service does not know it. */
typedef enum fst_status fst_s3_parts_fn(void *ctx, unsigned number, uint64_t size, const struct fst_s3_part *part,
                                        struct fst_error *err);
FST_MUST_USE enum fst_status fst_s3_list_parts(struct fst_aws *a, struct fst_view bucket, struct fst_view key, const char *upload_id,
                                               fst_s3_parts_fn *fn, void *ctx, struct fst_error *err);

#endif
