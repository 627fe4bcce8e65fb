/* Events of jobs and data stores, in EventBridge's shape. They are rows first, in the transaction of the change, and
 * lines of the file behind it: the file has as many lines as were written, so that none is lost or doubled. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "healthlake/encode.h"
#include "json/writer.h"
#include "serve/api.h"
#include "serve/lake.h"

enum { BLOCK = 64 * 1024 };

/* What the event of a state is called; the states without a row have none, as on the live service. */
static const struct { const char *status, *what; } job_events[] = {
    { "SUBMITTED", "Submitted" }, { "IN_PROGRESS", "In Progress" }, { "COMPLETED", "Completed" },
    { "COMPLETED_WITH_ERRORS", "Completed With Errors" }, { "FAILED", "Failed" },
}, store_events[] = {
    { "CREATING", "Creating" }, { "ACTIVE", "Active" }, { "DELETING", "Deleting" }, { "DELETED", "Deleted" },
};

struct making {
    struct fst_serve *s;
    struct fst_buf    body; /* empty: the state has no event */
};

static void begin(struct making *m, struct fst_json_writer *w, const char *subject, const char *what, struct fst_view store, struct fst_view region)
{
    char id[FST_UUID_SIZE], time[FST_TIME_ISO], text[256];

    fst_uuid(id, m->s->env);
    fst_format_time_iso(time, fst_serve_now_ms(m->s));
    fst_json_writer_init(w, &m->body, 0);
    fst_json_begin_object(w);
    fst_json_member_str(w, "version", "0");
    fst_json_member_str(w, "id", id);
    snprintf(text, sizeof text, "%s %s", subject, what);
    fst_json_member_str(w, "detail-type", text);
    fst_json_member_str(w, "source", "aws.healthlake");
    fst_json_member_str(w, "account", FST_LAKE_ACCOUNT);
    fst_json_member_str(w, "time", time);
    fst_json_member_string(w, "region", region);
    fst_json_name(w, "resources");
    fst_json_begin_array(w);
    snprintf(text, sizeof text, "arn:aws:healthlake:%.*s:" FST_LAKE_ACCOUNT ":datastore/fhir/%.*s", FST_VIEW_ARGS(region), FST_VIEW_ARGS(store));
    fst_json_string(w, fst_view_of(text));
    fst_json_end_array(w);
    fst_json_name(w, "detail");
    fst_json_begin_object(w);
    fst_json_member_str(w, "eventVersion", "1.0");
}

static void member_uri(struct fst_json_writer *w, const char *name, const struct fst_tape *t, const char *member, const char *inner)
{
    uint32_t       config = fst_tape_member(t, 0, member);
    struct fst_buf scratch;

    if (config == FST_NO_NODE)
        return;
    fst_buf_init(&scratch, FST_TEXT_CEILING);
    fst_json_name(w, name);
    fst_json_begin_object(w);
    fst_json_member_string(w, "s3Uri", fst_tape_member_string(t, inner ? fst_tape_member(t, config, inner) : config, "S3Uri", &scratch));
    fst_json_end_object(w);
    fst_buf_clear(&scratch);
}

static void member_time(struct fst_json_writer *w, const char *name, int64_t ms)
{
    char time[FST_TIME_ISO_MS];

    if (!ms)
        return;
    fst_format_time_iso_ms(time, ms);
    fst_json_member_str(w, name, time);
}

/* kind, status, id, datastore, name, submitted, ended, request, region */
static enum fst_status make_job(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct making        *m = ctx;
    struct fst_json_writer w;
    struct fst_tape        t = { 0 };
    struct fst_json_opts   opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error  jerr;
    bool                   is_import = fst_view_is(fst_row_text(row, 0), "import");
    const char            *what = NULL;

    for (size_t i = 0; i < FST_COUNT(job_events); i++)
        if (fst_view_is(fst_row_text(row, 1), job_events[i].status))
            what = job_events[i].what;
    if (!what || (!is_import && !fst_view_is(fst_row_text(row, 0), "export")))
        return FST_OK;
    begin(m, &w, is_import ? "Import Job" : "Export Job", what, fst_row_text(row, 3), fst_row_text(row, 8));
    fst_json_member_string(&w, "jobId", fst_row_text(row, 2));
    if (fst_row_text(row, 4).n)
        fst_json_member_string(&w, "jobName", fst_row_text(row, 4));
    fst_json_member_string(&w, "jobStatus", fst_row_text(row, 1));
    fst_json_member_string(&w, "datastoreId", fst_row_text(row, 3));
    member_time(&w, "submitTime", fst_row_int(row, 5));
    member_time(&w, "endTime", fst_row_int(row, 6));
    if (!fst_json_parse(&t, fst_row_text(row, 7), &opts, &jerr)) {
        member_uri(&w, "inputDataConfig", &t, "InputDataConfig", NULL);
        member_uri(&w, "outputDataConfig", &t, is_import ? "JobOutputDataConfig" : "OutputDataConfig", "S3Configuration");
    }
    fst_tape_clear(&t);
    fst_json_end_object(&w);
    fst_json_end_object(&w);
    return FST_OK;
}

