/* serve/s3.h — what the parts of the S3 side share. Threads: thread-safe. May use: all that serve may. */
#ifndef FST_SERVE_S3_H
#define FST_SERVE_S3_H

#include "serve/service.h"

#define FST_S3_NAMESPACE " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

/* What a request to S3 is about. */
struct fst_s3_target {
    struct fst_view bucket, key; /* decoded; the key empty for a bucket, both for the service */
};

void fst_xml_add(struct fst_buf *out, const char *element, struct fst_view text); /* <element>text</element> */
void fst_s3_begin(struct fst_exchange *x); /* the answer is XML */
void fst_s3_time_iso(char out[32], int64_t ms);
void fst_s3_time_http(char out[40], int64_t ms);
/* 500, with the reason in the server's own words. */
void fst_s3_failed(struct fst_exchange *x, const struct fst_error *err);

/* An object's bytes, as they came, under a file name of their own. */
struct fst_s3_stored {
    char     file[FST_HEX_ID];
    uint64_t size;
};
/* Take over the request's body. */
FST_MUST_USE enum fst_status fst_s3_store_body(struct fst_serve *s, struct fst_exchange *x, struct fst_s3_stored *stored, struct fst_error *err);
void fst_s3_forget(struct fst_serve *s, struct fst_view file); /* unlink */
/* Put the object into its place; the file that was there is removed. `headers` are lines "Name: value\n". */
FST_MUST_USE enum fst_status fst_s3_place(struct fst_serve *s, struct fst_view bucket, struct fst_view key, const struct fst_s3_stored *stored,
                                          struct fst_view etag, struct fst_view headers, struct fst_error *err);
/* The headers of a request that stay with the object: "Name: value\n" lines. */
void fst_s3_kept_headers(struct fst_buf *out, const struct fst_exchange *x);
/* Hold the body against the checksums that came with it; false when an error was answered. */
bool fst_s3_check_body(struct fst_exchange *x);
/* "crc as base64" */
void fst_serve_crc_text(char out[16], uint32_t crc);

struct fst_s3_found {
    bool           found;
    struct fst_buf file, etag, headers;
    uint64_t       size;
    int64_t        modified;
};
FST_MUST_USE enum fst_status fst_s3_find(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_s3_found *f, struct fst_error *err);
void fst_s3_found_clear(struct fst_s3_found *f);

void fst_s3_object(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t);
/* True when the request was about a multipart upload, and is answered. */
bool fst_s3_multipart(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t);
void fst_serve_s3_list(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t);
void fst_s3_delete_many(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t);
bool fst_s3_delete_one(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_error *err);

#endif
