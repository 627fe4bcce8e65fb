/* S3: objects: their files, their rows, PUT and DELETE; their tags. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xml.h"
#include "serve/s3.h"
#include "sign/sigv4.h"

enum { DELETE_MOST = 1000, VALUE_MAX = 64, TAGS_MOST = 10 };

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

/* A new name, and its path, whose folder is there. */
static enum fst_status name_file(struct fst_serve *s, struct fst_s3_stored *stored, struct fst_buf *path, struct fst_error *err)
{
    fst_serve_id(s, stored->file);
    fst_buf_init(path, FST_TEXT_CEILING);
    fst_serve_object_path(s, path, fst_view_of(stored->file));
    return fst_buf_check(path, err);
}

/* open(), making the folder when it is not there yet. */
static int create_exclusive(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == ENOENT && !fst_file_mkdirs_for(path, NULL))
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd;
}

enum fst_status fst_s3_create_file(struct fst_serve *s, struct fst_s3_stored *stored, int *fd, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st = name_file(s, stored, &path, err);

    *fd = -1;
    stored->size = 0;
    if (!st) {
        *fd = create_exclusive(path.p);
        st = *fd < 0 ? fst_fail_errno(err, "%s", path.p) : FST_OK;
    }
    fst_buf_clear(&path);
    return st;
}

/* Nobody knows the name before the row is there: an incomplete file is never seen. */
static enum fst_status write_file(struct fst_serve *s, struct fst_s3_stored *stored, struct fst_view bytes, struct fst_error *err)
{
    int             fd;
    enum fst_status st = fst_s3_create_file(s, stored, &fd, err);

    if (!st)
        st = fst_file_write_all(fd, bytes.p, bytes.n, "an object's file", err);
    if (fd >= 0 && close(fd) && !st)
        st = fst_fail_errno(err, "an object's file");
    if (st)
        fst_s3_forget(s, fst_view_of(stored->file));
    return st;
}

static enum fst_status take_file(struct fst_serve *s, struct fst_s3_stored *stored, char *from, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st = name_file(s, stored, &path, err);

    if (!st && rename(from, path.p) && (errno != ENOENT || fst_file_mkdirs_for(path.p, err) || rename(from, path.p)))
        st = fst_fail_errno(err, "%s", path.p);
    if (!st)
        *from = '\0';
    fst_buf_clear(&path);
    return st;
}

enum fst_status fst_s3_store_body(struct fst_serve *s, struct fst_exchange *x, struct fst_s3_stored *stored, struct fst_error *err)
{
    enum fst_status st = x->in.file[0] ? take_file(s, stored, x->in.file, err) : write_file(s, stored, fst_buf_view(&x->body), err);
    stored->size = x->in.size;
    return st;
}

/* ---- rows */

void fst_s3_found_clear(struct fst_s3_found *f)
{
    fst_buf_clear(&f->file);
    fst_buf_clear(&f->etag);
    fst_buf_clear(&f->headers);
    fst_buf_clear(&f->parts);
}

static enum fst_status take_found(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_s3_found *f = ctx;

    f->found = true;
    fst_buf_add_view(&f->file, fst_row_text(row, 0));
    fst_buf_add_view(&f->etag, fst_row_text(row, 1));
    fst_buf_add_view(&f->headers, fst_row_text(row, 2));
    fst_buf_add_view(&f->parts, fst_row_text(row, 3));
    f->size = (uint64_t)fst_row_int(row, 4);
    f->modified = fst_row_int(row, 5);
    return FST_OK;
}

enum fst_status fst_s3_find(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_s3_found *f, struct fst_error *err)
{
    *f = (struct fst_s3_found){ 0 };
    fst_buf_init(&f->file, FST_TEXT_CEILING);
    fst_buf_init(&f->etag, FST_TEXT_CEILING);
    fst_buf_init(&f->headers, FST_TEXT_CEILING);
    fst_buf_init(&f->parts, FST_TEXT_CEILING);
    return fst_db_run(s->db, take_found, f, err, "SELECT file, etag, headers, parts, size, modified FROM object WHERE bucket = ? AND key = ?",
                      "tt", bucket, key);
}

