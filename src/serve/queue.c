/* The workers: take the next job that may run, run it, leave it final. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/str.h"
#include "serve/api.h"
#include "serve/lake.h"

enum { LOOK_MS = 50 };

static fst_job_fn *const runs[] = {
    [FST_KIND_IMPORT] = fst_job_import,   [FST_KIND_EXPORT] = fst_job_export, [FST_KIND_PRELOAD] = fst_job_preload,
    [FST_KIND_RESTORE] = fst_job_restore, [FST_KIND_DELETE] = fst_job_delete,
};

bool fst_job_stopped(struct fst_job *j)
{
    int64_t cancelled = 0;

    if (j->s->stopping)
        return true;
    return fst_db_int(j->s->db, &cancelled, 0, NULL, "SELECT status = 'CANCEL_SUBMITTED' FROM job WHERE number = ?", "i", j->number) || cancelled;
}

enum fst_status fst_job_save(struct fst_job *j, struct fst_error *err)
{
    return fst_db_run(j->s->db, NULL, NULL, err, "UPDATE job SET report = ? WHERE number = ?", "ti", fst_buf_view(&j->report), j->number);
}

/* ---- taking */

static enum fst_status take_job(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_job *j = ctx;

    j->number = fst_row_int(row, 0);
    snprintf(j->id, sizeof j->id, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 1)));
    for (enum fst_job_kind kind = 0; kind < FST_KIND_COUNT; kind++)
        if (fst_view_is(fst_row_text(row, 2), fst_job_kind_name(kind)))
            j->kind = kind;
    fst_buf_add_view(&j->store_id, fst_row_text(row, 3));
    j->submitted_ms = fst_row_int(row, 4);
    fst_buf_add_view(&j->request, fst_row_text(row, 5));
    fst_buf_add_view(&j->rest, fst_row_text(row, 6));
    return FST_OK;
}

#define RUNNING "(SELECT count(*) FROM job AS r WHERE r.datastore = job.datastore AND r.kind = job.kind AND r.status IN ('IN_PROGRESS', 'CANCEL_SUBMITTED'))"
#define LIMIT   "(CASE kind WHEN 'import' THEN ?1 WHEN 'export' THEN ?2 ELSE 1 END)"

/* The oldest that may run, now IN_PROGRESS; `number` stays 0 when there is none. What must wait is QUEUED. */
static enum fst_status next_job(struct fst_serve *s, struct fst_job *j, struct fst_error *err)
{
    static const char next[] = "SELECT number, id, kind, datastore, submitted, request, rest FROM job WHERE status IN ('SUBMITTED', 'QUEUED')"
                               " AND fate <> 'stays' AND " RUNNING " < " LIMIT " ORDER BY number LIMIT 1";
    static const char queue[] = "UPDATE job SET status = 'QUEUED' WHERE status = 'SUBMITTED' AND (fate = 'stays' OR " RUNNING " >= " LIMIT ")";
    int64_t           imports = s->quota[FST_QUOTA_RUNNING_IMPORTS], exports = s->quota[FST_QUOTA_RUNNING_EXPORTS];
    enum fst_status   st = fst_db_begin(s->db, err);

    if (st)
        return st;
    st = fst_db_run(s->db, take_job, j, err, next, "ii", imports, exports);
    if (!st && j->number) {
        st = fst_db_run(s->db, NULL, NULL, err, "UPDATE job SET status = 'IN_PROGRESS' WHERE number = ?", "i", j->number);
        if (!st)
            st = fst_event_job(s, j->id, err);
    }
    if (!st)
        st = fst_db_run(s->db, NULL, NULL, err, queue, "ii", imports, exports);
    return fst_db_end(s->db, st, err);
}

/* ---- running */

static enum fst_status take_fate(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_view fate = fst_row_text(row, 0);

    if (!fst_view_starts(fate, "fails"))
        return FST_OK;
    fate = fst_view_from(fate, sizeof "fails");
    return fst_fail(err, FST_EJOB, "%.*s", FST_VIEW_ARGS(fate.n ? fate : fst_view_of("The job failed, as the service was told to let it")));
}

/* A job takes as long as it is said to. */
static void hold(struct fst_job *j, int64_t begun_ms)
{
    const struct fst_env *env = j->s->env;

    while (env->mono_ms(env->ctx) - begun_ms < j->s->opts.job_delay_ms && !fst_job_stopped(j))
        env->sleep_ms(env->ctx, LOOK_MS);
}

static enum fst_status run(struct fst_job *j, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    int64_t               begun = j->s->env->mono_ms(j->s->env->ctx);
    enum fst_status       st = fst_db_run(j->s->db, take_fate, NULL, err, "SELECT fate FROM job WHERE number = ?", "i", j->number);

    if (!st && fst_json_parse(&j->tape, fst_buf_view(&j->request), &opts, &jerr))
        st = fst_fail(err, FST_EPARSE, "The job's request is malformed");
    if (!st)
        st = fst_api_datastore_number(j->s, fst_buf_view(&j->store_id), &j->store, err);
    if (!st)
        st = runs[j->kind](j, err);
    hold(j, begun);
    return !st && fst_job_stopped(j) ? FST_EINTR : st;
}

