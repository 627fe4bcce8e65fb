/* S3: CopyObject, and UploadPartCopy's source. */
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "serve/s3.h"
#include "sign/sigv4.h"

enum { VALUE_MAX = 64 };

/* ---- the source */

void fst_s3_source_clear(struct fst_s3_source *source)
{
    fst_buf_clear(&source->bucket);
    fst_buf_clear(&source->key);
    fst_buf_clear(&source->version);
    fst_s3_found_clear(&source->found);
}

/* "/bucket/key?versionId=…", encoded; the first slash may be missing. */
static bool parse_source(struct fst_view v, struct fst_s3_source *source)
{
    const char     *mark = v.n ? memchr(v.p, '?', v.n) : NULL, *slash;
    struct fst_view version = { 0 };

    if (mark) {
        version = fst_view_from(v, (size_t)(mark - v.p) + 1);
        v.n = (size_t)(mark - v.p);
        if (!fst_view_starts(version, "versionId="))
            return false;
        fst_sign_decode(&source->version, fst_view_from(version, sizeof "versionId=" - 1));
    }
    for (size_t i = 0; i < v.n; i++) /* some encode it as forms are, with "+" for a space */
        fst_buf_add_char(&source->bucket, v.p[i] == '+' ? ' ' : v.p[i]);
    fst_sign_decode(&source->key, fst_buf_view(&source->bucket));
    fst_buf_reset(&source->bucket);
    v = fst_buf_view(&source->key);
    if (fst_view_starts(v, "/"))
        v = fst_view_from(v, 1);
    slash = v.n ? memchr(v.p, '/', v.n) : NULL;
    if (!slash || slash == v.p || slash + 1 == v.p + v.n)
        return false;
    fst_buf_add(&source->bucket, v.p, (size_t)(slash - v.p));
    fst_buf_consume(&source->key, (size_t)(slash + 1 - source->key.p));
    return true;
}

static enum fst_status take_owner(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_reset(ctx);
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    return FST_OK;
}

/* Is there such a bucket, and is it the caller's, or the object for all to read? */
static bool may_read(struct fst_s3 *q, struct fst_view bucket, struct fst_view key)
{
    struct fst_buf owner;
    bool           may = false;

    fst_buf_init(&owner, FST_TEXT_CEILING);
    if (fst_db_run(q->s->db, take_owner, &owner, &q->err, "SELECT owner FROM bucket WHERE name = ?", "t", bucket))
        fst_s3_failed(q);
    else if (!owner.len)
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_BUCKET);
    else if (!fst_s3_is_owner(q->x, "x-amz-source-expected-bucket-owner", fst_buf_view(&owner)) ||
             (!(q->x->caller.account && fst_view_is(fst_buf_view(&owner), q->x->caller.account)) && !fst_s3_object_lets(q, bucket, key, (struct fst_view){ 0 })))
        fst_s3_refuse(q->x, FST_S3_DENIED);
    else
        may = true;
    fst_buf_clear(&owner);
    return may;
}

