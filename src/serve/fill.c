/* The jobs behind a data store's states: filling it with the samples, or with another one's resources; emptying it. */
#include <stdio.h>

#include "base/zip.h"
#include "serve/api.h"
#include "serve/lake.h"
#include "serve/preload.h"

enum { ROWS = 2000 };

/* ---- preload: the samples, prepared when the program was built, gzipped NDJSON within it */

static enum fst_status store_sample(struct fst_job *j, struct fst_tape *t, struct fst_view line, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;

    if (fst_json_parse(t, line, &opts, &jerr))
        return fst_fail(err, FST_EPARSE, "a sample is not JSON");
    return fst_db_run(j->s->db, NULL, NULL, err, "INSERT OR REPLACE INTO resource VALUES (?, ?, ?, 1, ?, ?, ?)", "ittiib", j->store,
                      fst_tape_raw(t, fst_tape_member(t, 0, "resourceType")), fst_tape_raw(t, fst_tape_member(t, 0, "id")),
                      fst_serve_now_ms(j->s), j->number, line);
}

static enum fst_status store_samples(struct fst_job *j, struct fst_view rest, struct fst_error *err)
{
    struct fst_tape t = { 0 };
    enum fst_status st = FST_OK;

    while (!st && rest.n) {
        const char     *newline = memchr(rest.p, '\n', rest.n);
        struct fst_view line = newline ? fst_view_n(rest.p, (size_t)(newline - rest.p)) : rest;
        rest = fst_view_from(rest, line.n + 1);
        st = store_sample(j, &t, line, err);
    }
    fst_tape_clear(&t);
    return st;
}

/* RFC 1952: the last four bytes are the size of what was packed. */
static size_t inflated_size(struct fst_view gz)
{
    const uint8_t *p = (const uint8_t *)gz.p + gz.n - 4;
    return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
}

enum fst_status fst_job_preload(struct fst_job *j, struct fst_error *err)
{
    struct fst_view   gz = fst_view_n((const char *)fst_preload, (size_t)(fst_preload_end - fst_preload));
    struct fst_gunzip z = { 0 };
    struct fst_buf    text;
    size_t            n = inflated_size(gz);
    enum fst_status   st;

    fst_buf_init(&text, FST_TEXT_CEILING);
    st = fst_buf_reserve(&text, n) ? fst_gunzip_step(&z, &gz, text.p, &n, err) : fst_buf_check(&text, err);
    text.len = st ? 0 : n;
    if (!st)
        st = fst_db_begin(j->s->db, err);
    if (!st)
        st = fst_db_end(j->s->db, store_samples(j, fst_buf_view(&text), err), err);
    fst_buf_clear(&text);
    fst_gunzip_clear(&z);
    return st;
}

/* ---- restore: another data store's resources as they are now; those that are younger than the time are left out, since
 * earlier versions are not kept */

enum fst_status fst_job_restore(struct fst_job *j, struct fst_error *err)
{
    uint32_t        config = fst_tape_member(&j->tape, fst_tape_member(&j->tape, 0, "RestoreConfiguration"), "ContinuousBackupRestoreConfiguration");
    int64_t         source = 0, at = fst_api_time_member(&j->tape, config, "RestorePointTime", INT64_MAX);
    struct fst_buf  scratch;
    enum fst_status st;

    fst_buf_init(&scratch, FST_TEXT_CEILING);
    st = fst_api_datastore_number(j->s, fst_tape_member_string(&j->tape, 0, "SourceDatastoreId", &scratch), &source, err);
    if (!st)
        st = fst_db_run(j->s->db, NULL, NULL, err, "INSERT OR REPLACE INTO resource SELECT ?, type, id, version, updated, ?, body FROM resource"
                        " WHERE datastore = ? AND updated <= ?", "iiii", j->store, j->number, source, at);
    fst_buf_clear(&scratch);
    return st;
}

/* ---- delete */

enum fst_status fst_job_delete(struct fst_job *j, struct fst_error *err)
{
    enum fst_status st;
    int64_t         left = 1;

    do {
        if (fst_job_stopped(j))
            return FST_EINTR;
        st = fst_db_run(j->s->db, NULL, NULL, err, "DELETE FROM resource WHERE rowid IN (SELECT rowid FROM resource WHERE datastore = ? LIMIT ?)", "ii",
                        j->store, (int64_t)ROWS);
        if (!st)
            st = fst_db_int(j->s->db, &left, 0, err, "SELECT 1 FROM resource WHERE datastore = ? LIMIT 1", "i", j->store);
    } while (!st && left);
    return st ? st : fst_db_run(j->s->db, NULL, NULL, err, "DELETE FROM tag WHERE datastore = ?", "t", fst_buf_view(&j->store_id));
}
