#include "fhirstage/preflight.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/str.h"
#include "healthlake/model.h"
#include "pipeline/ask.h"
#include "pipeline/preflight-private.h"

enum {
    TEXT_CEILING = 1 << 16, ATTEMPTS = 3, CLOCK_OFF_S = 300, REFUSED_OFF_S = 900, QUEUE = 25
};

const char *fst_check_result_name(enum fst_check_result r)
{
    static const char *const names[] = { "passed", "failed", "can't tell" };
    return names[r];
}

enum fst_check_result fst_preflight_say(struct fst_preflight *p, enum fst_check_result r, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fst_buf_vaddf(&p->what, fmt, args);
    va_end(args);
    return r;
}

void fst_preflight_allow(struct fst_preflight *p, const char *actions, const char *resource)
{
    fst_buf_reset(&p->remedy);
    fst_buf_addf(&p->remedy, "add to the policy: {\"Effect\":\"Allow\",\"Action\":[\"%s\"],\"Resource\":\"%s\"}", actions, resource);
}

bool fst_preflight_is_denied(const char *code)
{
    static const char *const denied[] = { "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized" };

    for (size_t i = 0; i < FST_COUNT(denied); i++)
        if (!strcmp(code, denied[i]))
            return true;
    return false;
}

/* Nobody knows these credentials: nothing else will work with them either. */
static bool is_unknown_caller(const char *code)
{
    static const char *const unknown[] = { "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch",
                                           "InvalidSignatureException", "ExpiredToken", "ExpiredTokenException", "InvalidToken" };

    for (size_t i = 0; i < FST_COUNT(unknown); i++)
        if (!strcmp(code, unknown[i]))
            return true;
    return false;
}

enum fst_check_result fst_preflight_refused(struct fst_preflight *p, enum fst_service service, enum fst_status st)
{
    bool ours = !p->config.custom[service] || service == FST_SERVICE_S3;
    bool failed = st == FST_ESERVICE && is_unknown_caller(p->a->code) && ours;

    if (!ours && st == FST_ESERVICE && !fst_preflight_is_denied(p->a->code))
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "this endpoint has no %s for us: %s", fst_service_row(service)->name, p->a->code);

    fst_buf_add_str(&p->what, p->err.text);
    if (!p->remedy.len && (failed || st != FST_ESERVICE || fst_preflight_is_denied(p->a->code)))
        fst_buf_add_str(&p->remedy, p->err.hint);
    return failed ? FST_CHECK_FAILED : FST_CHECK_CANT_TELL;
}

/* ---- who, and when */

static enum fst_check_result check_credentials(struct fst_preflight *p)
{
    struct fst_credentials *c = NULL;
    struct fst_view         id;
    char                    until[FST_TIME_ISO];
    enum fst_status         st = fst_aws_config_load(&p->config, &p->remote, p->env, &p->err);

    if (!st) {
        p->partition = fst_partition_of(p->config.region);
        st = fst_aws_new(&p->a, &p->config, p->env, p->opts->meter ? &p->opts->meter->stop : NULL, &p->err);
    }
    if (!st)
        st = fst_credential_source_get(p->config.credentials, NULL, &c, &p->err);
    if (st) {
        fst_aws_free(p->a);
        p->a = NULL;
        fst_buf_add_str(&p->what, p->err.text);
        fst_buf_add_str(&p->remedy, p->err.hint);
        return FST_CHECK_FAILED;
    }
    id = fst_view_of(c->access_key_id);
    (void)fst_preflight_say(p, FST_CHECK_PASSED, "%s, key %.4s…, region %s", c->origin, id.p, p->config.region);
    if (c->expires_ms) {
        fst_format_time_iso(until, c->expires_ms);
        (void)fst_preflight_say(p, FST_CHECK_PASSED, ", good until %s and renewed before", until);
    } else if (c->token) {
        (void)fst_preflight_say(p, FST_CHECK_PASSED, "; they are temporary, and cannot be renewed: a long run outlives them");
    }
    fst_credentials_unref(c);
    return FST_CHECK_PASSED;
}

static enum fst_check_result check_identity(struct fst_preflight *p)
{
    enum fst_status st = fst_sts_who(p->a, &p->caller, &p->err);

    if (st)
        return fst_preflight_refused(p, FST_SERVICE_STS, st);
    return fst_preflight_say(p, FST_CHECK_PASSED, "%s", p->caller.arn);
}

/* By the last answer, whatever it was. */
static enum fst_check_result check_clock(struct fst_preflight *p)
{
    struct fst_view date = fst_http_header(&p->a->resp, "date");
    char            text[64];
    struct tm       tm = { 0 };
    int64_t         off;

    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(date));
    if (!strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "no answer says what time it is");
    off = (p->env->now_ms(p->env->ctx) - (int64_t)timegm(&tm) * 1000) / 1000;
    if (llabs(off) <= CLOCK_OFF_S)
        return fst_preflight_say(p, FST_CHECK_PASSED, "%" PRId64 " s off the service's", (int64_t)llabs(off));
    fst_buf_add_str(&p->remedy, "set this machine's clock (NTP)");
    return fst_preflight_say(p, FST_CHECK_FAILED, "%" PRId64 " s %s the service's, which refuses requests that are %d s off", (int64_t)llabs(off),
                             off > 0 ? "ahead of" : "behind", REFUSED_OFF_S);
}

