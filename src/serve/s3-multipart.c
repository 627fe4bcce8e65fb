/* S3: multipart uploads: create, part, complete, abort, list. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/xml.h"
#include "base/crc.h"
#include "serve/s3.h"

enum { BLOCK = 256 * 1024, PART_MOST = 10000, ETAG_MAX = 80, KEEP_NAME = 512 };

static void no_such_upload(struct fst_exchange *x)
{
    fst_serve_s3_error(x, 404, "NoSuchUpload", "The specified multipart upload does not exist.");
}

static void create(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    struct fst_error err = { 0 };
    struct fst_buf   headers;
    char             id[FST_HEX_ID];

    fst_serve_id(s, id);
    fst_buf_init(&headers, FST_TEXT_CEILING);
    fst_s3_kept_headers(&headers, x);
    if (fst_db_run(s->db, NULL, NULL, &err, "INSERT INTO upload VALUES (?, ?, ?, ?, ?)", "tttit", fst_view_of(id), t->bucket, t->key,
                   fst_serve_now_ms(s), fst_buf_view(&headers))) {
        fst_s3_failed(x, &err);
    } else {
        fst_s3_begin(x);
        fst_buf_add_str(&x->out, "<InitiateMultipartUploadResult" FST_S3_NAMESPACE ">");
        fst_xml_add(&x->out, "Bucket", t->bucket);
        fst_xml_add(&x->out, "Key", t->key);
        fst_xml_add(&x->out, "UploadId", fst_view_of(id));
        fst_buf_add_str(&x->out, "</InitiateMultipartUploadResult>");
    }
    fst_buf_clear(&headers);
}

/* The upload's headers, if it is one of this object. */
struct upload {
    bool           found;
    struct fst_buf headers;
};

static enum fst_status take_upload(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct upload *u = ctx;
    u->found = true;
    fst_buf_add_view(&u->headers, fst_row_text(row, 0));
    return FST_OK;
}

static enum fst_status find_upload(struct fst_serve *s, const struct fst_s3_target *t, struct fst_view id, struct upload *u, struct fst_error *err)
{
    *u = (struct upload){ 0 };
    fst_buf_init(&u->headers, FST_TEXT_CEILING);
    return fst_db_run(s->db, take_upload, u, err, "SELECT headers FROM upload WHERE id = ? AND bucket = ? AND key = ?", "ttt", id, t->bucket, t->key);
}

static enum fst_status take_text(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_reset(ctx);
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    return FST_OK;
}

static void put_part(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t, struct fst_view id, struct fst_view number)
{
    struct fst_error     err = { 0 };
    struct fst_s3_stored stored;
    struct fst_buf       old;
    struct upload        u;
    uint64_t             n;
    char                 hex[2 * FST_MD5_BYTES + 1], etag[ETAG_MAX], crc[16];

    fst_buf_init(&old, FST_TEXT_CEILING);
    if (find_upload(s, t, id, &u, &err)) {
        fst_s3_failed(x, &err);
    } else if (!u.found) {
        no_such_upload(x);
    } else if (!fst_parse_u64(&n, number) || n < 1 || n > PART_MOST) {
        fst_serve_s3_error(x, 400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
    } else if (fst_s3_check_body(x)) {
        fst_hex(x->body_md5, FST_MD5_BYTES, hex);
        snprintf(etag, sizeof etag, "\"%s\"", hex);
        if (fst_s3_store_body(s, x, &stored, &err) ||
            fst_db_run(s->db, take_text, &old, &err, "SELECT file FROM part WHERE upload = ? AND number = ?", "ti", id, (int64_t)n) ||
            fst_db_run(s->db, NULL, NULL, &err, "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?)", "tititii", id, (int64_t)n,
                       fst_view_of(stored.file), (int64_t)stored.size, fst_view_of(etag), (int64_t)x->body_crc32, fst_serve_now_ms(s))) {
            fst_s3_failed(x, &err);
        } else {
            fst_s3_forget(s, fst_buf_view(&old));
            fst_serve_crc_text(crc, x->body_crc32);
            fst_exchange_add_header(x, "ETag", "%s", etag);
            if (fst_exchange_header(x, "x-amz-checksum-crc32").n)
                fst_exchange_add_header(x, "x-amz-checksum-crc32", "%s", crc);
        }
    }
    fst_buf_clear(&u.headers);
    fst_buf_clear(&old);
}

/* ---- completing */

struct part {
    uint32_t number;
    char     file[FST_HEX_ID], etag[ETAG_MAX];
};

struct completion {
    struct fst_serve *s;
    struct part      *parts; /* as the request lists them */
    size_t            count, cap;
    struct part       next;
    struct fst_digest etags; /* MD5 of the parts' MD5s */
    uint32_t          crc32;
    uint64_t          size;
    const char       *error, *message;
};

static bool list_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct completion *c = ctx;
    uint64_t           n = 0;

    if (!strcmp(path, "CompleteMultipartUpload/Part/PartNumber") && fst_parse_u64(&n, text))
        c->next.number = (uint32_t)n;
    if (!strcmp(path, "CompleteMultipartUpload/Part/ETag"))
        snprintf(c->next.etag, sizeof c->next.etag, "%.*s", FST_VIEW_ARGS(text));
    if (!closed || strcmp(path, "CompleteMultipartUpload/Part") != 0)
        return true;
    if (c->count == c->cap) {
        size_t       cap = c->cap ? c->cap * 2 : 64;
        struct part *grown = realloc(c->parts, cap * sizeof *grown);
        if (!grown)
            return false;
        c->parts = grown;
        c->cap = cap;
    }
    c->parts[c->count++] = c->next;
    c->next = (struct part){ 0 };
    return true;
}

