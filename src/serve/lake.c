/* Data stores and jobs as they are kept: the tables, and the changes of their states. */
#include "serve/lake.h"

#include <stdio.h>

#include "serve/api.h"
#include "serve/s3.h"

const char fst_lake_schema[] =
    "CREATE TABLE IF NOT EXISTS datastore (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,"
    "  created INTEGER NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, request TEXT NOT NULL, changes TEXT NOT NULL DEFAULT '{}',"
    "  due INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX IF NOT EXISTS datastore_due ON datastore (due) WHERE due > 0;"
    "CREATE TABLE IF NOT EXISTS tag (datastore TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (datastore, key)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS job (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, datastore TEXT NOT NULL,"
    "  name TEXT NOT NULL, status TEXT NOT NULL, submitted INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0, token TEXT NOT NULL,"
    "  request TEXT NOT NULL, rest TEXT NOT NULL, report TEXT NOT NULL DEFAULT '', manifest TEXT NOT NULL DEFAULT '',"
    "  message TEXT NOT NULL DEFAULT '',"
    "  fate TEXT NOT NULL);" /* a fault that was asked for: 'stays', or 'fails MESSAGE' */
    "CREATE INDEX IF NOT EXISTS job_by_datastore ON job (datastore, kind, number);"
    "CREATE INDEX IF NOT EXISTS job_by_token ON job (token, kind) WHERE token <> '';"
    "CREATE INDEX IF NOT EXISTS job_waiting ON job (number) WHERE status IN ('SUBMITTED', 'QUEUED');"
    "CREATE INDEX IF NOT EXISTS job_running ON job (datastore, kind) WHERE status IN ('IN_PROGRESS', 'CANCEL_SUBMITTED');"
    "CREATE TABLE IF NOT EXISTS event (number INTEGER PRIMARY KEY, body TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS resource (datastore INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL,"
    "  updated INTEGER NOT NULL, job INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (datastore, type, id));";

/* ---- data stores */

enum fst_status fst_lake_set_status(struct fst_serve *s, struct fst_view id, const char *status, int64_t due_ms, struct fst_error *err)
{
    enum fst_status st = fst_db_begin(s->db, err);

    if (st)
        return st;
    st = fst_db_run(s->db, NULL, NULL, err, "UPDATE datastore SET status = ?, due = ? WHERE id = ?", "tit", fst_view_of(status), due_ms, id);
    if (!st)
        st = fst_event_store(s, id, err);
    return fst_db_end(s->db, st, err);
}

static enum fst_status take_id(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    snprintf(ctx, FST_HEX_ID, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 0)));
    return FST_OK;
}

static enum fst_status settle_one(struct fst_serve *s, const char *id, struct fst_error *err)
{
    enum fst_status st = fst_db_run(s->db, NULL, NULL, err, "UPDATE datastore SET due = 0, status = CASE status WHEN 'DELETING' THEN 'DELETED' ELSE 'ACTIVE' END WHERE id = ?",
                                    "t", fst_view_of(id));
    return st ? st : fst_event_store(s, fst_view_of(id), err);
}

enum fst_status fst_lake_settle(struct fst_serve *s, struct fst_error *err)
{
    /* One that is being filled or emptied is not done before that is. */
    static const char ready[] =
        "SELECT id FROM datastore WHERE due > 0 AND due <= ? AND NOT EXISTS (SELECT 1 FROM job WHERE job.datastore = datastore.id"
        " AND kind IN ('preload', 'restore', 'delete') AND ended = 0) ORDER BY due LIMIT 1";
    char            id[FST_HEX_ID];
    int64_t         due;
    enum fst_status st = fst_db_int(s->db, &due, 0, err, "SELECT count(*) FROM datastore WHERE due > 0 AND due <= ?", "i", fst_serve_now_ms(s));

    if (st || !due)
        return st;
    st = fst_db_begin(s->db, err);
    if (st)
        return st;
    do {
        id[0] = '\0';
        st = fst_db_run(s->db, take_id, id, err, ready, "i", fst_serve_now_ms(s));
        if (!st && id[0])
            st = settle_one(s, id, err);
    } while (!st && id[0]);
    st = fst_db_end(s->db, st, err);
    return st ? st : fst_events_write(s, err);
}

/* ---- jobs */

static const struct { const char *name, *folder; } kinds[] = {
    [FST_KIND_IMPORT] = { "import", "FHIR_IMPORT" },   [FST_KIND_EXPORT] = { "export", "FHIR_EXPORT" },
    [FST_KIND_PRELOAD] = { "preload", NULL },          [FST_KIND_RESTORE] = { "restore", NULL },
    [FST_KIND_DELETE] = { "delete", NULL },
};

const char *fst_job_kind_name(enum fst_job_kind kind)
{
    return kinds[kind].name;
}

enum fst_status fst_job_add(struct fst_serve *s, const struct fst_new_job *job, const char *id, struct fst_error *err)
{
    const char     *why = job->op ? fst_faults_job(&s->faults, FST_FAULT_JOB_FAILS, job->op) : NULL;
    char            fate[160] = "";
    enum fst_status st;

