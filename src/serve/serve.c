#include "serve/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "serve/lake.h"
#include "serve/sweep.h"

enum { PATH_CEILING = 64 * 1024, HOLD_MS = 50, DAY_MS = 24 * 3600 * 1000 };

const char fst_serve_schema[] =
    "CREATE TABLE IF NOT EXISTS bucket (name TEXT PRIMARY KEY, created INTEGER NOT NULL, region TEXT NOT NULL, owner TEXT NOT NULL,"
    "  acl TEXT NOT NULL, versioning TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS setting (bucket TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (bucket, name)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS object (bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,"
    "  etag TEXT NOT NULL, modified INTEGER NOT NULL, headers TEXT NOT NULL, parts TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,"
    "  PRIMARY KEY (bucket, key)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS version (bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,"
    "  etag TEXT NOT NULL, modified INTEGER NOT NULL, headers TEXT NOT NULL, parts TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,"
    "  marker INTEGER NOT NULL, PRIMARY KEY (bucket, key, seq DESC)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS upload (id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, created INTEGER NOT NULL,"
    "  headers TEXT NOT NULL, owner TEXT NOT NULL, sum TEXT NOT NULL, sum_type TEXT NOT NULL, sum_named INTEGER NOT NULL,"
    "  answer TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS part (upload TEXT NOT NULL, number INTEGER NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,"
    "  etag TEXT NOT NULL, sum TEXT NOT NULL, modified INTEGER NOT NULL, PRIMARY KEY (upload, number)) WITHOUT ROWID;";

void fst_serve_id(struct fst_serve *s, char out[FST_HEX_ID])
{
    uint8_t bytes[16];
    s->env->random(s->env->ctx, bytes, sizeof bytes);
    fst_hex(bytes, sizeof bytes, out);
}

int64_t fst_serve_now_ms(struct fst_serve *s)
{
    return s->env->now_ms(s->env->ctx);
}