struct fst_s3_state fst_s3_state_of(const struct fst_s3_found *f)
{
    return (struct fst_s3_state){ f->found, fst_buf_view(&f->etag), f->modified, f->size };
}

/* What is to take a place. */
struct placing {
    struct fst_view             bucket, key, etag, headers, parts;
    const struct fst_s3_stored *stored;
    const struct fst_exchange  *x; /* whose conditions hold; NULL: none */
    enum fst_s3_verdict         verdict;
    bool                        bucket_gone;
};

/* In one transaction, so that of two writers with a condition one wins. */
static enum fst_status place(struct fst_serve *s, struct placing *p, struct fst_error *err)
{
    struct fst_s3_found old = { 0 };
    struct fst_s3_state state;
    int64_t             buckets = 0;
    enum fst_status     st = fst_db_begin(s->db, err);

    if (st)
        return st;
    st = fst_s3_find(s, p->bucket, p->key, &old, err);
    if (!st && p->x) {
        state = fst_s3_state_of(&old);
        p->verdict = fst_s3_write_condition(p->x, &state);
        st = fst_db_int(s->db, &buckets, 0, err, "SELECT count(*) FROM bucket WHERE name = ?", "t", p->bucket);
        p->bucket_gone = !buckets;
    }
    if (!st && p->verdict == FST_S3_GOES_ON && !p->bucket_gone)
        st = fst_db_run(s->db, NULL, NULL, err, "INSERT OR REPLACE INTO object (bucket, key, file, size, etag, modified, headers, parts) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "tttititt", p->bucket, p->key, fst_view_of(p->stored->file),
                        (int64_t)p->stored->size, p->etag, fst_serve_now_ms(s), p->headers, p->parts);
    st = fst_db_end(s->db, st, err);
    if (!st && old.found && p->verdict == FST_S3_GOES_ON)
        fst_s3_forget(s, fst_buf_view(&old.file));
    fst_s3_found_clear(&old);
    return st;
}

enum fst_status fst_s3_place(struct fst_serve *s, struct fst_view bucket, struct fst_view key, const struct fst_s3_stored *stored,
                             struct fst_view etag, struct fst_view headers, struct fst_error *err)
{
    struct placing p = { .bucket = bucket, .key = key, .etag = etag, .headers = headers, .stored = stored };
    return place(s, &p, err);
}

