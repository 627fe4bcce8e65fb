/* S3: GET and HEAD of objects: ranges, parts, conditions; GetObjectAttributes. */
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>

#include "base/str.h"
#include "serve/s3.h"

enum { PARTS_PAGE = 1000 };

/* ---- ranges and parts */

/* "bytes=0-99", "bytes=100-", "bytes=-5". Several at once are taken for none, as S3 does. */
enum fst_s3_range fst_s3_parse_range(struct fst_view v, uint64_t size, uint64_t *from, uint64_t *n)
{
    const char     *dash;
    struct fst_view first, last;
    uint64_t        a = 0, b = 0;

    if (!fst_view_starts(v, "bytes="))
        return FST_S3_RANGE_NONE;
    v = fst_view_from(v, 6);
    dash = v.n ? memchr(v.p, '-', v.n) : NULL;
    if (!dash)
        return FST_S3_RANGE_NONE;
    first = fst_view_n(v.p, (size_t)(dash - v.p));
    last = fst_view_n(dash + 1, v.n - first.n - 1);
    if ((first.n && !fst_parse_u64(&a, first)) || (last.n && !fst_parse_u64(&b, last)) || (!first.n && !last.n) || (first.n && last.n && b < a))
        return FST_S3_RANGE_NONE;
    if (!first.n) { /* the last b bytes */
        if (!size || !b)
            return FST_S3_RANGE_BEYOND;
        a = b < size ? size - b : 0;
        b = size - 1;
    } else if (!last.n || b >= size) {
        b = size ? size - 1 : 0;
    }
    if (a >= size)
        return FST_S3_RANGE_BEYOND;
    *from = a;
    *n = b - a + 1;
    return FST_S3_RANGE_SOME;
}

static struct fst_view cut(struct fst_view *v, char end)
{
    const char     *at = v->n ? memchr(v->p, end, v->n) : NULL;
    struct fst_view word = at ? fst_view_n(v->p, (size_t)(at - v->p)) : *v;

    *v = fst_view_from(*v, word.n + 1);
    return word;
}

bool fst_s3_next_part(struct fst_view *lines, struct fst_s3_part *part)
{
    struct fst_view line = cut(lines, '\n');

    if (!line.n || !fst_parse_u64(&part->number, cut(&line, ' ')) || !fst_parse_u64(&part->size, cut(&line, ' ')))
        return false;
    part->sum = line;
    return true;
}

/* What of an object is asked for. */
struct extent {
    uint64_t        from, n;
    bool            partial;
    uint64_t        parts;    /* how many it has, when one was asked for */
    struct fst_view part_sum;
};

/* The part of that number; of an object that came whole, all of it is part 1. */
static bool find_part(const struct fst_s3_found *f, uint64_t number, struct extent *e)
{
    struct fst_view    lines = fst_buf_view(&f->parts);
    struct fst_s3_part part;
    uint64_t           from = 0, count = 0;
    bool               found = false;

    while (fst_s3_next_part(&lines, &part)) {
        if (part.number == number) {
            *e = (struct extent){ from, part.size, true, 0, part.sum };
            found = true;
        }
        from += part.size;
        count++;
    }
    e->parts = count;
    return count ? found : number == 1;
}

