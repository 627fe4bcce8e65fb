#include "pipeline/job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "healthlake/model.h"
#include "json/writer.h"
#include "pipeline/ask.h"

enum { TEXT_CEILING = 4 << 20, DIGEST_SHOWN = 16, JOB_NAME_MAX = 64, JOBS_COUNTED = 100, QUEUE_POLL_MS = 30000, NAP_MS = 200 };

void fst_job_clear(struct fst_job *j)
{
    fst_api_answer_clear(&j->answer);
    fst_tape_clear(&j->tape);
}

/* ---- calls */

static enum fst_status parse_answer(struct fst_job *j, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL, .allow_duplicates = true };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(&j->tape, fst_view_n(j->answer.json, j->answer.length), &opts, &jerr);

    if (st == FST_EPARSE)
        return fst_fail(err, st, "the answer is no JSON: %s", jerr.what);
    return st ? fst_fail(err, st, "out of memory") : FST_OK;
}

static enum fst_status call(struct fst_job *j, const char *operation, struct fst_view request, bool pages, struct fst_error *err)
{
    const struct fst_model_operation *op = fst_model_operation(fst_view_of(operation));
    enum fst_status                   st;

    fst_api_answer_clear(&j->answer);
    st = pages ? fst_api_pages(j->api, op, request, 0, &j->answer, err) : fst_api_call(j->api, op, request, &j->answer, err);
    return st ? st : parse_answer(j, err);
}

static void copy_string(char *out, size_t cap, const struct fst_tape *t, uint32_t object, const char *name)
{
    struct fst_buf  scratch;
    struct fst_view v;

    if (object == FST_NO_NODE)
        return;
    fst_buf_init(&scratch, TEXT_CEILING);
    v = fst_tape_member_string(t, object, name, &scratch);
    snprintf(out, cap, "%.*s", FST_VIEW_ARGS(v));
    fst_buf_clear(&scratch);
}

#define COPY(out, t, object, name) copy_string(out, sizeof(out), t, object, name)

/* ---- the data store */

static enum fst_status create_datastore(struct fst_job *j, struct fst_error *err)
{
    const char            *name = j->opts->datastore_name ? j->opts->datastore_name : "fhirstage";
    struct fst_buf         request;
    struct fst_json_writer w;
    uint8_t                hash[FST_SHA256_BYTES];
    char                   token[2 * FST_SHA256_BYTES + 1];
    enum fst_status        st;

    fst_sha256(fst_view_of(name), hash); /* the same name is the same data store, however often this is asked */
    fst_hex(hash, sizeof hash, token);
    fst_buf_init(&request, TEXT_CEILING);
    fst_json_writer_init(&w, &request, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "DatastoreName", name);
    fst_json_member_str(&w, "DatastoreTypeVersion", "R4");
    fst_json_member_str(&w, "ClientToken", token);
    fst_json_end_object(&w);
    st = call(j, "CreateFHIRDatastore", fst_buf_view(&request), false, err);
    if (!st)
        COPY(j->result->datastore_id, &j->tape, 0, "DatastoreId");
    fst_buf_clear(&request);
    return st;
}

static void see_datastore(void *ctx, const char *state, struct fst_view answer)
{
}

enum fst_status fst_job_open_datastore(struct fst_job *j, struct fst_error *err)
{
    struct fst_api_wait    wait = { .waiter = fst_model_waiter("FHIRDatastoreActive"), .poll_ms = j->opts->poll_ms, .seen = see_datastore };
    struct fst_buf         request;
    enum fst_status        st = FST_OK;

    if (j->opts->datastore_id)
        snprintf(j->result->datastore_id, sizeof j->result->datastore_id, "%s", j->opts->datastore_id);
    else
        st = create_datastore(j, err);
    if (st)
        return st;
    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, j->result->datastore_id, NULL, NULL);
    fst_api_answer_clear(&j->answer);
    st = fst_api_wait(j->api, &wait, fst_buf_view(&request), &j->answer, err);
    if (!st)
        st = parse_answer(j, err);
    if (!st)
        COPY(j->result->datastore_endpoint, &j->tape, fst_tape_member(&j->tape, 0, "DatastoreProperties"), "DatastoreEndpoint");
    fst_buf_clear(&request);
    return st;
}

