/* Import and export jobs over the API: start, describe, list. */
#include <stdio.h>

#include "base/str.h"
#include "serve/api.h"
#include "serve/lake.h"
#include "serve/s3.h"

/* How the operations of the two kinds differ. */
static const struct names {
    enum fst_job_kind kind;
    enum fst_quota    queued;
    const char       *start, *properties, *list, *output;
} imports = { FST_KIND_IMPORT, FST_QUOTA_QUEUED_IMPORTS, "StartFHIRImportJob", "ImportJobProperties", "ImportJobPropertiesList", "JobOutputDataConfig" },
  exports = { FST_KIND_EXPORT, FST_QUOTA_QUEUED_EXPORTS, "StartFHIRExportJob", "ExportJobProperties", "ExportJobPropertiesList", "OutputDataConfig" };

/* ---- start */

/* The service tries at once whether it may write there. */
static enum fst_status probe_output(struct fst_serve *s, struct fst_api_request *r, const struct names *names, struct fst_error *err)
{
    uint32_t             s3 = fst_tape_member(&r->tape, fst_tape_member(&r->tape, 0, names->output), "S3Configuration");
    struct fst_buf       bucket, key;
    struct fst_exchange  nothing = { 0 };
    struct fst_s3_stored stored;
    int64_t              n = 0;
    enum fst_status      st;

    fst_buf_init(&bucket, FST_TEXT_CEILING);
    fst_buf_init(&key, FST_TEXT_CEILING);
    st = fst_lake_split_uri(fst_tape_member_string(&r->tape, s3, "S3Uri", &r->scratch), &bucket, &key, err);
    if (key.len && key.p[key.len - 1] != '/')
        fst_buf_add_char(&key, '/');
    fst_buf_add_str(&key, ".healthlake_write_access_check_file.temp");
    if (!st)
        st = fst_db_int(s->db, &n, 0, err, "SELECT count(*) FROM bucket WHERE name = ?", "t", fst_buf_view(&bucket));
    if (!st && n)
        st = fst_s3_store_body(s, &nothing, &stored, err);
    if (!st && n)
        st = fst_s3_place(s, fst_buf_view(&bucket), fst_buf_view(&key), &stored, fst_view_of("\"d41d8cd98f00b204e9800998ecf8427e\""),
                          (struct fst_view){ 0 }, err);
    fst_buf_clear(&bucket);
    fst_buf_clear(&key);
    return st;
}

struct starting {
    const struct names *names;
    struct fst_api_same same;
    struct fst_buf      store, token, name;
    char                id[FST_HEX_ID];
    bool                full; /* as many wait as may */
};

static enum fst_status find_or_add(struct fst_serve *s, struct fst_api_request *r, struct starting *g, struct fst_error *err)
{
    struct fst_view            kind = fst_view_of(fst_job_kind_name(g->names->kind));
    struct fst_api_same_search search = { &g->same, &r->tape };
    struct fst_new_job         job = { g->names->kind, fst_buf_view(&g->store), fst_buf_view(&g->name), fst_buf_view(&g->token),
                                       fst_buf_view(&r->x->body), { 0 }, g->names->start };
    int64_t                    waiting = 0;
    enum fst_status            st = FST_OK;

    if (g->token.len)
        st = fst_db_run(s->db, fst_api_take_same, &search, err, "SELECT id, status, request FROM job WHERE token = ? AND token <> '' AND kind = ?", "tt",
                        fst_buf_view(&g->token), kind);
    if (st || g->same.found)
        return st;
    st = fst_db_int(s->db, &waiting, 0, err, "SELECT count(*) FROM job WHERE datastore = ? AND kind = ? AND status IN ('SUBMITTED', 'QUEUED')", "tt",
                    fst_buf_view(&g->store), kind);
    g->full = waiting >= s->quota[g->names->queued];
    if (st || g->full)
        return st;
    st = probe_output(s, r, g->names, err);
    return st ? st : fst_job_add(s, &job, g->id, err);
}

static void answer_started(struct fst_api_request *r, struct fst_view id, struct fst_view status, struct fst_view store)
{
    fst_json_begin_object(&r->out);
    fst_json_member_string(&r->out, "JobId", id);
    fst_json_member_string(&r->out, "JobStatus", status);
    fst_json_member_string(&r->out, "DatastoreId", store);
    fst_json_end_object(&r->out);
}

