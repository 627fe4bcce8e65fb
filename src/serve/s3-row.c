/* S3: the rows of objects and of their versions. `object` has what a key stands for now; `version` has what it stood for
 * before, and delete markers. A newer one has the higher `seq`; where the newest is a marker there is no object. */
#include <stdio.h>

#include "serve/s3.h"

#define FOUND "file, etag, headers, parts, size, modified, id, seq"
#define KEPT  "bucket, key, file, size, etag, modified, headers, parts, id, seq"

/* ---- finding */

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
    snprintf(f->version, sizeof f->version, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 6)));
    f->seq = fst_row_int(row, 7);
    f->is_marker = fst_row_int(row, 8) != 0;
    return FST_OK;
}

enum fst_status fst_s3_find(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_view version, struct fst_s3_found *f,
                            struct fst_error *err)
{
    static const char newest[] = "SELECT " FOUND ", 0 FROM object WHERE bucket = ?1 AND key = ?2 UNION ALL"
                                 " SELECT * FROM (SELECT " FOUND ", marker FROM version WHERE bucket = ?1 AND key = ?2 ORDER BY seq DESC LIMIT 1)"
                                 " ORDER BY seq DESC LIMIT 1";
    static const char one[] = "SELECT " FOUND ", 0 FROM object WHERE bucket = ?1 AND key = ?2 AND id = ?3 UNION ALL"
                              " SELECT " FOUND ", marker FROM version WHERE bucket = ?1 AND key = ?2 AND id = ?3";

    *f = (struct fst_s3_found){ 0 };
    fst_buf_init(&f->file, FST_TEXT_CEILING);
    fst_buf_init(&f->etag, FST_TEXT_CEILING);
    fst_buf_init(&f->headers, FST_TEXT_CEILING);
    fst_buf_init(&f->parts, FST_TEXT_CEILING);
    return version.n ? fst_db_run(s->db, take_found, f, err, one, "ttt", bucket, key, version)
                     : fst_db_run(s->db, take_found, f, err, newest, "tt", bucket, key);
}

bool fst_s3_is_there(const struct fst_s3_found *f)
{
    return f->found && !f->is_marker;
}

struct fst_s3_state fst_s3_state_of(const struct fst_s3_found *f)
{
    return (struct fst_s3_state){ fst_s3_is_there(f), fst_buf_view(&f->etag), f->modified, f->size };
}

bool fst_s3_set_headers(struct fst_s3 *q, const struct fst_s3_found *f, struct fst_view headers)
{
    struct fst_view id = fst_view_of(f->version);
    enum fst_status st = fst_db_run(q->s->db, NULL, NULL, &q->err, "UPDATE object SET headers = ? WHERE bucket = ? AND key = ? AND id = ? AND seq = ?",
                                    "tttti", headers, q->bucket, q->key, id, f->seq);
    if (!st)
        st = fst_db_run(q->s->db, NULL, NULL, &q->err, "UPDATE version SET headers = ? WHERE bucket = ? AND key = ? AND id = ? AND seq = ?", "tttti",
                        headers, q->bucket, q->key, id, f->seq);
    if (st)
        fst_s3_failed(q);
    return !st;
}

/* ---- making room: what a key stands for now gives way */

struct bucket {
    bool                   found;
    enum fst_s3_versioning versioning;
};

static enum fst_status take_bucket(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct bucket *b = ctx;
    b->found = true;
    b->versioning = fst_s3_versioning_of(fst_row_text(row, 0));
    return FST_OK;
}

static enum fst_status find_bucket(struct fst_serve *s, struct fst_view name, struct bucket *b, struct fst_error *err)
{
    *b = (struct bucket){ 0 };
    return fst_db_run(s->db, take_bucket, b, err, "SELECT versioning FROM bucket WHERE name = ?", "t", name);
}

static enum fst_status take_text(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    return FST_OK;
}

/* `gone` becomes the file that nobody needs any more, if there is one: of what is overwritten, or of the version that is
 * called null, of which there is one at most. */