    if (job->op && fst_faults_job(&s->faults, FST_FAULT_JOB_STAYS, job->op))
        snprintf(fate, sizeof fate, "stays");
    else if (why)
        snprintf(fate, sizeof fate, "fails %s", why);
    st = fst_db_run(s->db, NULL, NULL, err, "INSERT INTO job (id, kind, datastore, name, status, submitted, token, request, rest, fate)"
                    " VALUES (?, ?, ?, ?, 'SUBMITTED', ?, ?, ?, ?, ?)", "ttttitttt", fst_view_of(id), fst_view_of(kinds[job->kind].name),
                    job->store_id, job->name, fst_serve_now_ms(s), job->token, job->request, job->rest, fst_view_of(fate));
    return st ? st : fst_event_job(s, id, err);
}

enum fst_status fst_job_cancel(struct fst_serve *s, struct fst_view id, struct fst_error *err)
{
    char            copy[FST_HEX_ID];
    enum fst_status st = fst_db_begin(s->db, err);

    if (st)
        return st;
    snprintf(copy, sizeof copy, "%.*s", FST_VIEW_ARGS(id));
    st = fst_db_run(s->db, NULL, NULL, err, "UPDATE job SET ended = CASE status WHEN 'IN_PROGRESS' THEN 0 ELSE ? END,"
                    " status = CASE status WHEN 'IN_PROGRESS' THEN 'CANCEL_SUBMITTED' ELSE 'CANCEL_COMPLETED' END"
                    " WHERE id = ? AND status IN ('SUBMITTED', 'QUEUED', 'IN_PROGRESS')", "it", fst_serve_now_ms(s), id);
    if (!st && fst_db_changes(s->db))
        st = fst_event_job(s, copy, err);
    st = fst_db_end(s->db, st, err);
    return st ? st : fst_events_write(s, err);
}

void fst_job_add_folder(struct fst_buf *out, enum fst_job_kind kind, struct fst_view store_id, struct fst_view id)
{
    fst_buf_addf(out, "%.*s-%s-%.*s/", FST_VIEW_ARGS(store_id), kinds[kind].folder, FST_VIEW_ARGS(id));
}

enum fst_status fst_lake_split_uri(struct fst_view uri, struct fst_buf *bucket, struct fst_buf *prefix, struct fst_error *err)
{
    const char *slash;

    if (!fst_view_starts(uri, "s3://"))
        return fst_fail(err, FST_EUSAGE, "The S3Uri is not s3://bucket/prefix");
    uri = fst_view_from(uri, 5);
    slash = uri.n ? memchr(uri.p, '/', uri.n) : NULL;
    fst_buf_add_view(bucket, slash ? fst_view_n(uri.p, (size_t)(slash - uri.p)) : uri);
    if (slash)
        fst_buf_add_view(prefix, fst_view_from(uri, (size_t)(slash - uri.p) + 1));
    return FST_OK;
}

enum fst_status fst_job_output(const struct fst_job *j, struct fst_buf *bucket, struct fst_buf *prefix, struct fst_error *err)
{
    const char     *member = j->kind == FST_KIND_IMPORT ? "JobOutputDataConfig" : "OutputDataConfig";
    uint32_t        s3 = fst_tape_member(&j->tape, fst_tape_member(&j->tape, 0, member), "S3Configuration");
    struct fst_buf  scratch;
    enum fst_status st;

    fst_buf_init(&scratch, FST_TEXT_CEILING);
    st = fst_lake_split_uri(fst_tape_member_string(&j->tape, s3, "S3Uri", &scratch), bucket, prefix, err);
    fst_buf_clear(&scratch);
    if (prefix->len && prefix->p[prefix->len - 1] != '/')
        fst_buf_add_char(prefix, '/');
    fst_job_add_folder(prefix, j->kind, fst_buf_view(&j->store_id), fst_view_of(j->id));
    return st;
}

/* ---- objects that a job wrote */

static enum fst_status take_key(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_reset(ctx);
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    return FST_OK;
}

enum fst_status fst_lake_remove_objects(struct fst_serve *s, struct fst_view bucket, struct fst_view prefix, struct fst_error *err)
{
    struct fst_buf  key, end;
    enum fst_status st;

    fst_buf_init(&key, FST_TEXT_CEILING);
    fst_buf_init(&end, FST_TEXT_CEILING);
    fst_buf_add_view(&end, prefix);
    fst_buf_add_char(&end, '\xff'); /* behind every key that begins so, since keys are UTF-8 */
    do {
        fst_buf_reset(&key);
        st = fst_db_run(s->db, take_key, &key, err, "SELECT key FROM object WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT 1",
                        "ttt", bucket, prefix, fst_buf_view(&end));
        if (!st && key.len)
            st = fst_s3_remove(s, bucket, fst_buf_view(&key), err);
    } while (!st && key.len);
    fst_buf_clear(&key);
    fst_buf_clear(&end);
    return st;
}
