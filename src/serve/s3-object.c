/* S3: objects whole: PUT, GET with ranges, HEAD, DELETE, and many at once. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/xml.h"
#include "serve/s3.h"

enum { ETAG_MAX = 64, RANGE_NONE = 0, RANGE_SOME = 1, RANGE_BEYOND = 2 };

/* ---- files */

void fst_s3_forget(struct fst_serve *s, struct fst_view file)
{
    struct fst_buf path;

    if (file.n < 2)
        return;
    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(s, &path, file);
    unlink(path.p);
    fst_buf_clear(&path);
}

enum fst_status fst_s3_store_body(struct fst_serve *s, struct fst_exchange *x, struct fst_s3_stored *stored, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st;

    fst_serve_id(s, stored->file);
    stored->size = x->body_bytes;
    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(s, &path, fst_view_of(stored->file));
    st = fst_file_mkdirs_for(path.p, err);
    if (!st && x->body_file[0]) {
        if (rename(x->body_file, path.p))
            st = fst_fail_errno(err, "%s", path.p);
        x->body_file[0] = st ? x->body_file[0] : '\0';
    } else if (!st) {
        st = fst_file_replace(path.p, fst_buf_view(&x->body), err);
    }
    fst_buf_clear(&path);
    return st;
}

/* ---- the table of objects */

void fst_s3_found_clear(struct fst_s3_found *f)
{
    fst_buf_clear(&f->file);
    fst_buf_clear(&f->etag);
    fst_buf_clear(&f->headers);
}

static enum fst_status take_found(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_s3_found *f = ctx;

    f->found = true;
    fst_buf_add_view(&f->file, fst_row_text(row, 0));
    fst_buf_add_view(&f->etag, fst_row_text(row, 1));
    fst_buf_add_view(&f->headers, fst_row_text(row, 2));
    f->size = (uint64_t)fst_row_int(row, 3);
    f->modified = fst_row_int(row, 4);
    return FST_OK;
}

enum fst_status fst_s3_find(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_s3_found *f, struct fst_error *err)
{
    *f = (struct fst_s3_found){ 0 };
    fst_buf_init(&f->file, FST_TEXT_CEILING);
    fst_buf_init(&f->etag, FST_TEXT_CEILING);
    fst_buf_init(&f->headers, FST_TEXT_CEILING);
    return fst_db_run(s->db, take_found, f, err, "SELECT file, etag, headers, size, modified FROM object WHERE bucket = ? AND key = ?", "tt",
                      bucket, key);
}

enum fst_status fst_s3_place(struct fst_serve *s, struct fst_view bucket, struct fst_view key, const struct fst_s3_stored *stored,
                             struct fst_view etag, struct fst_view headers, struct fst_error *err)
{
    struct fst_s3_found old;
    enum fst_status     st = fst_db_begin(s->db, err);

    if (st)
        return st;
    st = fst_s3_find(s, bucket, key, &old, err);
    if (!st)
        st = fst_db_run(s->db, NULL, NULL, err, "INSERT OR REPLACE INTO object (bucket, key, file, size, etag, modified, headers) VALUES (?, ?, ?, ?, ?, ?, ?)",
                        "tttitit", bucket, key, fst_view_of(stored->file), (int64_t)stored->size, etag, fst_serve_now_ms(s), headers);
    st = fst_db_end(s->db, st, err);
    if (!st && old.found)
        fst_s3_forget(s, fst_buf_view(&old.file));
    fst_s3_found_clear(&old);
    return st;
}

/* ---- PUT */

static void keep_header(void *ctx, struct fst_view name, struct fst_view value)
{
    static const char *const kept[] = { "content-type", "content-encoding", "content-disposition", "content-language", "cache-control",
                                        "expires", "x-amz-storage-class", "x-amz-server-side-encryption",
                                        "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-checksum-crc32", "x-amz-checksum-crc32c",
                                        "x-amz-checksum-crc64nvme", "x-amz-checksum-sha1", "x-amz-checksum-sha256" };
    struct fst_buf *out = ctx;
    bool            keeps = name.n > 11 && !strncasecmp(name.p, "x-amz-meta-", 11);

    for (size_t i = 0; i < FST_COUNT(kept) && !keeps; i++)
        keeps = name.n == strlen(kept[i]) && !strncasecmp(name.p, kept[i], name.n);
    if (keeps)
        fst_buf_addf(out, "%.*s: %.*s\n", FST_VIEW_ARGS(name), FST_VIEW_ARGS(value));
}

void fst_s3_kept_headers(struct fst_buf *out, const struct fst_exchange *x)
{
    fst_exchange_each_header(x, keep_header, out);
}

