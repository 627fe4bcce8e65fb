#include "aws/client.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "aws/refusal.h"
#include "base/str.h"
#include "base/xml.h"
#include "sign/sigv4.h"

enum {
    SCRATCH_CEILING = 1 << 20, ANSWER_CEILING = 16 << 20, MAX_HEADERS = 48, HEADER_MAX = 8192,
    BASE_MS = 50, THROTTLE_BASE_MS = 1000, LONGEST_MS = 20000, LONGEST_ASKED_MS = 5 * 60 * 1000, NAP_MS = 250,
    SKEW_MS = 4 * 60 * 1000
};

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
    a->stop = stop;
    fst_aws_shared_join(config->shared);
    fst_http_response_init(&a->resp, ANSWER_CEILING);
    fst_buf_init(&a->url, SCRATCH_CEILING);
    fst_buf_init(&a->query, SCRATCH_CEILING);
    fst_buf_init(&a->canonical, SCRATCH_CEILING);
    fst_trailer_init(&a->trailing);
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
    fst_aws_shared_leave(a->config->shared);
    fst_http_free(a->http);
    fst_credentials_unref(a->credentials);
    fst_http_response_clear(&a->resp);
    fst_buf_clear(&a->url);
    fst_buf_clear(&a->query);
    fst_buf_clear(&a->canonical);
    fst_trailer_clear(&a->trailing);
    free(a);
}

/* ---- where to */

/* A bucket goes into the host's name, but for endpoints of one's own and names that TLS would not match. */
static bool in_path(const struct fst_aws *a, const struct fst_aws_request *r)
{
    const struct fst_aws_config *c = a->config;
    return c->path_style || (c->custom[r->service] && !c->virtual_host) || memchr(r->bucket.p, '.', r->bucket.n);
}

/* The region that this request's bucket is in, as far as we know. */
static const char *region_of(const struct fst_aws *a, const struct fst_aws_request *r)
{
    bool moved = r->bucket.n && a->moved.region[0] && fst_view_is(r->bucket, a->moved.bucket);
    return moved ? a->moved.region : fst_endpoint_signing_region(r->service, a->config->region);
}

/* Endpoints of one's own stay what they are, wherever a bucket is. */
static void add_endpoint(struct fst_aws *a, const struct fst_aws_request *r)
{
    const char *region = region_of(a, r);

    if (region == a->moved.region && !a->config->custom[r->service])
        fst_endpoint_add(&a->url, r->service, region, &a->config->reach);
    else
        fst_buf_add_str(&a->url, a->config->endpoint[r->service]);
}

/* The URL into a->url; *host and *path are views into it. */
static void build_url(struct fst_aws *a, const struct fst_aws_request *r, struct fst_view *host, struct fst_view *path)
{
    size_t scheme, host_end, path_end;

    fst_buf_reset(&a->url);
    add_endpoint(a, r);
    scheme = (size_t)(strstr(fst_buf_str(&a->url), "://") - a->url.p) + 3;
    if (r->bucket.n && !in_path(a, r)) {
        fst_buf_reset(&a->query);
        fst_buf_add_view(&a->query, fst_view_from(fst_buf_view(&a->url), scheme));
        a->url.len = scheme;
        fst_buf_add_view(&a->url, r->bucket);
        fst_buf_add_char(&a->url, '.');
        fst_buf_add_view(&a->url, fst_buf_view(&a->query));
    }
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
    bool                   too_long;
};

static void add_header(struct signing *s, size_t line, const char *name, struct fst_view value)
{
    int n = snprintf(s->lines[line], HEADER_MAX, "%s: %.*s", name, FST_VIEW_ARGS(value));
    s->too_long |= n >= HEADER_MAX;
    s->headers[s->count++] = s->lines[line];
}

/* What goes with every request to S3. */
static void add_bucket_headers(const struct fst_aws *a, const struct fst_aws_request *r, struct signing *s)
{
    if (!r->bucket.n)
        return;
    if (a->config->bucket_owner && !r->any_owner)
        add_header(s, 5, "x-amz-expected-bucket-owner", fst_view_of(a->config->bucket_owner));
    if (a->config->requester_pays)
        add_header(s, 6, "x-amz-request-payer", fst_view_of("requester"));
}

static void hash_block(void *ctx, struct fst_view block)
{
    fst_digest_add(ctx, block.p, block.n);
}

/* SHA-256 of what is sent, in hex: once a request, however often it is tried. */
static enum fst_status hash_body(const struct fst_aws_request *r, char out[FST_HEX_SHA256], struct fst_error *err)
{
    struct fst_digest d;
    uint8_t           hash[FST_SHA256_BYTES];
    enum fst_status   st = FST_OK;