static void answer(struct fst_serve *s, struct fst_api_request *r, struct starting *g, enum fst_status st, const struct fst_error *err)
{
    struct fst_error ignored = { 0 };

    if (st) {
        fst_api_failed(r, err);
    } else if (g->same.found && !g->same.is_same) {
        fst_api_refuse(r, "ValidationException", "The ClientToken was used before, with another request.");
    } else if (g->same.found) {
        answer_started(r, fst_buf_view(&g->same.id), fst_buf_view(&g->same.status), fst_buf_view(&g->store));
    } else if (g->full) {
        fst_api_refuse(r, "ThrottlingException", "As many jobs as may wait in this data store's queue wait already.");
    } else {
        answer_started(r, fst_view_of(g->id), fst_view_of("SUBMITTED"), fst_buf_view(&g->store));
        if (fst_events_write(s, &ignored))
            return; /* they are kept, and written with the next */
        fst_serve_wake(s);
    }
}

static void start(struct fst_serve *s, struct fst_api_request *r, struct starting *g)
{
    struct fst_error err = { 0 };
    enum fst_status  st = fst_db_begin(s->db, &err);

    if (!st)
        st = fst_db_end(s->db, find_or_add(s, r, g, &err), &err);
    answer(s, r, g, st, &err);
}

static void start_job(struct fst_serve *s, struct fst_api_request *r, const struct names *names)
{
    struct starting  g = { .names = names };
    struct fst_error err = { 0 };
    const char      *code, *why;

    fst_api_same_init(&g.same);
    fst_buf_init(&g.store, FST_TEXT_CEILING);
    fst_buf_init(&g.token, FST_TEXT_CEILING);
    fst_buf_init(&g.name, FST_TEXT_CEILING);
    fst_buf_add_view(&g.store, fst_api_string(r, "DatastoreId"));
    fst_buf_add_view(&g.token, fst_api_string(r, "ClientToken"));
    fst_buf_add_view(&g.name, fst_api_string(r, "JobName"));
    fst_serve_id(s, g.id);
    if (!fst_api_store_is_usable(s, fst_buf_view(&g.store), &code, &why, &err) && err.status)
        fst_api_failed(r, &err);
    else if (*code)
        fst_api_refuse(r, code, why);
    else if (fst_api_string(r, "InputFormat").n || fst_api_string(r, "ProfileId").n)
        fst_api_refuse(r, "ValidationException", "The local service imports FHIR alone: it does not support data transformation.");
    else
        start(s, r, &g);
    fst_api_same_clear(&g.same);
    fst_buf_clear(&g.store);
    fst_buf_clear(&g.token);
    fst_buf_clear(&g.name);
}

/* ---- describe, list */

struct listing {
    struct fst_api_request *r;
    const struct names     *names;
    struct fst_api_paging   paging;
};

#define COLUMNS "id, name, status, submitted, ended, datastore, request, report, message, number"

/* "s3://b/out/" with the job's own folder behind it, as the service describes it. */
static void write_output(struct fst_json_writer *w, const struct names *names, const struct fst_tape *t, struct fst_view datastore, struct fst_view id)
{
    uint32_t       s3 = fst_tape_member(t, fst_tape_member(t, 0, names->output), "S3Configuration");
    struct fst_buf uri, scratch;

    fst_buf_init(&uri, FST_TEXT_CEILING);
    fst_buf_init(&scratch, FST_TEXT_CEILING);
    fst_buf_add_view(&uri, fst_tape_member_string(t, s3, "S3Uri", &scratch));
    if (uri.len && uri.p[uri.len - 1] != '/')
        fst_buf_add_char(&uri, '/');
    fst_job_add_folder(&uri, names->kind, datastore, id);
    fst_json_name(w, names->output);
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

static void write_request(struct fst_json_writer *w, const struct names *names, struct fst_view request, struct fst_view store, struct fst_view id)
{
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;

    if (!fst_json_parse(&t, request, &opts, &jerr)) {
        fst_api_copy_member(w, &t, 0, "InputDataConfig");
        write_output(w, names, &t, store, id);
        fst_api_copy_member(w, &t, 0, "DataAccessRoleArn");
        if (names->kind == FST_KIND_IMPORT && !fst_api_has(&t, 0, "ValidationLevel"))
            fst_json_member_str(w, "ValidationLevel", "strict");
        fst_api_copy_member(w, &t, 0, "ValidationLevel");
    }
    fst_tape_clear(&t);
}

static enum fst_status write_job(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct listing         *l = ctx;
    struct fst_json_writer *w = &l->r->out;

    if (!fst_api_paging_take(&l->paging, fst_row_int(row, 9)))
        return FST_ELIMIT;
    fst_json_begin_object(w);
    fst_json_member_string(w, "JobId", fst_row_text(row, 0));
    if (fst_row_text(row, 1).n)
        fst_json_member_string(w, "JobName", fst_row_text(row, 1));
    fst_json_member_string(w, "JobStatus", fst_row_text(row, 2));
    fst_api_time(w, "SubmitTime", fst_row_int(row, 3));
    if (fst_row_int(row, 4))
        fst_api_time(w, "EndTime", fst_row_int(row, 4));
    fst_json_member_string(w, "DatastoreId", fst_row_text(row, 5));
    write_request(w, l->names, fst_row_text(row, 6), fst_row_text(row, 5), fst_row_text(row, 0));
    if (fst_row_text(row, 7).n) {
        fst_json_name(w, "JobProgressReport");
        fst_json_raw(w, fst_row_text(row, 7));
    }
    if (fst_row_text(row, 8).n)
        fst_json_member_string(w, "Message", fst_row_text(row, 8));
    fst_json_end_object(w);
    return FST_OK;
}

static void describe_job(struct fst_serve *s, struct fst_api_request *r, const struct names *names)
{
    struct fst_error err = { 0 };
    struct listing   l = { .r = r, .names = names, .paging = { .max = 1 } };
    struct fst_buf   job, datastore;
    enum fst_status  st;

    fst_buf_init(&job, FST_TEXT_CEILING);
    fst_buf_init(&datastore, FST_TEXT_CEILING);
    fst_buf_add_view(&job, fst_api_string(r, "JobId"));
    fst_buf_add_view(&datastore, fst_api_string(r, "DatastoreId"));
    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, names->properties);
    st = fst_db_run(s->db, write_job, &l, &err, "SELECT " COLUMNS " FROM job WHERE kind = ? AND id = ? AND datastore = ?", "ttt",
                    fst_view_of(fst_job_kind_name(names->kind)), fst_buf_view(&job), fst_buf_view(&datastore));
    fst_json_end_object(&r->out);
    if (st)
        fst_api_failed(r, &err);
    else if (!l.paging.count)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no such job in the data store.");
    fst_buf_clear(&job);
    fst_buf_clear(&datastore);
}