void fst_serve_crc_text(char out[16], uint32_t crc)
{
    uint8_t        bytes[4] = { (uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc };
    struct fst_buf text;

    fst_buf_init(&text, 16);
    fst_base64(&text, bytes, sizeof bytes);
    snprintf(out, 16, "%s", fst_buf_str(&text));
    fst_buf_clear(&text);
}

static bool digest_matches(const struct fst_exchange *x, const char *header, const uint8_t *digest, size_t n)
{
    struct fst_view given = fst_exchange_header(x, header);
    struct fst_buf  text;
    bool            matches;

    if (!given.n)
        return true;
    fst_buf_init(&text, 128);
    fst_base64(&text, digest, n);
    matches = fst_view_equal(given, fst_buf_view(&text));
    fst_buf_clear(&text);
    return matches;
}

bool fst_s3_check_body(struct fst_exchange *x)
{
    struct fst_view given = fst_exchange_header(x, "x-amz-checksum-crc32");
    char            crc[16];

    fst_serve_crc_text(crc, x->body_crc32);
    if (!digest_matches(x, "content-md5", x->body_md5, FST_MD5_BYTES)) {
        fst_serve_s3_error(x, 400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
        return false;
    }
    if ((given.n && !fst_view_is(given, crc)) || !digest_matches(x, "x-amz-checksum-sha256", x->body_sha256, FST_SHA256_BYTES)) {
        fst_serve_s3_error(x, 400, "BadDigest", "The checksum you specified did not match the calculated checksum.");
        return false;
    }
    return true;
}

static void echo_headers(struct fst_exchange *x, struct fst_view lines, const char *prefix)
{
    while (lines.n) {
        const char     *newline = memchr(lines.p, '\n', lines.n);
        struct fst_view line = newline ? fst_view_n(lines.p, (size_t)(newline - lines.p)) : lines;
        const char     *colon = memchr(line.p, ':', line.n);
        char            name[64];
        lines = fst_view_from(lines, line.n + 1);
        if (!colon || strncasecmp(line.p, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(colon - line.p), line.p);
        fst_exchange_add_header(x, name, "%.*s", (int)(line.n - (size_t)(colon - line.p) - 2), colon + 2);
    }
}

static bool is_there(struct fst_serve *s, const struct fst_s3_target *t)
{
    int64_t n;
    return !fst_db_int(s->db, &n, 0, NULL, "SELECT count(*) FROM object WHERE bucket = ? AND key = ?", "tt", t->bucket, t->key) && n;
}

static void put_object(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    struct fst_s3_stored stored;
    struct fst_error     err = { 0 };
    struct fst_buf       headers;
    char                 hex[2 * FST_MD5_BYTES + 1], etag[ETAG_MAX];

    if (!fst_s3_check_body(x))
        return;
    if (fst_view_is(fst_exchange_header(x, "if-none-match"), "*") && is_there(s, t)) {
        fst_serve_s3_error(x, 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
        return;
    }
    fst_hex(x->body_md5, FST_MD5_BYTES, hex);
    snprintf(etag, sizeof etag, "\"%s\"", hex);
    fst_buf_init(&headers, FST_TEXT_CEILING);
    fst_s3_kept_headers(&headers, x);
    if (fst_s3_store_body(s, x, &stored, &err) || fst_s3_place(s, t->bucket, t->key, &stored, fst_view_of(etag), fst_buf_view(&headers), &err)) {
        fst_s3_failed(x, &err);
    } else {
        fst_exchange_add_header(x, "ETag", "%s", etag);
        echo_headers(x, fst_buf_view(&headers), "x-amz-checksum-");
        echo_headers(x, fst_buf_view(&headers), "x-amz-server-side-");
    }
    fst_buf_clear(&headers);
}

/* ---- GET and HEAD */

/* "bytes=0-99", "bytes=100-", "bytes=-5" */
static int parse_range(struct fst_view v, uint64_t size, uint64_t *from, uint64_t *n)
{
    const char     *dash;
    struct fst_view first, last;
    uint64_t        a = 0, b = 0;

    if (!fst_view_starts(v, "bytes="))
        return RANGE_NONE;
    v = fst_view_from(v, 6);
    dash = v.n ? memchr(v.p, '-', v.n) : NULL;
    if (!dash || memchr(v.p, ',', v.n))
        return RANGE_NONE;
    first = fst_view_n(v.p, (size_t)(dash - v.p));
    last = fst_view_n(dash + 1, v.n - first.n - 1);
    if ((first.n && !fst_parse_u64(&a, first)) || (last.n && !fst_parse_u64(&b, last)) || (!first.n && !last.n) || (first.n && last.n && b < a))
        return RANGE_NONE;
    if (!first.n) {
        a = b < size ? size - b : 0;
        b = size ? size - 1 : 0;
        if (!size || last.n == 0)
            return RANGE_BEYOND;
    } else if (!last.n || b >= size) {
        b = size ? size - 1 : 0;
    }
    if (a >= size)
        return RANGE_BEYOND;
    *from = a;
    *n = b - a + 1;
    return RANGE_SOME;
}

static void add_object_headers(struct fst_exchange *x, const struct fst_s3_found *f)
{
    char time[40];

    fst_s3_time_http(time, f->modified);
    fst_exchange_add_header(x, "ETag", "%.*s", (int)f->etag.len, f->etag.p);
    fst_exchange_add_header(x, "Last-Modified", "%s", time);
    fst_exchange_add_header(x, "Accept-Ranges", "bytes");
    echo_headers(x, fst_buf_view(&f->headers), "content-");
    echo_headers(x, fst_buf_view(&f->headers), "cache-control");
    echo_headers(x, fst_buf_view(&f->headers), "x-amz-meta-");
    echo_headers(x, fst_buf_view(&f->headers), "x-amz-server-side-");
    if (fst_view_is(fst_exchange_header(x, "x-amz-checksum-mode"), "ENABLED"))
        echo_headers(x, fst_buf_view(&f->headers), "x-amz-checksum-");
}

static void send_object(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_found *f)
{
    uint64_t       from = 0, n = f->size;
    int            range = parse_range(fst_exchange_header(x, "range"), f->size, &from, &n);
    struct fst_buf path;

    if (range == RANGE_BEYOND) {
        fst_serve_s3_error(x, 416, "InvalidRange", "The requested range is not satisfiable");
        return;
    }
    if (range == RANGE_SOME) {
        x->status = 206;
        fst_exchange_add_header(x, "Content-Range", "bytes %llu-%llu/%llu", (unsigned long long)from, (unsigned long long)(from + n - 1),
                                (unsigned long long)f->size);
    }
    add_object_headers(x, f);
    x->head_bytes = n;
    if (!strcmp(x->method, "HEAD"))
        return;
    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(s, &path, fst_buf_view(&f->file));
    x->out_fd = open(path.p, O_RDONLY | O_CLOEXEC);
    x->out_offset = from;
    x->out_bytes = n;
    if (x->out_fd < 0)
        fst_serve_s3_error(x, 500, "InternalError", "the object's file is gone");
    fst_buf_clear(&path);
}

static void get_object(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    struct fst_s3_found f;
    struct fst_error    err = { 0 };

    if (fst_s3_find(s, t->bucket, t->key, &f, &err))
        fst_s3_failed(x, &err);
    else if (!f.found)
        fst_serve_s3_error(x, 404, "NoSuchKey", "The specified key does not exist.");
    else
        send_object(s, x, &f);
    fst_s3_found_clear(&f);
}

/* ---- DELETE */

bool fst_s3_delete_one(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_error *err)
{
    struct fst_s3_found f;
    enum fst_status     st = fst_s3_find(s, bucket, key, &f, err);

    if (!st && f.found)
        st = fst_db_run(s->db, NULL, NULL, err, "DELETE FROM object WHERE bucket = ? AND key = ?", "tt", bucket, key);
    if (!st && f.found)
        fst_s3_forget(s, fst_buf_view(&f.file));
    fst_s3_found_clear(&f);
    return st == FST_OK;
}

struct delete_many {
    struct fst_serve *s;
    struct fst_buf    answer;
    struct fst_view   bucket;
    bool              quiet;
};

static bool delete_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct delete_many *d = ctx;

    if (!strcmp(path, "Delete/Quiet"))
        d->quiet = fst_view_is(text, "true");
    if (!strcmp(path, "Delete/Object/Key") && fst_s3_delete_one(d->s, d->bucket, text, NULL)) {
        fst_buf_add_str(&d->answer, "<Deleted>");
        fst_xml_add(&d->answer, "Key", text);
        fst_buf_add_str(&d->answer, "</Deleted>");
    }
    return true;
}

void fst_s3_delete_many(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    struct delete_many d = { .s = s, .bucket = t->bucket };

    fst_buf_init(&d.answer, FST_TEXT_CEILING);
    if (!fst_xml_walk(fst_buf_view(&x->body), delete_element, &d)) {
        fst_serve_s3_error(x, 400, "MalformedXML", "The XML you provided was not well-formed.");
    } else {
        fst_s3_begin(x);
        fst_buf_add_str(&x->out, "<DeleteResult" FST_S3_NAMESPACE ">");
        if (!d.quiet)
            fst_buf_add_view(&x->out, fst_buf_view(&d.answer));
        fst_buf_add_str(&x->out, "</DeleteResult>");
    }
    fst_buf_clear(&d.answer);
}

void fst_s3_object(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    const char      *m = x->method;
    struct fst_error err = { 0 };

    if (!strcmp(m, "PUT")) {
        put_object(s, x, t);
    } else if (!strcmp(m, "GET") || !strcmp(m, "HEAD")) {
        get_object(s, x, t);
    } else if (!strcmp(m, "DELETE")) {
        if (fst_s3_delete_one(s, t->bucket, t->key, &err))
            x->status = 204;
        else
            fst_s3_failed(x, &err);
    } else {
        fst_serve_s3_error(x, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    }
}