bool fst_s3_open_source(struct fst_s3 *q, struct fst_s3_source *source)
{
    struct fst_s3_state state;

    *source = (struct fst_s3_source){ 0 };
    fst_buf_init(&source->bucket, FST_TEXT_CEILING);
    fst_buf_init(&source->key, FST_TEXT_CEILING);
    fst_buf_init(&source->version, FST_TEXT_CEILING);
    if (!parse_source(fst_exchange_header(q->x, "x-amz-copy-source"), source)) {
        fst_serve_s3_error(q->x, 400, "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
    } else if (!may_read(q, fst_buf_view(&source->bucket), fst_buf_view(&source->key))) {
        return false;
    } else if (fst_s3_find(q->s, fst_buf_view(&source->bucket), fst_buf_view(&source->key), fst_buf_view(&source->version),
                           &source->found, &q->err)) {
        fst_s3_failed(q);
    } else if (!fst_s3_is_there(&source->found)) {
        fst_s3_refuse(q->x, source->version.len ? FST_S3_NO_SUCH_VERSION : FST_S3_NO_SUCH_KEY);
    } else {
        if (strcmp(source->found.version, FST_S3_NULL_VERSION) != 0)
            fst_exchange_add_header(q->x, "x-amz-copy-source-version-id", "%s", source->found.version);
        state = fst_s3_state_of(&source->found);
        return !fst_s3_answer_condition(q->x, fst_s3_source_condition(q->x, &state));
    }
    return false;
}

/* ---- CopyObject */

/* The source's checksum algorithm, unless the request asks for another. */
static enum fst_sum wanted_sum(const struct fst_exchange *x, struct fst_view headers)
{
    enum fst_sum sum = fst_sum_by_name(fst_exchange_header(x, "x-amz-checksum-algorithm"));

    for (unsigned i = 0; i < FST_SUMS && sum == FST_SUMS; i++)
        if (*fst_sum_kinds[i].header && fst_s3_header(headers, fst_sum_kinds[i].header).n)
            sum = (enum fst_sum)i;
    return sum == FST_SUMS ? FST_SUM_CRC64NVME : sum;
}

/* What belongs to where an object lies, and does not go with it. */
static bool is_of_place(struct fst_view line)
{
    static const char *const prefixes[] = { "x-amz-acl", "x-amz-server-side-", "x-amz-storage-", "x-amz-website-" };

    for (size_t i = 0; i < FST_COUNT(prefixes); i++)
        if (fst_view_starts(line, prefixes[i]))
            return true;
    return false;
}

static bool replaces(const struct fst_exchange *x, const char *directive)
{
    struct fst_view v = fst_exchange_header(x, directive);
    return v.n == 7 && !strncasecmp(v.p, "REPLACE", v.n);
}

static struct fst_view next_line(struct fst_view *lines)
{
    const char     *end = memchr(lines->p, '\n', lines->n);
    struct fst_view line = end ? fst_view_n(lines->p, (size_t)(end - lines->p) + 1) : *lines;

    *lines = fst_view_from(*lines, line.n);
    return line;
}

/* The source's lines or the request's, as the directives say; of tags apart. */
static void make_headers(struct fst_s3 *q, const struct fst_s3_source *source, struct fst_buf *headers)
{
    bool            new_metadata = replaces(q->x, "x-amz-metadata-directive"), new_tags = replaces(q->x, "x-amz-tagging-directive");
    struct fst_buf  own;
    struct fst_view theirs = fst_buf_view(&source->found.headers), ours;

    fst_buf_init(&own, FST_TEXT_CEILING);
    fst_s3_kept_of(q, &own);
    ours = fst_buf_view(&own);
    while (theirs.n) {
        struct fst_view line = next_line(&theirs);
        bool            is_tags = fst_view_starts(line, "x-amz-tagging");
        if (!(is_tags ? new_tags : new_metadata) && !is_of_place(line) && !fst_view_starts(line, "x-amz-checksum-"))
            fst_buf_add_view(headers, line);
    }
    while (ours.n) {
        struct fst_view line = next_line(&ours);
        if (is_of_place(line) || (fst_view_starts(line, "x-amz-tagging") ? new_tags : new_metadata))
            fst_buf_add_view(headers, line);
    }
    fst_buf_clear(&own);
}

/* COPY, REPLACE, or not there; else that is answered. */
static bool check_directive(struct fst_exchange *x, const char *name, const char *message)
{
    struct fst_view v = fst_exchange_header(x, name);

    if (!v.n || replaces(x, name) || (v.n == 4 && !strncasecmp(v.p, "COPY", v.n)))
        return true;
    fst_serve_s3_error(x, 400, "InvalidArgument", message);
    return false;
}

/* To itself only with something else about it. */
static bool changes_nothing(const struct fst_s3 *q, const struct fst_s3_source *source)
{
    return fst_view_equal(q->bucket, fst_buf_view(&source->bucket)) && fst_view_equal(q->key, fst_buf_view(&source->key)) &&
           !replaces(q->x, "x-amz-metadata-directive") && !fst_exchange_header(q->x, "x-amz-storage-class").n &&
           !fst_exchange_header(q->x, "x-amz-server-side-encryption").n && !fst_exchange_header(q->x, "x-amz-website-redirect-location").n;
}

static void answer_copied(struct fst_s3 *q, const char *etag, struct fst_view headers, enum fst_sum sum)
{
    char time[FST_S3_TIME_ISO];

    fst_s3_time_iso(time, fst_serve_now_ms(q->s));
    fst_s3_echo(q->x, headers, "x-amz-server-side-");
    fst_s3_begin(q->x);
    fst_buf_add_str(&q->x->out, "<CopyObjectResult" FST_S3_NAMESPACE ">");
    fst_xml_add(&q->x->out, "LastModified", fst_view_of(time));
    fst_xml_add(&q->x->out, "ETag", fst_view_of(etag));
    fst_xml_add(&q->x->out, fst_sum_kinds[sum].element, fst_s3_header(headers, fst_sum_kinds[sum].header));
    fst_xml_add(&q->x->out, "ChecksumType", (struct fst_view)FST_VIEW("FULL_OBJECT"));
    fst_buf_add_str(&q->x->out, "</CopyObjectResult>");
}

static enum fst_status copy_file(struct fst_s3 *q, const struct fst_s3_source *source, struct fst_s3_stored *stored, struct fst_sums *sums)
{
    int             fd;
    enum fst_status st = fst_s3_create_file(q->s, stored, &fd, &q->err);

    if (!st)
        st = fst_s3_copy_bytes(q->s, fd, fst_buf_view(&source->found.file), 0, source->found.size, sums, &q->err);
    if (fd >= 0 && close(fd) && !st)
        st = fst_fail_errno(&q->err, "an object's file");
    if (st && fd >= 0)
        fst_s3_forget(q->s, fst_view_of(stored->file));
    fst_sums_finish(sums);
    stored->size = source->found.size;
    return st;
}

static void copy(struct fst_s3 *q, const struct fst_s3_source *source)
{
    enum fst_sum         sum = wanted_sum(q->x, fst_buf_view(&source->found.headers));
    struct fst_s3_stored stored;
    struct fst_sums      sums;
    struct fst_buf       headers, text;
    char                 etag[FST_ETAG_MAX], hex[2 * FST_MD5_BYTES + 1];

    fst_buf_init(&headers, FST_TEXT_CEILING);
    fst_buf_init(&text, VALUE_MAX);
    if (fst_sums_init(&sums, 1u << sum | 1u << FST_SUM_MD5) || copy_file(q, source, &stored, &sums)) {
        fst_s3_failed(q);
    } else {
        make_headers(q, source, &headers);
        fst_sums_text(&sums, sum, &text);
        fst_buf_addf(&headers, "%s: %s\nx-amz-checksum-type: FULL_OBJECT\n", fst_sum_kinds[sum].header, fst_buf_str(&text));
        fst_hex(sums.values[FST_SUM_MD5], FST_MD5_BYTES, hex);
        snprintf(etag, sizeof etag, "\"%s\"", hex);
        if (fst_s3_place_if(q, &stored, fst_view_of(etag), fst_buf_view(&headers), (struct fst_view){ 0 }))
            answer_copied(q, etag, fst_buf_view(&headers), sum);
    }
    fst_sums_clear(&sums);
    fst_buf_clear(&text);
    fst_buf_clear(&headers);
}

void fst_serve_copy_object(struct fst_s3 *q)
{
    struct fst_s3_source source = { 0 };
    struct fst_view      acl;

    if (!check_directive(q->x, "x-amz-metadata-directive", "Unknown metadata directive.") ||
        !check_directive(q->x, "x-amz-tagging-directive", "Unknown tagging directive.") || !fst_s3_open_source(q, &source)) {
        /* answered */
    } else if (changes_nothing(q, &source)) {
        fst_serve_s3_error(q->x, 400, "InvalidRequest", "This copy request is illegal because it is trying to copy an object to itself without "
                           "changing the object's metadata, storage class, website redirect location or encryption attributes.");
    } else if (fst_s3_check_metadata(q->x) && fst_s3_asked_acl(q->x, &acl) && fst_s3_may_make(q, acl)) {
        copy(q, &source);
    }
    fst_s3_source_clear(&source);
}
