#include "aws/client.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/xml.h"
#include "base/str.h"
#include "json/tape.h"
#include "sign/sigv4.h"

enum {
    SCRATCH_CEILING = 1 << 20, ANSWER_CEILING = 16 << 20, MAX_HEADERS = 24, HEADER_MAX = 2048,
    BASE_MS = 50, THROTTLE_BASE_MS = 1000, LONGEST_MS = 20000, SKEW_MS = 4 * 60 * 1000,
    BUDGET = 500, RETRY_COST = 14, THROTTLE_COST = 5
};

enum retry { RETRY_NO, RETRY_TRANSIENT, RETRY_THROTTLE, RETRY_CLOCK };

/* What an error code means for another try, and for people. */
static const struct { const char *code; enum retry retry; const char *hint; } codes[] = {
    { "RequestTimeout", RETRY_TRANSIENT, NULL },
    { "RequestTimeoutException", RETRY_TRANSIENT, NULL },
    { "InternalError", RETRY_TRANSIENT, NULL },
    { "InternalServerException", RETRY_TRANSIENT, NULL },
    { "PriorRequestNotComplete", RETRY_TRANSIENT, NULL },
    { "Throttling", RETRY_THROTTLE, NULL },
    { "ThrottlingException", RETRY_THROTTLE, "the service asks to go slower: run the same command again later" },
    { "ThrottledException", RETRY_THROTTLE, NULL },
    { "RequestThrottledException", RETRY_THROTTLE, NULL },
    { "TooManyRequestsException", RETRY_THROTTLE, NULL },
    { "ProvisionedThroughputExceededException", RETRY_THROTTLE, NULL },
    { "LimitExceededException", RETRY_THROTTLE, NULL },
    { "RequestLimitExceeded", RETRY_THROTTLE, NULL },
    { "BandwidthLimitExceeded", RETRY_THROTTLE, NULL },
    { "SlowDown", RETRY_THROTTLE, "S3 asks to go slower: run the same command again later" },
    { "RequestTimeTooSkewed", RETRY_CLOCK, "the clock of this machine is wrong: set it" },
    { "InvalidSignatureException", RETRY_CLOCK, "check the secret access key, and the clock of this machine" },
    { "SignatureDoesNotMatch", RETRY_CLOCK, "check the secret access key" },
    { "InvalidAccessKeyId", RETRY_NO, "check the access key id: the service does not know it" },
    { "UnrecognizedClientException", RETRY_NO, "check the access key id: the service does not know it" },
    { "ExpiredToken", RETRY_NO, "the credentials have expired: get new ones, and run the same command again" },
    { "ExpiredTokenException", RETRY_NO, "the credentials have expired: get new ones, and run the same command again" },
    { "AccessDenied", RETRY_NO, "the credentials are known but may not do this: their policy must allow it" },
    { "AccessDeniedException", RETRY_NO, "the credentials are known but may not do this: their policy must allow it" },
    { "NoSuchBucket", RETRY_NO, "create the bucket first, or check its name and the region" },
    { "PermanentRedirect", RETRY_NO, "the bucket is in another region: give --region" },
    { "AuthorizationHeaderMalformed", RETRY_NO, "the bucket is in another region: give --region" },
};

static size_t code_row(const char *code)
{
    size_t i = 0;
    while (i < FST_COUNT(codes) && strcmp(codes[i].code, code) != 0)
        i++;
    return i;
}

enum fst_status fst_aws_new(struct fst_aws **out, const struct fst_aws_config *config, const struct fst_env *env,
                            _Atomic int *stop, struct fst_error *err)
{
    struct fst_http_opts opts = { .ca_bundle = config->ca_bundle, .stop = stop };
    struct fst_aws      *a = calloc(1, sizeof *a);
    enum fst_status      st;

    *out = a;
    if (!a)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    a->config = config;
    a->env = env ? env : fst_env_real();
    a->budget = BUDGET;
    fst_http_response_init(&a->resp, ANSWER_CEILING);
    fst_buf_init(&a->url, SCRATCH_CEILING);
    fst_buf_init(&a->query, SCRATCH_CEILING);
    fst_buf_init(&a->canonical, SCRATCH_CEILING);
    st = fst_http_new(&a->http, &opts, err);
    if (st) {
        fst_aws_free(a);
        *out = NULL;
    }
    return st;
}

void fst_aws_free(struct fst_aws *a)
{
    if (!a)
        return;
    fst_http_free(a->http);
    fst_http_response_clear(&a->resp);
    fst_buf_clear(&a->url);
    fst_buf_clear(&a->query);
    fst_buf_clear(&a->canonical);
    free(a);
}

