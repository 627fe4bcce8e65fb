/* The failures of a job that was run before: by its ids, or by the folder it was run from. */
#include "fhirstage/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "fhirstage/api.h"
#include "json/tape.h"
#include "pipeline/ask.h"
#include "pipeline/failures.h"

enum { TEXT_CEILING = 4 << 20 };

struct ids {
    char datastore[64], job[64];
};

static void copy_string(char *out, size_t cap, const struct fst_tape *t, uint32_t object, const char *name)
{
    struct fst_buf  scratch;
    struct fst_view v;

    fst_buf_init(&scratch, TEXT_CEILING);
    v = object == FST_NO_NODE ? (struct fst_view){ 0 } : fst_tape_member_string(t, object, name, &scratch);
    snprintf(out, cap, "%.*s", FST_VIEW_ARGS(v));
    fst_buf_clear(&scratch);
}

/* From the options, else from what the run left in its folder. */
static enum fst_status find_ids(const struct fst_errors_opts *opts, struct ids *ids, struct fst_error *err)
{
    struct fst_buf        path, text;
    struct fst_tape       t = { 0 };
    struct fst_json_opts  how = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    enum fst_status       st;

    if (opts->job_id && opts->datastore_id) {
        snprintf(ids->job, sizeof ids->job, "%s", opts->job_id);
        snprintf(ids->datastore, sizeof ids->datastore, "%s", opts->datastore_id);
        return FST_OK;
    }
    fst_buf_init(&path, TEXT_CEILING);
    fst_buf_init(&text, TEXT_CEILING);
    st = fst_file_read(&text, fst_path_join(&path, opts->dir, "meta/import.json"), err);
    if (st == FST_ENOENT)
        fst_error_hint(err, "the folder has not been imported by 'fhirstage run': give --job and --datastore");
    if (!st && fst_json_parse(&t, fst_buf_view(&text), &how, &jerr))
        st = fst_fail(err, FST_EPARSE, "%s: not JSON: %s", path.p, jerr.what);
    if (!st) {
        copy_string(ids->datastore, sizeof ids->datastore, &t, 0, "DatastoreId");
        copy_string(ids->job, sizeof ids->job, &t, 0, "JobId");
    }
    fst_tape_clear(&t);
    fst_buf_clear(&path);
    fst_buf_clear(&text);
    return st;
}

/* Ask the service where the job wrote its logs. */
static enum fst_status find_output(const struct fst_errors_opts *opts, const struct fst_env *env, const struct ids *ids, char *uri, size_t cap,
                                   struct fst_error *err)
{
    struct fst_api         api;
    struct fst_api_answer  answer = { 0 };
    struct fst_buf         request;
    struct fst_tape        t = { 0 };
    struct fst_json_opts   how = { .parser = FST_JSON_YAJL, .allow_duplicates = true };
    struct fst_json_error  jerr;
    enum fst_status        st = fst_api_open(&api, &opts->remote, env, NULL, err);

    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, ids->datastore, "JobId", ids->job);
    if (!st)
        st = fst_api_call(&api, fst_model_operation((struct fst_view)FST_VIEW("DescribeFHIRImportJob")), fst_buf_view(&request), &answer, err);
    if (!st && fst_json_parse(&t, fst_view_n(answer.json, answer.length), &how, &jerr))
        st = fst_fail(err, FST_EPARSE, "DescribeFHIRImportJob: the answer is no JSON: %s", jerr.what);
    if (!st) {
        uint32_t job = fst_tape_member(&t, 0, "ImportJobProperties");
        uint32_t output = job == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(&t, job, "JobOutputDataConfig");
        uint32_t s3 = output == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(&t, output, "S3Configuration");
        copy_string(uri, cap, &t, s3, "S3Uri");
        if (!*uri)
            st = fst_fail(err, FST_ESERVICE, "import job %s: the service does not say where its logs are", ids->job);
    }
    fst_api_answer_clear(&answer);
    fst_tape_clear(&t);
    fst_buf_clear(&request);
    fst_api_close(&api);
    return st;
}

enum fst_status fst_errors(const struct fst_errors_opts *opts, const struct fst_env *env, fst_failure_fn *fn, void *ctx, struct fst_error *err)
{
    struct fst_aws_config config;
    struct fst_aws       *a = NULL;
    struct ids            ids = { "", "" };
    char                  uri[1100] = "";
    enum fst_status       st = find_ids(opts, &ids, err);

    if (!st)
        st = find_output(opts, env, &ids, uri, sizeof uri, err);
    if (!st)
        st = fst_aws_config_load(&config, &opts->remote, env, err);
    if (st)
        return st;
    st = fst_aws_new(&a, &config, env, NULL, err);
    if (!st)
        st = fst_failures_read(a, uri, opts->dir, fn, ctx, err);
    fst_aws_free(a);
    fst_aws_config_clear(&config);
    return st;
}
