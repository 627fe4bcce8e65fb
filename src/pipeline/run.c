/* The whole job, and the errors of one that was run before. */
#include "fhirstage/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/file.h"
#include "healthlake/model.h"
#include "json/writer.h"
#include "pipeline/failures.h"
#include "pipeline/importer.h"
#include "pipeline/reconcile.h"
#include "prepare/manifest.h"

enum { TEXT_CEILING = 64 << 20 };

#define FAILURES_FILE "failures.ndjson"

struct run {
    const struct fst_run_opts *opts;
    const struct fst_env      *env;
    struct fst_run_result     *result;
    struct fst_upload_opts     upload;
    struct fst_manifest        manifest;
    struct fst_api             api;
    struct fst_importer        importer;
    bool                       differs;
};

static void enter_stage(const struct run *r, enum fst_stage stage)
{
    fst_meter_enter(r->opts->prepare.meter, stage, r->result->figures.files, r->result->figures.bytes);
}

static enum fst_status digest_manifest(struct run *r, struct fst_error *err)
{
    struct fst_buf  path, text;
    uint8_t         hash[FST_SHA256_BYTES];
    enum fst_status st;

    fst_buf_init(&path, TEXT_CEILING);
    fst_buf_init(&text, (size_t)2 << 30);
    st = fst_file_read(&text, fst_path_join(&path, r->opts->prepare.out_dir, FST_MANIFEST_KEY), err);
    fst_sha256(fst_buf_view(&text), hash);
    fst_hex(hash, sizeof hash, r->importer.digest);
    fst_buf_clear(&path);
    fst_buf_clear(&text);
    return st;
}

/* ---- the jobs */

static enum fst_status list_jobs(struct run *r, struct fst_error *err)
{
    struct fst_run_result *result = r->result;
    enum fst_status        st = fst_manifest_load(&r->manifest, r->opts->prepare.out_dir, err);

    if (st)
        return st;
    result->jobs = calloc(r->manifest.job_count, sizeof *result->jobs);
    if (!result->jobs)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (; result->job_count < r->manifest.job_count; result->job_count++) {
        const struct fst_manifest_job *of = &r->manifest.jobs[result->job_count];
        struct fst_run_job            *job = &result->jobs[result->job_count];
        *job = (struct fst_run_job){ .number = of->number, .files = of->files, .bytes = of->bytes, .resources = of->resources };
        snprintf(job->input, sizeof job->input, "%s", of->input);
    }
    return FST_OK;
}

static void write_job(struct fst_json_writer *w, const struct fst_run_job *job)
{
    fst_json_member_str(w, "JobId", job->id);
    fst_json_member_str(w, "JobStatus", job->status);
    fst_json_member_str(w, "OutputUri", job->output_uri);
}

static void write_jobs(struct fst_json_writer *w, const struct fst_run_result *result)
{
    fst_json_name(w, "Jobs");
    fst_json_begin_array(w);
    for (size_t i = 0; i < result->job_count && result->jobs[i].id[0]; i++) {
        fst_json_begin_object(w);
        fst_json_member_str(w, "Input", result->jobs[i].input);
        write_job(w, &result->jobs[i]);
        fst_json_end_object(w);
    }
    fst_json_end_array(w);
}

/* What a later `errors` needs to find the jobs. */
static enum fst_status write_job_file(const struct run *r, struct fst_error *err)
{
    const struct fst_run_result *result = r->result;
    struct fst_json_writer       w;
    struct fst_buf               text, path;
    enum fst_status              st;

    fst_buf_init(&text, TEXT_CEILING);
    fst_buf_init(&path, TEXT_CEILING);
    fst_json_writer_init(&w, &text, 2);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "DatastoreId", result->datastore_id);
    if (result->job_count == 1)
        write_job(&w, &result->jobs[0]);
    else
        write_jobs(&w, result);
    fst_json_end_object(&w);
    fst_buf_add_char(&text, '\n');
    st = fst_file_replace(fst_path_join(&path, r->opts->prepare.out_dir, FST_IMPORT_KEY), fst_buf_view(&text), err);
    fst_buf_clear(&text);
    fst_buf_clear(&path);
    return st;
}

/* ---- the failures, as a file */

struct failure_file {
    struct fst_buf text;
    uint64_t       count;
};

