/* S3: PUT and DELETE of objects, one and many. */
#include <stdio.h>

#include "base/xml.h"
#include "serve/s3.h"

enum { DELETE_MOST = 1000, VALUE_MAX = 64 };

/* ---- PUT */

void fst_s3_body_etag(struct fst_serve *s, const struct fst_exchange *x, char etag[FST_ETAG_MAX])
{
    char hex[2 * FST_MD5_BYTES + 1];

    if (x->in.sums.wanted >> FST_SUM_MD5 & 1)
        fst_hex(x->in.sums.values[FST_SUM_MD5], FST_MD5_BYTES, hex);
    else
        fst_serve_id(s, hex);
    snprintf(etag, FST_ETAG_MAX, "\"%s\"", hex);
}

/* The checksum that stays with it: the one that came with it, else CRC64NVME. */
static void add_checksum(const struct fst_exchange *x, struct fst_buf *headers)
{
    enum fst_sum   sum = fst_s3_named_sum(x);
    struct fst_buf text;

    if (sum == FST_SUMS)
        sum = FST_SUM_CRC64NVME;
    fst_buf_init(&text, VALUE_MAX);
    fst_sums_text(&x->in.sums, sum, &text);
    fst_buf_addf(headers, "%s: %s\nx-amz-checksum-type: FULL_OBJECT\n", fst_sum_kinds[sum].header, fst_buf_str(&text));
    fst_buf_clear(&text);
}

/* A condition that does not hold now will not hold when the bytes are stored, mostly: say so before. */
static bool refused_early(struct fst_s3 *q)
{
    struct fst_s3_found f = { 0 };
    struct fst_s3_state state;
    bool                refused = false;

    if (!fst_exchange_header(q->x, "if-match").n && !fst_exchange_header(q->x, "if-none-match").n)
        return false;
    if (!fst_s3_find(q->s, q->bucket, q->key, (struct fst_view){ 0 }, &f, &q->err)) {
        state = fst_s3_state_of(&f);
        refused = fst_s3_answer_condition(q->x, fst_s3_write_condition(q->x, &state));
    }
    fst_s3_found_clear(&f);
    return refused;
}

void fst_serve_put_object(struct fst_s3 *q)
{
    struct fst_s3_stored stored;
    struct fst_buf       headers;
    struct fst_view      acl;
    char                 etag[FST_ETAG_MAX];

    if (!fst_s3_check_metadata(q->x) || !fst_s3_check_body(q->x) || refused_early(q) || !fst_s3_asked_acl(q->x, &acl) || !fst_s3_may_make(q, acl))
        return;
    fst_buf_init(&headers, FST_TEXT_CEILING);
    fst_s3_kept_of(q, &headers);
    add_checksum(q->x, &headers);
    fst_s3_body_etag(q->s, q->x, etag);
    if (fst_s3_store_body(q->s, q->x, &stored, &q->err)) {
        fst_s3_failed(q);
    } else if (fst_s3_place_if(q, &stored, fst_view_of(etag), fst_buf_view(&headers), (struct fst_view){ 0 })) {
        fst_exchange_add_header(q->x, "ETag", "%s", etag);
        fst_s3_echo(q->x, fst_buf_view(&headers), "x-amz-checksum-");
        fst_s3_echo(q->x, fst_buf_view(&headers), "x-amz-server-side-");
    }
    fst_buf_clear(&headers);
}

/* ---- DELETE */

void fst_serve_delete_object(struct fst_s3 *q)
{
    struct fst_s3_deletion d = { .only_if = { fst_exchange_header(q->x, "if-match"), fst_exchange_header(q->x, "x-amz-if-match-size"),
                                              fst_exchange_header(q->x, "x-amz-if-match-last-modified-time") } };
    struct fst_buf         version;

    fst_buf_init(&version, FST_TEXT_CEILING);
    fst_exchange_argument(q->x, "versionId", &version);
    d.version = fst_buf_view(&version);
    if (fst_s3_delete_if(q->s, q->bucket, q->key, &d, &q->err)) {
        fst_s3_failed(q);
    } else if (!fst_s3_answer_condition(q->x, d.verdict)) {
        q->x->status = 204;
        if (d.is_marker)
            fst_exchange_add_header(q->x, "x-amz-delete-marker", "true");
        if (d.id[0])
            fst_exchange_add_header(q->x, "x-amz-version-id", "%s", d.id);
    }
    fst_buf_clear(&version);
}

/* ---- DELETE of many */