/* False when an error was answered. */
static bool find_extent(struct fst_s3 *q, const struct fst_s3_found *f, struct extent *e)
{
    struct fst_view range = fst_exchange_header(q->x, "range");
    struct fst_buf  text;
    uint64_t        number = 0;
    bool            has_number, ok;

    *e = (struct extent){ .n = f->size };
    fst_buf_init(&text, FST_TEXT_CEILING);
    has_number = fst_exchange_argument(q->x, "partNumber", &text);
    ok = !has_number || (fst_parse_u64(&number, fst_buf_view(&text)) && number);
    fst_buf_clear(&text);
    if (!ok) {
        fst_s3_refuse(q->x, FST_S3_INVALID_ARGUMENT);
    } else if (has_number && range.n) {
        fst_serve_s3_error(q->x, 400, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
        ok = false;
    } else if (has_number && !find_part(f, number, e)) {
        fst_s3_refuse(q->x, FST_S3_INVALID_PART);
        ok = false;
    } else if (!has_number) {
        enum fst_s3_range kind = fst_s3_parse_range(range, f->size, &e->from, &e->n);
        e->partial = kind == FST_S3_RANGE_SOME;
        ok = kind != FST_S3_RANGE_BEYOND;
        if (!ok) {
            fst_s3_refuse(q->x, FST_S3_INVALID_RANGE);
            fst_exchange_add_header(q->x, "Content-Range", "bytes */%llu", (unsigned long long)f->size);
        }
    }
    return ok;
}

/* ---- the answer's headers */

/* A header that the query may have in place of the object's. */
static void add_content_header(struct fst_exchange *x, struct fst_view lines, const char *name, const char *otherwise)
{
    struct fst_view value = fst_s3_header(lines, name);
    struct fst_buf  text;
    char            argument[64];

    fst_buf_init(&text, FST_TEXT_CEILING);
    snprintf(argument, sizeof argument, "response-%s", name);
    if (x->caller.account && fst_exchange_argument(x, argument, &text))
        value = fst_buf_view(&text);
    if (!value.n && otherwise)
        value = fst_view_of(otherwise);
    if (value.n)
        fst_exchange_add_header(x, name, "%.*s", FST_VIEW_ARGS(value));
    fst_buf_clear(&text);
}

static void add_checksums(struct fst_exchange *x, const struct fst_s3_found *f, const struct extent *e)
{
    struct fst_view lines = fst_buf_view(&f->headers);

    if (!fst_view_is(fst_exchange_header(x, "x-amz-checksum-mode"), "ENABLED"))
        return;
    if (!e->partial)
        fst_s3_echo(x, lines, "x-amz-checksum-");
    for (unsigned i = 0; i < FST_SUMS && e->part_sum.n; i++)
        if (*fst_sum_kinds[i].header && fst_s3_header(lines, fst_sum_kinds[i].header).n) {
            fst_exchange_add_header(x, fst_sum_kinds[i].header, "%.*s", FST_VIEW_ARGS(e->part_sum));
            fst_s3_echo(x, lines, "x-amz-checksum-type");
        }
}

/* What a client may keep and ask about again; all that a 304 has. */
static void add_validators(struct fst_exchange *x, const struct fst_s3_found *f)
{
    char time[FST_S3_TIME_HTTP];

    fst_s3_time_http(time, f->modified);
    fst_exchange_add_header(x, "ETag", "%.*s", (int)f->etag.len, f->etag.p);
    fst_exchange_add_header(x, "Last-Modified", "%s", time);
}

static void add_headers(struct fst_exchange *x, const struct fst_s3_found *f, const struct extent *e)
{
    struct fst_view lines = fst_buf_view(&f->headers), tags = fst_s3_header(lines, "x-amz-tagging");
    size_t          count = tags.n != 0;

    add_validators(x, f);
    fst_exchange_add_header(x, "Accept-Ranges", "bytes");
    add_content_header(x, lines, "content-type", "binary/octet-stream");
    add_content_header(x, lines, "content-encoding", NULL);
    add_content_header(x, lines, "content-language", NULL);
    add_content_header(x, lines, "content-disposition", NULL);
    add_content_header(x, lines, "cache-control", NULL);
    add_content_header(x, lines, "expires", NULL);
    fst_s3_echo(x, lines, "x-amz-meta-");
    fst_s3_echo(x, lines, "x-amz-server-side-");
    fst_s3_echo(x, lines, "x-amz-website-");
    if (!fst_view_is(fst_s3_header(lines, "x-amz-storage-class"), "STANDARD")) /* which S3 does not say */
        fst_s3_echo(x, lines, "x-amz-storage-class");
    for (size_t i = 0; i < tags.n; i++)
        count += tags.p[i] == '&';
    if (count)
        fst_exchange_add_header(x, "x-amz-tagging-count", "%zu", count);
    if (e->parts)
        fst_exchange_add_header(x, "x-amz-mp-parts-count", "%llu", (unsigned long long)e->parts);
    if (e->partial && e->n)
        fst_exchange_add_header(x, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)e->from,
                                (unsigned long long)(e->from + e->n - 1), (unsigned long long)f->size);
    add_checksums(x, f, e);
}

/* ---- GET and HEAD */