/* ---- HealthLake */

static enum fst_status call(struct fst_preflight *p, const char *operation, bool pages, struct fst_api_answer *answer, struct fst_tape *t)
{
    const struct fst_model_operation *op = fst_model_operation(fst_view_of(operation));
    struct fst_buf                    request;
    enum fst_status                   st;

    fst_buf_init(&request, TEXT_CEILING);
    fst_ask_of_datastore(&request, p->opts->datastore_id, pages ? "JobStatus" : NULL, "QUEUED");
    st = pages ? fst_api_pages(&p->api, op, fst_buf_view(&request), QUEUE, answer, &p->err)
               : fst_api_call(&p->api, op, fst_buf_view(&request), answer, &p->err);
    fst_buf_clear(&request);
    return st ? st : fst_answer_parse(t, fst_view_n(answer->json, answer->length), operation, &p->err);
}

static void allow_datastore(struct fst_preflight *p, const char *actions)
{
    char resource[512];

    snprintf(resource, sizeof resource, "arn:%s:healthlake:%s:%s:datastore/fhir/%s", p->partition->id, p->config.region,
             p->caller.account[0] ? p->caller.account : "ACCOUNT", p->opts->datastore_id);
    fst_preflight_allow(p, actions, resource);
}

static enum fst_check_result refused_by_api(struct fst_preflight *p, enum fst_status st, const struct fst_api_answer *answer, const char *action)
{
    bool denied = st == FST_ESERVICE && fst_preflight_is_denied(answer->fault.code);

    fst_buf_add_str(&p->what, p->err.text);
    if (denied)
        allow_datastore(p, action);
    else
        fst_buf_add_str(&p->remedy, p->err.hint);
    return denied || st == FST_ENET || answer->fault.http_status >= 500 ? FST_CHECK_CANT_TELL : FST_CHECK_FAILED;
}

static enum fst_check_result judge_datastore(struct fst_preflight *p, const struct fst_tape *t)
{
    uint32_t              properties = fst_tape_member(t, 0, "DatastoreProperties");
    struct fst_buf        scratch[2];
    struct fst_view       status, version;
    enum fst_check_result r = FST_CHECK_PASSED;

    for (size_t i = 0; i < FST_COUNT(scratch); i++)
        fst_buf_init(&scratch[i], TEXT_CEILING);
    status = fst_tape_member_string(t, properties, "DatastoreStatus", &scratch[0]);
    version = fst_tape_member_string(t, properties, "DatastoreTypeVersion", &scratch[1]);
    if (!fst_view_is(status, "ACTIVE")) {
        fst_buf_addf(&p->remedy, "fhirstage datastore wait --datastore-id %s, or name one that is ACTIVE", p->opts->datastore_id);
        r = FST_CHECK_FAILED;
    }
    if (!fst_view_is(version, "R4"))
        r = FST_CHECK_FAILED;
    (void)fst_preflight_say(p, r, "%s: %.*s, %.*s", p->opts->datastore_id, FST_VIEW_ARGS(status), FST_VIEW_ARGS(version));
    for (size_t i = 0; i < FST_COUNT(scratch); i++)
        fst_buf_clear(&scratch[i]);
    return r;
}

static enum fst_check_result check_datastore(struct fst_preflight *p)
{
    struct fst_api_answer answer = { 0 };
    struct fst_tape       t = { 0 };
    enum fst_status       st = call(p, "DescribeFHIRDatastore", false, &answer, &t);
    enum fst_check_result r = st ? refused_by_api(p, st, &answer, "healthlake:DescribeFHIRDatastore") : judge_datastore(p, &t);

    fst_tape_clear(&t);
    fst_api_answer_clear(&answer);
    return r;
}

/* A full queue is waited for, so it is no failure. */
static enum fst_check_result check_queue(struct fst_preflight *p)
{
    struct fst_api_answer answer = { 0 };
    struct fst_tape       t = { 0 };
    enum fst_status       st = call(p, "ListFHIRImportJobs", true, &answer, &t);
    enum fst_check_result r;
    uint32_t              list = st ? FST_NO_NODE : fst_tape_member(&t, 0, "ImportJobPropertiesList");
    unsigned              queued = list == FST_NO_NODE ? 0 : fst_node_count(&t.nodes[list]);

