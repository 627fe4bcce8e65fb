/* S3: ListObjects, both versions, and ListObjectVersions. */
#include <stdio.h>

#include "base/str.h"
#include "serve/s3.h"
#include "sign/sigv4.h"

enum { MOST_KEYS = 1000 };

enum kind { V1, V2, VERSIONS };

struct listing {
    struct fst_s3       *q;
    enum kind            kind;
    struct fst_buf       prefix, delimiter, token, start_after, item, last, prefixes;
    struct fst_buf       after; /* keys behind this one are listed */
    struct fst_buf       from;  /* and from this one on */
    struct fst_buf       id_marker; /* of VERSIONS: the version of `after` behind which it goes on */
    struct fst_buf       last_id;
    bool                 encoded, with_owner, has_token, truncated, again;
    uint64_t             max, count;
    struct fst_buf      *out;
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

struct fst_view fst_s3_common_prefix(struct fst_view key, size_t prefix_bytes, struct fst_view delimiter)
{
    struct fst_view rest = fst_view_from(key, prefix_bytes);
    const char     *at = delimiter.n && rest.n ? memmem(rest.p, rest.n, delimiter.p, delimiter.n) : NULL;
    return at ? fst_view_n(key.p, (size_t)(at - key.p) + delimiter.n) : (struct fst_view){ 0 };
}

enum { KEY, SIZE, ETAG, MODIFIED, HEADERS, ID, MARKER, LATEST }; /* columns; from ID on of VERSIONS */

static void add_checksum(struct listing *l, struct fst_view lines)
{
    for (unsigned i = 0; i < FST_SUMS; i++)
        if (*fst_sum_kinds[i].header && fst_s3_header(lines, fst_sum_kinds[i].header).n) {
            fst_xml_add(l->out, "ChecksumAlgorithm", fst_view_of(fst_sum_kinds[i].name));
            fst_xml_add(l->out, "ChecksumType", fst_s3_header(lines, "x-amz-checksum-type"));
        }
}

static void add_object(struct listing *l, const struct fst_row *row)
{
    bool            is_marker = l->kind == VERSIONS && fst_row_int(row, MARKER);
    const char     *element = is_marker ? "DeleteMarker" : l->kind == VERSIONS ? "Version" : "Contents";
    struct fst_view lines = fst_row_text(row, HEADERS), class = fst_s3_header(lines, "x-amz-storage-class");
    char            time[FST_S3_TIME_ISO];

    fst_s3_time_iso(time, fst_row_int(row, MODIFIED));
    fst_buf_addf(l->out, "<%s>", element);
    add_name(l, l->out, "Key", fst_row_text(row, KEY));
    if (l->kind == VERSIONS) {
        fst_xml_add(l->out, "VersionId", fst_row_text(row, ID));
        fst_xml_add(l->out, "IsLatest", fst_view_of(fst_row_int(row, LATEST) ? "true" : "false"));
    }
    fst_xml_add(l->out, "LastModified", fst_view_of(time));
    if (!is_marker) {
        fst_xml_add(l->out, "ETag", fst_row_text(row, ETAG));
        add_checksum(l, lines);
        fst_buf_addf(l->out, "<Size>%lld</Size>", (long long)fst_row_int(row, SIZE));
        fst_xml_add(l->out, "StorageClass", class.n ? class : (struct fst_view)FST_VIEW("STANDARD"));
    }
    if (l->with_owner)
        fst_s3_add_account(l->out, l->q->s, "Owner", fst_view_of(l->q->owner));
    fst_buf_addf(l->out, "</%s>", element);
}

/* Go on behind all that begins so: an index look-up instead of reading over a million keys under one prefix. */
static enum fst_status skip_over(struct listing *l, struct fst_view common)
{
    fst_buf_reset(&l->from);
    fst_buf_add_view(&l->from, common);
    l->from.p[common.n - 1]++; /* no 0xff in UTF-8 */
    l->again = true;
    return FST_ELIMIT;
}

/* FST_ELIMIT ends this look-up. */
static enum fst_status visit(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct listing *l = ctx;
    struct fst_view key = fst_row_text(row, KEY), common;

    if (key.n < l->prefix.len || (l->prefix.len && memcmp(key.p, l->prefix.p, l->prefix.len) != 0))
        return FST_ELIMIT; /* sorted: nothing with the prefix comes any more */
    common = fst_s3_common_prefix(key, l->prefix.len, fst_buf_view(&l->delimiter));
    if (common.n && l->after.len >= common.n && !memcmp(l->after.p, common.p, common.n))
        return skip_over(l, common); /* listed on the page before */
    if (l->count == l->max) {
        l->truncated = true;
        return FST_ELIMIT;
    }
    l->count++;
    fst_buf_reset(&l->last);
    fst_buf_add_view(&l->last, common.n ? common : key);
    fst_buf_reset(&l->last_id);
    if (l->kind == VERSIONS && !common.n)
        fst_buf_add_view(&l->last_id, fst_row_text(row, ID));
    if (!common.n) {
        add_object(l, row);
        return FST_OK;
    }
    fst_buf_add_str(&l->prefixes, "<CommonPrefixes>");
    add_name(l, &l->prefixes, "Prefix", common);
    fst_buf_add_str(&l->prefixes, "</CommonPrefixes>");
    return skip_over(l, common);
}

/* Of the version that ?4 names, of the key ?2; null when none is named. */
#define SEQ_OF_MARKER                                                                                                      \
    "(SELECT max(seq) FROM (SELECT seq FROM object WHERE bucket = ?1 AND key = ?2 AND id = ?4 UNION ALL"                      \
    " SELECT seq FROM version WHERE bucket = ?1 AND key = ?2 AND id = ?4))"

static enum fst_status look_up_once(struct listing *l, struct fst_error *err)
{
    static const char objects[] = "SELECT key, size, etag, modified, headers FROM object WHERE bucket = ? AND key > ? AND key >= ? ORDER BY key";
    static const char versions[] = /* two sorted lots, merged */
        "SELECT key, size, etag, modified, headers, id, 0, 1, seq FROM object"
        " WHERE bucket = ?1 AND key >= ?2 AND key >= ?3 AND (key > ?2 OR seq < " SEQ_OF_MARKER ") UNION ALL"
        " SELECT key, size, etag, modified, headers, id, marker, seq = (SELECT max(seq) FROM (SELECT seq FROM object AS o"
        "  WHERE o.bucket = v.bucket AND o.key = v.key UNION ALL SELECT seq FROM version AS w WHERE w.bucket = v.bucket AND w.key = v.key)), seq"
        " FROM version AS v WHERE bucket = ?1 AND key >= ?2 AND key >= ?3 AND (key > ?2 OR seq < " SEQ_OF_MARKER ") ORDER BY key, seq DESC";