/* ---- finding and starting */

static void job_name(const struct fst_job *j, char out[JOB_NAME_MAX + 1])
{
    snprintf(out, JOB_NAME_MAX + 1, "%.*s-%.*s", JOB_NAME_MAX - DIGEST_SHOWN - 1, j->opts->job_name ? j->opts->job_name : "fhirstage",
             DIGEST_SHOWN, j->digest);
}

/* The job of that name that did not fail; *failed: how many did. */
static enum fst_status find_job(struct fst_job *j, const char *name, unsigned *failed, struct fst_error *err)
{
    struct fst_buf         request;
    uint32_t               list;
    enum fst_status        st;

    *failed = 0;
    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, j->result->datastore_id, "JobName", name);
    st = call(j, "ListFHIRImportJobs", fst_buf_view(&request), true, err);
    fst_buf_clear(&request);
    list = st ? FST_NO_NODE : fst_tape_member(&j->tape, 0, "ImportJobPropertiesList");
    if (list == FST_NO_NODE)
        return st;
    FST_EACH_ELEMENT(&j->tape, list, job) {
        char other[JOB_NAME_MAX + 1] = "", status[32] = "";
        COPY(other, &j->tape, job, "JobName");
        COPY(status, &j->tape, job, "JobStatus");
        if (strcmp(other, name) != 0)
            continue;
        if (!strcmp(status, "FAILED") || !strcmp(status, "CANCEL_COMPLETED")) {
            ++*failed;
        } else if (!j->result->job_id[0]) {
            COPY(j->result->job_id, &j->tape, job, "JobId");
            j->result->job_found = true;
        }
    }
    return FST_OK;
}

/* "s3://b/p", without slashes behind. */
static void add_base(struct fst_buf *out, const char *uri)
{
    size_t n = strlen(uri);
    while (n && uri[n - 1] == '/')
        n--;
    fst_buf_add(out, uri, n);
}

static void write_request(const struct fst_job *j, const char *name, const char *token, struct fst_buf *out)
{
    static const char *const levels[] = { "strict", "structure-only", "minimal" };
    struct fst_json_writer   w;
    struct fst_buf           uri;

    fst_buf_init(&uri, TEXT_CEILING);
    add_base(&uri, j->opts->upload.to);
    fst_buf_add_str(&uri, "/input/");
    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "JobName", name);
    fst_json_name(&w, "InputDataConfig");
    fst_json_begin_object(&w);
    fst_json_member_string(&w, "S3Uri", fst_buf_view(&uri));
    fst_json_end_object(&w);
    fst_buf_reset(&uri);
    add_base(&uri, j->opts->output_uri ? j->opts->output_uri : j->opts->upload.to);
    fst_buf_add_str(&uri, j->opts->output_uri ? "/" : "/output/");
    fst_json_name(&w, "JobOutputDataConfig");
    fst_json_begin_object(&w);
    fst_json_name(&w, "S3Configuration");
    fst_json_begin_object(&w);
    fst_json_member_string(&w, "S3Uri", fst_buf_view(&uri));
    fst_json_member_str(&w, "KmsKeyId", j->opts->kms_key);
    fst_json_end_object(&w);
    fst_json_end_object(&w);
    fst_json_member_str(&w, "DatastoreId", j->result->datastore_id);
    fst_json_member_str(&w, "DataAccessRoleArn", j->opts->role_arn);
    fst_json_member_str(&w, "ValidationLevel", levels[j->opts->prepare.level]);
    fst_json_member_str(&w, "ClientToken", token);
    fst_json_end_object(&w);
    fst_buf_clear(&uri);
}

/* How many jobs of that status there were, up to a page. */
static enum fst_status count_jobs(struct fst_job *j, const char *status, size_t *count, struct fst_error *err)
{
    const struct fst_model_operation *op = fst_model_operation(fst_view_of("ListFHIRImportJobs"));
    struct fst_buf                    request;
    uint32_t                          list;
    enum fst_status                   st;

    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, j->result->datastore_id, "JobStatus", status);
    fst_api_answer_clear(&j->answer);
    st = fst_api_pages(j->api, op, fst_buf_view(&request), JOBS_COUNTED, &j->answer, err);
    if (!st)
        st = parse_answer(j, err);
    fst_buf_clear(&request);
    list = st ? FST_NO_NODE : fst_tape_member(&j->tape, 0, "ImportJobPropertiesList");
    if (list != FST_NO_NODE)
        FST_EACH_ELEMENT(&j->tape, list, job)
            ++*count;
    return st;
}