static void send_object(struct fst_s3 *q, const struct fst_s3_found *f)
{
    struct fst_exchange *x = q->x;
    struct extent        e;
    struct fst_buf       path;

    if (!find_extent(q, f, &e))
        return;
    x->head_bytes = e.n;
    if (strcmp(x->method, "HEAD") != 0) {
        fst_buf_init(&path, FST_TEXT_CEILING);
        fst_serve_object_path(q->s, &path, fst_buf_view(&f->file));
        x->out_fd = open(path.p, O_RDONLY | O_CLOEXEC);
        fst_buf_clear(&path);
        if (x->out_fd < 0) { /* replaced or deleted since its row was read */
            fst_s3_refuse(x, FST_S3_NO_SUCH_KEY);
            return;
        }
    }
    x->status = e.partial ? 206 : 200;
    x->out_offset = e.from;
    x->out_bytes = e.n;
    add_headers(x, f, &e);
}

/* What has no bytes is refused: a delete marker, and where the newest is one, the key. */
static void refuse_marker(struct fst_s3 *q, const struct fst_s3_found *f, bool is_named)
{
    if (is_named)
        fst_serve_s3_error(q->x, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    else
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_KEY);
    fst_exchange_add_header(q->x, "x-amz-delete-marker", "true");
    fst_exchange_add_header(q->x, "x-amz-version-id", "%s", f->version);
}

bool fst_s3_find_asked(struct fst_s3 *q, struct fst_s3_found *f)
{
    struct fst_buf version;
    bool           ok = false;

    fst_buf_init(&version, FST_TEXT_CEILING);
    fst_exchange_argument(q->x, "versionId", &version);
    if (fst_s3_find(q->s, q->bucket, q->key, fst_buf_view(&version), f, &q->err))
        fst_s3_failed(q);
    else if (!f->found)
        fst_s3_refuse(q->x, version.len ? FST_S3_NO_SUCH_VERSION : FST_S3_NO_SUCH_KEY);
    else if (f->is_marker)
        refuse_marker(q, f, version.len != 0);
    else
        ok = true;
    if (ok && q->versioning != FST_S3_UNVERSIONED)
        fst_exchange_add_header(q->x, "x-amz-version-id", "%s", f->version);
    fst_buf_clear(&version);
    return ok;
}

void fst_serve_get_object(struct fst_s3 *q)
{
    struct fst_s3_found f;
    struct fst_s3_state state;
    enum fst_s3_verdict verdict;

    if (fst_s3_find_asked(q, &f)) {
        state = fst_s3_state_of(&f);
        verdict = fst_s3_read_condition(q->x, &state);
        if (verdict == FST_S3_NOT_MODIFIED)
            add_validators(q->x, &f);
        if (!fst_s3_answer_condition(q->x, verdict))
            send_object(q, &f);
    }
    fst_s3_found_clear(&f);
}

/* ---- GetObjectAttributes */

enum attribute { ETAG, CHECKSUM, PARTS, STORAGE_CLASS, SIZE, ATTRIBUTES };