/* When the making of a data store failed, so did the data store. */
static enum fst_status settle_store(struct fst_job *j, bool failed, const char *message, struct fst_error *err)
{
    if (j->kind < FST_KIND_PRELOAD || !failed || j->kind == FST_KIND_DELETE)
        return FST_OK;
    return fst_db_run(j->s->db, NULL, NULL, err, "UPDATE datastore SET status = 'CREATE_FAILED', due = 0, error = ? WHERE id = ?", "tt",
                      fst_view_of(message), fst_buf_view(&j->store_id));
}

static enum fst_status finish(struct fst_job *j, enum fst_job_status end, const char *message, struct fst_error *err)
{
    struct fst_serve *s = j->s;
    enum fst_status   st = fst_db_begin(s->db, err);

    if (st)
        return st;
    st = fst_db_run(s->db, NULL, NULL, err, "UPDATE job SET status = ?, message = ?, ended = max(?, submitted), report = ?, manifest = ? WHERE number = ?",
                    "ttitti", fst_view_of(fst_job_status_name(end)), fst_view_of(message), fst_serve_now_ms(s), fst_buf_view(&j->report),
                    fst_buf_view(&j->manifest), j->number);
    if (!st)
        st = fst_event_job(s, j->id, err);
    if (!st)
        st = settle_store(j, end == FST_JOB_FAILED, message, err);
    return fst_db_end(s->db, st, err);
}

static enum fst_status run_and_finish(struct fst_job *j, struct fst_error *err)
{
    struct fst_error why = { 0 };
    enum fst_status  st = run(j, &why);

    if (j->s->stopping && st)
        return FST_EINTR; /* left where it is: the next start goes on with it */
    if (st == FST_EINTR)
        return finish(j, FST_JOB_CANCEL_COMPLETED, "", err);
    return st ? finish(j, FST_JOB_FAILED, why.text, err) : finish(j, j->end, "", err);
}

/* True when there may be more to do. */
static bool work_once(struct fst_serve *s)
{
    struct fst_job        j = { .s = s, .end = FST_JOB_COMPLETED };
    struct fst_error      err = { 0 };
    struct fst_buf *const bufs[] = { &j.store_id, &j.request, &j.rest, &j.report, &j.manifest };
    enum fst_status       st;

    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], FST_TEXT_CEILING);
    st = fst_lake_settle(s, &err);
    if (!st)
        st = next_job(s, &j, &err);
    if (!st && j.number) {
        st = fst_events_write(s, &err);
        if (!st)
            st = run_and_finish(&j, &err);
        if (!st)
            st = fst_events_write(s, &err);
    }
    fst_tape_clear(&j.tape);
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_clear(bufs[i]);
    if (!st && j.number)
        fst_serve_wake(s); /* the next of that data store may run */
    return !st && j.number;
}

/* ---- the threads */

/* When something is to be done though nobody asks: the next data store that settles. */
static bool next_due(struct fst_serve *s, struct timespec *at)
{
    int64_t due = 0;

    if (fst_db_int(s->db, &due, 0, NULL, "SELECT min(due) FROM datastore WHERE due > ?", "i", fst_serve_now_ms(s)) || !due)
        return false;
    *at = (struct timespec){ due / 1000, due % 1000 * 1000000 + 1000000 };
    if (at->tv_nsec >= 1000000000)
        *at = (struct timespec){ at->tv_sec + 1, at->tv_nsec - 1000000000 };
    return true;
}

static void wait_for_work(struct fst_serve *s)
{
    struct timespec at;
    bool            due = next_due(s, &at);

    pthread_mutex_lock(&s->lock);
    while (!s->synced.work && !s->stopping)
        if (!due)
            pthread_cond_wait(&s->wake, &s->lock);
        else if (pthread_cond_timedwait(&s->wake, &s->lock, &at))
            break;
    if (s->synced.work)
        s->synced.work--;
    pthread_mutex_unlock(&s->lock);
}

static void *work(void *service)
{
    struct fst_serve *s = service;

    while (!s->stopping) {
        wait_for_work(s);
        while (!s->stopping && work_once(s))
            ;
    }
    return NULL;
}

enum fst_status fst_queue_recover(struct fst_serve *s, struct fst_error *err)
{
    enum fst_status st = fst_db_run(s->db, NULL, NULL, err, "UPDATE job SET status = 'QUEUED' WHERE status = 'IN_PROGRESS'", "");

    if (!st)
        st = fst_db_run(s->db, NULL, NULL, err, "UPDATE job SET status = 'CANCEL_COMPLETED', ended = ? WHERE status = 'CANCEL_SUBMITTED'", "i",
                        fst_serve_now_ms(s));
    return st ? st : fst_events_write(s, err);
}

enum fst_status fst_queue_start(struct fst_serve *s, struct fst_error *err)
{
    fst_serve_wake(s);
    for (; s->worker_count < FST_SERVE_WORKERS; s->worker_count++)
        if (pthread_create(&s->workers[s->worker_count], NULL, work, s))
            return fst_fail(err, FST_ENOMEM, "the service's threads could not be started");
    return FST_OK;
}

void fst_queue_stop(struct fst_serve *s)
{
    if (s->worker_count)
        fst_serve_wake(s);
    for (; s->worker_count; s->worker_count--)
        pthread_join(s->workers[s->worker_count - 1], NULL);
}
