/* The failures of jobs that were run before: of one by its ids, or of all of the run that left a folder. */
#include "fhirstage/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/grow.h"
#include "fhirstage/api.h"
#include "json/tape.h"
#include "pipeline/ask.h"
#include "pipeline/failures.h"

enum { TEXT_CEILING = 4 << 20, ID_MAX = 64, URI_MAX = 1100 };

static const char describe[] = "DescribeFHIRImportJob";

struct job {
    char id[ID_MAX];
    char input[FST_JOB_INPUT_MAX], output_uri[URI_MAX];
};

struct search {
    const struct fst_errors_opts *opts;
    const struct fst_env         *env;
    char                          datastore[ID_MAX];
    struct job                   *jobs;
    size_t                        count, cap;
};

/* ---- which jobs */

static enum fst_status add_job(struct search *s, const struct fst_tape *t, uint32_t object, struct fst_error *err)
{
    if (!fst_grow(&s->jobs, s->count, &s->cap, sizeof *s->jobs))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    s->jobs[s->count] = (struct job){ .input = FST_INPUT_FOLDER };
    fst_answer_string(s->jobs[s->count].id, ID_MAX, t, object, "JobId");
    s->count++;
    return FST_OK;
}

/* What the run left: the one job's members, or those of several in "Jobs". */
static enum fst_status take_jobs(struct search *s, const struct fst_tape *t, struct fst_error *err)
{
    uint32_t        list = fst_tape_member(t, 0, "Jobs");
    enum fst_status st = FST_OK;

    fst_answer_string(s->datastore, sizeof s->datastore, t, 0, "DatastoreId");
    if (list == FST_NO_NODE)
        return add_job(s, t, 0, err);
    FST_EACH_ELEMENT(t, list, job)
        if (!st)
            st = add_job(s, t, job, err);
    return st;
}

/* From the options, else from what the run left in its folder. */
static enum fst_status find_jobs(struct search *s, struct fst_error *err)
{
    struct fst_buf        path, text;
    struct fst_tape       t = { 0 };
    struct fst_json_opts  how = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    enum fst_status       st;

    if (s->opts->job_id && s->opts->datastore_id) {
        st = add_job(s, &t, FST_NO_NODE, err);
        if (st)
            return st;
        snprintf(s->jobs[0].id, ID_MAX, "%s", s->opts->job_id);
        snprintf(s->datastore, sizeof s->datastore, "%s", s->opts->datastore_id);
        return FST_OK;
    }
    fst_buf_init(&path, TEXT_CEILING);
    fst_buf_init(&text, TEXT_CEILING);
    st = fst_file_read(&text, fst_path_join(&path, s->opts->dir, FST_IMPORT_KEY), err);
    if (st == FST_ENOENT)
        fst_error_hint(err, "the folder has not been imported by 'fhirstage run': give --job and --datastore");
    if (!st && fst_json_parse(&t, fst_buf_view(&text), &how, &jerr))
        st = fst_fail(err, FST_EPARSE, "%s: not JSON: %s", path.p, jerr.what);
    if (!st)
        st = take_jobs(s, &t, err);
    fst_tape_clear(&t);
    fst_buf_clear(&path);
    fst_buf_clear(&text);
    return st;
}

/* ---- where their logs are */

/* Below the prefix: "input/job-0002/" of "s3://bucket/prefix/input/job-0002/". */
static void take_input(struct job *job, const char *uri)
{
    static const char several[] = "/" FST_INPUT_FOLDER FST_JOB_FOLDER;
    const char       *at = strstr(uri, several), *end;

    for (const char *next = at; next; next = strstr(at + 1, several))
        at = next; /* the last one: a prefix may be called so too */
    end = at ? strchr(at + sizeof several - 1, '/') : NULL;
    if (end && !end[1])
        snprintf(job->input, sizeof job->input, "%s", at + 1);
}

static enum fst_status take_places(struct job *job, const struct fst_api_answer *answer, struct fst_error *err)
{
    static const char *const output[] = { "ImportJobProperties", "JobOutputDataConfig", "S3Configuration", NULL };
    static const char *const input[] = { "ImportJobProperties", "InputDataConfig", NULL };
    struct fst_tape          t = { 0 };
    char                     uri[URI_MAX];
    enum fst_status          st = fst_answer_parse(&t, fst_view_n(answer->json, answer->length), describe, err);

    if (!st) {
        fst_answer_string(uri, sizeof uri, &t, fst_answer_member(&t, 0, input), "S3Uri");
        take_input(job, uri);
        fst_answer_string(job->output_uri, sizeof job->output_uri, &t, fst_answer_member(&t, 0, output), "S3Uri");
        if (!*job->output_uri)
            st = fst_fail(err, FST_ESERVICE, "import job %s: the service does not say where its logs are", job->id);
    }
    fst_tape_clear(&t);
    return st;
}

static enum fst_status find_places(struct search *s, struct fst_error *err)
{
    struct fst_api        api;
    struct fst_api_answer answer = { 0 };
    struct fst_buf        request;
    enum fst_status       st = fst_api_open(&api, &s->opts->remote, s->env, NULL, err);

    fst_buf_init(&request, TEXT_CEILING);
    for (size_t i = 0; i < s->count && !st; i++) {
        fst_ask_of_datastore(&request, s->datastore, "JobId", s->jobs[i].id);
        fst_api_answer_clear(&answer);
        st = fst_api_call(&api, fst_model_operation(fst_view_of(describe)), fst_buf_view(&request), &answer, err);
        if (!st)
            st = take_places(&s->jobs[i], &answer, err);
    }
    fst_api_answer_clear(&answer);
    fst_buf_clear(&request);
    fst_api_close(&api);
    return st;
}

/* ---- what they say */

static enum fst_status read_logs(const struct search *s, fst_failure_fn *fn, void *ctx, struct fst_error *err)
{
    struct fst_aws_config  config;
    struct fst_aws        *a = NULL;
    struct fst_manifest    manifest = { 0 };
    struct fst_failures_of of = { s->opts->dir, &manifest };
    enum fst_status        st = fst_aws_config_load(&config, &s->opts->remote, s->env, err);

    if (st)
        return st;
    st = fst_aws_new(&a, &config, s->env, NULL, err);
    if (!st && of.dir)
        st = fst_manifest_load(&manifest, of.dir, err);
    for (size_t i = 0; i < s->count && !st; i++)
        st = fst_failures_read(a, &of, s->jobs[i].input, s->jobs[i].output_uri, fn, ctx, err);
    fst_manifest_clear(&manifest);
    fst_aws_free(a);
    fst_aws_config_clear(&config);
    return st;
}

enum fst_status fst_errors(const struct fst_errors_opts *opts, const struct fst_env *env, fst_failure_fn *fn, void *ctx, struct fst_error *err)
{
    struct search   s = { .opts = opts, .env = env };
    enum fst_status st = find_jobs(&s, err);

    if (!st)
        st = find_places(&s, err);
    if (!st)
        st = read_logs(&s, fn, ctx, err);
    free(s.jobs);
    return st;
}