    out[0] = '\0';
    if (r->unsigned_payload || r->trailer)
        return FST_OK;
    if (!r->sha256) {
        if (fst_digest_init(&d, FST_SHA256))
            return fst_fail(err, FST_ENOMEM, "out of memory");
        st = fst_body_each(&r->body, hash_block, &d, err);
        fst_digest_finish(&d, hash);
    }
    fst_hex(r->sha256 ? r->sha256 : hash, sizeof hash, out);
    return st;
}

/* The request's headers, and views of them to be signed. */
static enum fst_status gather_headers(const struct fst_aws *a, const struct fst_aws_request *r, struct fst_view host, const char *time,
                                      struct fst_view payload, struct signing *s, struct fst_error *err)
{
    const struct fst_credentials *c = a->credentials;

    s->count = 0;
    s->too_long = false;
    if (r->header_count + 6 > MAX_HEADERS)
        return fst_fail(err, FST_ELIMIT, "%s: too many headers", r->operation);
    add_header(s, 0, "host", host);
    add_header(s, 1, "x-amz-date", fst_view_of(time));
    if (r->service == FST_SERVICE_S3)
        add_header(s, 2, "x-amz-content-sha256", payload);
    if (c && c->token)
        add_header(s, 3, "x-amz-security-token", fst_view_of(c->token));
    add_bucket_headers(a, r, s);
    for (size_t i = 0; i < r->header_count; i++)
        s->headers[s->count++] = r->headers[i];
    for (size_t i = 0; i < s->count; i++) {
        const char *colon = strchr(s->headers[i], ':');
        s->signed_headers[i] = (struct fst_sign_header){ fst_view_n(s->headers[i], (size_t)(colon - s->headers[i])), fst_view_of(colon + 1) };
    }
    return s->too_long ? fst_fail(err, FST_ELIMIT, "%s: a header is too long", r->operation) : FST_OK;
}

/* The signature, and the header that carries it. */
static enum fst_status authorize(const struct fst_credentials *c, struct fst_sign_request *q, const struct fst_sign_scope *scope, struct signing *s,
                                 char signature[FST_HEX_SHA256], struct fst_error *err)
{
    struct fst_buf authorization;

    q->headers = s->signed_headers;
    q->header_count = s->count;
    fst_buf_init(&authorization, SCRATCH_CEILING);
    if (fst_sign_signature(signature, q, scope, fst_view_of(c->secret_access_key)) == FST_OK) {
        fst_sign_authorization(&authorization, q, scope, fst_view_of(c->access_key_id), signature);
        add_header(s, 4, "authorization", fst_buf_view(&authorization));
    }
    fst_buf_clear(&authorization);
    return s->count == q->header_count ? fst_fail(err, FST_ENOMEM, "out of memory") : FST_OK;
}

/* `payload`: the body's hash, where it is signed. */
static enum fst_status sign(struct fst_aws *a, const struct fst_aws_request *r, const char *payload, struct signing *s, struct fst_error *err)
{
    const struct fst_credentials *c = a->credentials;
    struct fst_view               host, path;
    struct fst_sign_scope         scope = { .region = fst_view_of(region_of(a, r)),
                                          .service = fst_view_of(fst_service_row(r->service)->name) };
    struct fst_sign_request       q = { .method = fst_view_of(r->method), .query = r->query,
                                        .path_kind = r->service == FST_SERVICE_S3 ? FST_SIGN_PATH_DECODED : FST_SIGN_PATH_RAW };
    char                          signature[FST_HEX_SHA256];
    struct fst_trailer_signing    signing = { &scope, { 0 }, signature };
    enum fst_status               st;

    build_url(a, r, &host, &path);
    if (fst_buf_status(&a->url))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    q.path = path;
    q.payload = fst_view_of(r->trailer ? fst_trailer_payload(r->unsigned_payload)
                                       : r->unsigned_payload ? FST_SIGN_UNSIGNED_PAYLOAD : payload);
    fst_format_time_basic(scope.time, a->env->now_ms(a->env->ctx) + a->skew_ms);
    st = gather_headers(a, r, host, scope.time, q.payload, s, err);
    if (st || !c)
        return st;
    st = authorize(c, &q, &scope, s, signature, err);
    if (st || !r->trailer)
        return st;
    signing.secret = fst_view_of(c->secret_access_key);
    return fst_trailer_build(&a->trailing, &r->body, fst_view_of(r->trailer), r->late, r->unsigned_payload ? NULL : &signing, err);
}

/* ---- once */

/* S3 answers 200 before a multipart upload is put together, and may fail behind that, or break off. */
static enum fst_status check_late(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err)
{
    struct fst_view body = fst_buf_view(&a->resp.body);
    struct fst_buf  code;
    enum fst_status st = FST_OK;

