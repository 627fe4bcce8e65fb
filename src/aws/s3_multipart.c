#include <stdio.h>

#include "aws/s3_wire.h"
#include "base/xml.h"
#include "sign/sigv4.h"

enum { QUERY_CEILING = 8 * 1024, COMPLETE_CEILING = 4 << 20 };

enum fst_status fst_s3_create_multipart(struct fst_aws *a, const struct fst_s3_put *p, char upload_id[FST_UPLOAD_ID_MAX],
                                        struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "CreateMultipartUpload", .method = "POST", .bucket = p->bucket, .key = p->key,
                                 .query = FST_VIEW("uploads=") };
    struct fst_s3_headers  h = { .count = 0 };
    struct fst_buf         id;
    enum fst_status        st;

    fst_s3_add_header(&h, "content-type", p->content_type);
    fst_s3_add_header(&h, "x-amz-checksum-algorithm", fst_s3_sum_name(p->sum.kind));
    fst_s3_add_header(&h, "x-amz-checksum-type", p->sum.kind ? "FULL_OBJECT" : NULL);
    fst_s3_add_storing(&h, p->storing);
    r.headers = h.items;
    r.header_count = h.count;
    st = fst_aws_send(a, &r, err);
    if (st)
        return st;
    fst_buf_init(&id, FST_UPLOAD_ID_MAX - 1);
    if (!fst_xml_find(fst_buf_view(&a->resp.body), "InitiateMultipartUploadResult/UploadId", &id) || fst_buf_status(&id) || !id.len)
        st = fst_fail(err, FST_EPARSE, "s3://%.*s/%.*s: CreateMultipartUpload: the answer has no upload id", FST_VIEW_ARGS(p->bucket),
                      FST_VIEW_ARGS(p->key));
    else
        snprintf(upload_id, FST_UPLOAD_ID_MAX, "%s", id.p);
    fst_buf_clear(&id);
    return st;
}

static void add_id(struct fst_buf *query, const char *upload_id)
{
    fst_buf_add_str(query, "uploadId=");
    fst_sign_encode(query, fst_view_of(upload_id), false);
}

enum fst_status fst_s3_upload_part(struct fst_aws *a, const struct fst_s3_put *p, const char *upload_id, unsigned number,
                                   struct fst_s3_part *part, struct fst_error *err)
{
    struct fst_aws_request r = fst_s3_put_request(p, "UploadPart");
    struct fst_s3_headers  h = { .count = 0 };
    struct fst_buf         query;
    enum fst_status        st;

    fst_buf_init(&query, QUERY_CEILING);
    fst_buf_addf(&query, "partNumber=%u&", number);
    add_id(&query, upload_id);
    r.query = fst_buf_view(&query);
    fst_s3_guard_request(&r, &h, p);
    st = fst_aws_send(a, &r, err);
    fst_buf_clear(&query);
    if (st)
        return st;
    part->sum = h.sum;
    fst_s3_set_etag(part->etag, fst_http_header(&a->resp, "etag"));
    if (!part->etag[0])
        return fst_fail(err, FST_EPARSE, "s3://%.*s/%.*s: UploadPart: the answer has no usable ETag", FST_VIEW_ARGS(p->bucket),
                        FST_VIEW_ARGS(p->key));
    return FST_OK;
}

static void add_parts(struct fst_buf *body, const struct fst_s3_part *parts, size_t count)
{
    char text[FST_S3_SUM_TEXT];

    fst_buf_add_str(body, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < count; i++) {
        const char *name = fst_s3_sum_name(parts[i].sum.kind);
        fst_buf_addf(body, "<Part><PartNumber>%zu</PartNumber><ETag>&quot;%s&quot;</ETag>", i + 1, parts[i].etag);
        fst_s3_sum_text(text, &parts[i].sum);
        if (name)
            fst_buf_addf(body, "<Checksum%s>%s</Checksum%s>", name, text, name);
        fst_buf_add_str(body, "</Part>");
    }
    fst_buf_add_str(body, "</CompleteMultipartUpload>");
}

enum fst_status fst_s3_complete_multipart(struct fst_aws *a, const struct fst_s3_put *p, const char *upload_id,
                                          const struct fst_s3_part *parts, size_t count, struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "CompleteMultipartUpload", .method = "POST", .bucket = p->bucket, .key = p->key,
                                 .fails_late = true };
    struct fst_s3_headers  h = { .count = 0 };
    struct fst_buf         body, query;
    enum fst_status        st;

    fst_buf_init(&body, COMPLETE_CEILING);
    fst_buf_init(&query, QUERY_CEILING);
    add_id(&query, upload_id);
    add_parts(&body, parts, count);
    fst_s3_add_header(&h, "content-type", "application/xml");
    fst_s3_add_sum(&h, &p->sum);
    fst_s3_add_header(&h, "x-amz-checksum-type", p->sum.kind ? "FULL_OBJECT" : NULL);
    r.query = fst_buf_view(&query);
    r.body = fst_body_of(fst_buf_view(&body));
    r.headers = h.items;
    r.header_count = h.count;
    st = fst_buf_check(&body, err);
    if (!st)
        st = fst_aws_send(a, &r, err);
    fst_buf_clear(&body);
    fst_buf_clear(&query);
    return st;
}

enum fst_status fst_s3_abort_multipart(struct fst_aws *a, struct fst_view bucket, struct fst_view key, const char *upload_id,
                                       struct fst_error *err)
{
    struct fst_buf         query;
    struct fst_aws_request r = { .operation = "AbortMultipartUpload", .method = "DELETE", .bucket = bucket, .key = key };
    enum fst_status        st;

    fst_buf_init(&query, QUERY_CEILING);
    add_id(&query, upload_id);
    r.query = fst_buf_view(&query);
    st = fst_aws_send(a, &r, err);
    fst_buf_clear(&query);
    return st;
}