    if (l->kind != VERSIONS)
        return fst_db_run(l->q->s->db, visit, l, err, objects, "ttt", l->q->bucket, fst_buf_view(&l->after), fst_buf_view(&l->from));
    return fst_db_run(l->q->s->db, visit, l, err, versions, "tttt", l->q->bucket, fst_buf_view(&l->after), fst_buf_view(&l->from),
                      fst_buf_view(&l->id_marker));
}

static enum fst_status look_up(struct listing *l, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    fst_buf_add_view(&l->from, fst_buf_view(&l->prefix));
    do {
        l->again = false;
        st = l->max ? look_up_once(l, err) : FST_OK;
    } while (l->again);
    return st == FST_ELIMIT ? FST_OK : st;
}

static bool read_arguments(struct listing *l)
{
    const struct fst_exchange *x = l->q->x;
    struct fst_buf             value;
    bool                       ok = true;

    fst_buf_init(&value, FST_TEXT_CEILING);
    if (l->kind == V1 && fst_exchange_argument(x, "list-type", &value) && fst_view_is(fst_buf_view(&value), "2"))
        l->kind = V2;
    if (fst_exchange_argument(x, "encoding-type", &value)) {
        l->encoded = fst_view_is(fst_buf_view(&value), "url");
        ok = l->encoded;
    }
    fst_exchange_argument(x, "prefix", &l->prefix);
    fst_exchange_argument(x, "delimiter", &l->delimiter);
    l->max = l->max < MOST_KEYS ? l->max : MOST_KEYS;
    l->with_owner = l->kind != V2 || (fst_exchange_argument(x, "fetch-owner", &value) && fst_view_is(fst_buf_view(&value), "true"));
    if (l->kind == V2) {
        fst_exchange_argument(x, "start-after", &l->start_after);
        l->has_token = fst_exchange_argument(x, "continuation-token", &l->token);
        if (l->token.len)
            ok = fst_base64_decode(&l->after, fst_buf_view(&l->token)) && ok;
        else
            fst_buf_add_view(&l->after, fst_buf_view(&l->start_after));
    } else {
        fst_exchange_argument(x, l->kind == VERSIONS ? "key-marker" : "marker", &l->after);
    }
    if (l->kind == VERSIONS)
        fst_exchange_argument(x, "version-id-marker", &l->id_marker);
    fst_buf_clear(&value);
    return ok;
}

static const char *const elements[] = { [V1] = "ListBucketResult", [V2] = "ListBucketResult", [VERSIONS] = "ListVersionsResult" };

static void add_head(struct listing *l)
{
    fst_buf_addf(l->out, "<%s" FST_S3_NAMESPACE ">", elements[l->kind]);
    fst_xml_add(l->out, "Name", l->q->bucket);
    if (l->kind == V1) /* botocore decodes all but this one */
        fst_xml_add(l->out, "Prefix", fst_buf_view(&l->prefix));
    else
        add_name(l, l->out, "Prefix", fst_buf_view(&l->prefix));
    if (l->delimiter.len)
        add_name(l, l->out, "Delimiter", fst_buf_view(&l->delimiter));
    fst_buf_addf(l->out, "<MaxKeys>%llu</MaxKeys>", (unsigned long long)l->max);
    if (l->encoded)
        fst_buf_add_str(l->out, "<EncodingType>url</EncodingType>");
    if (l->kind != V2)
        add_name(l, l->out, l->kind == VERSIONS ? "KeyMarker" : "Marker", fst_buf_view(&l->after));
    if (l->kind == VERSIONS)
        fst_xml_add(l->out, "VersionIdMarker", fst_buf_view(&l->id_marker));
    if (l->has_token)
        fst_xml_add(l->out, "ContinuationToken", fst_buf_view(&l->token));
    if (l->start_after.len)
        add_name(l, l->out, "StartAfter", fst_buf_view(&l->start_after));
}

static void add_tail(struct listing *l)
{
    fst_buf_add_view(l->out, fst_buf_view(&l->prefixes));
    fst_buf_addf(l->out, "<IsTruncated>%s</IsTruncated>", l->truncated ? "true" : "false");
    if (l->kind == V2)
        fst_buf_addf(l->out, "<KeyCount>%llu</KeyCount>", (unsigned long long)l->count);
    if (l->truncated && l->kind == V2) {
        fst_buf_reset(&l->item);
        fst_base64(&l->item, l->last.p, l->last.len);
        fst_xml_add(l->out, "NextContinuationToken", fst_buf_view(&l->item));
    } else if (l->truncated && l->kind == VERSIONS) {
        add_name(l, l->out, "NextKeyMarker", fst_buf_view(&l->last));
        if (l->last_id.len)
            fst_xml_add(l->out, "NextVersionIdMarker", fst_buf_view(&l->last_id));
    } else if (l->truncated && l->delimiter.len) {
        add_name(l, l->out, "NextMarker", fst_buf_view(&l->last));
    }
    fst_buf_addf(l->out, "</%s>", elements[l->kind]);
}

static void list(struct fst_s3 *q, enum kind kind)
{
    struct listing        l = { .q = q, .kind = kind, .out = &q->x->out };
    struct fst_buf *const bufs[] = { &l.prefix, &l.delimiter, &l.token, &l.start_after, &l.item, &l.last, &l.prefixes, &l.after,
                                      &l.from, &l.id_marker, &l.last_id };

    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], FST_TEXT_CEILING);
    if (!fst_s3_number(q, "max-keys", MOST_KEYS, &l.max)) {
        /* answered */
    } else if (!read_arguments(&l)) {
        fst_serve_s3_error(q->x, 400, "InvalidArgument", "encoding-type or continuation-token is not valid");
    } else {
        fst_s3_begin(q->x);
        add_head(&l);
        if (look_up(&l, &q->err))
            fst_s3_failed(q);
        else
            add_tail(&l);
    }
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_clear(bufs[i]);
}

void fst_serve_list_objects(struct fst_s3 *q)
{
    list(q, V1);
}

void fst_serve_list_versions(struct fst_s3 *q)
{
    list(q, VERSIONS);
}