static enum fst_status take_part(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct part *p = ctx;
    snprintf(p->file, sizeof p->file, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 0)));
    snprintf(p->etag, sizeof p->etag, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 1)));
    return FST_OK;
}

/* ETags are given with quotes or without. */
static bool same_etag(const char *a, const char *b)
{
    size_t n;
    a += *a == '"';
    b += *b == '"';
    n = strcspn(a, "\"");
    return n == strcspn(b, "\"") && !memcmp(a, b, n);
}

static bool check_parts(struct completion *c, struct fst_view id)
{
    for (size_t i = 0; i < c->count; i++) {
        struct part  stored = { 0 };
        struct part *p = &c->parts[i];
        if (i && p->number <= p[-1].number) {
            c->error = "InvalidPartOrder";
            c->message = "The list of parts was not in ascending order.";
            return false;
        }
        if (fst_db_run(c->s->db, take_part, &stored, NULL, "SELECT file, etag FROM part WHERE upload = ? AND number = ?", "ti", id, (int64_t)p->number) ||
            !stored.file[0] || !same_etag(stored.etag, p->etag)) {
            c->error = "InvalidPart";
            c->message = "One or more of the specified parts could not be found, or its entity tag does not match.";
            return false;
        }
        memcpy(p->file, stored.file, sizeof p->file);
        memcpy(p->etag, stored.etag, sizeof p->etag);
    }
    if (!c->count) {
        c->error = "MalformedXML";
        c->message = "The XML you provided was not well-formed or did not validate against our published schema";
    }
    return c->count != 0;
}

static void add_etag(struct completion *c, const char *etag)
{
    uint8_t md5[FST_MD5_BYTES];

    for (size_t i = 0; i < FST_MD5_BYTES; i++) {
        unsigned byte = 0;
        sscanf(etag + 1 + 2 * i, "%2x", &byte);
        md5[i] = (uint8_t)byte;
    }
    fst_digest_add(&c->etags, md5, sizeof md5);
}

