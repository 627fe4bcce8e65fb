/* FHIR REST: $export of a system, of all patients, of a Group; how it gets on; its files; cancelling it. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "fhir/types.h"
#include "healthlake/check.h"
#include "json/writer.h"
#include "serve/api.h"
#include "serve/export.h"
#include "serve/fhir.h"
#include "serve/lake.h"
#include "serve/s3.h"
#include "sign/sigv4.h"

/* ---- starting */

static bool read_time(struct fst_fhir *f, const char *name, struct fst_view value, int64_t *ms)
{
    if (fst_parse_time_ms(ms, value))
        return true;
    fst_fhir_refuse(f, 400, "invalid", "%s takes an instant, such as 2026-01-31T00:00:00Z", name);
    return false;
}

static bool read_types(struct fst_fhir *f, struct fst_export *e, struct fst_view value)
{
    struct fst_view rest = value;

    while (rest.n) {
        const char     *comma = memchr(rest.p, ',', rest.n);
        struct fst_view one = comma ? fst_view_n(rest.p, (size_t)(comma - rest.p)) : rest;
        rest = fst_view_from(rest, one.n + 1);
        if (fst_type_find(one) == FST_NO_TYPE) {
            fst_fhir_refuse(f, 400, "invalid", "_type: there is no resource type '%.*s'", FST_VIEW_ARGS(one));
            return false;
        }
    }
    fst_buf_add_view(&e->types, value);
    return true;
}

static bool read_parameter(struct fst_fhir *f, struct fst_export *e, struct fst_view name, struct fst_view value)
{
    static const char *const formats[] = { "application/fhir+ndjson", "application/ndjson", "ndjson" };

    if (fst_view_is(name, "_type"))
        return read_types(f, e, value);
    if (fst_view_is(name, "_since"))
        return read_time(f, "_since", value, &e->since_ms);
    if (fst_view_is(name, "_until"))
        return read_time(f, "_until", value, &e->until_ms);
    if (fst_view_is(name, "_outputFormat"))
        for (size_t i = 0; i < FST_COUNT(formats); i++)
            if (fst_view_is(value, formats[i]))
                return true;
    fst_fhir_refuse(f, 400, "not-supported", "The local service does not export by %.*s", FST_VIEW_ARGS(name));
    return false;
}

static bool read_query(struct fst_fhir *f, struct fst_export *e)
{
    struct fst_view rest = f->query;
    struct fst_buf  name, value;
    bool            ok = true;

    fst_buf_init(&name, FST_TEXT_CEILING);
    fst_buf_init(&value, FST_TEXT_CEILING);
    while (rest.n && ok) {
        const char     *and = memchr(rest.p, '&', rest.n);
        struct fst_view one = and ? fst_view_n(rest.p, (size_t)(and - rest.p)) : rest;
        const char     *equals = one.n ? memchr(one.p, '=', one.n) : NULL;

        rest = fst_view_from(rest, one.n + 1);
        if (!equals || fst_view_starts(one, "X-Amz-")) /* of a presigned request */
            continue;
        fst_buf_reset(&name);
        fst_buf_reset(&value);
        fst_sign_decode(&name, fst_view_n(one.p, (size_t)(equals - one.p)));
        fst_sign_decode(&value, fst_view_from(one, (size_t)(equals - one.p) + 1));
        ok = read_parameter(f, e, fst_buf_view(&name), fst_buf_view(&value));
    }
    fst_buf_clear(&name);
    fst_buf_clear(&value);
    return ok;
}

/* The body of a POST is a StartFHIRExportJob's without the data store; it may be left out, as with GET: then the files
 * are fetched over REST. */
static bool check_body(struct fst_fhir *f, struct fst_tape *t)
{
    struct fst_arena        arena;
    struct fst_check_report report = { .arena = &arena };
    struct fst_json_opts    opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error   jerr;
    uint32_t                output;
    bool                    ok;

    if (fst_json_parse(t, fst_buf_view(&f->x->body), &opts, &jerr) || fst_tape_kind(t, 0) != FST_JSON_OBJECT) {
        fst_fhir_refuse(f, 400, "invalid", "The body is not a JSON object");
        return false;
    }
    output = fst_tape_member(t, 0, "OutputDataConfig");
    fst_arena_init(&arena, 0);
    ok = output != FST_NO_NODE && !fst_check(t, output, fst_model_shape("OutputDataConfig"), FST_CHECK_UNKNOWN_PASSES, &report) && !report.count;
    if (!ok)
        fst_fhir_refuse(f, 400, "invalid", "OutputDataConfig: %s", report.count ? report.first->message : "it is missing");
    fst_arena_clear(&arena);
    return ok;
}

