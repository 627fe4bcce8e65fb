#include "aws/s3.h"

#include <stdio.h>

#include "aws/s3_wire.h"
#include "base/str.h"

enum { TEXT_CEILING = 1 << 16 };

enum fst_status fst_s3_parse_url(struct fst_view *bucket, struct fst_view *prefix, const char *url, struct fst_error *err)
{
    struct fst_view v = fst_view_of(url);
    const char     *slash;

    if (!fst_view_starts(v, "s3://"))
        return fst_fail(err, FST_EUSAGE, "'%s' is not s3://BUCKET/PREFIX", url);
    v = fst_view_from(v, 5);
    slash = v.n ? memchr(v.p, '/', v.n) : NULL;
    *bucket = slash ? fst_view_n(v.p, (size_t)(slash - v.p)) : v;
    *prefix = fst_view_from(v, bucket->n + 1);
    while (prefix->n && prefix->p[0] == '/')
        *prefix = fst_view_from(*prefix, 1);
    while (prefix->n && prefix->p[prefix->n - 1] == '/')
        prefix->n--;
    if (bucket->n < 3 || bucket->n > 63)
        return fst_fail(err, FST_EUSAGE, "'%s': the name of a bucket has 3 to 63 characters", url);
    return FST_OK;
}

/* ---- buckets */

enum fst_status fst_s3_head_bucket(struct fst_aws *a, struct fst_view bucket, struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "HeadBucket", .method = "HEAD", .bucket = bucket };
    return fst_aws_send(a, &r, err);
}

enum fst_status fst_s3_create_bucket(struct fst_aws *a, struct fst_view bucket, struct fst_error *err)
{
    struct fst_buf         body;
    struct fst_aws_request r = { .operation = "CreateBucket", .method = "PUT", .bucket = bucket, .any_owner = true };
    enum fst_status        st;

    fst_buf_init(&body, TEXT_CEILING);
    if (strcmp(a->config->region, "us-east-1") != 0)
        fst_buf_addf(&body, "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>%s"
                            "</LocationConstraint></CreateBucketConfiguration>", a->config->region);
    r.body = fst_body_of(fst_buf_view(&body));
    st = fst_aws_send(a, &r, err);
    fst_buf_clear(&body);
    return st;
}

/* ---- objects */

bool fst_s3_signs_payload(const struct fst_aws_config *config)
{
    return !fst_view_starts(fst_view_of(config->endpoint[FST_SERVICE_S3]), "https://");
}

enum fst_status fst_s3_put(struct fst_aws *a, const struct fst_s3_put *p, struct fst_error *err)
{
    struct fst_aws_request r = fst_s3_put_request(p, "PutObject");
    struct fst_s3_headers  h = { .count = 0 };

    fst_s3_add_header(&h, "content-type", p->content_type);
    fst_s3_add_header(&h, "if-none-match", p->if_absent ? "*" : NULL);
    fst_s3_add_storing(&h, p->storing);
    fst_s3_guard_request(&r, &h, p);
    return fst_aws_send(a, &r, err);
}

enum fst_status fst_s3_head(struct fst_aws *a, struct fst_view bucket, struct fst_view key, struct fst_s3_head *head,
                            struct fst_error *err)
{
    static const char *const headers[] = { "x-amz-checksum-mode: ENABLED" };
    struct fst_aws_request   r = { .operation = "HeadObject", .method = "HEAD", .bucket = bucket, .key = key, .headers = headers, .header_count = 1 };
    enum fst_status          st = fst_aws_send(a, &r, err);

    *head = (struct fst_s3_head){ 0 };
    if (st)
        return st;
    if (!fst_parse_u64(&head->size, fst_http_header(&a->resp, "content-length")))
        return fst_fail(err, FST_ENET, "s3://%.*s/%.*s: HeadObject: no length in the answer", FST_VIEW_ARGS(bucket), FST_VIEW_ARGS(key));
    fst_s3_read_sum(&head->sum, &a->resp);
    fst_s3_set_etag(head->etag, fst_http_header(&a->resp, "etag"));
    return FST_OK;
}

enum fst_status fst_s3_head_part(struct fst_aws *a, struct fst_view bucket, struct fst_view key, uint64_t *size, struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "HeadObject", .method = "HEAD", .bucket = bucket, .key = key, .query = FST_VIEW("partNumber=1") };
    enum fst_status        st = fst_aws_send(a, &r, err);

    *size = 0;
    return st || fst_parse_u64(size, fst_http_header(&a->resp, "content-length")) ? st : FST_EPARSE;
}

enum fst_status fst_s3_get(struct fst_aws *a, struct fst_view bucket, struct fst_view key, fst_http_sink_fn *sink, void *ctx,
                           struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "GetObject", .method = "GET", .bucket = bucket, .key = key, .sink = sink,
                                 .sink_ctx = ctx, .no_retry = sink != NULL };
    return fst_aws_send(a, &r, err);
}

enum fst_status fst_s3_delete(struct fst_aws *a, struct fst_view bucket, struct fst_view key, struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "DeleteObject", .method = "DELETE", .bucket = bucket, .key = key };
    return fst_aws_send(a, &r, err);
}