static enum fst_status make_room(struct fst_serve *s, struct fst_view bucket, struct fst_view key, enum fst_s3_versioning versioning,
                                 const struct fst_s3_found *old, struct fst_buf *gone, struct fst_error *err)
{
    bool            is_null = !strcmp(old->version, FST_S3_NULL_VERSION), keeps = versioning == FST_S3_VERSIONED || !is_null;
    enum fst_status st = FST_OK;

    if (fst_s3_is_there(old)) {
        if (keeps)
            st = fst_db_run(s->db, NULL, NULL, err, "INSERT INTO version (" KEPT ", marker) SELECT " KEPT ", 0 FROM object WHERE bucket = ? AND key = ?",
                            "tt", bucket, key);
        else
            fst_buf_add_view(gone, fst_buf_view(&old->file));
        if (!st)
            st = fst_db_run(s->db, NULL, NULL, err, "DELETE FROM object WHERE bucket = ? AND key = ?", "tt", bucket, key);
    }
    if (st || versioning != FST_S3_SUSPENDED)
        return st;
    st = fst_db_run(s->db, take_text, gone, err, "SELECT file FROM version WHERE bucket = ? AND key = ? AND id = 'null'", "tt", bucket, key);
    return st ? st : fst_db_run(s->db, NULL, NULL, err, "DELETE FROM version WHERE bucket = ? AND key = ? AND id = 'null'", "tt", bucket, key);
}

static void name_version(struct fst_serve *s, enum fst_s3_versioning versioning, char id[FST_HEX_ID])
{
    if (versioning == FST_S3_VERSIONED)
        fst_serve_id(s, id);
    else
        snprintf(id, FST_HEX_ID, FST_S3_NULL_VERSION);
}

/* ---- placing */

/* What is to take a place. */
struct placing {
    struct fst_view             bucket, key, etag, headers, parts;
    const struct fst_s3_stored *stored;
    const struct fst_exchange  *x; /* whose conditions hold; NULL: none */
    struct bucket               in;
    enum fst_s3_verdict         verdict;
    char                        version[FST_HEX_ID];
};

static enum fst_status replace(struct fst_serve *s, struct placing *p, struct fst_buf *gone, struct fst_error *err)
{
    struct fst_s3_found old;
    struct fst_s3_state state;
    enum fst_status     st = fst_s3_find(s, p->bucket, p->key, (struct fst_view){ 0 }, &old, err);

    if (!st && p->x) {
        state = fst_s3_state_of(&old);
        p->verdict = fst_s3_write_condition(p->x, &state);
    }
    if (!st && p->verdict == FST_S3_GOES_ON) {
        st = make_room(s, p->bucket, p->key, p->in.versioning, &old, gone, err);
        name_version(s, p->in.versioning, p->version);
        if (!st)
            st = fst_db_run(s->db, NULL, NULL, err, "INSERT INTO object (" KEPT ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "tttitittti",
                            p->bucket, p->key, fst_view_of(p->stored->file), (int64_t)p->stored->size, p->etag, fst_serve_now_ms(s), p->headers,
                            p->parts, fst_view_of(p->version), old.seq + 1);
    }
    fst_s3_found_clear(&old);
    return st;
}

/* In one transaction, so that of two writers with a condition one wins. */
static enum fst_status place(struct fst_serve *s, struct placing *p, struct fst_error *err)
{
    struct fst_buf  gone;
    enum fst_status st = fst_db_begin(s->db, err);

    if (st)
        return st;
    fst_buf_init(&gone, FST_TEXT_CEILING);
    st = find_bucket(s, p->bucket, &p->in, err);
    if (!st && (p->in.found || !p->x))
        st = replace(s, p, &gone, err);
    st = fst_db_end(s->db, st, err);
    if (!st)
        fst_s3_forget(s, fst_buf_view(&gone));
    fst_buf_clear(&gone);
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
    struct placing p = { .bucket = q->bucket, .key = q->key, .etag = etag, .headers = headers, .parts = parts, .stored = stored, .x = q->x };

    if (place(q->s, &p, &q->err)) {
        fst_s3_failed(q);
    } else if (!p.in.found) {
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_BUCKET);
    } else if (!fst_s3_answer_condition(q->x, p.verdict)) {
        if (p.in.versioning == FST_S3_VERSIONED)
            fst_exchange_add_header(q->x, "x-amz-version-id", "%s", p.version);
        return true;
    }
    fst_s3_forget(q->s, fst_view_of(stored->file));
    return false;
}

/* ---- deleting */