void fst_serve_wake(struct fst_serve *s)
{
    pthread_mutex_lock(&s->lock);
    s->synced.work = FST_SERVE_WORKERS;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

void fst_serve_object_path(struct fst_serve *s, struct fst_buf *out, struct fst_view file)
{
    fst_buf_reset(out);
    fst_buf_addf(out, "%s/objects/%.2s/%.*s", s->opts.dir, file.p, FST_VIEW_ARGS(file));
    fst_buf_str(out);
}

const char *fst_serve_endpoint(const struct fst_serve *s)
{
    return s->endpoint;
}

/* ---- which part of the service is meant, and may the caller ask it */

static const struct { const char *s3, *api; int s3_status, api_status; const char *message; } refusals[] = {
    [FST_AUTH_MISSING] = { "AccessDenied", "MissingAuthenticationTokenException", 403, 403, "Access Denied" },
    [FST_AUTH_NO_TIME] = { "AccessDenied", "IncompleteSignature", 403, 400, "AWS authentication requires a valid Date or x-amz-date header" },
    [FST_AUTH_OTHER_KIND] = { "InvalidArgument", "IncompleteSignature", 400, 400, "Unsupported Authorization Type" },
    [FST_AUTH_MALFORMED] = { "AuthorizationHeaderMalformed", "IncompleteSignature", 400, 400, "The authorization header is malformed; it is AWS4-HMAC-SHA256 with Credential (KEYID/YYYYMMDD/REGION/SERVICE/aws4_request), SignedHeaders and Signature." },
    [FST_AUTH_MALFORMED_QUERY] = { "AuthorizationQueryParametersError", "IncompleteSignature", 400, 400, "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters." },
    [FST_AUTH_EXPIRES] = { "AuthorizationQueryParametersError", "IncompleteSignature", 400, 400, "X-Amz-Expires must be a number of seconds from 0, and less than a week: 604800 at most" },
    [FST_AUTH_UNKNOWN_KEY] = { "InvalidAccessKeyId", "UnrecognizedClientException", 403, 403, "The AWS Access Key Id you provided does not exist in our records." },
    [FST_AUTH_SKEWED] = { "RequestTimeTooSkewed", "InvalidSignatureException", 403, 403, "The difference between the request time and the server's time is too large." },
    [FST_AUTH_EXPIRED] = { "AccessDenied", "InvalidSignatureException", 403, 403, "Request has expired" },
    [FST_AUTH_WRONG] = { "SignatureDoesNotMatch", "InvalidSignatureException", 403, 403, "The request signature we calculated does not match the signature you provided. Check your key and signing method." },
    [FST_AUTH_WRONG_SERVICE] = { "AuthorizationHeaderMalformed", "InvalidSignatureException", 400, 403, "The authorization header is malformed; the credential's scope names another service." },
    [FST_AUTH_UNSIGNED] = { "AccessDenied", "InvalidSignatureException", 403, 403, "There were headers present in the request which were not signed" },
    [FST_AUTH_WRONG_CHUNK] = { "SignatureDoesNotMatch", "InvalidSignatureException", 403, 403, "The signature of a chunk, or of the trailer, is not the one that we calculated." },
    [FST_AUTH_INCOMPLETE] = { "IncompleteBody", "IncompleteSignature", 400, 400, "The request body terminated unexpectedly" },
    [FST_AUTH_WRONG_PAYLOAD] = { "XAmzContentSHA256Mismatch", "InvalidSignatureException", 400, 400, "The provided 'x-amz-content-sha256' header does not match what was computed." },
};

/* ---- faults that were asked for */

static int64_t mono_ms(struct fst_serve *s)
{
    return s->env->mono_ms(s->env->ctx);
}

static void draw_faults(struct fst_serve *s, struct fst_exchange *x, bool is_s3)
{
    struct fst_buf scratch;
    const char    *op;

    if (!s->faults.count && !s->pace.rule_count)
        return;
    fst_buf_init(&scratch, FST_TEXT_CEILING);
    op = fst_fault_operation(x, &scratch);
    x->faults = fst_faults_due(&s->faults, op, mono_ms(s), &x->delay_ms);
    if (!fst_pace_lets(&s->pace, op, !is_s3, mono_ms(s)))
        x->faults |= 1u << FST_FAULT_THROTTLE;
    x->cut_request = x->faults >> FST_FAULT_DROP_REQUEST & 1;
    x->cut = x->faults >> FST_FAULT_DROP & 1;
    fst_buf_clear(&scratch);
}

static void hold_back(struct fst_serve *s, const struct fst_exchange *x)
{
    for (int64_t until = mono_ms(s) + x->delay_ms, left; (left = until - mono_ms(s)) > 0 && !s->stopping;)
        s->env->sleep_ms(s->env->ctx, left < HOLD_MS ? left : HOLD_MS);
}

static const struct { enum fst_fault_kind kind; struct { const char *code; int status; } s3, api, fhir; const char *message; } answers[] = {
    { FST_FAULT_SLOWDOWN, { "SlowDown", 503 }, { "ServiceUnavailable", 503 }, { "transient", 503 }, "Please reduce your request rate." },
    { FST_FAULT_ERROR, { "InternalError", 500 }, { "InternalServerException", 500 }, { "exception", 500 }, "We encountered an internal error. Please try again." },
    { FST_FAULT_THROTTLE, { "SlowDown", 503 }, { "ThrottlingException", 400 }, { "throttled", 429 }, "Rate exceeded" },
    { FST_FAULT_DENIED, { "AccessDenied", 403 }, { "AccessDeniedException", 400 }, { "forbidden", 403 }, "Access Denied" },
};

/* True when a fault was answered instead. */
static bool answered_fault(struct fst_exchange *x, bool is_api, bool is_fhir)
{
    for (size_t i = 0; i < FST_COUNT(answers); i++) {
        if (!(x->faults >> answers[i].kind & 1))
            continue;
        if (is_api)
            fst_serve_api_error(x, answers[i].api.status, answers[i].api.code, answers[i].message);
        else if (is_fhir)
            fst_serve_fhir_error(x, answers[i].fhir.status, answers[i].fhir.code, answers[i].message);
        else
            fst_serve_s3_error(x, answers[i].s3.status, answers[i].s3.code, answers[i].message);
        return true;
    }
    return false;
}

/* ---- a request */

enum { API_BODY_MOST = 16 << 20 };

/* Which part of the service a request is for. */
enum part { API, FHIR, S3 };

static bool contains(struct fst_view v, const char *s)
{
    return v.n && memmem(v.p, v.n, s, strlen(s));
}

/* A bucket may be called "datastore": what is signed for S3 is S3's. */
static enum part part_of(const struct fst_exchange *x)
{
    if (fst_exchange_header(x, "x-amz-target").n)
        return API;
    if (fst_view_starts(x->path, "/datastore/") && !contains(fst_exchange_header(x, "authorization"), "/s3/aws4_request") &&
        !contains(x->query, "%2Fs3%2Faws4_request"))
        return FHIR;
    return S3;
}

static const char *const signed_for[] = { [API] = "healthlake", [FHIR] = "healthlake", [S3] = "s3" };

/* S3's HostId is opaque. */
static void name_host(struct fst_exchange *x)
{
    struct fst_buf text;

    fst_buf_init(&text, sizeof x->host_id);
    fst_base64(&text, x->id, strlen(x->id));
    snprintf(x->host_id, sizeof x->host_id, "%s", fst_buf_str(&text));
    fst_buf_clear(&text);
}

/* The headers are there: what they tell is judged before a byte of the body is kept. */
static void begun(void *ctx, struct fst_exchange *x)
{
    struct fst_serve *s = ctx;
    enum part         part = part_of(x);

    fst_serve_id(s, x->id);
    name_host(x);
    fst_auth_begin(&x->caller, &s->keys, x, signed_for[part], fst_serve_now_ms(s));
    if (part == S3) {
        fst_serve_s3_plan(s, x);
    } else {
        x->plan.sums = 1u << FST_SUM_SHA256;
        x->plan.most = API_BODY_MOST;
        x->plan.in_memory = true;
    }
    if (x->caller.auth && !(part == S3 && x->caller.auth == FST_AUTH_MISSING))
        x->plan.discard = x->answer_early = true;
    draw_faults(s, x, part == S3);
}

static void refuse(struct fst_exchange *x, enum part part, int status, const char *s3, const char *api, const char *message)
{
    if (part == S3)
        fst_serve_s3_error(x, status, s3, message);
    else
        fst_serve_api_error(x, status, api, message);
}

static void handle(void *ctx, struct fst_exchange *x)
{
    struct fst_serve *s = ctx;
    enum part         part = part_of(x);
    enum fst_auth     auth;
    struct fst_view   region = fst_view_of(x->caller.region);

    hold_back(s, x);
    fst_exchange_add_header(x, part == S3 ? "x-amz-request-id" : "x-amzn-requestid", "%s", x->id);
    if (part == S3)
        fst_exchange_add_header(x, "x-amz-id-2", "%s", x->host_id);
    fst_auth_finish(&x->caller, &s->keys, x, signed_for[part], fst_serve_now_ms(s));
    auth = x->caller.auth;
    if (part == S3 && !strcmp(x->method, "OPTIONS")) /* which nobody signs */
        fst_serve_s3_preflight(x);
    else if (x->in.too_large) /* and not read to its end: its hash is not known */
        refuse(x, part, 400, "EntityTooLarge", "ValidationException", "Your proposed upload exceeds the maximum allowed size");
    else if (auth && !(part == S3 && auth == FST_AUTH_MISSING))
        refuse(x, part, part == S3 ? refusals[auth].s3_status : refusals[auth].api_status, refusals[auth].s3, refusals[auth].api, refusals[auth].message);
    else if (x->in.failed)
        refuse(x, part, 507, "InsufficientStorage", "InternalServerException", "The request's body could not be kept: is the disk full?");
    else if (answered_fault(x, part == API, part == FHIR))
        return;
    else if (part == API)
        fst_serve_api(s, x, region);
    else if (part == FHIR)
        fst_serve_fhir(s, x, region);
    else
        fst_serve_s3(s, x);
}

/* ---- starting and stopping */

/* One service to a folder, as long as its process lives. */
static enum fst_status lock_folder(struct fst_serve *s, struct fst_buf *path, struct fst_error *err)
{
    s->lock_fd = open(fst_path_join(path, s->opts.dir, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return fst_fail_errno(err, "%s", path->p);
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB))
        return fst_fail(err, FST_EBUSY, "%s: another service is at work in this folder", s->opts.dir);
    return FST_OK;
}

/* Tables are made when they are not there, and not changed. */
static enum fst_status check_tables(struct fst_serve *s, struct fst_error *err)
{
    int64_t         known;
    enum fst_status st = fst_db_int(s->db, &known, 0, err, "SELECT count(*) FROM pragma_table_info('object') WHERE name = 'seq'", "");

    if (st || known)
        return st;
    fst_fail(err, FST_ECONFIG, "%s: kept by an earlier version of the service, which this one cannot read", s->opts.dir);
    fst_error_hint(err, "give another folder with --dir, or remove this one");
    return FST_ECONFIG;
}

static enum fst_status open_folder(struct fst_serve *s, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st;

    fst_buf_init(&path, PATH_CEILING);
    st = fst_file_mkdirs(fst_path_join(&path, s->opts.dir, "objects"), err);
    if (!st)
        st = lock_folder(s, &path, err);
    if (!st)
        st = fst_file_remove_tree(fst_path_join(&path, s->opts.dir, "partial"), err);
    if (!st)
        st = fst_file_mkdirs(path.p, err);
    if (!st) {
        s->partial_dir = strdup(path.p);
        st = s->partial_dir ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
    }
    if (!st)
        st = fst_db_open(&s->db, fst_path_join(&path, s->opts.dir, "store.sqlite"), fst_serve_schema, err);
    if (!st)
        st = check_tables(s, err);
    if (!st) /* kept so that completing it may be repeated */
        st = fst_db_run(s->db, NULL, NULL, err, "DELETE FROM upload WHERE answer != '' AND created < ?", "i", fst_serve_now_ms(s) - DAY_MS);
    if (!st)
        st = fst_sweep_begin(s, err);
    if (!st)
        st = fst_db_schema(s->db, fst_lake_schema, err);
    if (!st)
        st = fst_queue_recover(s, err);
    fst_buf_clear(&path);
    return st;
}

static enum fst_status start_threads(struct fst_serve *s, struct fst_error *err)
{
    struct fst_http_server_opts http = { .address = s->opts.address, .port = s->opts.port, .begun = begun, .handler = handle, .ctx = s,
                                         .tmp_dir = s->partial_dir };
    enum fst_status             st;

    st = fst_http_server_start(&s->http, &http, err);
    if (!st)
        st = fst_queue_start(s, err);
    if (!st)
        snprintf(s->endpoint, sizeof s->endpoint, "http://%s:%u", s->opts.address, fst_http_server_port(s->http));
    return st;
}

static const char *copy_or(const char *s, const char *otherwise)
{
    return strdup(s ? s : otherwise);
}

static enum fst_status load_keys(struct fst_serve *s, const struct fst_serve_opts *opts, struct fst_error *err)
{
    struct fst_key key = { .id = (char *)(opts->access_key_id ? opts->access_key_id : FST_SERVE_KEY_ID),
                           .secret = (char *)(opts->secret_access_key ? opts->secret_access_key : FST_SERVE_SECRET) };

    if (opts->credentials)
        return fst_keys_load(&s->keys, opts->credentials, err);
    return fst_keys_add(&s->keys, &key, err);
}

enum fst_status fst_serve_start(struct fst_serve **out, const struct fst_serve_opts *opts, struct fst_error *err)
{
    struct fst_serve *s = calloc(1, sizeof *s);
    enum fst_status   st;

    *out = NULL;
    if (!s)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    s->env = opts->env ? opts->env : fst_env_real();
    s->opts = *opts;
    s->opts.address = copy_or(opts->address, "127.0.0.1");
    s->opts.dir = copy_or(opts->dir, ".");
    s->opts.faults = s->opts.quotas = s->opts.paces = NULL;
    s->opts.access_key_id = s->opts.secret_access_key = s->opts.credentials = NULL;
    s->lock_fd = s->events_fd = -1;
    fst_quota_live(s->quota);
    fst_pace_init(&s->pace);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    if (!s->opts.address || !s->opts.dir)
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    else
        st = load_keys(s, opts, err);
    for (size_t i = 0; i < opts->fault_count && !st; i++)
        st = fst_faults_add(&s->faults, opts->faults[i], err);
    for (size_t i = 0; i < opts->quota_count && !st; i++)
        st = fst_quota_set(s->quota, opts->quotas[i], err);
    for (size_t i = 0; i < opts->pace_count && !st; i++)
        st = fst_pace_add(&s->pace, opts->paces[i], err);
    if (!st)
        st = open_folder(s, err);
    if (!st)
        st = start_threads(s, err);
    if (st)
        fst_serve_stop(s);
    else
        *out = s;
    return st;
}

void fst_serve_stop(struct fst_serve *s)
{
    if (!s)
        return;
    s->stopping = 1;
    fst_http_server_stop(s->http);
    fst_queue_stop(s);
    if (s->db)
        fst_sweep_end(s);
    fst_db_close(s->db);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    if (s->events_fd >= 0)
        close(s->events_fd);
    fst_keys_clear(&s->keys);
    fst_faults_clear(&s->faults);
    fst_pace_clear(&s->pace);
    free(s->partial_dir);
    free((char *)s->opts.address);
    free((char *)s->opts.dir);
    free(s);
}