    fst_buf_init(&code, SCRATCH_CEILING);
    if (fst_xml_find(body, "Error/Code", &code))
        st = fst_refusal_read(a, r, err);
    else if (!fst_xml_is_whole(body))
        st = fst_fail(err, FST_ENET, "%s: the answer breaks off, or is not what it should be", r->operation);
    fst_buf_clear(&code);
    return st;
}

static enum fst_status take_credentials(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err)
{
    fst_credentials_unref(a->credentials);
    a->credentials = NULL;
    return r->anonymous ? FST_OK : fst_credential_source_get(a->config->credentials, NULL, &a->credentials, err);
}

static enum fst_status send_once(struct fst_aws *a, const struct fst_aws_request *r, const char *payload, struct fst_error *err)
{
    struct signing          s;
    struct fst_http_request h;
    enum fst_status         st = take_credentials(a, r, err);

    a->code[0] = '\0';
    a->resp.status = 0;
    a->resp.ended_ms = 0;
    a->skew_ms = fst_aws_shared_skew_ms(a->config->shared);
    fst_aws_shared_region(a->config->shared, &a->moved);
    if (!st)
        st = sign(a, r, payload, &s, err);
    if (st)
        return st;
    h = (struct fst_http_request){ .method = r->method, .url = a->url.p, .headers = s.headers, .header_count = s.count,
                                   .body = r->body, .sent = r->sent, .sink = r->sink, .sink_ctx = r->sink_ctx };
    if (r->trailer) {
        h.source = fst_trailer_read;
        h.source_ctx = &a->trailing;
        h.source_bytes = a->trailing.bytes;
    }
    st = fst_http_do(a->http, &h, &a->resp, err);
    if (st && r->bucket.n)
        return fst_fail_while(err, st, "s3://%.*s/%.*s: %s", FST_VIEW_ARGS(r->bucket), FST_VIEW_ARGS(r->key), r->operation);
    if (st)
        return fst_fail_while(err, st, "%s", r->operation);
    if (a->resp.status / 100 != 2)
        return fst_refusal_read(a, r, err);
    return r->fails_late ? check_late(a, r, err) : FST_OK;
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
    skew = (int64_t)timegm(&tm) * 1000 - (a->env->now_ms(a->env->ctx) - (a->resp.ended_ms - a->resp.begun_ms) / 2);
    if (llabs(skew - a->skew_ms) < SKEW_MS)
        return false;
    fst_aws_shared_set_skew_ms(a->config->shared, skew);
    return true;
}

/* Are there others than those that were called expired? */
static bool renew_credentials(struct fst_aws *a)
{
    struct fst_credentials *fresh = NULL;
    bool                    differ;

    if (!a->credentials || fst_credential_source_get(a->config->credentials, a->credentials, &fresh, NULL))
        return false;
    differ = strcmp(fresh->access_key_id, a->credentials->access_key_id) != 0 ||
             strcmp(fresh->token ? fresh->token : "", a->credentials->token ? a->credentials->token : "") != 0;
    fst_credentials_unref(fresh);
    return differ;
}

/* The region that the answer names is a name, from which we make the host ourselves, within the partition: no answer sends
 * us elsewhere. */
static bool follow_region(struct fst_aws *a, const struct fst_aws_request *r)
{
    struct fst_view header = fst_http_header(&a->resp, "x-amz-bucket-region");
    struct fst_buf  text;
    const char     *region;
    bool            ok;

    fst_buf_init(&text, SCRATCH_CEILING);
    if (header.n)
        fst_buf_add_view(&text, header);
    else if (!fst_xml_find(fst_buf_view(&a->resp.body), "Error/Region", &text))
        fst_buf_reset(&text);
    region = fst_buf_str(&text);
    ok = r->bucket.n && r->bucket.n < FST_BUCKET_NAME && fst_region_is_valid(fst_buf_view(&text)) && strcmp(region, region_of(a, r)) != 0 &&
         fst_partition_of(region) == fst_partition_of(a->config->region);
    if (ok) {
        struct fst_bucket_region moved;
        snprintf(moved.bucket, sizeof moved.bucket, "%.*s", FST_VIEW_ARGS(r->bucket));
        snprintf(moved.region, sizeof moved.region, "%s", region);
        fst_aws_shared_set_region(a->config->shared, &moved);
    }
    fst_buf_clear(&text);
    return ok;
}

/* What a failed try is answered with. Clock, credentials and region are put right once a request. */
static enum fst_retry judge(struct fst_aws *a, const struct fst_aws_request *r, enum fst_status st, unsigned *corrected)
{
    enum fst_retry retry;
    bool           done = false;