/* Where a version of a key went, the newest that is left may be what the key stands for again. */
static enum fst_status promote(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_error *err)
{
    enum fst_status st = fst_db_run(s->db, NULL, NULL, err, "INSERT INTO object (" KEPT ") SELECT " KEPT " FROM version WHERE bucket = ?1 AND key = ?2"
                                    " AND marker = 0 AND seq = (SELECT max(seq) FROM version WHERE bucket = ?1 AND key = ?2)"
                                    " AND NOT EXISTS (SELECT 1 FROM object WHERE bucket = ?1 AND key = ?2)", "tt", bucket, key);
    return st ? st : fst_db_run(s->db, NULL, NULL, err, "DELETE FROM version WHERE bucket = ?1 AND key = ?2 AND seq IN"
                                " (SELECT seq FROM object WHERE bucket = ?1 AND key = ?2)", "tt", bucket, key);
}

/* The one version that is meant, for good. */
static enum fst_status delete_version(struct fst_serve *s, struct fst_view bucket, struct fst_view key, const struct fst_s3_found *f,
                                      struct fst_s3_deletion *d, struct fst_buf *gone, struct fst_error *err)
{
    struct fst_view id = fst_view_of(f->version);
    enum fst_status st = FST_OK;

    d->is_marker = f->is_marker;
    if (!f->found)
        return FST_OK;
    fst_buf_add_view(gone, fst_buf_view(&f->file));
    st = fst_db_run(s->db, NULL, NULL, err, "DELETE FROM object WHERE bucket = ? AND key = ? AND id = ?", "ttt", bucket, key, id);
    if (!st)
        st = fst_db_run(s->db, NULL, NULL, err, "DELETE FROM version WHERE bucket = ? AND key = ? AND id = ?", "ttt", bucket, key, id);
    return st ? st : promote(s, bucket, key, err);
}

/* What the key stands for; where versions are kept, by a marker. */
static enum fst_status delete_current(struct fst_serve *s, struct fst_view bucket, struct fst_view key, enum fst_s3_versioning versioning,
                                      const struct fst_s3_found *f, struct fst_s3_deletion *d, struct fst_buf *gone, struct fst_error *err)
{
    enum fst_status st = make_room(s, bucket, key, versioning, f, gone, err);

    if (st || versioning == FST_S3_UNVERSIONED)
        return st;
    d->is_marker = true;
    name_version(s, versioning, d->id);
    return fst_db_run(s->db, NULL, NULL, err, "INSERT INTO version (" KEPT ", marker) VALUES (?, ?, '', 0, '', ?, '', '', ?, ?, 1)", "ttiti", bucket, key,
                      fst_serve_now_ms(s), fst_view_of(d->id), f->seq + 1);
}

/* In one transaction, so that what was judged is what goes. */
enum fst_status fst_s3_delete_if(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_s3_deletion *d, struct fst_error *err)
{
    struct fst_s3_found f = { 0 };
    struct fst_s3_state state;
    struct fst_buf      gone;
    struct bucket       in;
    enum fst_status     st = fst_db_begin(s->db, err);

    if (st)
        return st;
    fst_buf_init(&gone, FST_TEXT_CEILING);
    d->verdict = FST_S3_GOES_ON;
    snprintf(d->id, sizeof d->id, "%.*s", FST_VIEW_ARGS(d->version));
    st = find_bucket(s, bucket, &in, err);
    if (!st)
        st = fst_s3_find(s, bucket, key, d->version, &f, err);
    if (!st && f.found) { /* a marker has no ETag and no size, and fails what asks for another */
        state = (struct fst_s3_state){ true, fst_buf_view(&f.etag), f.modified, f.size };
        d->verdict = fst_s3_delete_condition(&d->only_if, &state);
    }
    if (!st && d->verdict == FST_S3_GOES_ON && (f.found || !fst_s3_has_condition(&d->only_if)))
        st = d->version.n ? delete_version(s, bucket, key, &f, d, &gone, err)
                          : delete_current(s, bucket, key, in.versioning, &f, d, &gone, err);
    st = fst_db_end(s->db, st, err);
    if (!st)
        fst_s3_forget(s, fst_buf_view(&gone));
    fst_s3_found_clear(&f);
    fst_buf_clear(&gone);
    return st;
}

enum fst_status fst_s3_remove(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_error *err)
{
    struct fst_s3_deletion d = { 0 };
    return fst_s3_delete_if(s, bucket, key, &d, err);
}