static enum fst_status add_job(struct fst_fhir *f, const struct fst_export *e, struct fst_view request, struct fst_view name, const char *id,
                               bool *full, struct fst_error *err)
{
    struct fst_new_job job = { .kind = FST_KIND_EXPORT, .store_id = f->store_id, .name = name, .request = request,
                               .op = strcmp(f->x->method, "GET") ? "StartFHIRExportJobWithPost" : "StartFHIRExportJobWithGet" };
    struct fst_buf     rest;
    int64_t            waiting;
    enum fst_status    st = fst_db_int(f->s->db, &waiting, 0, err, "SELECT count(*) FROM job WHERE datastore = ? AND kind = 'export'"
                                       " AND status IN ('SUBMITTED', 'QUEUED')", "t", f->store_id);
    *full = waiting >= f->s->quota[FST_QUOTA_QUEUED_EXPORTS];
    if (st || *full)
        return st;
    fst_buf_init(&rest, FST_TEXT_CEILING);
    fst_export_write(e, &rest);
    job.rest = fst_buf_view(&rest);
    st = fst_job_add(f->s, &job, id, err);
    fst_buf_clear(&rest);
    return st;
}

static void start(struct fst_fhir *f, struct fst_export *e)
{
    struct fst_tape  t = { 0 };
    struct fst_buf   scratch;
    struct fst_error err = { 0 };
    char             id[FST_HEX_ID];
    bool             full = false;
    enum fst_status  st;

    e->fetched = strcmp(f->x->method, "POST") != 0 || !f->x->body.len;
    if (!e->fetched && !check_body(f, &t)) {
        fst_tape_clear(&t);
        return;
    }
    fst_buf_init(&scratch, FST_TEXT_CEILING);
    fst_serve_id(f->s, id);
    st = fst_db_begin(f->s->db, &err);
    if (!st)
        st = fst_db_end(f->s->db, add_job(f, e, e->fetched ? fst_view_of("{}") : fst_buf_view(&f->x->body),
                                          e->fetched ? (struct fst_view){ 0 } : fst_tape_member_string(&t, 0, "JobName", &scratch), id, &full, &err), &err);
    if (!st && !full)
        st = fst_events_write(f->s, &err);
    if (st) {
        fst_fhir_failed(f, &err);
    } else if (full) {
        fst_fhir_refuse(f, 429, "throttled", "As many jobs as may wait in this data store's queue wait already.");
    } else {
        f->x->status = 202;
        fst_exchange_add_header(f->x, "Content-Location", "%sexport/%s", fst_buf_str(&f->base), id);
        fst_serve_wake(f->s);
    }
    fst_buf_clear(&scratch);
    fst_tape_clear(&t);
}

static bool group_exists(struct fst_fhir *f, struct fst_view id)
{
    int64_t n = 0;
    return !fst_db_int(f->s->db, &n, 0, NULL, "SELECT count(*) FROM resource WHERE datastore = ? AND type = 'Group' AND id = ?", "it", f->store, id) && n;
}

/* False: refused. */
static bool may_start(struct fst_fhir *f, struct fst_view group)
{
    if (strcmp(f->x->method, "GET") != 0 && strcmp(f->x->method, "POST") != 0)
        fst_fhir_refuse(f, 405, "not-supported", "$export is started with GET or POST");
    else if (!fst_view_is(fst_exchange_header(f->x, "prefer"), "respond-async"))
        fst_fhir_refuse(f, 400, "invalid", "$export is asynchronous: it needs the header Prefer: respond-async");
    else if (group.n && !group_exists(f, group))
        fst_fhir_refuse(f, 404, "not-found", "Resource not found: Group/%.*s", FST_VIEW_ARGS(group));
    else
        return true;
    return false;
}