/* id, status, name, region, created */
static enum fst_status make_store(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct making         *m = ctx;
    struct fst_json_writer w;
    const char            *what = NULL;

    for (size_t i = 0; i < FST_COUNT(store_events); i++)
        if (fst_view_is(fst_row_text(row, 1), store_events[i].status))
            what = store_events[i].what;
    if (!what)
        return FST_OK;
    begin(m, &w, "Data Store", what, fst_row_text(row, 0), fst_row_text(row, 3));
    fst_json_member_string(&w, "datastoreId", fst_row_text(row, 0));
    if (fst_row_text(row, 2).n)
        fst_json_member_string(&w, "datastoreName", fst_row_text(row, 2));
    fst_json_member_str(&w, "datastoreTypeVersion", "R4");
    member_time(&w, "createdAt", fst_row_int(row, 4));
    fst_json_end_object(&w);
    fst_json_end_object(&w);
    return FST_OK;
}

static enum fst_status keep(struct making *m, enum fst_status st, struct fst_error *err)
{
    if (!st)
        st = fst_buf_check(&m->body, err);
    if (!st && m->body.len)
        st = fst_db_run(m->s->db, NULL, NULL, err, "INSERT INTO event (body) VALUES (?)", "t", fst_buf_view(&m->body));
    fst_buf_clear(&m->body);
    return st;
}

enum fst_status fst_event_job(struct fst_serve *s, const char *id, struct fst_error *err)
{
    struct making m = { .s = s };

    fst_buf_init(&m.body, FST_TEXT_CEILING);
    return keep(&m, fst_db_run(s->db, make_job, &m, err, "SELECT kind, job.status, job.id, datastore, job.name, submitted, ended, job.request, region"
                               " FROM job JOIN datastore ON datastore.id = job.datastore WHERE job.id = ?", "t", fst_view_of(id)), err);
}

enum fst_status fst_event_store(struct fst_serve *s, struct fst_view id, struct fst_error *err)
{
    struct making m = { .s = s };

    fst_buf_init(&m.body, FST_TEXT_CEILING);
    return keep(&m, fst_db_run(s->db, make_store, &m, err, "SELECT id, status, name, region, created FROM datastore WHERE id = ?", "t", id), err);
}

/* ---- the file */

static enum fst_status add_line(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    fst_buf_add_char(ctx, '\n');
    return FST_OK;
}

/* How many whole lines there are; what is behind the last one, of a process that was killed, is cut off. */
static enum fst_status count_lines(int fd, const char *path, int64_t *count, struct fst_error *err)
{
    char    block[BLOCK];
    off_t   at = 0, whole = 0;
    ssize_t n;

    *count = 0;
    while ((n = pread(fd, block, sizeof block, at)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            if (block[i] == '\n') {
                ++*count;
                whole = at + i + 1;
            }
        at += n;
    }
    return n || ftruncate(fd, whole) || lseek(fd, whole, SEEK_SET) < 0 ? fst_fail_errno(err, "%s", path) : FST_OK;
}

enum fst_status fst_events_write(struct fst_serve *s, struct fst_error *err)
{
    struct fst_buf  path, lines;
    enum fst_status st = fst_db_begin(s->db, err); /* one writer at a time */
    int64_t         count = 0;

    if (st)
        return st;
    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_buf_init(&lines, FST_TEXT_CEILING);
    fst_path_join(&path, s->opts.dir, "events.ndjson");
    if (s->events_fd < 0) {
        s->events_fd = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        st = s->events_fd < 0 ? fst_fail_errno(err, "%s", path.p) : count_lines(s->events_fd, path.p, &count, err);
        s->events = count;
    }
    if (!st)
        st = fst_db_run(s->db, add_line, &lines, err, "SELECT body FROM event WHERE number > ? ORDER BY number", "i", s->events);
    if (!st)
        st = fst_buf_check(&lines, err);
    if (!st && lines.len)
        st = fst_file_write_all(s->events_fd, lines.p, lines.len, path.p, err);
    for (size_t i = 0; !st && i < lines.len; i++)
        s->events += lines.p[i] == '\n';
    fst_buf_clear(&path);
    fst_buf_clear(&lines);
    return fst_db_end(s->db, st, err);
}
