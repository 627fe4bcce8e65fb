#include "pipeline/importer.h"

#include <math.h>
#include <stdio.h>

#include "base/digest.h"
#include "healthlake/model.h"
#include "json/writer.h"
#include "pipeline/ask.h"

enum {
    TEXT_CEILING = 4 << 20, DIGEST_SHOWN = 16, JOB_NAME_MAX = 64, NUMBER_MAX = 11 /* "-4294967295" */, JOBS_COUNTED = 100,
    FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 30000, NAP_MS = 200
};

void fst_importer_clear(struct fst_importer *im)
{
    fst_api_answer_clear(&im->answer);
    fst_tape_clear(&im->tape);
}

/* ---- calls */

static enum fst_status parse_answer(struct fst_importer *im, const char *operation, struct fst_error *err)
{
    return fst_answer_parse(&im->tape, fst_view_n(im->answer.json, im->answer.length), operation, err);
}

static enum fst_status call(struct fst_importer *im, const char *operation, struct fst_view request, struct fst_error *err)
{
    enum fst_status st;

    fst_api_answer_clear(&im->answer);
    st = fst_api_call(im->api, fst_model_operation(fst_view_of(operation)), request, &im->answer, err);
    return st ? st : parse_answer(im, operation, err);
}

/* The import jobs of which `member` is `value`, in *list; at most so many (0: all). */
static enum fst_status list_jobs(struct fst_importer *im, const char *member, const char *value, uint64_t max, uint32_t *list,
                                 struct fst_error *err)
{
    static const char        operation[] = "ListFHIRImportJobs";
    static const char *const names[] = { "ImportJobPropertiesList", NULL };
    struct fst_buf           request;
    enum fst_status          st;

    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, im->result->datastore_id, member, value);
    fst_api_answer_clear(&im->answer);
    st = fst_api_pages(im->api, fst_model_operation(fst_view_of(operation)), fst_buf_view(&request), max, &im->answer, err);
    if (!st)
        st = parse_answer(im, operation, err);
    fst_buf_clear(&request);
    *list = st ? FST_NO_NODE : fst_answer_member(&im->tape, 0, names);
    return st;
}

#define COPY(out, t, object, name) fst_answer_string(out, sizeof(out), t, object, name)

static int64_t now_ms(const struct fst_importer *im)
{
    return im->api->env->mono_ms(im->api->env->ctx);
}

static void notice(const struct fst_importer *im, const char *where, const char *what)
{
    if (im->opts->prepare.notice)
        im->opts->prepare.notice(im->opts->prepare.notice_ctx, where, what);
}

/* ---- the data store */

static enum fst_status create_datastore(struct fst_importer *im, struct fst_error *err)
{
    const char            *name = im->opts->datastore_name ? im->opts->datastore_name : "fhirstage";
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
    st = call(im, "CreateFHIRDatastore", fst_buf_view(&request), err);
    if (!st)
        COPY(im->result->datastore_id, &im->tape, 0, "DatastoreId");
    fst_buf_clear(&request);
    return st;
}

enum fst_status fst_importer_open(struct fst_importer *im, struct fst_error *err)
{
    static const char *const names[] = { "DatastoreProperties", NULL };
    struct fst_api_wait      wait = { .waiter = fst_model_waiter("FHIRDatastoreActive"), .poll_ms = im->opts->poll_ms };
    struct fst_run_result   *r = im->result;
    struct fst_buf           request;
    enum fst_status          st = FST_OK;

    if (im->opts->datastore_id)
        snprintf(r->datastore_id, sizeof r->datastore_id, "%s", im->opts->datastore_id);
    else
        st = create_datastore(im, err);
    if (st)
        return st;
    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, r->datastore_id, NULL, NULL);
    fst_api_answer_clear(&im->answer);
    st = fst_api_wait(im->api, &wait, fst_buf_view(&request), &im->answer, err);
    if (!st)
        st = parse_answer(im, "DescribeFHIRDatastore", err);
    if (!st)
        COPY(r->datastore_endpoint, &im->tape, fst_answer_member(&im->tape, 0, names), "DatastoreEndpoint");
    fst_buf_clear(&request);
    return st;
}

/* ---- finding and starting */