void fst_fhir_start_export(struct fst_fhir *f, struct fst_view type, struct fst_view group)
{
    struct fst_export e;

    fst_export_init(&e);
    e.level = group.n ? FST_EXPORT_GROUP : type.n ? FST_EXPORT_PATIENT : FST_EXPORT_SYSTEM;
    fst_buf_add_view(&e.group, group);
    fst_buf_addf(&e.request, "%s%.*s", fst_buf_str(&f->base), FST_VIEW_ARGS(f->rest));
    if (f->query.n)
        fst_buf_addf(&e.request, "?%.*s", FST_VIEW_ARGS(f->query));
    if (may_start(f, group) && read_query(f, &e))
        start(f, &e);
    fst_export_clear(&e);
}

/* ---- how it gets on */

struct telling {
    struct fst_fhir *f;
    bool             found;
};

/* "Aug 26, 2023 1:46:56 PM", as the live service writes it. */
static void member_time(struct fst_json_writer *w, const char *name, int64_t ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t            t = (time_t)(ms / 1000);
    struct tm         tm;
    char              text[64];

    gmtime_r(&t, &tm);
    snprintf(text, sizeof text, "%.3s %d, %d %d:%02d:%02d %s", months + 3 * tm.tm_mon, tm.tm_mday, tm.tm_year + 1900,
             tm.tm_hour % 12 ? tm.tm_hour % 12 : 12, tm.tm_min, tm.tm_sec, tm.tm_hour < 12 ? "AM" : "PM");
    fst_json_member_str(w, name, text);
}

static void write_files(struct telling *t, struct fst_json_writer *w, const struct fst_export *e, const struct fst_tape *request,
                        struct fst_view manifest)
{
    struct fst_tape       files = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    struct fst_buf        url, scratch, bucket, prefix;
    struct fst_error      err = { 0 };
    uint32_t              s3 = fst_tape_member(request, fst_tape_member(request, 0, "OutputDataConfig"), "S3Configuration");

    fst_buf_init(&url, FST_TEXT_CEILING);
    fst_buf_init(&scratch, FST_TEXT_CEILING);
    fst_buf_init(&bucket, FST_TEXT_CEILING);
    fst_buf_init(&prefix, FST_TEXT_CEILING);
    if (!e->fetched && fst_lake_split_uri(fst_tape_member_string(request, s3, "S3Uri", &scratch), &bucket, &prefix, &err))
        fst_buf_reset(&bucket);
    if (!fst_json_parse(&files, manifest, &opts, &jerr))
        FST_EACH_ELEMENT(&files, 0, file) {
            fst_json_begin_object(w);
            fst_api_copy_member(w, &files, file, "type");
            fst_buf_reset(&url);
            fst_buf_addf(&url, e->fetched ? "%sexport/" : "s3://%s/", e->fetched ? fst_buf_str(&t->f->base) : fst_buf_str(&bucket));
            fst_buf_add_view(&url, fst_tape_member_string(&files, file, "key", &scratch));
            fst_json_member_string(w, "url", fst_buf_view(&url));
            fst_api_copy_member(w, &files, file, "count");
            fst_json_end_object(w);
        }
    fst_tape_clear(&files);
    fst_buf_clear(&url);
    fst_buf_clear(&scratch);
    fst_buf_clear(&bucket);
    fst_buf_clear(&prefix);
}

static void write_status(struct telling *t, const struct fst_row *row, const struct fst_export *e, const struct fst_tape *request, bool done)
{
    struct fst_json_writer w;

    fst_buf_reset(&t->f->x->out);
    fst_exchange_add_header(t->f->x, "Content-Type", "application/json");
    fst_json_writer_init(&w, &t->f->x->out, 0);
    fst_json_begin_object(&w);
    fst_json_member_string(&w, "jobId", fst_row_text(row, 0));
    fst_json_member_string(&w, "jobStatus", fst_row_text(row, 1));
    fst_json_member_string(&w, "datastoreId", t->f->store_id);
    member_time(&w, "submitTime", fst_row_int(row, 2));
    if (fst_row_int(row, 3))
        member_time(&w, "endTime", fst_row_int(row, 3));
    if (fst_row_text(row, 4).n)
        fst_json_member_string(&w, "message", fst_row_text(row, 4));
    if (done) {
        member_time(&w, "transactionTime", fst_row_int(row, 2));
        fst_json_member_string(&w, "request", fst_buf_view(&e->request));
        fst_json_member_bool(&w, "requiresAccessToken", true);
        fst_json_name(&w, "output");
        fst_json_begin_array(&w);
        write_files(t, &w, e, request, fst_row_text(row, 6));
        fst_json_end_array(&w);
        fst_json_name(&w, "error");
        fst_json_begin_array(&w);
        fst_json_end_array(&w);
    }
    fst_json_end_object(&w);
}

