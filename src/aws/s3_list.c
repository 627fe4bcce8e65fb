#include <stdio.h>

#include "aws/s3_wire.h"
#include "base/xml.h"
#include "base/str.h"
#include "sign/sigv4.h"

enum { LISTING_CEILING = 1 << 20 };

/* A listing in pages. `next`: where the next page begins, as query parameters, each with its "&". */
struct listing {
    void              *ctx;
    struct fst_error  *err;
    union { fst_s3_list_fn *object; fst_s3_uploads_fn *upload; fst_s3_parts_fn *part; } fn;
    struct fst_buf     fixed;   /* the query's part that is always there */
    struct fst_buf     next;
    bool               encoded; /* keys in the answer are */
    bool               truncated;
    struct fst_buf     key, id; /* of the object or upload that is being read */
    uint64_t           size, number;
    char               etag[FST_ETAG_MAX];
    struct fst_s3_part part;
    enum fst_status    st;
};

/* S3 writes a space as "+" and a plus as "%2B". */
static void set_key(struct listing *l, struct fst_view text)
{
    fst_buf_reset(&l->key);
    if (!l->encoded) {
        fst_buf_add_view(&l->key, text);
        return;
    }
    for (size_t i = 0, begin = 0; i <= text.n; i++) {
        if (i < text.n && text.p[i] != '+')
            continue;
        fst_sign_decode(&l->key, fst_view_n(text.p + begin, i - begin));
        if (i < text.n)
            fst_buf_add_char(&l->key, ' ');
        begin = i + 1;
    }
}

static void set_id(struct listing *l, struct fst_view text)
{
    fst_buf_reset(&l->id);
    fst_buf_add_view(&l->id, text);
}

/* The next page begins there. */
static void add_next(struct listing *l, const char *name, struct fst_view text, bool key)
{
    if (!text.n)
        return;
    fst_buf_addf(&l->next, "%s=", name);
    if (key && l->encoded) {
        set_key(l, text);
        text = fst_buf_view(&l->key);
    }
    fst_sign_encode(&l->next, text, false);
    fst_buf_add_char(&l->next, '&');
}

static void set_number(uint64_t *out, struct fst_view text)
{
    if (!fst_parse_u64(out, text))
        *out = 0;
}

static bool object_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct listing *l = ctx;

    if (!strcmp(path, "ListBucketResult/Contents/Key"))
        set_key(l, text);
    else if (!strcmp(path, "ListBucketResult/Contents/Size"))
        set_number(&l->size, text);
    else if (!strcmp(path, "ListBucketResult/Contents/ETag"))
        fst_s3_set_etag(l->etag, text);
    else if (!strcmp(path, "ListBucketResult/IsTruncated"))
        l->truncated = fst_view_is(text, "true");
    else if (!strcmp(path, "ListBucketResult/NextContinuationToken"))
        add_next(l, "continuation-token", text, false);
    else if (closed && !strcmp(path, "ListBucketResult/Contents")) {
        struct fst_s3_object o = { fst_buf_view(&l->key), l->size, l->etag };
        l->st = l->fn.object(l->ctx, &o, l->err);
        l->etag[0] = '\0';
    }
    return l->st == FST_OK;
}

struct listing_kind {
    const char *operation, *root;
    fst_xml_fn *element;
};

static enum fst_status read_page(struct fst_aws *a, const struct listing_kind *kind, struct listing *l)
{
    struct fst_view answer = fst_buf_view(&a->resp.body);
    struct fst_buf  encoding;
    char            path[64];

    snprintf(path, sizeof path, "%s/EncodingType", kind->root);
    fst_buf_init(&encoding, LISTING_CEILING);
    l->encoded = fst_xml_find(answer, path, &encoding) && fst_view_is(fst_buf_view(&encoding), "url");
    fst_buf_clear(&encoding);
    l->truncated = false;
    return fst_xml_walk(answer, kind->element, l) ? l->st : fst_fail(l->err, FST_EPARSE, "the answer is malformed");
}

static enum fst_status list_pages(struct fst_aws *a, const struct listing_kind *kind, struct fst_aws_request *r, struct listing *l,
                                  struct fst_buf *query)
{
    enum fst_status st;

    do {
        struct fst_view before;
        fst_buf_reset(query);
        fst_buf_add_view(query, fst_buf_view(&l->next));
        fst_buf_add_view(query, fst_buf_view(&l->fixed));
        before = fst_view_n(query->p, l->next.len);
        fst_buf_reset(&l->next);
        st = fst_buf_check(query, l->err);
        r->query = fst_buf_view(query);
        if (!st)
            st = fst_aws_send(a, r, l->err);
        if (st)
            return st;
        st = read_page(a, kind, l);
        if (!st && l->truncated && fst_view_equal(fst_buf_view(&l->next), before))
            st = fst_fail(l->err, FST_EPARSE, "the listing is cut off, or goes in a circle");
        if (st)
            return fst_fail_while(l->err, st, "s3://%.*s: %s", FST_VIEW_ARGS(r->bucket), kind->operation);
    } while (l->truncated);
    return FST_OK;
}

