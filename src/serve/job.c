/* Import jobs: start, describe, list; and the thread that runs them one after another. */
#include <stdio.h>

#include "base/str.h"
#include "healthlake/encode.h"
#include "serve/api.h"
#include "serve/s3.h"

enum { MOST_RESULTS = 100, WAIT_MS = 500 };

/* ---- start */

struct same_token {
    struct fst_buf id, request;
};

static enum fst_status take_same(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct same_token *same = ctx;
    fst_buf_add_view(&same->id, fst_row_text(row, 0));
    fst_buf_add_view(&same->request, fst_row_text(row, 1));
    return FST_OK;
}

static void answer_started(struct fst_api_request *r, struct fst_view id, const char *status, struct fst_view datastore)
{
    fst_json_begin_object(&r->out);
    fst_json_member_string(&r->out, "JobId", id);
    fst_json_member_str(&r->out, "JobStatus", status);
    fst_json_member_string(&r->out, "DatastoreId", datastore);
    fst_json_end_object(&r->out);
}

static enum fst_status insert_job(struct fst_serve *s, struct fst_api_request *r, struct fst_view datastore, struct fst_view token,
                                  struct fst_view id, struct fst_error *err)
{
    const char     *why = fst_faults_job(&s->faults, FST_FAULT_JOB_FAILS, "StartFHIRImportJob");
    char            fate[160] = "";

    if (fst_faults_job(&s->faults, FST_FAULT_JOB_STAYS, "StartFHIRImportJob"))
        snprintf(fate, sizeof fate, "stays");
    else if (why)
        snprintf(fate, sizeof fate, "fails %s", why);
    return fst_db_run(s->db, NULL, NULL, err, "INSERT INTO job (id, kind, datastore, name, status, submitted, token, request, fate) VALUES (?, 'import', ?, ?, 'SUBMITTED', ?, ?, ?, ?)",
                      "tttittt", id, datastore, fst_api_string(r, "JobName"), fst_serve_now_ms(s), token, fst_buf_view(&r->x->body),
                      fst_view_of(fate));
}

static void start(struct fst_serve *s, struct fst_api_request *r, struct fst_view datastore, struct fst_view token)
{
    struct same_token same;
    struct fst_error  err = { 0 };
    char              id[FST_HEX_ID];
    enum fst_status   st = fst_db_begin(s->db, &err);

    if (st) {
        fst_api_failed(r, &err);
        return;
    }
    fst_buf_init(&same.id, FST_TEXT_CEILING);
    fst_buf_init(&same.request, FST_TEXT_CEILING);
    fst_serve_id(s, id);
    if (token.n)
        st = fst_db_run(s->db, take_same, &same, &err, "SELECT id, request FROM job WHERE kind = 'import' AND token = ?", "t", token);
    if (!st && !same.id.len)
        st = insert_job(s, r, datastore, token, fst_view_of(id), &err);
    st = fst_db_end(s->db, st, &err);
    if (st)
        fst_api_failed(r, &err);
    else if (!same.id.len)
        answer_started(r, fst_view_of(id), "SUBMITTED", datastore);
    else if (fst_view_equal(fst_buf_view(&same.request), fst_buf_view(&r->x->body)))
        answer_started(r, fst_buf_view(&same.id), "SUBMITTED", datastore);
    else
        fst_api_refuse(r, "ValidationException", "The ClientToken was used before, with another request.");
    fst_buf_clear(&same.id);
    fst_buf_clear(&same.request);
    if (!st)
        fst_serve_wake(s);
}

void fst_api_start_import(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_buf   datastore, token;
    struct fst_error err = { 0 };
    int64_t          number;

    fst_buf_init(&datastore, FST_TEXT_CEILING);
    fst_buf_init(&token, FST_TEXT_CEILING);
    fst_buf_add_view(&datastore, fst_api_string(r, "DatastoreId"));
    fst_buf_add_view(&token, fst_api_string(r, "ClientToken"));
    if (fst_api_datastore_number(s, fst_buf_view(&datastore), &number, &err))
        fst_api_failed(r, &err);
    else if (!number)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no data store with that id.");
    else
        start(s, r, fst_buf_view(&datastore), fst_buf_view(&token));
    fst_buf_clear(&datastore);
    fst_buf_clear(&token);
}

/* ---- describe, list */

struct listing {
    struct fst_serve       *s;
    struct fst_api_request *r;
    uint64_t                count, max;
    int64_t                 last;
    bool                    more;
};

#define COLUMNS "id, name, status, submitted, ended, datastore, request, report, message, number"