    if (st == FST_ENET)
        return FST_RETRY_TRANSIENT;
    if (st != FST_ESERVICE)
        return FST_RETRY_NO;
    retry = fst_refusal_retry(a, r);
    if (retry < FST_RETRY_CLOCK)
        return retry;
    if (*corrected & 1u << retry)
        return FST_RETRY_NO;
    *corrected |= 1u << retry;
    done = retry == FST_RETRY_CLOCK ? correct_clock(a) : retry == FST_RETRY_CREDENTIALS ? renew_credentials(a) : follow_region(a, r);
    return done ? retry : FST_RETRY_NO;
}

/* What the service asks for: in milliseconds, or in seconds. */
static int64_t asked_pause_ms(const struct fst_aws *a)
{
    uint64_t n;

    if (fst_parse_u64(&n, fst_http_header(&a->resp, "x-amz-retry-after")) && n < LONGEST_ASKED_MS)
        return (int64_t)n;
    if (fst_parse_u64(&n, fst_http_header(&a->resp, "retry-after")) && n < LONGEST_ASKED_MS / 1000)
        return (int64_t)n * 1000;
    return 0;
}

/* Full jitter: anything up to base × 2^n; longer where the service asks for it. An answer must be there. */
static void pause_before(struct fst_aws *a, enum fst_retry why, unsigned attempt)
{
    int64_t  longest = (why == FST_RETRY_THROTTLE ? THROTTLE_BASE_MS : BASE_MS) * ((int64_t)1 << (attempt < 10 ? attempt : 10)), left, asked;
    uint32_t random;

    if (longest > LONGEST_MS)
        longest = LONGEST_MS;
    a->env->random(a->env->ctx, &random, sizeof random);
    left = (int64_t)((double)longest * ((double)random / (double)UINT32_MAX));
    asked = a->resp.head.len ? asked_pause_ms(a) : 0;
    if (asked > left)
        left = asked;
    for (; left > 0 && !(a->stop && *a->stop); left -= NAP_MS)
        a->env->sleep_ms(a->env->ctx, left < NAP_MS ? left : NAP_MS);
}

/* The URL as it may be shown. */
static struct fst_view shown_url(const struct fst_aws *a)
{
    struct fst_view url = fst_view_n(a->url.p, a->url.len ? strcspn(a->url.p, "?") : 0);
    const char     *host = url.n ? memmem(url.p, url.n, "://", 3) : NULL, *slash, *at;

    if (!host)
        return url;
    host += 3;
    slash = memchr(host, '/', (size_t)(url.p + url.n - host));
    at = memrchr(host, '@', (size_t)((slash ? slash : url.p + url.n) - host));
    return at ? fst_view_from(url, (size_t)(at - url.p) + 1) : url;
}

static void tell(const struct fst_aws *a, const struct fst_aws_request *r, unsigned attempt, bool again)
{
    struct fst_request_note note = { .operation = r->operation, .method = r->method, .url = shown_url(a), .status = a->resp.status,
                                     .code = a->code, .request_id = fst_refusal_request_id(a), .attempt = attempt,
                                     .duration_ms = a->resp.ended_ms - a->resp.begun_ms, .again = again };

    if (a->env->requested && a->resp.ended_ms) /* else it was not sent */
        a->env->requested(a->env->ctx, &note);
}

enum fst_status fst_aws_send(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err)
{
    unsigned        corrected = 0;
    int             spent = 0;
    char            payload[FST_HEX_SHA256];
    enum fst_status hashed = hash_body(r, payload, err);

    if (hashed)
        return hashed;
    for (unsigned attempt = 0;; attempt++) {
        struct fst_error why = { 0 };
        enum fst_status  st = send_once(a, r, payload, &why);
        enum fst_retry   again = st ? judge(a, r, st, &corrected) : FST_RETRY_NO;
        bool             pays = again == FST_RETRY_TRANSIENT || again == FST_RETRY_THROTTLE;
        int              cost = !pays ? 0 : again == FST_RETRY_THROTTLE ? FST_RETRY_COST_THROTTLED : FST_RETRY_COST;

        bool             final = again == FST_RETRY_NO || r->no_retry || (pays && attempt + 1 >= a->config->max_attempts);

        final = final || !fst_aws_shared_pay(a->config->shared, cost);
        tell(a, r, attempt + 1, !final);
        if (!st) {
            fst_aws_shared_earn(a->config->shared, spent);
            return FST_OK;
        }
        if (final) {
            if (err)
                *err = why;
            return st;
        }
        spent = cost;
        a->throttled += again == FST_RETRY_THROTTLE;
        if (pays)
            pause_before(a, again, attempt);
        if (a->stop && *a->stop)
            return fst_stopped_by(*a->stop, err);
    }
}
