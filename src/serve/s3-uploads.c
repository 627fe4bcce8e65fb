/* S3: ListParts and ListMultipartUploads, in pages. */
#include <string.h>

#include "serve/s3-upload.h"
#include "sign/sigv4.h"

enum { PAGE = 1000 };

struct page {
    struct fst_s3              *q;
    const struct fst_s3_upload *upload;
    struct fst_buf              items, last, last_id;
    struct fst_buf              prefix, delimiter, after, common; /* of uploads: after: the key marker; common: the last common prefix */
    uint64_t                    count, most;
    bool                        truncated;
};

static void page_init(struct page *p, struct fst_s3 *q)
{
    struct fst_buf *const bufs[] = { &p->items, &p->last, &p->last_id, &p->prefix, &p->delimiter, &p->after, &p->common };

    *p = (struct page){ .q = q };
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], FST_TEXT_CEILING);
}

static void page_clear(struct page *p)
{
    struct fst_buf *const bufs[] = { &p->items, &p->last, &p->last_id, &p->prefix, &p->delimiter, &p->after, &p->common };

    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_clear(bufs[i]);
}

/* One more; false when the page is full. */
static bool page_goes_on(struct page *p)
{
    p->truncated = p->count == p->most;
    p->count += !p->truncated;
    return !p->truncated;
}

/* ---- parts */

static enum fst_status add_part(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct page *p = ctx;
    char         time[FST_S3_TIME_ISO];

    if (!page_goes_on(p))
        return FST_ELIMIT;
    fst_s3_time_iso(time, fst_row_int(row, 3));
    fst_buf_reset(&p->last);
    fst_buf_addf(&p->last, "%lld", (long long)fst_row_int(row, 0));
    fst_buf_addf(&p->items, "<Part><PartNumber>%s</PartNumber><LastModified>%s</LastModified>", p->last.p, time);
    fst_xml_add(&p->items, "ETag", fst_row_text(row, 1));
    fst_xml_add(&p->items, fst_sum_kinds[p->upload->sum].element, fst_row_text(row, 4));
    fst_buf_addf(&p->items, "<Size>%lld</Size></Part>", (long long)fst_row_int(row, 2));
    return FST_OK;
}

static void answer_parts(struct page *p, uint64_t marker)
{
    struct fst_buf             *out = &p->q->x->out;
    const struct fst_s3_upload *u = p->upload;

    fst_s3_begin(p->q->x);
    fst_buf_add_str(out, "<ListPartsResult" FST_S3_NAMESPACE ">");
    fst_xml_add(out, "Bucket", p->q->bucket);
    fst_xml_add(out, "Key", p->q->key);
    fst_xml_add(out, "UploadId", fst_buf_view(&u->id));
    fst_s3_add_account(out, p->q->s, "Initiator", fst_buf_view(&u->owner));
    fst_s3_add_account(out, p->q->s, "Owner", fst_buf_view(&u->owner));
    fst_buf_addf(out, "<StorageClass>STANDARD</StorageClass><PartNumberMarker>%llu</PartNumberMarker><MaxParts>%llu</MaxParts>",
                 (unsigned long long)marker, (unsigned long long)p->most);
    if (p->last.len)
        fst_xml_add(out, "NextPartNumberMarker", fst_buf_view(&p->last));
    if (u->is_named)
        fst_buf_addf(out, "<ChecksumAlgorithm>%s</ChecksumAlgorithm><ChecksumType>%s</ChecksumType>", fst_sum_kinds[u->sum].name,
                     u->is_whole ? "FULL_OBJECT" : "COMPOSITE");
    fst_buf_addf(out, "<IsTruncated>%s</IsTruncated>", p->truncated ? "true" : "false");
    fst_buf_add_view(out, fst_buf_view(&p->items));
    fst_buf_add_str(out, "</ListPartsResult>");
}

void fst_serve_list_parts(struct fst_s3 *q)
{
    struct fst_s3_upload u = { 0 };
    struct page          p;
    uint64_t             marker = 0;
    enum fst_status      st;

    page_init(&p, q);
    if (fst_s3_number(q, "part-number-marker", 0, &marker) && fst_s3_number(q, "max-parts", PAGE, &p.most) && fst_s3_find_open_upload(q, &u)) {
        p.upload = &u;
        p.most = p.most < PAGE ? p.most : PAGE;
        st = fst_db_run(q->s->db, add_part, &p, &q->err, "SELECT number, etag, size, modified, sum FROM part WHERE upload = ? AND number > ? ORDER BY number",
                        "ti", fst_buf_view(&u.id), (int64_t)marker);
        if (st && st != FST_ELIMIT)
            fst_s3_failed(q);
        else
            answer_parts(&p, marker);
    }
    page_clear(&p);
    fst_s3_upload_clear(&u);
}

/* ---- uploads */

static void add_key(struct page *p, struct fst_buf *out, const char *element, struct fst_view key)
{
    struct fst_buf encoded;

    fst_buf_init(&encoded, FST_TEXT_CEILING);
    if (fst_exchange_has(p->q->x, "encoding-type"))
        fst_sign_encode(&encoded, key, true);
    else
        fst_buf_add_view(&encoded, key);
    fst_xml_add(out, element, fst_buf_view(&encoded));
    fst_buf_clear(&encoded);
}