/* id, status, submitted, ended, message, rest, manifest, request */
static enum fst_status tell(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct telling       *t = ctx;
    struct fst_export     e;
    struct fst_tape       request = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    enum fst_job_status   status;

    t->found = true;
    fst_export_init(&e);
    if (fst_job_status_parse(&status, fst_row_text(row, 1)) && !fst_json_parse(&request, fst_row_text(row, 7), &opts, &jerr)) {
        bool done = status == FST_JOB_COMPLETED;
        fst_export_read(&e, fst_row_text(row, 5));
        t->f->x->status = done ? 200 : status == FST_JOB_FAILED ? 500 : fst_job_status_is_final(status) ? 404 : 202;
        if (!fst_job_status_is_final(status)) {
            fst_exchange_add_header(t->f->x, "X-Progress", "%.*s", FST_VIEW_ARGS(fst_row_text(row, 1)));
            fst_exchange_add_header(t->f->x, "Retry-After", "1");
        }
        write_status(t, row, &e, &request, done);
    }
    fst_export_clear(&e);
    fst_tape_clear(&request);
    return FST_OK;
}

static void describe(struct fst_fhir *f, struct fst_view id)
{
    struct telling   t = { .f = f };
    struct fst_error err = { 0 };

    if (fst_db_run(f->s->db, tell, &t, &err, "SELECT id, status, submitted, ended, message, rest, manifest, request FROM job"
                   " WHERE kind = 'export' AND datastore = ? AND id = ?", "tt", f->store_id, id))
        fst_fhir_failed(f, &err);
    else if (!t.found)
        fst_fhir_refuse(f, 404, "not-found", "There is no export job %.*s", FST_VIEW_ARGS(id));
}

static void cancel(struct fst_fhir *f, struct fst_view id)
{
    struct fst_error err = { 0 };
    int64_t          n = 0;

    if (fst_db_int(f->s->db, &n, 0, &err, "SELECT count(*) FROM job WHERE kind = 'export' AND datastore = ? AND id = ?", "tt", f->store_id, id) ||
        (n && fst_job_cancel(f->s, id, &err)))
        fst_fhir_failed(f, &err);
    else if (!n)
        fst_fhir_refuse(f, 404, "not-found", "There is no export job %.*s", FST_VIEW_ARGS(id));
    else
        f->x->status = 202;
}

/* ---- its files */

static void send_file(struct fst_fhir *f, struct fst_view key)
{
    struct fst_s3_found found;
    struct fst_buf      path;
    struct fst_error    err = { 0 };
    enum fst_status     st = fst_s3_find(f->s, fst_view_of(FST_EXPORT_BUCKET), key, (struct fst_view){ 0 }, &found, &err);

    fst_buf_init(&path, FST_TEXT_CEILING);
    if (!st && found.found) {
        fst_serve_object_path(f->s, &path, fst_buf_view(&found.file));
        f->x->out_fd = open(path.p, O_RDONLY | O_CLOEXEC);
    }
    if (st) {
        fst_fhir_failed(f, &err);
    } else if (!found.found || f->x->out_fd < 0) {
        fst_fhir_refuse(f, 404, "not-found", "There is no such file");
    } else {
        f->x->out_bytes = found.size;
        fst_exchange_add_header(f->x, "Content-Type", "application/fhir+ndjson");
    }
    fst_s3_found_clear(&found);
    fst_buf_clear(&path);
}

void fst_fhir_export(struct fst_fhir *f, struct fst_view rest)
{
    const char     *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
    struct fst_view id = slash ? fst_view_n(rest.p, (size_t)(slash - rest.p)) : rest;

    if (!strcmp(f->x->method, "DELETE") && !slash)
        cancel(f, id);
    else if (strcmp(f->x->method, "GET") != 0)
        fst_fhir_refuse(f, 405, "not-supported", "An export is polled with GET, and cancelled with DELETE");
    else if (slash)
        send_file(f, rest);
    else
        describe(f, id);
}