/* "s3://b/out/" with the job's own folder behind it, as the service describes it. */
static void write_output(struct fst_json_writer *w, const struct fst_tape *t, struct fst_view datastore, struct fst_view id)
{
    uint32_t       s3 = fst_tape_member(t, fst_tape_member(t, 0, "JobOutputDataConfig"), "S3Configuration");
    struct fst_buf uri, scratch;

    fst_buf_init(&uri, FST_TEXT_CEILING);
    fst_buf_init(&scratch, FST_TEXT_CEILING);
    fst_buf_add_view(&uri, fst_tape_member_string(t, s3, "S3Uri", &scratch));
    if (uri.len && uri.p[uri.len - 1] != '/')
        fst_buf_add_char(&uri, '/');
    fst_buf_addf(&uri, "%.*s-FHIR_IMPORT-%.*s/", FST_VIEW_ARGS(datastore), FST_VIEW_ARGS(id));
    fst_json_name(w, "JobOutputDataConfig");
    fst_json_begin_object(w);
    fst_json_name(w, "S3Configuration");
    fst_json_begin_object(w);
    fst_json_member_string(w, "S3Uri", fst_buf_view(&uri));
    fst_api_copy_member(w, t, s3, "KmsKeyId");
    fst_json_end_object(w);
    fst_json_end_object(w);
    fst_buf_clear(&uri);
    fst_buf_clear(&scratch);
}

static enum fst_status write_job(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct listing         *l = ctx;
    struct fst_json_writer *w = &l->r->out;
    struct fst_tape         t = { 0 };
    struct fst_json_opts    opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error   jerr;

    if (l->count == l->max) {
        l->more = true;
        return FST_ELIMIT;
    }
    l->count++;
    l->last = fst_row_int(row, 9);
    fst_json_begin_object(w);
    fst_json_member_string(w, "JobId", fst_row_text(row, 0));
    if (fst_row_text(row, 1).n)
        fst_json_member_string(w, "JobName", fst_row_text(row, 1));
    fst_json_member_string(w, "JobStatus", fst_row_text(row, 2));
    fst_api_time(w, "SubmitTime", fst_row_int(row, 3));
    if (fst_row_int(row, 4))
        fst_api_time(w, "EndTime", fst_row_int(row, 4));
    fst_json_member_string(w, "DatastoreId", fst_row_text(row, 5));
    if (!fst_json_parse(&t, fst_row_text(row, 6), &opts, &jerr)) {
        fst_api_copy_member(w, &t, 0, "InputDataConfig");
        write_output(w, &t, fst_row_text(row, 5), fst_row_text(row, 0));
        fst_api_copy_member(w, &t, 0, "DataAccessRoleArn");
        fst_api_copy_member(w, &t, 0, "ValidationLevel");
    }
    if (fst_row_text(row, 7).n) {
        fst_json_name(w, "JobProgressReport");
        fst_json_raw(w, fst_row_text(row, 7));
    }
    if (fst_row_text(row, 8).n)
        fst_json_member_string(w, "Message", fst_row_text(row, 8));
    fst_json_end_object(w);
    fst_tape_clear(&t);
    return FST_OK;
}

void fst_api_describe_import(struct fst_serve *s, struct fst_api_request *r)
{
    struct fst_error err = { 0 };
    struct listing   l = { .s = s, .r = r, .max = 1 };
    struct fst_buf   job, datastore;
    enum fst_status  st;

    fst_buf_init(&job, FST_TEXT_CEILING);
    fst_buf_init(&datastore, FST_TEXT_CEILING);
    fst_buf_add_view(&job, fst_api_string(r, "JobId"));
    fst_buf_add_view(&datastore, fst_api_string(r, "DatastoreId"));
    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, "ImportJobProperties");
    st = fst_db_run(s->db, write_job, &l, &err, "SELECT " COLUMNS " FROM job WHERE kind = 'import' AND id = ? AND datastore = ?", "tt",
                    fst_buf_view(&job), fst_buf_view(&datastore));
    fst_json_end_object(&r->out);
    if (st)
        fst_api_failed(r, &err);
    else if (!l.count)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no import job with that id in the data store.");
    fst_buf_clear(&job);
    fst_buf_clear(&datastore);
}

static int64_t time_member(struct fst_api_request *r, const char *name, int64_t otherwise)
{
    uint32_t node = fst_tape_member(&r->tape, 0, name);
    int64_t  ms;
    return node != FST_NO_NODE && fst_decode_time_ms(&ms, &r->tape, node) ? ms : otherwise;
}

static void list(struct fst_serve *s, struct fst_api_request *r, struct listing *l, uint64_t from, struct fst_buf args[3])
{
    struct fst_error err = { 0 };
    enum fst_status  st;
    char             token[32];

    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, "ImportJobPropertiesList");
    fst_json_begin_array(&r->out);
    st = fst_db_run(s->db, write_job, l, &err,
                    "SELECT " COLUMNS " FROM job WHERE kind = 'import' AND datastore = ?1 AND number < ?2 AND (?3 = '' OR name = ?3)"
                    " AND (?4 = '' OR status = ?4) AND submitted < ?5 AND submitted > ?6 ORDER BY number DESC", "tittii",
                    fst_buf_view(&args[0]), from ? (int64_t)from : INT64_MAX, fst_buf_view(&args[1]), fst_buf_view(&args[2]),
                    time_member(r, "SubmittedBefore", INT64_MAX), time_member(r, "SubmittedAfter", INT64_MIN));
    fst_json_end_array(&r->out);
    if (l->more) {
        snprintf(token, sizeof token, "%lld", (long long)l->last);
        fst_json_member_str(&r->out, "NextToken", token);
    }
    fst_json_end_object(&r->out);
    if (st && st != FST_ELIMIT)
        fst_api_failed(r, &err);
}

