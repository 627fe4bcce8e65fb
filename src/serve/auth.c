/* Verifying a request: sign what came once more, with the secret that the key id stands for. */
#include "serve/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/str.h"
#include "serve/http.h"

/* Limits of S3's: 15 minutes of skew, a week for a presigned request. */
enum { MAX_HEADERS = 64, SKEW_MS = 15 * 60 * 1000, MAX_EXPIRES = 7 * 24 * 3600, SCRATCH = 64 * 1024 };

/* The headers that the claim names, as they came. */
struct collecting {
    struct fst_view        wanted;
    struct fst_sign_header headers[MAX_HEADERS];
    size_t                 count;
    bool                   unsigned_one, too_many;
};

static bool is_in_list(struct fst_view list, struct fst_view name)
{
    while (list.n) {
        const char     *semicolon = memchr(list.p, ';', list.n);
        struct fst_view one = semicolon ? fst_view_n(list.p, (size_t)(semicolon - list.p)) : list;
        if (one.n == name.n && !strncasecmp(one.p, name.p, one.n))
            return true;
        list = fst_view_from(list, one.n + 1);
    }
    return false;
}

/* "x-amz-content-sha256" is part of the canonical request by its value. */
static bool must_be_signed(struct fst_view name)
{
    static const struct fst_view host = FST_VIEW("host"), hash = FST_VIEW("x-amz-content-sha256");

    if (name.n == host.n && !strncasecmp(name.p, host.p, host.n))
        return true;
    return name.n > 6 && !strncasecmp(name.p, "x-amz-", 6) && !(name.n == hash.n && !strncasecmp(name.p, hash.p, hash.n));
}

static void collect(void *ctx, struct fst_view name, struct fst_view value)
{
    struct collecting *c = ctx;

    if (!is_in_list(c->wanted, name))
        c->unsigned_one |= must_be_signed(name);
    else if (c->count < MAX_HEADERS)
        c->headers[c->count++] = (struct fst_sign_header){ name, value };
    else
        c->too_many = true;
}

static bool parse_basic_time(int64_t *ms, struct fst_view v)
{
    char text[32];

    if (v.n != FST_AMZ_DATE - 1)
        return false;
    snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", v.p, v.p + 4, v.p + 6, v.p + 9, v.p + 11, v.p + 13);
    return fst_parse_time_ms(ms, fst_view_of(text));
}

static enum fst_auth check_time(const struct fst_sign_claim *claim, bool is_presigned, struct fst_view time, int64_t now)
{
    int64_t at;

    if (!parse_basic_time(&at, time))
        return is_presigned ? FST_AUTH_MALFORMED_QUERY : FST_AUTH_NO_TIME;
    if (memcmp(time.p, claim->date.p, 8) != 0)
        return is_presigned ? FST_AUTH_MALFORMED_QUERY : FST_AUTH_MALFORMED;
    if (is_presigned && claim->expires > MAX_EXPIRES)
        return FST_AUTH_EXPIRES;
    if (is_presigned)
        return now > at + (int64_t)claim->expires * 1000 ? FST_AUTH_EXPIRED : at > now + SKEW_MS ? FST_AUTH_SKEWED : FST_AUTH_OK;
    return llabs(now - at) > SKEW_MS ? FST_AUTH_SKEWED : FST_AUTH_OK;
}

static enum fst_auth check_signature(struct fst_caller *c, const struct fst_exchange *x, const struct fst_sign_claim *claim,
                                     struct fst_view payload, const char *secret)
{
    struct collecting       headers = { .wanted = claim->signed_headers };
    struct fst_sign_scope   scope = { .region = claim->region, .service = claim->service };
    struct fst_sign_request r = { .method = fst_view_of(x->method), .path = x->path, .query = x->query, .payload = payload,
                                  .path_kind = fst_view_is(claim->service, "s3") ? FST_SIGN_PATH_DECODED : FST_SIGN_PATH_RAW };

    fst_exchange_each_header(x, collect, &headers);
    if (headers.too_many)
        return FST_AUTH_MALFORMED;
    if (headers.unsigned_one)
        return FST_AUTH_UNSIGNED;
    r.headers = headers.headers;
    r.header_count = headers.count;
    memcpy(scope.time, c->time, sizeof scope.time);
    if (fst_sign_signature(c->seed, &r, &scope, fst_view_of(secret)))
        return FST_AUTH_MALFORMED;
    if (!fst_sign_equal(claim->signature, c->seed))
        return FST_AUTH_WRONG;
    fst_sign_key(c->key, &scope, fst_view_of(secret));
    return FST_AUTH_OK;
}

/* The claim of a request; FST_AUTH_OK when there is one. */
static enum fst_auth read_claim(struct fst_sign_claim *claim, const struct fst_exchange *x, struct fst_buf *scratch)
{
    struct fst_view header = fst_exchange_header(x, "authorization");