/* As bits; 0 when one is not known, or there is none: that is answered. */
static unsigned read_attributes(struct fst_exchange *x)
{
    static const char *const names[ATTRIBUTES] = { "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize" };
    struct fst_buf           text;
    struct fst_view          rest;
    unsigned                 wanted = 0;
    bool                     known = true;

    fst_buf_init(&text, FST_TEXT_CEILING);
    fst_exchange_join_headers(x, "x-amz-object-attributes", &text);
    for (rest = fst_buf_view(&text); rest.n && known;) {
        struct fst_view one = cut(&rest, ',');
        unsigned        i = 0;
        while (one.n && one.p[0] == ' ')
            one = fst_view_from(one, 1);
        while (i < ATTRIBUTES && !fst_view_is(one, names[i]))
            i++;
        known = i < ATTRIBUTES;
        wanted |= known ? 1u << i : 0;
    }
    if (!text.len)
        fst_serve_s3_error(x, 400, "InvalidRequest", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty");
    else if (!known)
        fst_serve_s3_error(x, 400, "InvalidArgument", "Invalid attribute name specified.");
    fst_buf_clear(&text);
    return known ? wanted : 0;
}

static void add_checksum_attribute(struct fst_buf *out, struct fst_view lines)
{
    fst_buf_add_str(out, "<Checksum>");
    for (unsigned i = 0; i < FST_SUMS; i++)
        if (*fst_sum_kinds[i].header && fst_s3_header(lines, fst_sum_kinds[i].header).n)
            fst_xml_add(out, fst_sum_kinds[i].element, fst_s3_header(lines, fst_sum_kinds[i].header));
    fst_xml_add(out, "ChecksumType", fst_s3_header(lines, "x-amz-checksum-type"));
    fst_buf_add_str(out, "</Checksum>");
}

static const char *sum_element(struct fst_view lines)
{
    for (unsigned i = 0; i < FST_SUMS; i++)
        if (*fst_sum_kinds[i].header && fst_s3_header(lines, fst_sum_kinds[i].header).n)
            return fst_sum_kinds[i].element;
    return "Checksum";
}

static uint64_t header_number(const struct fst_exchange *x, const char *name, uint64_t otherwise)
{
    uint64_t n;
    return fst_parse_u64(&n, fst_exchange_header(x, name)) ? n : otherwise;
}

static void add_parts_attribute(const struct fst_exchange *x, struct fst_buf *out, const struct fst_s3_found *f)
{
    uint64_t           most = header_number(x, "x-amz-max-parts", PARTS_PAGE), after = header_number(x, "x-amz-part-number-marker", 0);
    uint64_t           total = 0, shown = 0, last = after;
    struct fst_view    lines = fst_buf_view(&f->parts);
    struct fst_s3_part part;
    bool               truncated = false;

    fst_buf_add_str(out, "<ObjectParts>");
    while (fst_s3_next_part(&lines, &part)) {
        total++;
        truncated |= part.number > after && shown == most;
        if (part.number <= after || shown == most)
            continue;
        shown++;
        last = part.number;
        fst_buf_addf(out, "<Part><PartNumber>%llu</PartNumber><Size>%llu</Size>", (unsigned long long)part.number, (unsigned long long)part.size);
        if (part.sum.n)
            fst_xml_add(out, sum_element(fst_buf_view(&f->headers)), part.sum);
        fst_buf_add_str(out, "</Part>");
    }
    fst_buf_addf(out, "<PartsCount>%llu</PartsCount><PartNumberMarker>%llu</PartNumberMarker><NextPartNumberMarker>%llu</NextPartNumberMarker>"
                      "<MaxParts>%llu</MaxParts><IsTruncated>%s</IsTruncated></ObjectParts>", (unsigned long long)total,
                 (unsigned long long)after, (unsigned long long)last, (unsigned long long)most, truncated ? "true" : "false");
}

static void add_attributes(struct fst_exchange *x, const struct fst_s3_found *f, unsigned wanted)
{
    struct fst_view lines = fst_buf_view(&f->headers), etag = fst_buf_view(&f->etag), class = fst_s3_header(lines, "x-amz-storage-class");
    char            time[FST_S3_TIME_HTTP];

    fst_s3_time_http(time, f->modified);
    fst_exchange_add_header(x, "Last-Modified", "%s", time);
    fst_s3_begin(x);
    fst_buf_add_str(&x->out, "<GetObjectAttributesResponse" FST_S3_NAMESPACE ">");
    if (wanted >> ETAG & 1)
        fst_xml_add(&x->out, "ETag", fst_view_n(etag.p + 1, etag.n - 2)); /* without its quotes */
    if (wanted >> CHECKSUM & 1)
        add_checksum_attribute(&x->out, lines);
    if (wanted >> PARTS & 1 && f->parts.len)
        add_parts_attribute(x, &x->out, f);
    if (wanted >> STORAGE_CLASS & 1)
        fst_xml_add(&x->out, "StorageClass", class.n ? class : (struct fst_view)FST_VIEW("STANDARD"));
    if (wanted >> SIZE & 1)
        fst_buf_addf(&x->out, "<ObjectSize>%llu</ObjectSize>", (unsigned long long)f->size);
    fst_buf_add_str(&x->out, "</GetObjectAttributesResponse>");
}

void fst_serve_get_attributes(struct fst_s3 *q)
{
    struct fst_s3_found f = { 0 };
    unsigned            wanted = read_attributes(q->x);

    if (wanted && fst_s3_find_asked(q, &f))
        add_attributes(q->x, &f, wanted);
    fst_s3_found_clear(&f);
}