enum { KEY, VERSION, ETAG, SIZE, MODIFIED, ELEMENTS };

struct delete_many {
    struct fst_s3 *q;
    struct fst_buf values[ELEMENTS]; /* of the object that is being read */
    struct fst_buf answer;
    size_t         count;
    bool           quiet, act;
};

static void tell_deleted(struct delete_many *d, const struct fst_s3_deletion *one)
{
    if (d->quiet)
        return;
    fst_buf_add_str(&d->answer, "<Deleted>");
    fst_xml_add(&d->answer, "Key", fst_buf_view(&d->values[KEY]));
    if (one->version.n)
        fst_xml_add(&d->answer, "VersionId", one->version);
    if (one->is_marker) {
        fst_buf_add_str(&d->answer, "<DeleteMarker>true</DeleteMarker>");
        fst_xml_add(&d->answer, "DeleteMarkerVersionId", fst_view_of(one->id));
    }
    fst_buf_add_str(&d->answer, "</Deleted>");
}

static void tell_failed(struct delete_many *d, const struct fst_s3_deletion *one, enum fst_s3_error error)
{
    fst_buf_add_str(&d->answer, "<Error>");
    fst_xml_add(&d->answer, "Key", fst_buf_view(&d->values[KEY]));
    if (one->version.n)
        fst_xml_add(&d->answer, "VersionId", one->version);
    fst_s3_add_error(&d->answer, error);
    fst_buf_add_str(&d->answer, "</Error>");
}

static void delete_one(struct delete_many *d)
{
    struct fst_s3_deletion one = { .version = fst_buf_view(&d->values[VERSION]), .only_if = { fst_buf_view(&d->values[ETAG]),
                                   fst_buf_view(&d->values[SIZE]), fst_buf_view(&d->values[MODIFIED]) } };

    if (d->values[KEY].len > FST_S3_KEY_MAX)
        tell_failed(d, &one, FST_S3_KEY_TOO_LONG);
    else if (fst_s3_delete_if(d->q->s, d->q->bucket, fst_buf_view(&d->values[KEY]), &one, &d->q->err))
        tell_failed(d, &one, FST_S3_INTERNAL);
    else if (one.verdict != FST_S3_GOES_ON)
        tell_failed(d, &one, FST_S3_PRECONDITION);
    else
        tell_deleted(d, &one);
}

static bool delete_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    static const char *const names[ELEMENTS] = { "Delete/Object/Key", "Delete/Object/VersionId", "Delete/Object/ETag", "Delete/Object/Size",
                                                 "Delete/Object/LastModifiedTime" };
    struct delete_many *d = ctx;

    if (!strcmp(path, "Delete/Quiet"))
        d->quiet = fst_view_is(text, "true");
    for (size_t i = 0; i < ELEMENTS && !closed; i++)
        if (!strcmp(path, names[i]))
            fst_buf_add_view(&d->values[i], text);
    if (!closed || strcmp(path, "Delete/Object") != 0)
        return true;
    d->count++;
    if (d->act && d->values[KEY].len)
        delete_one(d);
    for (size_t i = 0; i < ELEMENTS; i++)
        fst_buf_reset(&d->values[i]);
    return true;
}

/* Read once to see that it is well-formed and not too many, and once more to do it. */
static bool read_deletes(struct delete_many *d)
{
    struct fst_view document = fst_buf_view(&d->q->x->body);

    if (!fst_xml_walk(document, delete_element, d) || !d->count || d->count > DELETE_MOST)
        return false;
    d->act = true;
    return fst_xml_walk(document, delete_element, d);
}

void fst_serve_delete_objects(struct fst_s3 *q)
{
    struct delete_many d = { .q = q };

    if (!fst_s3_check_body(q->x))
        return;
    fst_buf_init(&d.answer, FST_TEXT_CEILING);
    for (size_t i = 0; i < ELEMENTS; i++)
        fst_buf_init(&d.values[i], FST_TEXT_CEILING);
    if (!read_deletes(&d)) {
        fst_s3_refuse(q->x, FST_S3_MALFORMED_XML);
    } else {
        fst_s3_begin(q->x);
        fst_buf_add_str(&q->x->out, "<DeleteResult" FST_S3_NAMESPACE ">");
        fst_buf_add_view(&q->x->out, fst_buf_view(&d.answer));
        fst_buf_add_str(&q->x->out, "</DeleteResult>");
    }
    for (size_t i = 0; i < ELEMENTS; i++)
        fst_buf_clear(&d.values[i]);
    fst_buf_clear(&d.answer);
}
