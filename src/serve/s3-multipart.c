/* S3: multipart uploads: create, part, abort. Completing is in s3-complete.c, lists of them in s3-uploads.c. */
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "base/str.h"
#include "serve/s3-upload.h"
#include "sign/sigv4.h"

enum { PART_MOST = 10000, VALUE_MAX = 64 };

/* ---- the table of uploads */

static enum fst_status take_upload(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_s3_upload *u = ctx;

    u->found = true;
    u->sum = fst_sum_by_name(fst_row_text(row, 0));
    u->is_whole = fst_view_is(fst_row_text(row, 1), "FULL_OBJECT");
    u->is_named = fst_row_int(row, 2) != 0;
    fst_buf_add_view(&u->headers, fst_row_text(row, 3));
    fst_buf_add_view(&u->owner, fst_row_text(row, 4));
    fst_buf_add_view(&u->answer, fst_row_text(row, 5));
    return FST_OK;
}

void fst_s3_upload_clear(struct fst_s3_upload *u)
{
    fst_buf_clear(&u->id);
    fst_buf_clear(&u->headers);
    fst_buf_clear(&u->owner);
    fst_buf_clear(&u->answer);
}

bool fst_s3_find_upload(struct fst_s3 *q, struct fst_s3_upload *u)
{
    *u = (struct fst_s3_upload){ .sum = FST_SUMS };
    fst_buf_init(&u->id, FST_TEXT_CEILING);
    fst_buf_init(&u->headers, FST_TEXT_CEILING);
    fst_buf_init(&u->owner, FST_TEXT_CEILING);
    fst_buf_init(&u->answer, FST_TEXT_CEILING);
    fst_exchange_argument(q->x, "uploadId", &u->id);
    if (fst_db_run(q->s->db, take_upload, u, &q->err, "SELECT sum, sum_type, sum_named, headers, owner, answer FROM upload "
                   "WHERE id = ? AND bucket = ? AND key = ?", "ttt", fst_buf_view(&u->id), q->bucket, q->key))
        fst_s3_failed(q);
    else if (!u->found)
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_UPLOAD);
    return u->found;
}

/* One under way; a completed one is known only so that completing it may be repeated. */
bool fst_s3_find_open_upload(struct fst_s3 *q, struct fst_s3_upload *u)
{
    if (!fst_s3_find_upload(q, u))
        return false;
    if (u->answer.len)
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_UPLOAD);
    return !u->answer.len;
}

struct planned {
    enum fst_sum sum;
    bool         encrypted;
};

static enum fst_status take_planned(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct planned *p = ctx;
    p->sum = fst_sum_by_name(fst_row_text(row, 0));
    p->encrypted = fst_view_starts(fst_s3_header(fst_row_text(row, 1), "x-amz-server-side-encryption"), "aws:kms");
    return FST_OK;
}

enum fst_sum fst_s3_upload_sum(struct fst_serve *s, struct fst_view id, bool *encrypted)
{
    struct planned p = { .sum = FST_SUMS };

    if (fst_db_run(s->db, take_planned, &p, NULL, "SELECT sum, headers FROM upload WHERE id = ?", "t", id))
        p.sum = FST_SUMS; /* the operation will meet the failure again, and say it */
    *encrypted = p.encrypted;
    return p.sum;
}

/* ---- create */