/* What all jobs of this manifest are named, or begin with: "NAME-DIGEST". */
static int add_run_name(const struct fst_importer *im, char out[JOB_NAME_MAX + 1])
{
    int room = JOB_NAME_MAX - DIGEST_SHOWN - 1 - (im->result->job_count > 1 ? NUMBER_MAX : 0);

    return snprintf(out, JOB_NAME_MAX + 1, "%.*s-%.*s", room, im->opts->job_name ? im->opts->job_name : "fhirstage", DIGEST_SHOWN,
                    im->digest);
}

/* "NAME-DIGEST", of several "NAME-DIGEST-2". */
static void job_name(const struct fst_importer *im, const struct fst_run_job *job, char out[JOB_NAME_MAX + 1])
{
    int n = add_run_name(im, out);

    if (job->number)
        snprintf(out + n, (size_t)(JOB_NAME_MAX + 1 - n), "-%u", job->number);
}

/* The job of that name that did not fail; *failed: how many did. */
static enum fst_status find_job(struct fst_importer *im, struct fst_run_job *job, const char *name, unsigned *failed, struct fst_error *err)
{
    uint32_t        list;
    enum fst_status st = list_jobs(im, "JobName", name, 0, &list, err);

    *failed = 0;
    if (list == FST_NO_NODE)
        return st;
    FST_EACH_ELEMENT(&im->tape, list, item) {
        char other[JOB_NAME_MAX + 1] = "", status[32] = "";
        COPY(other, &im->tape, item, "JobName");
        COPY(status, &im->tape, item, "JobStatus");
        if (strcmp(other, name) != 0)
            continue;
        if (!strcmp(status, "FAILED") || !strcmp(status, "CANCEL_COMPLETED")) {
            ++*failed;
        } else if (!job->id[0]) {
            COPY(job->id, &im->tape, item, "JobId");
            job->found = true;
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

/* Below --output, or PREFIX/output/; each of several jobs below a folder of its own. */
static void add_output(const struct fst_importer *im, const struct fst_run_job *job, struct fst_buf *out)
{
    add_base(out, im->opts->output_uri ? im->opts->output_uri : im->opts->upload.to);
    fst_buf_addf(out, "%s%s", im->opts->output_uri ? "/" : "/output/", job->number ? strchr(job->input, '/') + 1 : "");
}

static void write_request(const struct fst_importer *im, const struct fst_run_job *job, const char *name, const char *token,
                          struct fst_buf *out)
{
    static const char *const levels[] = { "strict", "structure-only", "minimal" };
    struct fst_json_writer   w;
    struct fst_buf           uri;

    fst_buf_init(&uri, TEXT_CEILING);
    add_base(&uri, im->opts->upload.to);
    fst_buf_addf(&uri, "/%s", job->input);
    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "JobName", name);
    fst_json_name(&w, "InputDataConfig");
    fst_json_begin_object(&w);
    fst_json_member_string(&w, "S3Uri", fst_buf_view(&uri));
    fst_json_end_object(&w);
    fst_buf_reset(&uri);
    add_output(im, job, &uri);
    fst_json_name(&w, "JobOutputDataConfig");
    fst_json_begin_object(&w);
    fst_json_name(&w, "S3Configuration");
    fst_json_begin_object(&w);
    fst_json_member_string(&w, "S3Uri", fst_buf_view(&uri));
    fst_json_member_str(&w, "KmsKeyId", im->opts->kms_key);
    fst_json_end_object(&w);
    fst_json_end_object(&w);
    fst_json_member_str(&w, "DatastoreId", im->result->datastore_id);
    fst_json_member_str(&w, "DataAccessRoleArn", im->opts->role_arn);
    fst_json_member_str(&w, "ValidationLevel", levels[im->opts->prepare.level]);
    fst_json_member_str(&w, "ClientToken", token);
    fst_json_end_object(&w);
    fst_buf_clear(&uri);
}

/* How many jobs of that status there were, up to a page, that do not import this manifest. */
static enum fst_status count_others(struct fst_importer *im, const char *status, size_t *count, struct fst_error *err)
{
    char            ours[JOB_NAME_MAX + 1], name[JOB_NAME_MAX + 1];
    uint32_t        list;
    enum fst_status st = list_jobs(im, "JobStatus", status, JOBS_COUNTED, &list, err);

    if (list == FST_NO_NODE)
        return st;
    add_run_name(im, ours);
    FST_EACH_ELEMENT(&im->tape, list, item) {
        COPY(name, &im->tape, item, "JobName");
        *count += !fst_view_starts(fst_view_of(name), ours);
    }
    return FST_OK;
}

/* An import overwrites what has the same type and id. */
static enum fst_status look_at_store(struct fst_importer *im, struct fst_error *err)
{
    static const char *const brought[] = { "COMPLETED", "COMPLETED_WITH_ERRORS" };
    size_t                   count = 0;
    char                     text[128];
    enum fst_status          st = FST_OK;

    if (im->looked)
        return FST_OK;
    im->looked = true;
    for (size_t i = 0; i < FST_COUNT(brought) && !st; i++)
        st = count_others(im, brought[i], &count, err);
    if (st || !count)
        return st;
    snprintf(text, sizeof text, "%zu%s earlier import job%s went into it: what has the same type and id is overwritten", count,
             count >= JOBS_COUNTED ? " or more" : "", count == 1 ? "" : "s");
    if (im->opts->require_empty) {
        fst_fail(err, FST_ECONFIG, "data store %s: %s", im->result->datastore_id, text);
        fst_error_hint(err, "name an empty data store, or leave --require-empty out");
        return FST_ECONFIG;
    }
    notice(im, "data store", text);
    return FST_OK;
}

/* Refused for now: the queue is full, or starts come too fast. */
static bool is_to_wait(const struct fst_importer *im)
{
    static const char *const codes[] = { "ThrottlingException", "LimitExceededException", "ServiceQuotaExceededException",
                                         "TooManyRequestsException" };
    size_t                   i = 0;

    while (i < FST_COUNT(codes) && strcmp(im->answer.fault.code, codes[i]) != 0)
        i++;
    return i < FST_COUNT(codes);
}

static enum fst_status wait_for_room(struct fst_importer *im, struct fst_error *err)
{
    const struct fst_env *env = im->api->env;
    struct fst_meter     *m = im->opts->prepare.meter;
    int64_t               longest = im->opts->poll_ms ? im->opts->poll_ms : LONGEST_PAUSE_MS;
    int64_t               left = im->pause_ms < longest ? im->pause_ms : longest, until = im->deadline_ms - now_ms(im);

    if (im->deadline_ms && until <= 0)
        return fst_fail(err, FST_ETIMEOUT, "data store %s: its queue of import jobs stayed full", im->result->datastore_id);
    if (!im->waited)
        notice(im, "import job", "the data store's queue is full: waiting for room");
    im->waited = true;
    im->pause_ms = 2 * left;
    if (im->deadline_ms && until < left)
        left = until;
    for (; left > 0; left -= NAP_MS) {
        if (m && m->stop)
            return fst_stopped_by(m->stop, err);
        env->sleep_ms(env->ctx, left < NAP_MS ? left : NAP_MS);
    }
    return FST_OK;
}

static enum fst_status ask_to_start(struct fst_importer *im, struct fst_run_job *job, const char *name, unsigned failed,
                                    struct fst_error *err)
{
    char            token[2 * FST_SHA256_BYTES + 1];
    struct fst_buf  request;
    uint8_t         hash[FST_SHA256_BYTES];
    enum fst_status st;

    /* The token names this request, this input and this try: a repeat after a break is the same job, a corrected one
     * after a failure is not. */
    fst_buf_init(&request, TEXT_CEILING);
    write_request(im, job, name, NULL, &request);
    fst_buf_addf(&request, "%s %u", im->digest, failed);
    fst_sha256(fst_buf_view(&request), hash);
    fst_hex(hash, sizeof hash, token);
    fst_buf_reset(&request);
    write_request(im, job, name, token, &request);
    st = call(im, "StartFHIRImportJob", fst_buf_view(&request), err);
    if (!st)
        COPY(job->id, &im->tape, 0, "JobId");
    fst_buf_clear(&request);
    return st;
}

/* Until there is room in the queue; a start whose answer was lost is found in the meantime. */
enum fst_status fst_importer_start(struct fst_importer *im, struct fst_run_job *job, struct fst_error *err)
{
    char name[JOB_NAME_MAX + 1];

    job_name(im, job, name);
    im->pause_ms = FIRST_PAUSE_MS;
    for (;;) {
        struct fst_error why = { 0 };
        unsigned         failed;
        enum fst_status  st = find_job(im, job, name, &failed, err);
        if (st || job->id[0])
            return st;
        st = look_at_store(im, err);
        if (st)
            return st;
        st = ask_to_start(im, job, name, failed, &why);
        if (st != FST_ESERVICE || !is_to_wait(im)) {
            if (st && err)
                *err = why;
            return st;
        }
        st = wait_for_room(im, err);
        if (st)
            return st;
    }
}

/* ---- following */

static const char describe[] = "DescribeFHIRImportJob";

uint32_t fst_importer_report(const struct fst_importer *im)
{
    static const char *const names[] = { "ImportJobProperties", "JobProgressReport", NULL };
    return fst_answer_member(&im->tape, 0, names);
}

static uint64_t reported(const struct fst_importer *im, enum fst_progress_field field, double times)
{
    double n;

    fst_answer_number(&n, &im->tape, fst_importer_report(im), fst_progress_field_name(field));
    return n > 0 ? (uint64_t)llround(n * times) : 0;
}

/* What the job at hand did so far, and those before it. */
static struct fst_import_progress progress(const struct fst_importer *im)
{
    return (struct fst_import_progress){
        .files = im->ended.files + reported(im, FST_PROGRESS_TotalNumberOfScannedFiles, 1),
        .bytes = im->ended.bytes + reported(im, FST_PROGRESS_TotalSizeOfScannedFilesInMB, 1e6),
        .resources = im->ended.resources + reported(im, FST_PROGRESS_TotalNumberOfResourcesScanned, 1),
        .rejected = im->ended.rejected + reported(im, FST_PROGRESS_TotalNumberOfResourcesWithCustomerError, 1),
    };
}

/* Show in the meter how far the job is. */
static void see_job(void *ctx, const char *state, struct fst_view answer)
{
    struct fst_importer       *im = ctx;
    struct fst_meter          *m = im->opts->prepare.meter;
    struct fst_import_progress so_far;
    enum fst_job_status        status;

    if (!m || fst_answer_parse(&im->tape, answer, describe, NULL))
        return;
    so_far = progress(im);
    m->files = so_far.files;
    m->bytes = so_far.bytes;
    m->resources = so_far.resources;
    m->rejected = so_far.rejected;
    if (state && fst_job_status_parse(&status, fst_view_of(state)))
        m->job_status = (int)status;
}

/* Note the last look at it. */
static void take_job(struct fst_importer *im, struct fst_run_job *job)
{
    static const char *const properties[] = { "ImportJobProperties", NULL };
    static const char *const output[] = { "ImportJobProperties", "JobOutputDataConfig", "S3Configuration", NULL };
    uint32_t                 node = fst_answer_member(&im->tape, 0, properties);

    COPY(job->status, &im->tape, node, "JobStatus");
    COPY(job->message, &im->tape, node, "Message");
    COPY(job->output_uri, &im->tape, fst_answer_member(&im->tape, 0, output), "S3Uri");
    im->ended = progress(im);
}

/* 0: no limit. When the time is up, it is looked at once all the same. */
static int64_t time_left(const struct fst_importer *im)
{
    int64_t left = im->deadline_ms - now_ms(im);

    return !im->deadline_ms ? 0 : left > 0 ? left : 1;
}

enum fst_status fst_importer_follow(struct fst_importer *im, struct fst_run_job *job, struct fst_error *err)
{
    struct fst_api_wait wait = { .waiter = fst_model_waiter("FHIRImportJobCompleted"), .timeout_ms = time_left(im),
                                 .poll_ms = im->opts->poll_ms, .seen = see_job, .ctx = im };
    struct fst_buf      request;
    enum fst_status     st;

    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, im->result->datastore_id, "JobId", job->id);
    fst_api_answer_clear(&im->answer);
    st = fst_api_wait(im->api, &wait, fst_buf_view(&request), &im->answer, err);
    fst_buf_clear(&request);
    if (im->answer.json && !parse_answer(im, describe, NULL))
        take_job(im, job);
    if (st == FST_EJOB) {
        fst_fail(err, st, "import job %s: %s%s%s", job->id, job->status, job->message[0] ? ": " : "", job->message);
        fst_error_hint(err, job->message[0] ? "correct that, and run the same command again: it starts a new job"
                                            : "the job's Manifest.json and FAILURE/ logs say more: %s", job->output_uri);
    }
    return st;
}
