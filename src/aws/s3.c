#include "aws/s3.h"

#include <stdio.h>

#include "aws/xml.h"
#include "base/digest.h"
#include "base/str.h"
#include "sign/sigv4.h"

enum { TEXT_CEILING = 16 << 20, HEADER_MAX = 2048, MAX_HEADERS = 8 };

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

/* ---- buckets and listings */

enum fst_status fst_s3_head_bucket(struct fst_aws *a, struct fst_view bucket, struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "HeadBucket", .method = "HEAD", .bucket = bucket };
    return fst_aws_send(a, &r, err);
}

enum fst_status fst_s3_create_bucket(struct fst_aws *a, struct fst_view bucket, struct fst_error *err)
{
    struct fst_buf         body;
    struct fst_aws_request r = { .operation = "CreateBucket", .method = "PUT", .bucket = bucket };
    enum fst_status        st;

    fst_buf_init(&body, TEXT_CEILING);
    if (strcmp(a->config->region, "us-east-1") != 0)
        fst_buf_addf(&body, "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>%s"
                            "</LocationConstraint></CreateBucketConfiguration>", a->config->region);
    r.body = fst_buf_view(&body);
    st = fst_aws_send(a, &r, err);
    fst_buf_clear(&body);
    return st;
}

struct listing {
    fst_s3_list_fn  *fn;
    void            *ctx;
    struct fst_error *err;
    struct fst_buf   key, decoded, token;
    uint64_t         size;
    bool             truncated;
    enum fst_status  st;
};

static bool list_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct listing *l = ctx;

    if (!strcmp(path, "ListBucketResult/Contents/Key")) {
        fst_buf_reset(&l->decoded);
        fst_sign_decode(&l->decoded, text);
    } else if (!strcmp(path, "ListBucketResult/Contents/Size")) {
        if (!fst_parse_u64(&l->size, text))
            l->size = 0;
    } else if (!strcmp(path, "ListBucketResult/IsTruncated")) {
        l->truncated = fst_view_is(text, "true");
    } else if (!strcmp(path, "ListBucketResult/NextContinuationToken")) {
        fst_buf_reset(&l->token);
        fst_buf_add_view(&l->token, text);
    } else if (closed && !strcmp(path, "ListBucketResult/Contents")) {
        struct fst_s3_object o = { fst_buf_view(&l->decoded), l->size };
        l->st = l->fn(l->ctx, &o, l->err);
    }
    return l->st == FST_OK;
}

static enum fst_status list_page(struct fst_aws *a, struct fst_view bucket, struct fst_view prefix, struct listing *l)
{
    struct fst_buf         query;
    struct fst_aws_request r = { .operation = "ListObjectsV2", .method = "GET", .bucket = bucket };
    enum fst_status        st;

    fst_buf_init(&query, TEXT_CEILING);
    if (l->token.len) {
        fst_buf_add_str(&query, "continuation-token=");
        fst_sign_encode(&query, fst_buf_view(&l->token), false);
        fst_buf_add_char(&query, '&');
    }
    fst_buf_add_str(&query, "encoding-type=url&list-type=2&prefix=");
    fst_sign_encode(&query, prefix, false);
    r.query = fst_buf_view(&query);
    l->truncated = false;
    st = fst_aws_send(a, &r, l->err);
    if (!st && !fst_xml_walk(fst_buf_view(&a->resp.body), list_element, l))
        st = fst_fail(l->err, FST_EPARSE, "s3://%.*s: ListObjectsV2: the answer is malformed", FST_VIEW_ARGS(bucket));
    fst_buf_clear(&query);
    return st ? st : l->st;
}

enum fst_status fst_s3_list(struct fst_aws *a, struct fst_view bucket, struct fst_view prefix, fst_s3_list_fn *fn, void *ctx,
                            struct fst_error *err)
{
    struct listing  l = { .fn = fn, .ctx = ctx, .err = err };
    enum fst_status st;

    fst_buf_init(&l.decoded, TEXT_CEILING);
    fst_buf_init(&l.token, TEXT_CEILING);
    do
        st = list_page(a, bucket, prefix, &l);
    while (!st && l.truncated && l.token.len);
    fst_buf_clear(&l.decoded);
    fst_buf_clear(&l.token);
    return st;
}

/* ---- objects */