/* An import overwrites what has the same type and id. */
static enum fst_status look_at_store(struct fst_job *j, struct fst_error *err)
{
    static const char *const brought[] = { "COMPLETED", "COMPLETED_WITH_ERRORS" };
    size_t                   count = 0;
    char                     text[128];
    enum fst_status          st = FST_OK;

    for (size_t i = 0; i < FST_COUNT(brought) && !st; i++)
        st = count_jobs(j, brought[i], &count, err);
    if (st || !count)
        return st;
    snprintf(text, sizeof text, "%zu%s earlier import job%s went into it: what has the same type and id is overwritten", count,
             count >= JOBS_COUNTED ? " or more" : "", count == 1 ? "" : "s");
    if (j->opts->require_empty) {
        fst_fail(err, FST_ECONFIG, "data store %s: %s", j->result->datastore_id, text);
        fst_error_hint(err, "name an empty data store, or leave --require-empty out");
        return FST_ECONFIG;
    }
    if (j->opts->prepare.notice)
        j->opts->prepare.notice(j->opts->prepare.notice_ctx, "data store", text);
    return FST_OK;
}

/* Refused for now: the queue is full, or starts come too fast. */
static bool is_to_wait(const struct fst_job *j)
{
    static const char *const codes[] = { "ThrottlingException", "LimitExceededException", "ServiceQuotaExceededException",
                                         "TooManyRequestsException" };
    size_t                   i = 0;

    while (i < FST_COUNT(codes) && strcmp(j->answer.fault.code, codes[i]) != 0)
        i++;
    return i < FST_COUNT(codes);
}

static enum fst_status wait_for_room(struct fst_job *j, int64_t since_ms, struct fst_error *err)
{
    const struct fst_env *env = j->api->env;
    struct fst_meter     *m = j->opts->prepare.meter;
    int64_t               left = j->opts->poll_ms ? j->opts->poll_ms : QUEUE_POLL_MS;
    int64_t               until = since_ms + j->opts->timeout_ms - env->mono_ms(env->ctx);

    if (j->opts->timeout_ms && until <= 0)
        return fst_fail(err, FST_ETIMEOUT, "data store %s: its queue of import jobs stayed full", j->result->datastore_id);
    if (j->opts->timeout_ms && until < left)
        left = until;
    for (; left > 0; left -= NAP_MS) {
        if (m && m->stop)
            return fst_fail(err, m->stop == 2 ? FST_EINTR : FST_ETERM, "interrupted");
        env->sleep_ms(env->ctx, left < NAP_MS ? left : NAP_MS);
    }
    return FST_OK;
}

static enum fst_status start_job(struct fst_job *j, const char *name, unsigned failed, struct fst_error *err)
{
    char            token[2 * FST_SHA256_BYTES + 1];
    struct fst_buf  request;
    uint8_t         hash[FST_SHA256_BYTES];
    enum fst_status st;

    /* The token names this request, this input and this try: a repeat after a break is the same job, a corrected one
     * after a failure is not. */
    fst_buf_init(&request, TEXT_CEILING);
    write_request(j, name, NULL, &request);
    fst_buf_addf(&request, "%s %u", j->digest, failed);
    fst_sha256(fst_buf_view(&request), hash);
    fst_hex(hash, sizeof hash, token);
    fst_buf_reset(&request);
    write_request(j, name, token, &request);
    st = call(j, "StartFHIRImportJob", fst_buf_view(&request), false, err);
    if (!st)
        COPY(j->result->job_id, &j->tape, 0, "JobId");
    fst_buf_clear(&request);
    return st;
}

/* Until there is room in the queue; a start whose answer was lost is found in the meantime. */
enum fst_status fst_job_start(struct fst_job *j, struct fst_error *err)
{
    int64_t begun = j->api->env->mono_ms(j->api->env->ctx);
    char    name[JOB_NAME_MAX + 1];