/* ---- where to */

/* A bucket goes into the host's name, but for endpoints of one's own and names that TLS would not match. */
static bool in_path(const struct fst_aws *a, const struct fst_aws_request *r)
{
    return a->config->custom[r->service] || memchr(r->bucket.p, '.', r->bucket.n);
}

/* The URL into a->url; *host and *path are views into it. */
static void build_url(struct fst_aws *a, const struct fst_aws_request *r, struct fst_view *host, struct fst_view *path)
{
    const char *endpoint = a->config->endpoint[r->service];
    size_t      scheme = (size_t)(strstr(endpoint, "://") - endpoint) + 3, host_end, path_end;

    fst_buf_reset(&a->url);
    fst_buf_add(&a->url, endpoint, scheme);
    if (r->bucket.n && !in_path(a, r)) {
        fst_buf_add_view(&a->url, r->bucket);
        fst_buf_add_char(&a->url, '.');
    }
    fst_buf_add_str(&a->url, endpoint + scheme);
    host_end = scheme + strcspn(a->url.p + scheme, "/");
    if (r->bucket.n && in_path(a, r)) {
        fst_buf_add_char(&a->url, '/');
        fst_buf_add_view(&a->url, r->bucket);
    }
    if (r->bucket.n || !r->path) {
        fst_buf_add_char(&a->url, '/');
        fst_sign_encode(&a->url, r->key, true);
    } else {
        fst_buf_add_str(&a->url, r->path);
    }
    path_end = a->url.len;
    if (r->query.n) {
        fst_buf_add_char(&a->url, '?');
        fst_buf_add_view(&a->url, r->query);
    }
    fst_buf_str(&a->url);
    *host = fst_view_n(a->url.p + scheme, host_end - scheme);
    *path = fst_view_n(a->url.p + host_end, path_end - host_end);
}

/* ---- signing */

struct signing {
    struct fst_sign_header signed_headers[MAX_HEADERS];
    char                   lines[8][HEADER_MAX]; /* headers made here */
    const char            *headers[MAX_HEADERS + 8];
    size_t                 count;
};

static void add_header(struct signing *s, size_t line, const char *name, struct fst_view value)
{
    snprintf(s->lines[line], HEADER_MAX, "%s: %.*s", name, FST_VIEW_ARGS(value));
    s->headers[s->count++] = s->lines[line];
}

static enum fst_status sign(struct fst_aws *a, const struct fst_aws_request *r, struct signing *s, struct fst_error *err)
{
    const struct fst_credentials *c = &a->config->credentials;
    struct fst_view               host, path;
    struct fst_sign_scope         scope = { .region = fst_view_of(a->config->region), .service = fst_view_of(fst_service_name(r->service)) };
    struct fst_sign_request       q = { .method = fst_view_of(r->method), .query = r->query,
                                        .path_kind = r->service == FST_SERVICE_S3 ? FST_SIGN_PATH_DECODED : FST_SIGN_PATH_RAW };
    char                          payload[FST_HEX_SHA256], signature[FST_HEX_SHA256];
    uint8_t                       hash[FST_SHA256_BYTES];
    struct fst_buf                authorization;

    if (r->header_count + 4 > MAX_HEADERS)
        return fst_fail(err, FST_ELIMIT, "%s: too many headers", r->operation);
    build_url(a, r, &host, &path);
    if (fst_buf_status(&a->url))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    q.path = path;
    if (!r->payload_sha256 && !r->body_size) {
        fst_sha256(r->body, hash);
        fst_hex(hash, sizeof hash, payload);
    }
    q.payload = fst_view_of(r->payload_sha256 ? r->payload_sha256 : r->body_size ? FST_SIGN_UNSIGNED_PAYLOAD : payload);
    fst_format_time_basic(scope.time, a->env->now_ms(a->env->ctx) + a->skew_ms);
    s->count = 0;
    add_header(s, 0, "host", host);
    add_header(s, 1, "x-amz-date", fst_view_of(scope.time));
    if (r->service == FST_SERVICE_S3)
        add_header(s, 2, "x-amz-content-sha256", q.payload);
    if (c->token)
        add_header(s, 3, "x-amz-security-token", fst_view_of(c->token));
    for (size_t i = 0; i < r->header_count; i++)
        s->headers[s->count++] = r->headers[i];
    for (size_t i = 0; i < s->count; i++) {
        const char *colon = strchr(s->headers[i], ':');
        s->signed_headers[i] = (struct fst_sign_header){ fst_view_n(s->headers[i], (size_t)(colon - s->headers[i])), fst_view_of(colon + 1) };
    }
    q.headers = s->signed_headers;
    q.header_count = s->count;
    fst_buf_init(&authorization, SCRATCH_CEILING);
    if (fst_sign_signature(signature, &q, &scope, fst_view_of(c->secret_access_key)) == FST_OK) {
        fst_sign_authorization(&authorization, &q, &scope, fst_view_of(c->access_key_id), signature);
        add_header(s, 4, "authorization", fst_buf_view(&authorization));
    }
    fst_buf_clear(&authorization);
    return s->count == q.header_count ? fst_fail(err, FST_ENOMEM, "out of memory") : FST_OK;
}