struct headers {
    char        text[MAX_HEADERS][HEADER_MAX];
    const char *items[MAX_HEADERS];
    size_t      count;
};

static void add_header(struct headers *h, const char *name, const char *value)
{
    if (!value)
        return;
    snprintf(h->text[h->count], HEADER_MAX, "%s: %s", name, value);
    h->items[h->count] = h->text[h->count];
    h->count++;
}

static void crc_text(char out[16], uint32_t crc)
{
    uint8_t        bytes[4] = { (uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc };
    struct fst_buf text;

    fst_buf_init(&text, 16);
    fst_base64(&text, bytes, sizeof bytes);
    snprintf(out, 16, "%s", fst_buf_str(&text));
    fst_buf_clear(&text);
}

static void sse_headers(struct headers *h, const struct fst_s3_sse *sse)
{
    add_header(h, "x-amz-server-side-encryption", sse->algorithm);
    add_header(h, "x-amz-server-side-encryption-aws-kms-key-id", sse->kms_key_id);
}

static struct fst_aws_request put_request(const struct fst_s3_put *p, const char *operation)
{
    return (struct fst_aws_request){ .operation = operation, .method = "PUT", .bucket = p->bucket, .key = p->key, .body = p->body,
                                     .body_fd = p->body_fd, .body_offset = p->body_offset, .body_size = p->body_size,
                                     .payload_sha256 = p->payload_sha256 };
}

enum fst_status fst_s3_put(struct fst_aws *a, const struct fst_s3_put *p, struct fst_error *err)
{
    struct fst_aws_request r = put_request(p, "PutObject");
    struct headers         h = { .count = 0 };
    char                   crc[16];

    crc_text(crc, p->crc32);
    add_header(&h, "content-type", p->content_type);
    add_header(&h, "x-amz-checksum-crc32", crc);
    add_header(&h, "if-none-match", p->if_absent ? "*" : NULL);
    sse_headers(&h, &p->sse);
    r.headers = h.items;
    r.header_count = h.count;
    return fst_aws_send(a, &r, err);
}

enum fst_status fst_s3_head(struct fst_aws *a, struct fst_view bucket, struct fst_view key, struct fst_s3_head *head,
                            struct fst_error *err)
{
    static const char *const headers[] = { "x-amz-checksum-mode: ENABLED" };
    struct fst_aws_request   r = { .operation = "HeadObject", .method = "HEAD", .bucket = bucket, .key = key, .headers = headers, .header_count = 1 };
    enum fst_status          st = fst_aws_send(a, &r, err);
    struct fst_buf           bytes;
    struct fst_view          text;

    *head = (struct fst_s3_head){ 0 };
    if (st)
        return st;
    if (!fst_parse_u64(&head->size, fst_http_header(&a->resp, "content-length")))
        return fst_fail(err, FST_ENET, "s3://%.*s/%.*s: HeadObject: no length in the answer", FST_VIEW_ARGS(bucket), FST_VIEW_ARGS(key));
    text = fst_http_header(&a->resp, "x-amz-checksum-crc32");
    fst_buf_init(&bytes, 16);
    if (text.n == 8 && fst_base64_decode(&bytes, text) && bytes.len == 4) { /* a composite one has "-N" behind it */
        head->has_crc32 = true;
        for (int i = 0; i < 4; i++)
            head->crc32 = head->crc32 << 8 | (uint8_t)bytes.p[i];
    }
    fst_buf_clear(&bytes);
    return FST_OK;
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

/* ---- multipart */

enum fst_status fst_s3_create_multipart(struct fst_aws *a, const struct fst_s3_put *p, char upload_id[FST_UPLOAD_ID_MAX],
                                        struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "CreateMultipartUpload", .method = "POST", .bucket = p->bucket, .key = p->key,
                                 .query = FST_VIEW("uploads=") };
    struct headers         h = { .count = 0 };
    struct fst_buf         id;
    enum fst_status        st;

    add_header(&h, "content-type", p->content_type);
    add_header(&h, "x-amz-checksum-algorithm", "CRC32");
    add_header(&h, "x-amz-checksum-type", "FULL_OBJECT");
    sse_headers(&h, &p->sse);
    r.headers = h.items;
    r.header_count = h.count;
    st = fst_aws_send(a, &r, err);
    if (st)
        return st;
    fst_buf_init(&id, FST_UPLOAD_ID_MAX - 1);
    if (!fst_xml_find(fst_buf_view(&a->resp.body), "InitiateMultipartUploadResult/UploadId", &id) || fst_buf_status(&id) || !id.len)
        st = fst_fail(err, FST_EPARSE, "s3://%.*s/%.*s: CreateMultipartUpload: the answer has no upload id", FST_VIEW_ARGS(p->bucket), FST_VIEW_ARGS(p->key));
    else
        snprintf(upload_id, FST_UPLOAD_ID_MAX, "%s", id.p);
    fst_buf_clear(&id);
    return st;
}

static void id_query(struct fst_buf *query, const char *upload_id)
{
    fst_buf_add_str(query, "uploadId=");
    fst_sign_encode(query, fst_view_of(upload_id), false);
}

enum fst_status fst_s3_upload_part(struct fst_aws *a, const struct fst_s3_put *p, const char *upload_id, unsigned number,
                                   struct fst_buf *etag, struct fst_error *err)
{
    struct fst_aws_request r = put_request(p, "UploadPart");
    struct headers         h = { .count = 0 };
    struct fst_buf         query;
    char                   crc[16];
    enum fst_status        st;

    fst_buf_init(&query, TEXT_CEILING);
    fst_buf_addf(&query, "partNumber=%u&", number);
    id_query(&query, upload_id);
    crc_text(crc, p->crc32);
    add_header(&h, "x-amz-checksum-crc32", crc);
    r.query = fst_buf_view(&query);
    r.headers = h.items;
    r.header_count = h.count;
    st = fst_aws_send(a, &r, err);
    if (!st)
        fst_buf_add_view(etag, fst_http_header(&a->resp, "etag"));
    fst_buf_clear(&query);
    return st;
}

enum fst_status fst_s3_complete_multipart(struct fst_aws *a, struct fst_view bucket, struct fst_view key, const char *upload_id,
                                          const struct fst_s3_part *parts, size_t count, uint32_t crc32, struct fst_error *err)
{
    struct fst_aws_request r = { .operation = "CompleteMultipartUpload", .method = "POST", .bucket = bucket, .key = key };
    struct headers         h = { .count = 0 };
    struct fst_buf         body, query, code;
    char                   crc[16];
    enum fst_status        st;

    fst_buf_init(&body, TEXT_CEILING);
    fst_buf_init(&query, TEXT_CEILING);
    fst_buf_init(&code, TEXT_CEILING);
    id_query(&query, upload_id);
    fst_buf_add_str(&body, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < count; i++) {
        crc_text(crc, parts[i].crc32);
        fst_buf_addf(&body, "<Part><PartNumber>%zu</PartNumber><ETag>%s</ETag><ChecksumCRC32>%s</ChecksumCRC32></Part>", i + 1, parts[i].etag, crc);
    }
    fst_buf_add_str(&body, "</CompleteMultipartUpload>");
    crc_text(crc, crc32);
    add_header(&h, "x-amz-checksum-crc32", crc);
    add_header(&h, "x-amz-checksum-type", "FULL_OBJECT");
    r.query = fst_buf_view(&query);
    r.body = fst_buf_view(&body);
    r.headers = h.items;
    r.header_count = h.count;
    st = fst_aws_send(a, &r, err);
    if (!st && fst_xml_find(fst_buf_view(&a->resp.body), "Error/Code", &code)) /* 200, and an error in it */
        st = fst_fail(err, FST_ESERVICE, "s3://%.*s/%.*s: CompleteMultipartUpload: %s", FST_VIEW_ARGS(bucket), FST_VIEW_ARGS(key), fst_buf_str(&code));
    fst_buf_clear(&body);
    fst_buf_clear(&query);
    fst_buf_clear(&code);
    return st;
}

enum fst_status fst_s3_abort_multipart(struct fst_aws *a, struct fst_view bucket, struct fst_view key, const char *upload_id,
                                       struct fst_error *err)
{
    struct fst_buf         query;
    struct fst_aws_request r = { .operation = "AbortMultipartUpload", .method = "DELETE", .bucket = bucket, .key = key };
    enum fst_status        st;

    fst_buf_init(&query, TEXT_CEILING);
    id_query(&query, upload_id);
    r.query = fst_buf_view(&query);
    st = fst_aws_send(a, &r, err);
    fst_buf_clear(&query);
    return st;
}