bool fst_s3_place_if(struct fst_s3 *q, const struct fst_s3_stored *stored, struct fst_view etag, struct fst_view headers, struct fst_view parts)
{
    struct placing p = { q->bucket, q->key, etag, headers, parts, stored, q->x, FST_S3_GOES_ON, false };

    if (place(q->s, &p, &q->err))
        fst_s3_failed(q);
    else if (p.bucket_gone)
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_BUCKET);
    else if (!fst_s3_answer_condition(q->x, p.verdict))
        return true;
    fst_s3_forget(q->s, fst_view_of(stored->file));
    return false;
}

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
    if (!fst_s3_find(q->s, q->bucket, q->key, &f, &q->err)) {
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
    char                 etag[FST_ETAG_MAX];

    if (!fst_s3_check_metadata(q->x) || !fst_s3_check_body(q->x) || refused_early(q))
        return;
    fst_buf_init(&headers, FST_TEXT_CEILING);
    fst_s3_kept_headers(&headers, q->x);
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

/* In one transaction, so that what was judged is what goes. */
static enum fst_status delete_if(struct fst_serve *s, struct fst_view bucket, struct fst_view key, const struct fst_s3_delete_condition *c,
                                 enum fst_s3_verdict *verdict, struct fst_error *err)
{
    struct fst_s3_found f = { 0 };
    struct fst_s3_state state;
    enum fst_status     st = fst_db_begin(s->db, err);

    if (st)
        return st;
    *verdict = FST_S3_GOES_ON;
    st = fst_s3_find(s, bucket, key, &f, err);
    if (!st && f.found) {
        state = fst_s3_state_of(&f);
        *verdict = fst_s3_delete_condition(c, &state);
    }
    if (!st && *verdict == FST_S3_GOES_ON)
        st = fst_db_run(s->db, NULL, NULL, err, "DELETE FROM object WHERE bucket = ? AND key = ?", "tt", bucket, key);
    st = fst_db_end(s->db, st, err);
    if (!st && f.found && *verdict == FST_S3_GOES_ON)
        fst_s3_forget(s, fst_buf_view(&f.file));
    fst_s3_found_clear(&f);
    return st;
}

enum fst_status fst_s3_remove(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_error *err)
{
    struct fst_s3_delete_condition none = { 0 };
    enum fst_s3_verdict            verdict;
    return delete_if(s, bucket, key, &none, &verdict, err);
}

/* Without versions there is only the one that is called null. */
static bool is_other_version(struct fst_view version)
{
    return version.n && !fst_view_is(version, "null");
}

void fst_serve_delete_object(struct fst_s3 *q)
{
    struct fst_s3_delete_condition c = { fst_exchange_header(q->x, "if-match"), fst_exchange_header(q->x, "x-amz-if-match-size"),
                                         fst_exchange_header(q->x, "x-amz-if-match-last-modified-time") };
    enum fst_s3_verdict            verdict;
    struct fst_buf                 version;

    fst_buf_init(&version, FST_TEXT_CEILING);
    fst_exchange_argument(q->x, "versionId", &version);
    if (is_other_version(fst_buf_view(&version)))
        q->x->status = 204;
    else if (delete_if(q->s, q->bucket, q->key, &c, &verdict, &q->err))
        fst_s3_failed(q);
    else if (!fst_s3_answer_condition(q->x, verdict))
        q->x->status = 204;
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

static void delete_one(struct delete_many *d)
{
    struct fst_view                key = fst_buf_view(&d->values[KEY]);
    struct fst_s3_delete_condition c = { fst_buf_view(&d->values[ETAG]), fst_buf_view(&d->values[SIZE]), fst_buf_view(&d->values[MODIFIED]) };
    enum fst_s3_verdict            verdict = FST_S3_GOES_ON;
    enum fst_status                st = FST_OK;

    if (!is_other_version(fst_buf_view(&d->values[VERSION])))
        st = delete_if(d->q->s, d->q->bucket, key, &c, &verdict, &d->q->err);
    if (!st && verdict == FST_S3_GOES_ON && d->quiet)
        return;
    fst_buf_add_str(&d->answer, st || verdict != FST_S3_GOES_ON ? "<Error>" : "<Deleted>");
    fst_xml_add(&d->answer, "Key", key);
    if (d->values[VERSION].len)
        fst_xml_add(&d->answer, "VersionId", fst_buf_view(&d->values[VERSION]));
    if (st)
        fst_buf_add_str(&d->answer, "<Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>");
    else if (verdict != FST_S3_GOES_ON)
        fst_buf_add_str(&d->answer, "<Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified did not hold</Message></Error>");
    else
        fst_buf_add_str(&d->answer, "</Deleted>");
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

/* ---- tags: kept as the header that brings them, "a=1&b=2" */

#define TAGGING "x-amz-tagging"

/* The object, or an answer why not. */
static bool find_tagged(struct fst_s3 *q, struct fst_s3_found *f)
{
    if (fst_s3_find(q->s, q->bucket, q->key, f, &q->err))
        fst_s3_failed(q);
    else if (!f->found)
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_KEY);
    else
        return true;
    fst_s3_found_clear(f);
    return false;
}

void fst_serve_get_tags(struct fst_s3 *q)
{
    struct fst_s3_found f;
    struct fst_buf      text;
    struct fst_view     rest, name, value;

    if (!find_tagged(q, &f))
        return;
    fst_buf_init(&text, FST_TEXT_CEILING);
    fst_s3_begin(q->x);
    fst_buf_add_str(&q->x->out, "<Tagging" FST_S3_NAMESPACE "><TagSet>");
    rest = fst_s3_header(fst_buf_view(&f.headers), TAGGING);
    while (fst_exchange_next_argument(&rest, &name, &value)) {
        fst_buf_reset(&text);
        fst_sign_decode(&text, name);
        fst_buf_add_str(&q->x->out, "<Tag>");
        fst_xml_add(&q->x->out, "Key", fst_buf_view(&text));
        fst_buf_reset(&text);
        fst_sign_decode(&text, value);
        fst_xml_add(&q->x->out, "Value", fst_buf_view(&text));
        fst_buf_add_str(&q->x->out, "</Tag>");
    }
    fst_buf_add_str(&q->x->out, "</TagSet></Tagging>");
    fst_buf_clear(&text);
    fst_s3_found_clear(&f);
}

static void set_tags(struct fst_s3 *q, struct fst_view tags, int status)
{
    struct fst_s3_found f;
    struct fst_buf      headers;
    struct fst_view     old, rest;

    if (!find_tagged(q, &f))
        return;
    fst_buf_init(&headers, FST_TEXT_CEILING);
    old = fst_s3_header(fst_buf_view(&f.headers), TAGGING);
    rest = fst_buf_view(&f.headers);
    if (old.p) { /* without its line */
        size_t before = (size_t)(old.p - rest.p) - sizeof TAGGING - 1;
        fst_buf_add(&headers, rest.p, before);
        rest = fst_view_from(rest, before + sizeof TAGGING + 1 + old.n + 1);
    }
    fst_buf_add_view(&headers, rest);
    if (tags.n)
        fst_buf_addf(&headers, TAGGING ": %.*s\n", FST_VIEW_ARGS(tags));
    if (fst_db_run(q->s->db, NULL, NULL, &q->err, "UPDATE object SET headers = ? WHERE bucket = ? AND key = ? AND file = ?", "tttt",
                   fst_buf_view(&headers), q->bucket, q->key, fst_buf_view(&f.file)))
        fst_s3_failed(q);
    else
        q->x->status = status;
    fst_buf_clear(&headers);
    fst_s3_found_clear(&f);
}

struct reading_tags {
    struct fst_buf text;
    size_t         count;
};

static bool tag_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct reading_tags *r = ctx;

    if (!strcmp(path, "Tagging/TagSet/Tag/Key")) {
        fst_buf_add_str(&r->text, r->count++ ? "&" : "");
        fst_sign_encode(&r->text, text, false);
    } else if (!strcmp(path, "Tagging/TagSet/Tag/Value")) {
        fst_buf_add_char(&r->text, '=');
        fst_sign_encode(&r->text, text, false);
    }
    return true;
}

void fst_serve_put_tags(struct fst_s3 *q)
{
    struct reading_tags r = { 0 };

    if (!fst_s3_check_body(q->x))
        return;
    fst_buf_init(&r.text, FST_TEXT_CEILING);
    if (!fst_xml_walk(fst_buf_view(&q->x->body), tag_element, &r))
        fst_s3_refuse(q->x, FST_S3_MALFORMED_XML);
    else if (r.count > TAGS_MOST)
        fst_serve_s3_error(q->x, 400, "BadRequest", "Object tags cannot be greater than 10");
    else
        set_tags(q, fst_buf_view(&r.text), 200);
    fst_buf_clear(&r.text);
}

void fst_serve_delete_tags(struct fst_s3 *q)
{
    set_tags(q, (struct fst_view){ 0 }, 204);
}