/* key, id, created, owner, sum, sum_type, sum_named */
static void write_upload(struct page *p, const struct fst_row *row)
{
    char time[FST_S3_TIME_ISO];

    fst_s3_time_iso(time, fst_row_int(row, 2));
    fst_buf_add_str(&p->items, "<Upload>");
    add_key(p, &p->items, "Key", fst_row_text(row, 0));
    fst_xml_add(&p->items, "UploadId", fst_row_text(row, 1));
    fst_s3_add_account(&p->items, p->q->s, "Initiator", fst_row_text(row, 3));
    fst_s3_add_account(&p->items, p->q->s, "Owner", fst_row_text(row, 3));
    fst_buf_add_str(&p->items, "<StorageClass>STANDARD</StorageClass>");
    fst_xml_add(&p->items, "Initiated", fst_view_of(time));
    if (fst_row_int(row, 6)) {
        fst_xml_add(&p->items, "ChecksumAlgorithm", fst_row_text(row, 4));
        fst_xml_add(&p->items, "ChecksumType", fst_row_text(row, 5));
    }
    fst_buf_add_str(&p->items, "</Upload>");
}

static enum fst_status add_upload(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct page    *p = ctx;
    struct fst_view key = fst_row_text(row, 0), common = fst_s3_common_prefix(key, p->prefix.len, fst_buf_view(&p->delimiter));

    if (common.n && (fst_view_equal(common, fst_buf_view(&p->common)) || fst_view_equal(common, fst_buf_view(&p->after))))
        return FST_OK; /* listed already, here or on the page before */
    if (!page_goes_on(p))
        return FST_ELIMIT;
    fst_buf_reset(&p->last);
    fst_buf_add_view(&p->last, common.n ? common : key);
    fst_buf_reset(&p->last_id);
    if (!common.n) {
        fst_buf_add_view(&p->last_id, fst_row_text(row, 1));
        write_upload(p, row);
        return FST_OK;
    }
    fst_buf_reset(&p->common);
    fst_buf_add_view(&p->common, common);
    fst_buf_add_str(&p->items, "<CommonPrefixes>");
    add_key(p, &p->items, "Prefix", common);
    fst_buf_add_str(&p->items, "</CommonPrefixes>");
    return FST_OK;
}

static void answer_uploads(struct page *p, struct fst_view id_marker)
{
    struct fst_buf *out = &p->q->x->out;

    fst_s3_begin(p->q->x);
    fst_buf_add_str(out, "<ListMultipartUploadsResult" FST_S3_NAMESPACE ">");
    fst_xml_add(out, "Bucket", p->q->bucket);
    add_key(p, out, "Prefix", fst_buf_view(&p->prefix));
    if (p->delimiter.len)
        add_key(p, out, "Delimiter", fst_buf_view(&p->delimiter));
    add_key(p, out, "KeyMarker", fst_buf_view(&p->after));
    fst_xml_add(out, "UploadIdMarker", id_marker);
    if (fst_exchange_has(p->q->x, "encoding-type"))
        fst_buf_add_str(out, "<EncodingType>url</EncodingType>");
    if (p->truncated) {
        add_key(p, out, "NextKeyMarker", fst_buf_view(&p->last));
        fst_xml_add(out, "NextUploadIdMarker", fst_buf_view(&p->last_id));
    }
    fst_buf_addf(out, "<MaxUploads>%llu</MaxUploads><IsTruncated>%s</IsTruncated>", (unsigned long long)p->most, p->truncated ? "true" : "false");
    fst_buf_add_view(out, fst_buf_view(&p->items));
    fst_buf_add_str(out, "</ListMultipartUploadsResult>");
}

void fst_serve_list_uploads(struct fst_s3 *q)
{
    struct fst_buf  id_marker;
    struct page     p;
    enum fst_status st;

    page_init(&p, q);
    fst_buf_init(&id_marker, FST_TEXT_CEILING);
    fst_exchange_argument(q->x, "prefix", &p.prefix);
    fst_exchange_argument(q->x, "delimiter", &p.delimiter);
    fst_exchange_argument(q->x, "key-marker", &p.after);
    if (p.after.len)
        fst_exchange_argument(q->x, "upload-id-marker", &id_marker);
    if (fst_s3_number(q, "max-uploads", PAGE, &p.most)) {
        p.most = p.most < PAGE ? p.most : PAGE;
        st = fst_db_run(q->s->db, add_upload, &p, &q->err,
                        "SELECT key, id, created, owner, sum, sum_type, sum_named FROM upload WHERE bucket = ?1 AND answer = '' AND "
                        "substr(key, 1, length(?2)) = ?2 AND (key > ?3 OR (key = ?3 AND ?4 != '' AND id > ?4)) ORDER BY key, id",
                        "tttt", q->bucket, fst_buf_view(&p.prefix), fst_buf_view(&p.after), fst_buf_view(&id_marker));
        if (st && st != FST_ELIMIT)
            fst_s3_failed(q);
        else
            answer_uploads(&p, fst_buf_view(&id_marker));
    }
    fst_buf_clear(&id_marker);
    page_clear(&p);
}