/* ---- what came back */

/* "namespace#Code:url" */
static void set_code(struct fst_aws *a, struct fst_view code)
{
    const char *hash = code.n ? memchr(code.p, '#', code.n) : NULL, *colon;

    if (hash)
        code = fst_view_from(code, (size_t)(hash - code.p) + 1);
    colon = code.n ? memchr(code.p, ':', code.n) : NULL;
    if (colon)
        code.n = (size_t)(colon - code.p);
    snprintf(a->code, sizeof a->code, "%.*s", FST_VIEW_ARGS(code));
}

static void read_json_error(struct fst_aws *a, struct fst_buf *message)
{
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    struct fst_buf        scratch;
    struct fst_view       header = fst_http_header(&a->resp, "x-amzn-errortype"), v;

    fst_buf_init(&scratch, SCRATCH_CEILING);
    if (!fst_json_parse(&t, fst_buf_view(&a->resp.body), &opts, &jerr)) {
        v = fst_tape_member_string(&t, 0, "__type", &scratch);
        set_code(a, header.n ? header : v);
        v = fst_tape_member_string(&t, 0, "message", &scratch);
        if (!v.n)
            v = fst_tape_member_string(&t, 0, "Message", &scratch);
        fst_buf_add_view(message, v);
    } else {
        set_code(a, header);
    }
    fst_tape_clear(&t);
    fst_buf_clear(&scratch);
}

static void read_xml_error(struct fst_aws *a, struct fst_buf *message)
{
    struct fst_buf code;

    fst_buf_init(&code, SCRATCH_CEILING);
    if (fst_xml_find(fst_buf_view(&a->resp.body), "Error/Code", &code))
        set_code(a, fst_buf_view(&code));
    if (!fst_xml_find(fst_buf_view(&a->resp.body), "Error/Message", message))
        fst_buf_reset(message);
    fst_buf_clear(&code);
}

/* An answer without a body, as to a HEAD, has its status alone. */
static const char *code_of_status(int status)
{
    switch (status) {
    case 301: case 307: return "PermanentRedirect";
    case 403: return "AccessDenied";
    case 404: return "NotFound";
    case 412: return "PreconditionFailed";
    case 429: return "TooManyRequestsException";
    case 503: return "SlowDown";
    default: return status >= 500 ? "InternalError" : "UnexpectedAnswer";
    }
}

static void add_where(struct fst_buf *out, const struct fst_aws_request *r)
{
    if (r->bucket.n)
        fst_buf_addf(out, "s3://%.*s/%.*s: ", FST_VIEW_ARGS(r->bucket), FST_VIEW_ARGS(r->key));
    fst_buf_add_str(out, r->operation);
}

static enum fst_status refuse(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err)
{
    struct fst_buf  message, text;
    struct fst_view id = fst_http_header(&a->resp, r->service == FST_SERVICE_S3 ? "x-amz-request-id" : "x-amzn-requestid");
    size_t          row;

    a->code[0] = '\0';
    fst_buf_init(&message, SCRATCH_CEILING);
    fst_buf_init(&text, SCRATCH_CEILING);
    if (r->service == FST_SERVICE_S3)
        read_xml_error(a, &message);
    else
        read_json_error(a, &message);
    if (!a->code[0])
        set_code(a, fst_view_of(code_of_status(a->resp.status)));
    add_where(&text, r);
    fst_buf_addf(&text, ": %s", a->code);
    if (message.len)
        fst_buf_addf(&text, ": %s", message.p);
    else
        fst_buf_addf(&text, " (HTTP status %d)", a->resp.status);
    if (id.n)
        fst_buf_addf(&text, " (request id %.*s)", FST_VIEW_ARGS(id));
    fst_fail(err, FST_ESERVICE, "%s", fst_buf_str(&text));
    row = code_row(a->code);
    if (row < FST_COUNT(codes) && codes[row].hint)
        fst_error_hint(err, "%s", codes[row].hint);
    fst_buf_clear(&message);
    fst_buf_clear(&text);
    return FST_ESERVICE;
}