    if (st)
        r = refused_by_api(p, st, &answer, "healthlake:ListFHIRImportJobs\",\"healthlake:StartFHIRImportJob\",\"healthlake:DescribeFHIRImportJob");
    else
        r = fst_preflight_say(p, FST_CHECK_PASSED, queued >= QUEUE ? "%u jobs are queued, as many as may be: the next one waits for a place"
                                                                   : "%u jobs are queued before this one", queued);
    fst_tape_clear(&t);
    fst_api_answer_clear(&answer);
    return r;
}

/* ---- quotas */

static enum fst_check_result check_quotas(struct fst_preflight *p)
{
    const struct fst_figures *f = p->opts->figures;
    uint64_t                  files = p->opts->max_job_files ? p->opts->max_job_files : FST_JOB_FILES;
    uint64_t                  bytes = p->opts->max_job_bytes ? p->opts->max_job_bytes : FST_JOB_BYTES;
    bool                      fits;

    if (!f)
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "no prepared folder was named, so how much will be imported is not known");
    fits = f->job_files <= files && f->job_bytes <= bytes;
    (void)fst_preflight_say(p, FST_CHECK_PASSED, "%" PRIu64 " files, ", f->files);
    fst_add_size(&p->what, f->bytes);
    if (f->import_jobs > 1)
        (void)fst_preflight_say(p, FST_CHECK_PASSED, " in %" PRIu64 " import jobs", f->import_jobs);
    fst_buf_add_str(&p->what, fits ? "; a job takes " : ": more than the ");
    fst_add_count(&p->what, files);
    fst_buf_add_str(&p->what, " files and ");
    fst_add_size(&p->what, bytes);
    fst_buf_add_str(&p->what, fits ? "" : " that one job takes");
    if (fits)
        return FST_CHECK_PASSED;
    fst_buf_add_str(&p->remedy, "prepare with the account's --max-job-files (quota L-529B6D50) and --max-job-bytes (L-DEBEEE9B): it becomes "
                                "several jobs");
    return FST_CHECK_FAILED;
}

/* ---- one after another */

static const struct {
    const char       *name;
    fst_preflight_fn *fn;
    bool              alone; /* needs no credentials */
} checks[] = {
    { "credentials", check_credentials, true },
    { "identity", check_identity, false },
    { "clock", check_clock, false },
    { "bucket", fst_preflight_bucket, false },
    { "list", fst_preflight_listing, false },
    { "write", fst_preflight_write, false },
    { "public access", fst_preflight_public, false },
    { "data store", check_datastore, false },
    { "queue", check_queue, false },
    { "key", fst_preflight_key, false },
    { "role", fst_preflight_role, true },
    { "role trust", fst_preflight_trust, false },
    { "pass role", fst_preflight_pass, false },
    { "role access", fst_preflight_access, false },
    { "quotas", check_quotas, true },
};

static enum fst_check_result make_check(struct fst_preflight *p, size_t i)
{
    fst_buf_reset(&p->what);
    fst_buf_reset(&p->remedy);
    p->err = (struct fst_error){ 0 };
    if (!p->a && !checks[i].alone)
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "nothing can be asked without credentials and a region");
    return checks[i].fn(p);
}

static enum fst_status make_checks(struct fst_preflight *p, fst_check_fn *fn, void *ctx, struct fst_error *err)
{
    _Atomic int *stop = p->opts->meter ? &p->opts->meter->stop : NULL;
    bool         failed = false;

    for (size_t i = 0; i < FST_COUNT(checks); i++) {
        struct fst_check c = { .name = checks[i].name, .result = make_check(p, i) };
        if (stop && *stop)
            return fst_stopped_by(*stop, err);
        c.what = fst_buf_str(&p->what);
        c.remedy = p->remedy.len ? fst_buf_str(&p->remedy) : NULL;
        failed |= c.result == FST_CHECK_FAILED;
        fn(ctx, &c);
    }
    return failed ? FST_ECONFIG : FST_OK;
}

enum fst_status fst_preflight(const struct fst_preflight_opts *opts, const struct fst_env *env, fst_check_fn *fn, void *ctx,
                              struct fst_error *err)
{
    struct fst_preflight p = { .opts = opts, .env = env ? env : fst_env_real(), .remote = opts->remote };
    enum fst_status      st = fst_s3_parse_url(&p.bucket, &p.prefix, opts->to, err);

    if (st)
        return st;
    fst_buf_init(&p.what, TEXT_CEILING);
    fst_buf_init(&p.remedy, TEXT_CEILING);
    p.remote.max_attempts = p.remote.max_attempts ? p.remote.max_attempts : ATTEMPTS; /* an answer in seconds */
    st = fst_api_open(&p.api, &p.remote, p.env, opts->meter, NULL);
    if (st && st != FST_ECONFIG) /* that is what the first check says */
        st = fst_fail(err, st, "preflight: %s", fst_status_text(st));
    else
        st = make_checks(&p, fn, ctx, err);
    fst_api_close(&p.api);
    fst_aws_free(p.a);
    if (p.config.region)
        fst_aws_config_clear(&p.config);
    fst_buf_clear(&p.what);
    fst_buf_clear(&p.remedy);
    return st;
}