void fst_api_list_imports(struct fst_serve *s, struct fst_api_request *r)
{
    static const char *const names[] = { "DatastoreId", "JobName", "JobStatus" };
    struct fst_buf           args[3];
    struct fst_error         err = { 0 };
    struct listing           l = { .s = s, .r = r, .max = MOST_RESULTS };
    int64_t                  number;
    uint64_t                 from = 0;

    for (size_t i = 0; i < FST_COUNT(names); i++) {
        fst_buf_init(&args[i], FST_TEXT_CEILING);
        fst_buf_add_view(&args[i], fst_api_string(r, names[i]));
    }
    if (!fst_parse_u64(&l.max, fst_tape_raw(&r->tape, fst_tape_member(&r->tape, 0, "MaxResults"))))
        l.max = MOST_RESULTS;
    if (fst_api_string(r, "NextToken").n && !fst_parse_u64(&from, fst_api_string(r, "NextToken")))
        fst_api_refuse(r, "ValidationException", "NextToken is not one that this operation gave.");
    else if (fst_api_datastore_number(s, fst_buf_view(&args[0]), &number, &err))
        fst_api_failed(r, &err);
    else if (!number)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no data store with that id.");
    else
        list(s, r, &l, from, args);
    for (size_t i = 0; i < FST_COUNT(names); i++)
        fst_buf_clear(&args[i]);
}

/* ---- the worker */

static enum fst_status take_id(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    snprintf(ctx, FST_HEX_ID, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 0)));
    return FST_OK;
}

/* The oldest job that waits, now IN_PROGRESS; an empty id when there is none. */
static enum fst_status next_job(struct fst_serve *s, char id[FST_HEX_ID], struct fst_error *err)
{
    enum fst_status st = fst_db_begin(s->db, err);

    id[0] = '\0';
    if (st)
        return st;
    st = fst_db_run(s->db, NULL, NULL, err, "UPDATE job SET status = 'QUEUED' WHERE status = 'SUBMITTED' AND fate = 'stays'", "");
    if (!st)
        st = fst_db_run(s->db, take_id, id, err,
                        "SELECT id FROM job WHERE status IN ('SUBMITTED', 'QUEUED') AND fate != 'stays' ORDER BY number LIMIT 1", "");
    if (!st && id[0])
        st = fst_db_run(s->db, NULL, NULL, err, "UPDATE job SET status = 'IN_PROGRESS' WHERE id = ?", "t", fst_view_of(id));
    return fst_db_end(s->db, st, err);
}

static void fail_job(struct fst_serve *s, const char *id, const struct fst_error *why)
{
    struct fst_error err = { 0 };
    if (fst_db_run(s->db, NULL, NULL, &err, "UPDATE job SET status = 'FAILED', message = ?, ended = ? WHERE id = ?", "tit",
                   fst_view_of(why->text), fst_serve_now_ms(s), fst_view_of(id)))
        return; /* the next start finds it IN_PROGRESS and runs it again */
}

static enum fst_status take_fate(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_view fate = fst_row_text(row, 0);
    return fst_view_starts(fate, "fails") ? fst_fail(err, FST_EJOB, "%.*s", FST_VIEW_ARGS(fst_view_from(fate, sizeof "fails"))) : FST_OK;
}

static enum fst_status meets_fate(struct fst_serve *s, const char *id, struct fst_error *err)
{
    return fst_db_run(s->db, take_fate, NULL, err, "SELECT fate FROM job WHERE id = ?", "t", fst_view_of(id));
}

static void wait_for_work(struct fst_serve *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->synced.work && !s->stopping)
        pthread_cond_wait(&s->wake, &s->lock);
    s->synced.work = false;
    pthread_mutex_unlock(&s->lock);
}

void *fst_serve_work(void *service)
{
    struct fst_serve *s = service;

    while (!s->stopping) {
        char             id[FST_HEX_ID];
        struct fst_error err = { 0 };
        enum fst_status  st;
        wait_for_work(s);
        while (!s->stopping && next_job(s, id, &err) == FST_OK && id[0]) {
            st = meets_fate(s, id, &err);
            if (!st)
                st = fst_serve_import(s, id, &err);
            if (st && st != FST_EINTR)
                fail_job(s, id, &err);
        }
    }
    return NULL;
}