static enum fst_status append_part(struct completion *c, int out, const struct part *p, char *block, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st = FST_OK;
    int             in;

    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(c->s, &path, fst_view_of(p->file));
    in = open(path.p, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        st = fst_fail_errno(err, "%s", path.p);
    while (!st) {
        ssize_t n = read(in, block, BLOCK);
        if (n < 0)
            st = fst_fail_errno(err, "%s", path.p);
        if (n <= 0)
            break;
        c->crc32 = fst_crc32(c->crc32, block, (size_t)n);
        c->size += (uint64_t)n;
        st = fst_file_write_all(out, block, (size_t)n, "an object", err);
    }
    if (in >= 0)
        close(in);
    add_etag(c, p->etag);
    fst_buf_clear(&path);
    return st;
}

/* All parts one after another, as a new file. */
static enum fst_status join_parts(struct completion *c, struct fst_s3_stored *stored, struct fst_error *err)
{
    struct fst_buf  path;
    char           *block = malloc(BLOCK);
    enum fst_status st = block ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
    int             out = -1;

    fst_serve_id(c->s, stored->file);
    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(c->s, &path, fst_view_of(stored->file));
    if (!st)
        st = fst_file_mkdirs_for(path.p, err);
    if (!st) {
        out = open(path.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        st = out < 0 ? fst_fail_errno(err, "%s", path.p) : FST_OK;
    }
    for (size_t i = 0; i < c->count && !st; i++)
        st = append_part(c, out, &c->parts[i], block, err);
    if (out >= 0 && close(out) && !st)
        st = fst_fail_errno(err, "%s", path.p);
    stored->size = c->size;
    free(block);
    fst_buf_clear(&path);
    return st;
}

static enum fst_status forget_part(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_s3_forget(ctx, fst_row_text(row, 0));
    return FST_OK;
}

static enum fst_status forget_upload(struct fst_serve *s, struct fst_view id, struct fst_error *err)
{
    enum fst_status st = fst_db_run(s->db, forget_part, s, err, "SELECT file FROM part WHERE upload = ?", "t", id);

    if (!st)
        st = fst_db_run(s->db, NULL, NULL, err, "DELETE FROM part WHERE upload = ?", "t", id);
    return st ? st : fst_db_run(s->db, NULL, NULL, err, "DELETE FROM upload WHERE id = ?", "t", id);
}

static void answer_completed(struct fst_exchange *x, const struct fst_s3_target *t, const char *etag, const char *crc)
{
    fst_s3_begin(x);
    fst_buf_add_str(&x->out, "<CompleteMultipartUploadResult" FST_S3_NAMESPACE ">");
    fst_xml_add(&x->out, "Bucket", t->bucket);
    fst_xml_add(&x->out, "Key", t->key);
    fst_xml_add(&x->out, "ETag", fst_view_of(etag));
    fst_xml_add(&x->out, "ChecksumCRC32", fst_view_of(crc));
    fst_xml_add(&x->out, "ChecksumType", (struct fst_view)FST_VIEW("FULL_OBJECT"));
    fst_buf_add_str(&x->out, "</CompleteMultipartUploadResult>");
}

static void complete_checked(struct completion *c, struct fst_exchange *x, const struct fst_s3_target *t, struct fst_view id, struct upload *u)
{
    struct fst_error     err = { 0 };
    struct fst_s3_stored stored;
    struct fst_view      given = fst_exchange_header(x, "x-amz-checksum-crc32");
    uint8_t              md5[FST_MD5_BYTES];
    char                 hex[2 * FST_MD5_BYTES + 1], etag[ETAG_MAX], crc[16];

    if (fst_digest_init(&c->etags, FST_MD5) || join_parts(c, &stored, &err)) {
        fst_s3_failed(x, &err);
        return;
    }
    fst_digest_finish(&c->etags, md5);
    fst_hex(md5, sizeof md5, hex);
    snprintf(etag, sizeof etag, "\"%s-%zu\"", hex, c->count);
    fst_serve_crc_text(crc, c->crc32);
    if (given.n && !fst_view_is(given, crc)) {
        fst_s3_forget(c->s, fst_view_of(stored.file));
        fst_serve_s3_error(x, 400, "BadDigest", "The checksum you specified did not match the calculated checksum.");
        return;
    }
    fst_buf_addf(&u->headers, "x-amz-checksum-crc32: %s\nx-amz-checksum-type: FULL_OBJECT\n", crc);
    if (fst_s3_place(c->s, t->bucket, t->key, &stored, fst_view_of(etag), fst_buf_view(&u->headers), &err) || forget_upload(c->s, id, &err))
        fst_s3_failed(x, &err);
    else
        answer_completed(x, t, etag, crc);
}

static void complete(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t, struct fst_view id)
{
    struct completion c = { .s = s };
    struct fst_error  err = { 0 };
    struct upload     u;

    if (find_upload(s, t, id, &u, &err))
        fst_s3_failed(x, &err);
    else if (!u.found)
        no_such_upload(x);
    else if (!fst_xml_walk(fst_buf_view(&x->body), list_element, &c))
        fst_serve_s3_error(x, 400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
    else if (!check_parts(&c, id))
        fst_serve_s3_error(x, 400, c.error, c.message);
    else
        complete_checked(&c, x, t, id, &u);
    free(c.parts);
    fst_digest_clear(&c.etags);
    fst_buf_clear(&u.headers);
}

/* ---- aborting, listing */

static void abort_upload(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t, struct fst_view id)
{
    struct fst_error err = { 0 };
    struct upload    u;

    if (find_upload(s, t, id, &u, &err))
        fst_s3_failed(x, &err);
    else if (!u.found)
        no_such_upload(x);
    else if (forget_upload(s, id, &err))
        fst_s3_failed(x, &err);
    else
        x->status = 204;
    fst_buf_clear(&u.headers);
}

static enum fst_status add_part(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_buf *out = ctx;
    char            time[32];

    fst_s3_time_iso(time, fst_row_int(row, 3));
    fst_buf_addf(out, "<Part><PartNumber>%lld</PartNumber><LastModified>%s</LastModified>", (long long)fst_row_int(row, 0), time);
    fst_xml_add(out, "ETag", fst_row_text(row, 1));
    fst_buf_addf(out, "<Size>%lld</Size></Part>", (long long)fst_row_int(row, 2));
    return FST_OK;
}

static void list_parts(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t, struct fst_view id)
{
    struct fst_error err = { 0 };
    struct upload    u;

    if (find_upload(s, t, id, &u, &err)) {
        fst_s3_failed(x, &err);
    } else if (!u.found) {
        no_such_upload(x);
    } else {
        fst_s3_begin(x);
        fst_buf_add_str(&x->out, "<ListPartsResult" FST_S3_NAMESPACE ">");
        fst_xml_add(&x->out, "Bucket", t->bucket);
        fst_xml_add(&x->out, "Key", t->key);
        fst_xml_add(&x->out, "UploadId", id);
        if (fst_db_run(s->db, add_part, &x->out, &err, "SELECT number, etag, size, modified FROM part WHERE upload = ? ORDER BY number", "t", id))
            fst_s3_failed(x, &err);
        else
            fst_buf_add_str(&x->out, "<IsTruncated>false</IsTruncated></ListPartsResult>");
    }
    fst_buf_clear(&u.headers);
}

static enum fst_status add_upload(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_buf *out = ctx;
    char            time[32];

    fst_s3_time_iso(time, fst_row_int(row, 2));
    fst_buf_add_str(out, "<Upload>");
    fst_xml_add(out, "Key", fst_row_text(row, 0));
    fst_xml_add(out, "UploadId", fst_row_text(row, 1));
    fst_xml_add(out, "Initiated", fst_view_of(time));
    fst_buf_add_str(out, "</Upload>");
    return FST_OK;
}

static void list_uploads(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    struct fst_error err = { 0 };
    struct fst_buf   prefix;

    fst_buf_init(&prefix, KEEP_NAME * 4);
    fst_exchange_argument(x, "prefix", &prefix);
    fst_s3_begin(x);
    fst_buf_add_str(&x->out, "<ListMultipartUploadsResult" FST_S3_NAMESPACE ">");
    fst_xml_add(&x->out, "Bucket", t->bucket);
    fst_xml_add(&x->out, "Prefix", fst_buf_view(&prefix));
    if (fst_db_run(s->db, add_upload, &x->out, &err,
                   "SELECT key, id, created FROM upload WHERE bucket = ?1 AND substr(key, 1, length(?2)) = ?2 ORDER BY key, created", "tt",
                   t->bucket, fst_buf_view(&prefix)))
        fst_s3_failed(x, &err);
    else
        fst_buf_add_str(&x->out, "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
    fst_buf_clear(&prefix);
}

bool fst_s3_multipart(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    struct fst_buf  id, number;
    bool            about = true, has_id;
    const char     *m = x->method;

    fst_buf_init(&id, KEEP_NAME * 4);
    fst_buf_init(&number, KEEP_NAME);
    has_id = fst_exchange_argument(x, "uploadId", &id);
    if (!strcmp(m, "GET") && !t->key.n && fst_exchange_has(x, "uploads"))
        list_uploads(s, x, t);
    else if (!strcmp(m, "POST") && fst_exchange_has(x, "uploads"))
        create(s, x, t);
    else if (!has_id || !t->key.n)
        about = false;
    else if (!strcmp(m, "PUT") && fst_exchange_argument(x, "partNumber", &number))
        put_part(s, x, t, fst_buf_view(&id), fst_buf_view(&number));
    else if (!strcmp(m, "POST"))
        complete(s, x, t, fst_buf_view(&id));
    else if (!strcmp(m, "DELETE"))
        abort_upload(s, x, t, fst_buf_view(&id));
    else if (!strcmp(m, "GET"))
        list_parts(s, x, t, fst_buf_view(&id));
    else
        about = false;
    fst_buf_clear(&id);
    fst_buf_clear(&number);
    return about;
}