    job_name(j, name);
    for (bool first = true;; first = false) {
        struct fst_error why = { 0 };
        unsigned         failed;
        enum fst_status  st = find_job(j, name, &failed, err);
        if (st || j->result->job_id[0])
            return st;
        st = first ? look_at_store(j, err) : FST_OK;
        if (st)
            return st;
        st = start_job(j, name, failed, &why);
        if (st != FST_ESERVICE || !is_to_wait(j)) {
            if (st && err)
                *err = why;
            return st;
        }
        if (first && j->opts->prepare.notice)
            j->opts->prepare.notice(j->opts->prepare.notice_ctx, "import job", "the data store's queue is full: waiting for room");
        st = wait_for_room(j, begun, err);
        if (st)
            return st;
    }
}

/* ---- following */

static double number_of(const struct fst_tape *t, uint32_t object, enum fst_progress_field field)
{
    uint32_t        node = object == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(t, object, fst_progress_field_name(field));
    struct fst_view raw = fst_tape_raw(t, node);
    char            text[64];

    if (node == FST_NO_NODE || raw.n >= sizeof text)
        return 0;
    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(raw));
    return strtod(text, NULL);
}

uint32_t fst_job_report(const struct fst_job *j)
{
    uint32_t job = j->tape.count ? fst_tape_member(&j->tape, 0, "ImportJobProperties") : FST_NO_NODE;
    return job == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(&j->tape, job, "JobProgressReport");
}

/* Show in the meter how far the job is. */
static void see_job(void *ctx, const char *state, struct fst_view answer)
{
    struct fst_job       *j = ctx;
    struct fst_meter     *m = j->opts->prepare.meter;
    enum fst_job_status   status;
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL, .allow_duplicates = true };
    struct fst_json_error jerr;
    uint32_t              report;

    if (!m || fst_json_parse(&j->tape, answer, &opts, &jerr))
        return;
    report = fst_job_report(j);
    m->resources = (uint64_t)number_of(&j->tape, report, FST_PROGRESS_TotalNumberOfResourcesScanned);
    m->rejected = (uint64_t)number_of(&j->tape, report, FST_PROGRESS_TotalNumberOfResourcesWithCustomerError);
    m->files = (uint64_t)number_of(&j->tape, report, FST_PROGRESS_TotalNumberOfScannedFiles);
    m->bytes = (uint64_t)llround(number_of(&j->tape, report, FST_PROGRESS_TotalSizeOfScannedFilesInMB) * 1e6);
    if (state && fst_job_status_parse(&status, fst_view_of(state)))
        m->job_status = (int)status;
}

static void take_job(struct fst_job *j)
{
    struct fst_run_result *r = j->result;
    uint32_t               job = fst_tape_member(&j->tape, 0, "ImportJobProperties");
    uint32_t               output = job == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(&j->tape, job, "JobOutputDataConfig");
    uint32_t               s3 = output == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(&j->tape, output, "S3Configuration");

    COPY(r->job_status, &j->tape, job, "JobStatus");
    COPY(r->job_message, &j->tape, job, "Message");
    COPY(r->output_uri, &j->tape, s3, "S3Uri");
}

enum fst_status fst_job_follow(struct fst_job *j, struct fst_error *err)
{
    struct fst_api_wait    wait = { .waiter = fst_model_waiter("FHIRImportJobCompleted"), .timeout_ms = j->opts->timeout_ms,
                                    .poll_ms = j->opts->poll_ms, .seen = see_job, .ctx = j };
    struct fst_buf         request;
    enum fst_status        st;

    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, j->result->datastore_id, "JobId", j->result->job_id);
    fst_api_answer_clear(&j->answer);
    st = fst_api_wait(j->api, &wait, fst_buf_view(&request), &j->answer, err);
    fst_buf_clear(&request);
    if (j->answer.json && !parse_answer(j, NULL))
        take_job(j);
    if (st == FST_EJOB) {
        fst_fail(err, st, "import job %s: %s%s%s", j->result->job_id, j->result->job_status, j->result->job_message[0] ? ": " : "",
                 j->result->job_message);
        fst_error_hint(err, j->result->job_message[0] ? "correct that, and run the same command again: it starts a new job"
                                                      : "the job's Manifest.json and FAILURE/ logs say more: %s", j->result->output_uri);
    }
    return st;
}