    if (header.n && !fst_view_starts(header, FST_SIGN_ALGORITHM))
        return FST_AUTH_OTHER_KIND;
    if (header.n)
        return fst_sign_parse_authorization(claim, header) ? FST_AUTH_OK : FST_AUTH_MALFORMED;
    if (!fst_exchange_has(x, "X-Amz-Signature") && !fst_exchange_has(x, "X-Amz-Credential"))
        return FST_AUTH_MISSING;
    if (fst_sign_parse_query(claim, x->query, scratch))
        return FST_AUTH_OK;
    return claim->signature.n && claim->time.n && claim->signed_headers.n && claim->date.n ? FST_AUTH_EXPIRES : FST_AUTH_MALFORMED_QUERY;
}

/* `body_hash`: of the body, in hex; empty while it is not there. */
static enum fst_auth check(struct fst_caller *c, const struct fst_keys *keys, const struct fst_exchange *x, const char *service,
                           int64_t now_ms, struct fst_view body_hash, struct fst_buf *scratch)
{
    struct fst_view       payload = fst_exchange_header(x, "x-amz-content-sha256"), time;
    struct fst_sign_claim claim = { 0 };
    const struct fst_key *key;
    enum fst_auth         auth = read_claim(&claim, x, scratch);

    if (auth)
        return auth;
    c->is_presigned = claim.time.n != 0;
    snprintf(c->region, sizeof c->region, "%.*s", FST_VIEW_ARGS(claim.region));
    key = fst_keys_find(keys, claim.access_key_id);
    if (!key)
        return FST_AUTH_UNKNOWN_KEY;
    if (!fst_view_is(claim.service, service))
        return FST_AUTH_WRONG_SERVICE;
    time = c->is_presigned ? claim.time : fst_exchange_header(x, "x-amz-date");
    auth = check_time(&claim, c->is_presigned, time, now_ms);
    if (auth)
        return auth;
    snprintf(c->time, sizeof c->time, "%.*s", FST_VIEW_ARGS(time));
    if (!payload.n && c->is_presigned)
        payload = (struct fst_view)FST_VIEW(FST_SIGN_UNSIGNED_PAYLOAD);
    if (!payload.n)
        payload = body_hash;
    c->needs_body = !payload.n;
    if (c->needs_body)
        return FST_AUTH_OK;
    auth = check_signature(c, x, &claim, payload, key->secret);
    if (!auth)
        c->account = key->account;
    return auth;
}

void fst_auth_begin(struct fst_caller *c, const struct fst_keys *keys, const struct fst_exchange *x, const char *service, int64_t now_ms)
{
    struct fst_buf scratch;

    *c = (struct fst_caller){ .region = "us-east-1" };
    if (!strcmp(service, "s3") && fst_auth_v2(c, keys, x, now_ms))
        return;
    fst_buf_init(&scratch, SCRATCH);
    c->auth = check(c, keys, x, service, now_ms, (struct fst_view){ 0 }, &scratch);
    fst_buf_clear(&scratch);
}

/* Are the chunks those that were signed, and the trailer? */
static bool chunks_are_right(const struct fst_caller *c, const struct fst_exchange *x, const char *service, struct fst_view payload)
{
    struct fst_sign_scope scope = { .region = fst_view_of(c->region), .service = fst_view_of(service) };
    bool                  has_trailer = payload.n > 8 && !memcmp(payload.p + payload.n - 8, "-TRAILER", 8);

    memcpy(scope.time, c->time, sizeof scope.time);
    return fst_chunked_verify(&x->in.chunked, c->key, &scope, fst_view_of(c->seed), has_trailer);
}

void fst_auth_finish(struct fst_caller *c, const struct fst_keys *keys, const struct fst_exchange *x, const char *service, int64_t now_ms)
{
    struct fst_view payload = fst_exchange_header(x, "x-amz-content-sha256");
    struct fst_buf  scratch;
    char            hash[FST_HEX_SHA256];

    fst_hex(x->in.sums.values[FST_SUM_SHA256], FST_SHA256_BYTES, hash);
    if (!c->auth && c->needs_body) {
        fst_buf_init(&scratch, SCRATCH);
        c->auth = check(c, keys, x, service, now_ms, fst_view_of(hash), &scratch);
        fst_buf_clear(&scratch);
    }
    if (c->auth)
        return;
    if (x->in.plan.chunked && x->in.chunked.state != FST_CHUNKED_ENDED)
        c->auth = FST_AUTH_INCOMPLETE;
    else if (x->in.plan.chunked)
        c->auth = chunks_are_right(c, x, service, payload) ? FST_AUTH_OK : FST_AUTH_WRONG_CHUNK;
    else if (payload.n && !fst_view_is(payload, FST_SIGN_UNSIGNED_PAYLOAD) && !fst_view_is(payload, hash))
        c->auth = FST_AUTH_WRONG_PAYLOAD;
}
