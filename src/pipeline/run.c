/* The whole job, and the errors of one that was run before. */
#include "fhirstage/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/file.h"
#include "json/writer.h"
#include "pipeline/failures.h"
#include "pipeline/job.h"
#include "pipeline/reconcile.h"
#include "prepare/manifest.h"

enum { TEXT_CEILING = 64 << 20, JOB_FILES = 1000000 };
#define JOB_BYTES UINT64_C(5000000000000)

#define JOB_FILE      "meta/import.json"
#define FAILURES_FILE "failures.ndjson"

struct run {
    const struct fst_run_opts *opts;
    const struct fst_env      *env;
    struct fst_run_result     *result;
    struct fst_upload_opts     upload;
    struct fst_api             api;
    struct fst_job             job;
    bool                       differs;
};

static void enter_stage(const struct run *r, enum fst_stage stage)
{
    struct fst_meter *m = r->opts->prepare.meter;

    if (!m)
        return;
    m->stage = stage;
    m->bytes = m->resources = m->rejected = m->files = 0;
    m->files_total = r->result->figures.files;
    m->bytes_total = r->result->figures.bytes;
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
    fst_hex(hash, sizeof hash, r->job.digest);
    fst_buf_clear(&path);
    fst_buf_clear(&text);
    return st;
}

/* What a later `errors` needs to find the job. */
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
    fst_json_member_str(&w, "JobId", result->job_id);
    fst_json_member_str(&w, "JobStatus", result->job_status);
    fst_json_member_str(&w, "OutputUri", result->output_uri);
    fst_json_end_object(&w);
    fst_buf_add_char(&text, '\n');
    st = fst_file_replace(fst_path_join(&path, r->opts->prepare.out_dir, JOB_FILE), fst_buf_view(&text), err);
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
        st = fst_failures_read(a, r->result->output_uri, r->opts->prepare.out_dir, add_failure, &file, err);
    if (!st)
        st = fst_buf_check(&file.text, err);
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

static enum fst_status import(struct run *r, struct fst_error *err)
{
    int64_t         begun = r->env->mono_ms(r->env->ctx);
    enum fst_status st;

    enter_stage(r, FST_STAGE_IMPORT);
    st = fst_job_open_datastore(&r->job, err);
    if (!st)
        st = fst_job_start(&r->job, err);
    if (!st)
        st = write_job_file(r, err);
    if (!st)
        st = fst_job_follow(&r->job, err);
    r->result->import_seconds = (double)(r->env->mono_ms(r->env->ctx) - begun) / 1000;
    return st;
}

static enum fst_status reconcile(struct run *r, struct fst_error *err)
{
    enum fst_status st;

    enter_stage(r, FST_STAGE_RECONCILE);
    r->differs = fst_reconcile(r->result->reconciled, &r->result->reconciled_count, &r->result->figures, &r->job.tape,
                               fst_job_report(&r->job));
    st = collect_failures(r, err);
    return st ? st : write_job_file(r, err);
}

/* Where several statuses hold, the exit code's rule (docs/cli.md): a part not read comes before what was rejected. */
static enum fst_status verdict(const struct run *r, enum fst_status prepared)
{
    if (prepared == FST_EINPUT)
        return FST_EINPUT;
    if (prepared == FST_EREJECTED || r->differs || r->result->failures || !strcmp(r->result->job_status, "COMPLETED_WITH_ERRORS"))
        return FST_EREJECTED;
    return FST_OK;
}

/* What the service would refuse after hours is refused before the job is started. */
static enum fst_status check_quotas(const struct run *r, struct fst_error *err)
{
    const struct fst_figures *f = &r->result->figures;
    uint64_t                  files = r->opts->max_job_files ? r->opts->max_job_files : JOB_FILES;
    uint64_t                  bytes = r->opts->max_job_bytes ? r->opts->max_job_bytes : JOB_BYTES;

    if (f->files <= files && f->bytes <= bytes)
        return FST_OK;
    fst_fail(err, FST_ELIMIT, "an import job may hold %llu files of %llu bytes in all; staged are %llu files of %llu bytes", (unsigned long long)files,
             (unsigned long long)bytes, (unsigned long long)f->files, (unsigned long long)f->bytes);
    fst_error_hint(err, f->files > files ? "a larger --chunk-size makes fewer files; or run parts of the input, each to a prefix of its own; a raised "
                                           "quota is given with --max-job-files"
                                         : "run parts of the input, each to a prefix of its own; a raised quota is given with --max-job-bytes");
    return FST_ELIMIT;
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
    st = check_quotas(r, err);
    if (!st)
        st = digest_manifest(r, err);
    if (!st)
        st = fst_api_open(&r->api, &r->upload.remote, r->env, r->opts->prepare.meter, err);
    if (!st)
        st = import(r, err);
    if (!st)
        st = reconcile(r, err);
    fst_api_close(&r->api);
    if (!st && prepared == FST_EINPUT && err)
        *err = unread;
    return st ? st : verdict(r, prepared);
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
    r.job = (struct fst_job){ .opts = opts, .api = &r.api, .result = result };
    st = run_stages(&r, err);
    fst_job_clear(&r.job);
    if (opts->prepare.meter)
        opts->prepare.meter->stage = FST_STAGE_DONE;
    result->seconds = (double)(r.env->mono_ms(r.env->ctx) - begun) / 1000;
    return st;
}