static void list(struct fst_serve *s, struct listing *l, struct fst_buf args[3])
{
    struct fst_api_request *r = l->r;
    struct fst_error        err = { 0 };
    enum fst_status         st;

    fst_json_begin_object(&r->out);
    fst_json_name(&r->out, l->names->list);
    fst_json_begin_array(&r->out);
    st = fst_db_run(s->db, write_job, l, &err,
                    "SELECT " COLUMNS " FROM job WHERE kind = ?7 AND datastore = ?1 AND number < ?2 AND (?3 = '' OR name = ?3)"
                    " AND (?4 = '' OR status = ?4) AND submitted < ?5 AND submitted > ?6 ORDER BY number DESC", "tittiit",
                    fst_buf_view(&args[0]), l->paging.below, fst_buf_view(&args[1]), fst_buf_view(&args[2]),
                    fst_api_time_member(&r->tape, 0, "SubmittedBefore", INT64_MAX), fst_api_time_member(&r->tape, 0, "SubmittedAfter", INT64_MIN),
                    fst_view_of(fst_job_kind_name(l->names->kind)));
    fst_json_end_array(&r->out);
    fst_api_paging_end(&l->paging, r);
    fst_json_end_object(&r->out);
    if (st && st != FST_ELIMIT)
        fst_api_failed(r, &err);
}

static void list_jobs(struct fst_serve *s, struct fst_api_request *r, const struct names *names)
{
    static const char *const members[] = { "DatastoreId", "JobName", "JobStatus" };
    struct fst_buf           args[3];
    struct fst_error         err = { 0 };
    struct listing           l = { .r = r, .names = names };
    int64_t                  number;

    for (size_t i = 0; i < FST_COUNT(members); i++) {
        fst_buf_init(&args[i], FST_TEXT_CEILING);
        fst_buf_add_view(&args[i], fst_api_string(r, members[i]));
    }
    if (!fst_api_paging_read(&l.paging, r))
        ;
    else if (fst_api_datastore_number(s, fst_buf_view(&args[0]), &number, &err))
        fst_api_failed(r, &err);
    else if (!number)
        fst_api_refuse(r, "ResourceNotFoundException", "There is no data store with that id.");
    else
        list(s, &l, args);
    for (size_t i = 0; i < FST_COUNT(members); i++)
        fst_buf_clear(&args[i]);
}

/* ---- the operations */

void fst_api_start_import(struct fst_serve *s, struct fst_api_request *r)
{
    start_job(s, r, &imports);
}

void fst_api_describe_import(struct fst_serve *s, struct fst_api_request *r)
{
    describe_job(s, r, &imports);
}

void fst_api_list_imports(struct fst_serve *s, struct fst_api_request *r)
{
    list_jobs(s, r, &imports);
}

void fst_api_start_export(struct fst_serve *s, struct fst_api_request *r)
{
    start_job(s, r, &exports);
}

void fst_api_describe_export(struct fst_serve *s, struct fst_api_request *r)
{
    describe_job(s, r, &exports);
}

void fst_api_list_exports(struct fst_serve *s, struct fst_api_request *r)
{
    list_jobs(s, r, &exports);
}