/* l->fixed is made by the caller, and cleared here. */
static enum fst_status list(struct fst_aws *a, const struct listing_kind *kind, struct fst_view bucket, struct fst_view key,
                            struct listing *l)
{
    struct fst_aws_request r = { .operation = kind->operation, .method = "GET", .bucket = bucket, .key = key };
    struct fst_buf        *scratch[] = { &l->key, &l->id, &l->next, NULL };
    struct fst_buf         query;
    enum fst_status        st;

    for (size_t i = 0; scratch[i]; i++)
        fst_buf_init(scratch[i], LISTING_CEILING);
    fst_buf_init(&query, LISTING_CEILING);
    st = list_pages(a, kind, &r, l, &query);
    for (size_t i = 0; scratch[i]; i++)
        fst_buf_clear(scratch[i]);
    fst_buf_clear(&query);
    fst_buf_clear(&l->fixed);
    return st;
}

enum fst_status fst_s3_list(struct fst_aws *a, struct fst_view bucket, struct fst_view prefix, fst_s3_list_fn *fn, void *ctx,
                            struct fst_error *err)
{
    static const struct listing_kind kind = { "ListObjectsV2", "ListBucketResult", object_element };
    struct listing                   l = { .fn.object = fn, .ctx = ctx, .err = err };

    fst_buf_init(&l.fixed, LISTING_CEILING);
    fst_buf_add_str(&l.fixed, "encoding-type=url&list-type=2&prefix=");
    fst_sign_encode(&l.fixed, prefix, false);
    return list(a, &kind, bucket, (struct fst_view){ 0 }, &l);
}

/* ---- uploads that were begun */

static bool upload_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct listing *l = ctx;

    if (!strcmp(path, "ListMultipartUploadsResult/Upload/Key"))
        set_key(l, text);
    else if (!strcmp(path, "ListMultipartUploadsResult/Upload/UploadId"))
        set_id(l, text);
    else if (!strcmp(path, "ListMultipartUploadsResult/IsTruncated"))
        l->truncated = fst_view_is(text, "true");
    else if (!strcmp(path, "ListMultipartUploadsResult/NextKeyMarker"))
        add_next(l, "key-marker", text, true);
    else if (!strcmp(path, "ListMultipartUploadsResult/NextUploadIdMarker"))
        add_next(l, "upload-id-marker", text, false);
    else if (closed && !strcmp(path, "ListMultipartUploadsResult/Upload"))
        l->st = l->fn.upload(l->ctx, fst_buf_view(&l->key), fst_buf_view(&l->id), l->err);
    return l->st == FST_OK;
}

enum fst_status fst_s3_list_multiparts(struct fst_aws *a, struct fst_view bucket, struct fst_view prefix, fst_s3_uploads_fn *fn,
                                       void *ctx, struct fst_error *err)
{
    static const struct listing_kind kind = { "ListMultipartUploads", "ListMultipartUploadsResult", upload_element };
    struct listing                   l = { .fn.upload = fn, .ctx = ctx, .err = err };

    fst_buf_init(&l.fixed, LISTING_CEILING);
    fst_buf_add_str(&l.fixed, "encoding-type=url&uploads=&prefix=");
    fst_sign_encode(&l.fixed, prefix, false);
    return list(a, &kind, bucket, (struct fst_view){ 0 }, &l);
}

static bool part_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    static const char sum_path[] = "ListPartsResult/Part/Checksum";
    struct listing   *l = ctx;

    if (!strcmp(path, "ListPartsResult/Part/PartNumber")) {
        set_number(&l->number, text);
    } else if (!strcmp(path, "ListPartsResult/Part/Size")) {
        set_number(&l->size, text);
    } else if (!strcmp(path, "ListPartsResult/Part/ETag")) {
        fst_s3_set_etag(l->part.etag, text);
    } else if (!strncmp(path, sum_path, sizeof sum_path - 1)) {
        fst_s3_parse_sum(&l->part.sum, fst_s3_sum_of_name(path + sizeof sum_path - 1), text);
    } else if (!strcmp(path, "ListPartsResult/IsTruncated")) {
        l->truncated = fst_view_is(text, "true");
    } else if (!strcmp(path, "ListPartsResult/NextPartNumberMarker")) {
        add_next(l, "part-number-marker", text, false);
    } else if (closed && !strcmp(path, "ListPartsResult/Part")) {
        l->st = l->fn.part(l->ctx, (unsigned)l->number, l->size, &l->part, l->err);
        l->part = (struct fst_s3_part){ 0 };
    }
    return l->st == FST_OK;
}

enum fst_status fst_s3_list_parts(struct fst_aws *a, struct fst_view bucket, struct fst_view key, const char *upload_id,
                                  fst_s3_parts_fn *fn, void *ctx, struct fst_error *err)
{
    static const struct listing_kind kind = { "ListParts", "ListPartsResult", part_element };
    struct listing                   l = { .fn.part = fn, .ctx = ctx, .err = err };

    fst_buf_init(&l.fixed, LISTING_CEILING);
    fst_buf_add_str(&l.fixed, "uploadId=");
    fst_sign_encode(&l.fixed, fst_view_of(upload_id), false);
    return list(a, &kind, bucket, key, &l);
}