static void add_failure(void *ctx, const struct fst_failure *f)
{
    struct failure_file   *out = ctx;
    struct fst_json_writer w;

    out->count++;
    fst_json_writer_init(&w, &out->text, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "file", f->source);
    if (f->source)
        fst_json_member_u64(&w, "line", f->source_line);
    if (f->entry >= 0)
        fst_json_member_u64(&w, "entry", (uint64_t)f->entry);
    fst_json_member_str(&w, "chunk", f->chunk);
    fst_json_member_u64(&w, "chunkLine", f->line);
    fst_json_member_str(&w, "severity", f->severity);
    fst_json_member_str(&w, "code", f->code);
    if (f->location && *f->location)
        fst_json_member_str(&w, "location", f->location);
    fst_json_member_str(&w, "diagnostics", f->diagnostics);
    fst_json_member_u64(&w, "statusCode", (uint64_t)f->status_code);
    fst_json_end_object(&w);
    fst_buf_add_char(&out->text, '\n');
}

static enum fst_status read_failures(struct run *r, struct fst_aws *a, struct failure_file *file, struct fst_error *err)
{
    const struct fst_failures_of of = { .dir = r->opts->prepare.out_dir, .manifest = &r->manifest };
    enum fst_status              st = FST_OK;

    for (size_t i = 0; i < r->result->job_count && !st; i++) {
        struct fst_run_job *job = &r->result->jobs[i];
        uint64_t            before = file->count;
        if (!job->reconciled_count)
            continue;
        st = fst_failures_read(a, &of, job->input, job->output_uri, add_failure, file, err);
        job->failures = file->count - before;
    }
    return st ? st : fst_buf_check(&file->text, err);
}

/* Of the jobs that ended well. */
static enum fst_status collect_failures(struct run *r, struct fst_error *err)
{
    struct fst_aws_config config;
    struct fst_aws       *a = NULL;
    struct failure_file   file = { .count = 0 };
    struct fst_buf        path;
    enum fst_status       st = fst_aws_config_load(&config, &r->upload.remote, r->env, err);

    if (st)
        return st;
    fst_buf_init(&file.text, (size_t)2 << 30);
    fst_buf_init(&path, TEXT_CEILING);
    st = fst_aws_new(&a, &config, r->env, r->opts->prepare.meter ? &r->opts->prepare.meter->stop : NULL, err);
    if (!st)
        st = read_failures(r, a, &file, err);
    fst_path_join(&path, r->opts->prepare.out_dir, FAILURES_FILE);
    if (!st && file.count)
        st = fst_file_replace(path.p, fst_buf_view(&file.text), err);
    else if (!st)
        st = fst_file_remove_tree(path.p, err);
    r->result->failures = file.count;
    fst_aws_free(a);
    fst_aws_config_clear(&config);
    fst_buf_clear(&file.text);
    fst_buf_clear(&path);
    return st;
}

/* ---- the stages */

/* It goes on, or came to a bad end: others may still be looked at. */
static bool is_outcome(enum fst_status st)
{
    return st == FST_EJOB || st == FST_ETIMEOUT;
}

/* Each job to its end, or as far as the time allows: one that fails does not keep the others from going on. */
static enum fst_status follow(struct run *r, struct fst_error *err)
{
    enum fst_status worst = FST_OK;

    for (size_t i = 0; i < r->result->job_count; i++) {
        struct fst_run_job *job = &r->result->jobs[i];
        struct fst_error    why = { 0 };
        enum fst_status     st = fst_importer_follow(&r->importer, job, &why);
        if (!st)
            fst_reconcile(job, &r->importer.tape, fst_importer_report(&r->importer));
        if (!st || (is_outcome(st) && (worst == FST_EJOB || worst == st)))
            continue;
        worst = st;
        if (err)
            *err = why;
        if (!is_outcome(st))
            break;
    }
    return worst;
}

static enum fst_status import(struct run *r, struct fst_error *err)
{
    int64_t         begun = r->env->mono_ms(r->env->ctx);
    enum fst_status st;

    enter_stage(r, FST_STAGE_IMPORT);
    st = fst_importer_open(&r->importer, err);
    if (r->opts->timeout_ms)
        r->importer.deadline_ms = r->env->mono_ms(r->env->ctx) + r->opts->timeout_ms;
    for (size_t i = 0; i < r->result->job_count && !st; i++) {
        st = fst_importer_start(&r->importer, &r->result->jobs[i], err);
        if (!st)
            st = write_job_file(r, err);
    }
    if (!st)
        st = follow(r, err);
    r->result->import_seconds = (double)(r->env->mono_ms(r->env->ctx) - begun) / 1000;
    return st;
}