/* ---- again? */

/* By how much the server's clock is ahead, if that explains a refusal. */
static bool correct_clock(struct fst_aws *a)
{
    struct fst_view date = fst_http_header(&a->resp, "date");
    char            text[64];
    struct tm       tm = { 0 };
    int64_t         skew;

    if (!date.n || date.n >= sizeof text || fst_http_header(&a->resp, "age").n)
        return false;
    memcpy(text, date.p, date.n);
    text[date.n] = '\0';
    if (!strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        return false;
    skew = (int64_t)timegm(&tm) * 1000 - a->env->now_ms(a->env->ctx);
    if (llabs(skew - a->skew_ms) < SKEW_MS)
        return false;
    a->skew_ms = skew;
    return true;
}

static enum retry judge(struct fst_aws *a, enum fst_status st)
{
    size_t row;

    if (st == FST_ENET)
        return RETRY_TRANSIENT;
    if (st != FST_ESERVICE)
        return RETRY_NO;
    row = code_row(a->code);
    if (row < FST_COUNT(codes) && codes[row].retry != RETRY_NO)
        return codes[row].retry == RETRY_CLOCK && !correct_clock(a) ? RETRY_NO : codes[row].retry;
    if (a->resp.status == 429)
        return RETRY_THROTTLE;
    return a->resp.status == 500 || a->resp.status == 502 || a->resp.status == 503 || a->resp.status == 504 ? RETRY_TRANSIENT : RETRY_NO;
}

/* Full jitter: anything up to base × 2^n. */
static void pause_before(struct fst_aws *a, enum retry why, unsigned attempt)
{
    int64_t        longest = (why == RETRY_THROTTLE ? THROTTLE_BASE_MS : BASE_MS) * ((int64_t)1 << (attempt < 10 ? attempt : 10));
    struct fst_view hint = fst_http_header(&a->resp, "x-amz-retry-after");
    uint64_t       given;
    uint32_t       random;

    if (longest > LONGEST_MS)
        longest = LONGEST_MS;
    a->env->random(a->env->ctx, &random, sizeof random);
    longest = (int64_t)((double)longest * ((double)random / (double)UINT32_MAX));
    if (hint.n && fst_parse_u64(&given, hint) && (int64_t)given > longest && given < LONGEST_MS)
        longest = (int64_t)given;
    if (why != RETRY_CLOCK)
        a->env->sleep_ms(a->env->ctx, longest);
}

/* S3 answers 200 before a multipart upload is put together, and may fail behind that. */
static bool holds_error(struct fst_aws *a)
{
    struct fst_buf code;
    bool           found;

    fst_buf_init(&code, SCRATCH_CEILING);
    found = fst_xml_find(fst_buf_view(&a->resp.body), "Error/Code", &code);
    fst_buf_clear(&code);
    return found;
}

static enum fst_status send_once(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err)
{
    struct signing          s;
    struct fst_http_request h;
    enum fst_status         st = sign(a, r, &s, err);

    a->code[0] = '\0';
    if (st)
        return st;
    h = (struct fst_http_request){ .method = r->method, .url = a->url.p, .headers = s.headers, .header_count = s.count,
                                   .body = r->body, .body_fd = r->body_fd, .body_offset = r->body_offset, .body_size = r->body_size,
                                   .sent = r->sent, .sink = r->sink, .sink_ctx = r->sink_ctx };
    st = fst_http_do(a->http, &h, &a->resp, err);
    if (st)
        return fst_fail_while(err, st, "%s", r->operation);
    return a->resp.status / 100 == 2 && !(r->fails_late && holds_error(a)) ? FST_OK : refuse(a, r, err);
}

enum fst_status fst_aws_send(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err)
{
    for (unsigned attempt = 0;; attempt++) {
        struct fst_error why = { 0 };
        enum fst_status  st = send_once(a, r, &why);
        enum retry       again = st ? judge(a, st) : RETRY_NO;
        double           cost = again == RETRY_THROTTLE ? THROTTLE_COST : RETRY_COST;

        if (!st) {
            a->budget = a->budget < BUDGET ? a->budget + 1 : BUDGET;
            return FST_OK;
        }
        if (again == RETRY_NO || r->no_retry || attempt + 1 >= a->config->max_attempts || a->budget < cost) {
            if (err)
                *err = why;
            return st;
        }
        a->budget -= again == RETRY_CLOCK ? 0 : cost;
        pause_before(a, again, attempt);
    }
}
