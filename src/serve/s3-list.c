/* S3: ListObjects, both versions. */
#include <stdio.h>

#include "base/str.h"
#include "serve/s3.h"
#include "sign/sigv4.h"

enum { MOST_KEYS = 1000 };

struct listing {
    struct fst_buf  prefix, delimiter, after, marker, item, last_prefix, last;
    bool            v2, encoded, truncated;
    uint64_t        max, count;
    struct fst_buf *out, prefixes;
};

static void add_name(struct listing *l, struct fst_buf *out, const char *element, struct fst_view v)
{
    if (!l->encoded) {
        fst_xml_add(out, element, v);
        return;
    }
    fst_buf_reset(&l->item);
    fst_sign_encode(&l->item, v, true);
    fst_xml_add(out, element, fst_buf_view(&l->item));
}

/* The key up to the delimiter behind the prefix; empty when there is none. */
static struct fst_view common_prefix(const struct listing *l, struct fst_view key)
{
    struct fst_view rest = fst_view_from(key, l->prefix.len);
    const char     *at = l->delimiter.len && rest.n ? memmem(rest.p, rest.n, l->delimiter.p, l->delimiter.len) : NULL;
    return at ? fst_view_n(key.p, (size_t)(at - key.p) + l->delimiter.len) : (struct fst_view){ 0 };
}

static void add_object(struct listing *l, const struct fst_row *row)
{
    char time[32];

    fst_s3_time_iso(time, fst_row_int(row, 3));
    fst_buf_add_str(l->out, "<Contents>");
    add_name(l, l->out, "Key", fst_row_text(row, 0));
    fst_xml_add(l->out, "LastModified", fst_view_of(time));
    fst_xml_add(l->out, "ETag", fst_row_text(row, 2));
    fst_buf_addf(l->out, "<Size>%lld</Size><StorageClass>STANDARD</StorageClass></Contents>", (long long)fst_row_int(row, 1));
}

/* FST_ELIMIT ends the page. */
static enum fst_status visit(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct listing *l = ctx;
    struct fst_view key = fst_row_text(row, 0), common;

    if (key.n < l->prefix.len || memcmp(key.p, l->prefix.p ? l->prefix.p : "", l->prefix.len) != 0)
        return FST_ELIMIT; /* sorted: nothing with the prefix comes any more */
    common = common_prefix(l, key);
    if (common.n && (fst_view_equal(common, fst_buf_view(&l->last_prefix)) ||
                     (l->after.len >= common.n && !memcmp(l->after.p, common.p, common.n))))
        return FST_OK;
    if (l->count == l->max) {
        l->truncated = true;
        return FST_ELIMIT;
    }
    l->count++;
    fst_buf_reset(&l->last);
    fst_buf_add_view(&l->last, common.n ? common : key);
    if (!common.n) {
        add_object(l, row);
        return FST_OK;
    }
    fst_buf_reset(&l->last_prefix);
    fst_buf_add_view(&l->last_prefix, common);
    fst_buf_add_str(&l->prefixes, "<CommonPrefixes>");
    add_name(l, &l->prefixes, "Prefix", common);
    fst_buf_add_str(&l->prefixes, "</CommonPrefixes>");
    return FST_OK;
}

static bool read_arguments(struct listing *l, struct fst_exchange *x)
{
    struct fst_buf value;
    bool           ok = true;

    fst_buf_init(&value, FST_TEXT_CEILING);
    l->v2 = fst_exchange_argument(x, "list-type", &value) && fst_view_is(fst_buf_view(&value), "2");
    l->encoded = fst_exchange_argument(x, "encoding-type", &value) && fst_view_is(fst_buf_view(&value), "url");
    fst_exchange_argument(x, "prefix", &l->prefix);
    fst_exchange_argument(x, "delimiter", &l->delimiter);
    l->max = MOST_KEYS;
    if (fst_exchange_argument(x, "max-keys", &value))
        ok = fst_parse_u64(&l->max, fst_buf_view(&value));
    if (l->max > MOST_KEYS)
        l->max = MOST_KEYS;
    if (l->v2) {
        fst_exchange_argument(x, "start-after", &l->after);
        if (fst_exchange_argument(x, "continuation-token", &value)) {
            fst_buf_reset(&l->after);
            ok = ok && fst_base64_decode(&l->after, fst_buf_view(&value));
            fst_buf_reset(&l->marker);
            fst_buf_add_view(&l->marker, fst_buf_view(&value));
        }
    } else {
        fst_exchange_argument(x, "marker", &l->after);
    }
    fst_buf_clear(&value);
    return ok;
}

static void add_head(struct listing *l, const struct fst_s3_target *t)
{
    fst_buf_add_str(l->out, "<ListBucketResult" FST_S3_NAMESPACE ">");
    fst_xml_add(l->out, "Name", t->bucket);
    add_name(l, l->out, "Prefix", fst_buf_view(&l->prefix));
    if (l->delimiter.len)
        add_name(l, l->out, "Delimiter", fst_buf_view(&l->delimiter));
    fst_buf_addf(l->out, "<MaxKeys>%llu</MaxKeys>", (unsigned long long)l->max);
    if (l->encoded)
        fst_buf_add_str(l->out, "<EncodingType>url</EncodingType>");
    if (!l->v2)
        add_name(l, l->out, "Marker", fst_buf_view(&l->after));
    else if (l->marker.len)
        fst_xml_add(l->out, "ContinuationToken", fst_buf_view(&l->marker));
    else if (l->after.len)
        add_name(l, l->out, "StartAfter", fst_buf_view(&l->after));
}

static void add_tail(struct listing *l)
{
    fst_buf_add_view(l->out, fst_buf_view(&l->prefixes));
    fst_buf_addf(l->out, "<IsTruncated>%s</IsTruncated>", l->truncated ? "true" : "false");
    if (l->v2)
        fst_buf_addf(l->out, "<KeyCount>%llu</KeyCount>", (unsigned long long)l->count);
    if (l->truncated && l->v2) {
        fst_buf_reset(&l->item);
        fst_base64(&l->item, l->last.p, l->last.len);
        fst_xml_add(l->out, "NextContinuationToken", fst_buf_view(&l->item));
    } else if (l->truncated && l->delimiter.len) {
        add_name(l, l->out, "NextMarker", fst_buf_view(&l->last));
    }
    fst_buf_add_str(l->out, "</ListBucketResult>");
}

void fst_serve_s3_list(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    struct listing   l = { .out = &x->out };
    struct fst_buf  *const bufs[] = { &l.prefix, &l.delimiter, &l.after, &l.marker, &l.item, &l.last_prefix, &l.last, &l.prefixes };
    struct fst_error err = { 0 };
    enum fst_status  st;

    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], FST_TEXT_CEILING);
    if (!read_arguments(&l, x)) {
        fst_serve_s3_error(x, 400, "InvalidArgument", "max-keys or continuation-token is not valid");
    } else {
        fst_s3_begin(x);
        add_head(&l, t);
        st = l.max ? fst_db_run(s->db, visit, &l, &err,
                                "SELECT key, size, etag, modified FROM object WHERE bucket = ? AND key > ? AND key >= ? ORDER BY key", "ttt",
                                t->bucket, fst_buf_view(&l.after), fst_buf_view(&l.prefix))
                   : FST_OK;
        if (st && st != FST_ELIMIT)
            fst_s3_failed(x, &err);
        else
            add_tail(&l);
    }
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_clear(bufs[i]);
}