/* What is known of the jobs that ended well, also when others did not. */
static enum fst_status reconcile(struct run *r, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    enter_stage(r, FST_STAGE_RECONCILE);
    r->differs = fst_reconcile_sum(r->result);
    if (r->result->reconciled_count)
        st = collect_failures(r, err);
    return st ? st : write_job_file(r, err);
}

/* Where several statuses hold, the exit code's rule (docs/cli.md): a part not read comes before what was rejected. */
static enum fst_status verdict(const struct run *r, enum fst_status prepared)
{
    if (prepared == FST_EINPUT)
        return FST_EINPUT;
    if (prepared == FST_EREJECTED || r->differs || r->result->failures ||
        !strcmp(fst_run_worst_job(r->result)->status, "COMPLETED_WITH_ERRORS"))
        return FST_EREJECTED;
    return FST_OK;
}

static enum fst_status import_and_reconcile(struct run *r, struct fst_error *err)
{
    struct fst_error why = { 0 };
    enum fst_status  imported = import(r, err), st = FST_OK;

    if (!imported || is_outcome(imported))
        st = reconcile(r, &why);
    if (imported || !st)
        return imported;
    if (err)
        *err = why;
    return st;
}

static enum fst_status run_stages(struct run *r, struct fst_error *err)
{
    struct fst_error unread = { 0 };
    enum fst_status  prepared = fst_stage(&r->opts->prepare, &r->upload, r->env, &r->result->figures, &r->result->upload, &unread), st;
    bool             goes_on = !prepared || (prepared == FST_EINPUT && r->result->figures.resources) || (prepared == FST_EREJECTED && !unread.text[0]);

    if (!goes_on) {
        if (err)
            *err = unread;
        return prepared;
    }
    if (!r->result->figures.resources)
        return fst_fail(err, prepared ? prepared : FST_EINPUT, "nothing to import: no resource of the input can be staged");
    st = list_jobs(r, err);
    if (!st)
        st = digest_manifest(r, err);
    if (!st)
        st = fst_api_open(&r->api, &r->upload.remote, r->env, r->opts->prepare.meter, err);
    if (!st)
        st = import_and_reconcile(r, err);
    fst_api_close(&r->api);
    if (!st && prepared == FST_EINPUT && err)
        *err = unread;
    return st ? st : verdict(r, prepared);
}

/* The worse, the higher. */
static int rank(const char *status)
{
    static const char *const good[] = { "COMPLETED", "COMPLETED_WITH_ERRORS" };
    enum fst_job_status      s;

    for (size_t i = 0; i < FST_COUNT(good); i++)
        if (!strcmp(status, good[i]))
            return (int)i;
    return fst_job_status_parse(&s, fst_view_of(status)) && fst_job_status_is_final(s) ? 3 : 2;
}

const struct fst_run_job *fst_run_worst_job(const struct fst_run_result *result)
{
    const struct fst_run_job *worst = NULL;

    for (size_t i = 0; i < result->job_count; i++)
        if (result->jobs[i].id[0] && (!worst || rank(result->jobs[i].status) > rank(worst->status)))
            worst = &result->jobs[i];
    return worst;
}

void fst_run_result_clear(struct fst_run_result *result)
{
    free(result->jobs);
    *result = (struct fst_run_result){ 0 };
}

enum fst_status fst_run(const struct fst_run_opts *opts, const struct fst_env *env, struct fst_run_result *result, struct fst_error *err)
{
    struct run      r = { .opts = opts, .env = env ? env : fst_env_real(), .result = result, .upload = opts->upload };
    int64_t         begun = r.env->mono_ms(r.env->ctx);
    enum fst_status st;

    *result = (struct fst_run_result){ 0 };
    r.upload.memory_bytes = opts->prepare.memory_bytes / 2;
    r.upload.tmp_dir = opts->prepare.tmp_dir;
    r.upload.meter = opts->prepare.meter;
    r.upload.notice = opts->prepare.notice;
    r.upload.notice_ctx = opts->prepare.notice_ctx;
    r.importer = (struct fst_importer){ .opts = opts, .api = &r.api, .result = result };
    st = run_stages(&r, err);
    fst_importer_clear(&r.importer);
    fst_manifest_clear(&r.manifest);
    if (opts->prepare.meter)
        opts->prepare.meter->stage = FST_STAGE_DONE;
    result->seconds = (double)(r.env->mono_ms(r.env->ctx) - begun) / 1000;
    return st;
}