/* What the parts' checksums are to be; false when the two don't go together: that is answered. */
static bool read_sum(struct fst_exchange *x, enum fst_sum *sum, bool *is_whole, bool *is_named)
{
    struct fst_view algorithm = fst_exchange_header(x, "x-amz-checksum-algorithm"), type = fst_exchange_header(x, "x-amz-checksum-type");
    char            message[160];

    *sum = algorithm.n ? fst_sum_by_name(algorithm) : FST_SUM_CRC64NVME;
    *is_named = algorithm.n != 0;
    *is_whole = type.n ? fst_view_is(type, "FULL_OBJECT") : *sum == FST_SUM_CRC64NVME;
    if (*sum == FST_SUMS)
        snprintf(message, sizeof message, "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
                 "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
    else if (type.n && !algorithm.n)
        snprintf(message, sizeof message, "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    else if (type.n && !*is_whole && !fst_view_is(type, "COMPOSITE"))
        snprintf(message, sizeof message, "Value for x-amz-checksum-type header is invalid.");
    else if (*is_whole ? !fst_sum_kinds[*sum].whole : *sum == FST_SUM_CRC64NVME)
        snprintf(message, sizeof message, "The %s checksum type cannot be used with the %s checksum algorithm.", *is_whole ? "FULL_OBJECT" : "COMPOSITE",
                 fst_sum_kinds[*sum].name);
    else
        return true;
    fst_serve_s3_error(x, 400, "InvalidRequest", message);
    return false;
}

static void insert_upload(struct fst_s3 *q, enum fst_sum sum, bool is_whole, bool is_named, struct fst_view headers)
{
    char id[FST_HEX_ID];

    fst_serve_id(q->s, id);
    if (fst_db_run(q->s->db, NULL, NULL, &q->err, "INSERT INTO upload (id, bucket, key, created, headers, owner, sum, sum_type, sum_named) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "tttitttti", fst_view_of(id), q->bucket, q->key, fst_serve_now_ms(q->s), headers,
                   fst_view_of(q->x->caller.account ? q->x->caller.account : ""), fst_view_of(fst_sum_kinds[sum].name),
                   fst_view_of(is_whole ? "FULL_OBJECT" : "COMPOSITE"), (int64_t)is_named)) {
        fst_s3_failed(q);
        return;
    }
    if (is_named) {
        fst_exchange_add_header(q->x, "x-amz-checksum-algorithm", "%s", fst_sum_kinds[sum].name);
        fst_exchange_add_header(q->x, "x-amz-checksum-type", "%s", is_whole ? "FULL_OBJECT" : "COMPOSITE");
    }
    fst_s3_echo(q->x, headers, "x-amz-server-side-");
    fst_s3_begin(q->x);
    fst_buf_add_str(&q->x->out, "<InitiateMultipartUploadResult" FST_S3_NAMESPACE ">");
    fst_xml_add(&q->x->out, "Bucket", q->bucket);
    fst_xml_add(&q->x->out, "Key", q->key);
    fst_xml_add(&q->x->out, "UploadId", fst_view_of(id));
    fst_buf_add_str(&q->x->out, "</InitiateMultipartUploadResult>");
}

void fst_serve_create_upload(struct fst_s3 *q)
{
    struct fst_buf  headers;
    struct fst_view acl;
    enum fst_sum    sum;
    bool            is_whole, is_named;

    if (!fst_s3_check_metadata(q->x) || !read_sum(q->x, &sum, &is_whole, &is_named) || !fst_s3_asked_acl(q->x, &acl) || !fst_s3_may_make(q, acl))
        return;
    fst_buf_init(&headers, FST_TEXT_CEILING);
    fst_s3_kept_of(q, &headers);
    insert_upload(q, sum, is_whole, is_named, fst_buf_view(&headers));
    fst_buf_clear(&headers);
}

/* ---- parts */

static enum fst_status take_text(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_reset(ctx);
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    return FST_OK;
}

static bool read_number(struct fst_s3 *q, uint64_t *number)
{
    struct fst_buf text;
    bool           ok;

    fst_buf_init(&text, FST_TEXT_CEILING);
    ok = fst_exchange_argument(q->x, "partNumber", &text) && fst_parse_u64(number, fst_buf_view(&text)) && *number >= 1 && *number <= PART_MOST;
    fst_buf_clear(&text);
    if (!ok)
        fst_serve_s3_error(q->x, 400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
    return ok;
}

/* Into its place, if the upload is still under way; else, or when that fails, an answer, and the file is gone. */
static bool place_part(struct fst_s3 *q, const struct fst_s3_upload *u, uint64_t number, const struct fst_s3_stored *stored, const char *etag,
                       struct fst_view sum)
{
    struct fst_buf  old;
    int64_t         open = 0;
    enum fst_status st = fst_db_begin(q->s->db, &q->err);

    fst_buf_init(&old, FST_TEXT_CEILING);
    if (!st) {
        st = fst_db_int(q->s->db, &open, 0, &q->err, "SELECT count(*) FROM upload WHERE id = ? AND answer = ''", "t", fst_buf_view(&u->id));
        if (!st && open)
            st = fst_db_run(q->s->db, take_text, &old, &q->err, "SELECT file FROM part WHERE upload = ? AND number = ?", "ti",
                            fst_buf_view(&u->id), (int64_t)number);
        if (!st && open)
            st = fst_db_run(q->s->db, NULL, NULL, &q->err, "INSERT OR REPLACE INTO part (upload, number, file, size, etag, sum, modified) "
                            "VALUES (?, ?, ?, ?, ?, ?, ?)", "tititti", fst_buf_view(&u->id), (int64_t)number, fst_view_of(stored->file),
                            (int64_t)stored->size, fst_view_of(etag), sum, fst_serve_now_ms(q->s));
        st = fst_db_end(q->s->db, st, &q->err);
    }
    if (st)
        fst_s3_failed(q);
    else if (!open)
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_UPLOAD);
    fst_s3_forget(q->s, st || !open ? fst_view_of(stored->file) : fst_buf_view(&old));
    fst_buf_clear(&old);
    return !st && open;
}

/* The checksum of the part must be of the upload's algorithm, when that was named. */
static bool check_algorithm(struct fst_s3 *q, const struct fst_s3_upload *u)
{
    enum fst_sum named = fst_s3_named_sum(q->x);
    char         message[160];

    if (named == FST_SUMS || named == u->sum || !u->is_named)
        return true;
    snprintf(message, sizeof message, "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
             fst_sum_kinds[u->sum].name, fst_sum_kinds[named].name);
    fst_serve_s3_error(q->x, 400, "InvalidRequest", message);
    return false;
}

static void store_part(struct fst_s3 *q, const struct fst_s3_upload *u, uint64_t number)
{
    struct fst_s3_stored stored;
    struct fst_buf       text;
    enum fst_sum         named = fst_s3_named_sum(q->x);
    char                 etag[FST_ETAG_MAX];

    fst_buf_init(&text, VALUE_MAX);
    fst_sums_text(&q->x->in.sums, u->sum, &text);
    fst_s3_body_etag(q->s, q->x, etag);
    if (fst_s3_store_body(q->s, q->x, &stored, &q->err)) {
        fst_s3_failed(q);
    } else if (place_part(q, u, number, &stored, etag, fst_buf_view(&text))) {
        fst_exchange_add_header(q->x, "ETag", "%s", etag);
        if (named < FST_SUMS)
            fst_sums_text(&q->x->in.sums, named, &text);
        fst_exchange_add_header(q->x, fst_sum_kinds[named < FST_SUMS ? named : u->sum].header, "%s", fst_buf_str(&text));
        fst_s3_echo(q->x, fst_buf_view(&u->headers), "x-amz-server-side-");
    }
    fst_buf_clear(&text);
}

void fst_serve_put_part(struct fst_s3 *q)
{
    struct fst_s3_upload u = { 0 };
    uint64_t             number;

    if (read_number(q, &number) && fst_s3_find_open_upload(q, &u) && check_algorithm(q, &u) && fst_s3_check_body(q->x))
        store_part(q, &u, number);
    fst_s3_upload_clear(&u);
}

/* ---- parts that are copied */

/* The source's range; false when an error was answered. */
static bool read_source_range(struct fst_s3 *q, uint64_t size, uint64_t *from, uint64_t *n)
{
    struct fst_view range = fst_exchange_header(q->x, "x-amz-copy-source-range");
    const char     *dash = range.n ? memchr(range.p, '-', range.n) : NULL;
    uint64_t        last;

    *from = 0;
    *n = size;
    if (!range.n)
        return true;
    if (!dash || dash[1] == '\0' || !fst_parse_u64(&last, fst_view_n(dash + 1, range.n - (size_t)(dash + 1 - range.p))) ||
        fst_s3_parse_range(range, UINT64_MAX, from, n) != FST_S3_RANGE_SOME) {
        fst_serve_s3_error(q->x, 400, "InvalidArgument", "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                           "zero-based offsets of the first and last bytes to copy");
        return false;
    }
    if (last < size)
        return true;
    fst_serve_s3_error(q->x, 416, "InvalidRange", "Range specified is not valid for source object");
    return false;
}

static void answer_copied(struct fst_s3 *q, const struct fst_s3_upload *u, const char *etag, struct fst_view sum)
{
    char time[FST_S3_TIME_ISO];

    fst_s3_time_iso(time, fst_serve_now_ms(q->s));
    fst_s3_echo(q->x, fst_buf_view(&u->headers), "x-amz-server-side-");
    fst_s3_begin(q->x);
    fst_buf_add_str(&q->x->out, "<CopyPartResult" FST_S3_NAMESPACE ">");
    fst_xml_add(&q->x->out, "LastModified", fst_view_of(time));
    fst_xml_add(&q->x->out, "ETag", fst_view_of(etag));
    fst_xml_add(&q->x->out, fst_sum_kinds[u->sum].element, sum);
    fst_buf_add_str(&q->x->out, "</CopyPartResult>");
}

static void copy_part(struct fst_s3 *q, const struct fst_s3_upload *u, uint64_t number, const struct fst_s3_source *source)
{
    struct fst_s3_stored stored;
    struct fst_sums      sums = { 0 };
    struct fst_buf       text;
    uint64_t             from, n;
    char                 hex[2 * FST_MD5_BYTES + 1], etag[FST_ETAG_MAX];
    int                  fd = -1;
    enum fst_status      st;

    if (!read_source_range(q, source->found.size, &from, &n))
        return;
    st = fst_sums_init(&sums, 1u << u->sum | 1u << FST_SUM_MD5);
    if (!st)
        st = fst_s3_create_file(q->s, &stored, &fd, &q->err);
    if (!st)
        st = fst_s3_copy_bytes(q->s, fd, fst_buf_view(&source->found.file), from, n, &sums, &q->err);
    if (fd >= 0 && close(fd) && !st)
        st = fst_fail_errno(&q->err, "a part's file");
    if (st && fd >= 0)
        fst_s3_forget(q->s, fst_view_of(stored.file));
    fst_sums_finish(&sums);
    fst_buf_init(&text, VALUE_MAX);
    if (st) {
        fst_s3_failed(q);
    } else {
        stored.size = n;
        fst_hex(sums.values[FST_SUM_MD5], FST_MD5_BYTES, hex);
        snprintf(etag, sizeof etag, "\"%s\"", hex);
        fst_sums_text(&sums, u->sum, &text);
        if (place_part(q, u, number, &stored, etag, fst_buf_view(&text)))
            answer_copied(q, u, etag, fst_buf_view(&text));
    }
    fst_buf_clear(&text);
    fst_sums_clear(&sums);
}

void fst_serve_copy_part(struct fst_s3 *q)
{
    struct fst_s3_source source = { 0 };
    struct fst_s3_upload u = { 0 };
    uint64_t             number;

    if (read_number(q, &number) && fst_s3_find_open_upload(q, &u) && fst_s3_open_source(q, &source))
        copy_part(q, &u, number, &source);
    fst_s3_source_clear(&source);
    fst_s3_upload_clear(&u);
}

/* ---- abort */

static enum fst_status forget_file(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_s3_forget(ctx, fst_row_text(row, 0));
    return FST_OK;
}

enum fst_status fst_s3_forget_parts(struct fst_serve *s, struct fst_view id, struct fst_error *err)
{
    enum fst_status st = fst_db_run(s->db, forget_file, s, err, "SELECT file FROM part WHERE upload = ?", "t", id);
    return st ? st : fst_db_run(s->db, NULL, NULL, err, "DELETE FROM part WHERE upload = ?", "t", id);
}

void fst_serve_abort_upload(struct fst_s3 *q)
{
    struct fst_s3_upload u;
    enum fst_status      st;

    if (fst_s3_find_open_upload(q, &u)) {
        st = fst_s3_forget_parts(q->s, fst_buf_view(&u.id), &q->err);
        if (!st)
            st = fst_db_run(q->s->db, NULL, NULL, &q->err, "DELETE FROM upload WHERE id = ?", "t", fst_buf_view(&u.id));
        if (st)
            fst_s3_failed(q);
        else
            q->x->status = 204;
    }
    fst_s3_upload_clear(&u);
}

enum fst_status fst_s3_forget_uploads(struct fst_serve *s, struct fst_view bucket, struct fst_error *err)
{
    enum fst_status st = fst_db_run(s->db, forget_file, s, err, "SELECT file FROM part WHERE upload IN (SELECT id FROM upload WHERE bucket = ?)",
                                    "t", bucket);
    if (!st)
        st = fst_db_run(s->db, NULL, NULL, err, "DELETE FROM part WHERE upload IN (SELECT id FROM upload WHERE bucket = ?)", "t", bucket);
    return st ? st : fst_db_run(s->db, NULL, NULL, err, "DELETE FROM upload WHERE bucket = ?", "t", bucket);
}
