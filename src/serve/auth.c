/* Verifying a request: sign what came once more, with the secret that the key id stands for. */
#include <stdlib.h>
#include <strings.h>

#include "base/str.h"
#include "serve/service.h"
#include "sign/sigv4.h"

enum { MAX_HEADERS = 64, SKEW_MS = 15 * 60 * 1000 };

/* The headers that the claim names, as they came. */
struct collecting {
    struct fst_view        wanted;
    struct fst_sign_header headers[MAX_HEADERS];
    size_t                 count;
};

static bool is_wanted(struct fst_view list, struct fst_view name)
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

static void collect(void *ctx, struct fst_view name, struct fst_view value)
{
    struct collecting *c = ctx;
    if (c->count < MAX_HEADERS && is_wanted(c->wanted, name))
        c->headers[c->count++] = (struct fst_sign_header){ name, value };
}

static bool parse_basic_time(int64_t *ms, struct fst_view v)
{
    char text[32];

    if (v.n != FST_AMZ_DATE - 1)
        return false;
    snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", v.p, v.p + 4, v.p + 6, v.p + 9, v.p + 11, v.p + 13);
    return fst_parse_time_ms(ms, fst_view_of(text));
}

static enum fst_auth check_time(struct fst_serve *s, const struct fst_sign_claim *c, struct fst_view time)
{
    int64_t at, now = fst_serve_now_ms(s);

    if (!parse_basic_time(&at, time) || memcmp(time.p, c->date.p, 8) != 0)
        return FST_AUTH_MALFORMED;
    if (c->time.n) /* presigned */
        return now > at + (int64_t)c->expires * 1000 ? FST_AUTH_EXPIRED : at > now + SKEW_MS ? FST_AUTH_SKEWED : FST_AUTH_OK;
    return llabs(now - at) > SKEW_MS ? FST_AUTH_SKEWED : FST_AUTH_OK;
}

/* What the body must hash to, as it was signed. */
static enum fst_auth check_payload(const struct fst_exchange *x, struct fst_view signed_hash)
{
    char hex[FST_HEX_SHA256];

    if (fst_view_is(signed_hash, FST_SIGN_UNSIGNED_PAYLOAD) || fst_view_starts(signed_hash, "STREAMING-"))
        return FST_AUTH_OK;
    fst_hex(x->body_sha256, FST_SHA256_BYTES, hex);
    return fst_view_is(signed_hash, hex) ? FST_AUTH_OK : FST_AUTH_WRONG_PAYLOAD;
}

static enum fst_auth check_signature(const struct fst_exchange *x, const char *service,
                                     const struct fst_sign_claim *c, struct fst_view time, struct fst_view payload, const char *secret)
{
    struct collecting       headers = { .wanted = c->signed_headers };
    struct fst_sign_scope   scope = { .region = c->region, .service = c->service };
    struct fst_sign_request r = { .method = fst_view_of(x->method), .path = x->path, .query = x->query, .payload = payload,
                                  .path_kind = strcmp(service, "s3") ? FST_SIGN_PATH_RAW : FST_SIGN_PATH_DECODED };
    char                    signature[FST_HEX_SHA256];

    fst_exchange_each_header(x, collect, &headers);
    r.headers = headers.headers;
    r.header_count = headers.count;
    snprintf(scope.time, sizeof scope.time, "%.*s", FST_VIEW_ARGS(time));
    if (fst_sign_signature(signature, &r, &scope, fst_view_of(secret)))
        return FST_AUTH_MALFORMED;
    return fst_sign_equal(c->signature, signature) ? FST_AUTH_OK : FST_AUTH_WRONG;
}

enum fst_auth fst_serve_auth(struct fst_serve *s, const struct fst_exchange *x, const char *service, struct fst_view *region,
                             struct fst_buf *scratch)
{
    struct fst_view       header = fst_exchange_header(x, "authorization"), payload = fst_exchange_header(x, "x-amz-content-sha256"), time;
    struct fst_sign_claim c;
    char                  body_hash[FST_HEX_SHA256];
    const char           *secret;
    enum fst_auth         auth;

    *region = (struct fst_view)FST_VIEW("us-east-1");
    if (header.n) {
        if (!fst_sign_parse_authorization(&c, header))
            return FST_AUTH_MALFORMED;
    } else if (!fst_exchange_has(x, "X-Amz-Signature")) {
        return FST_AUTH_MISSING;
    } else if (!fst_sign_parse_query(&c, x->query, scratch)) {
        return FST_AUTH_MALFORMED;
    }
    *region = c.region;
    secret = fst_keys_secret(&s->keys, c.access_key_id);
    if (!secret)
        return FST_AUTH_UNKNOWN_KEY;
    if (!fst_view_is(c.service, service))
        return FST_AUTH_WRONG;
    time = c.time.n ? c.time : fst_exchange_header(x, "x-amz-date");
    auth = check_time(s, &c, time);
    if (auth)
        return auth;
    fst_hex(x->body_sha256, FST_SHA256_BYTES, body_hash);
    if (!payload.n)
        payload = c.time.n ? (struct fst_view)FST_VIEW(FST_SIGN_UNSIGNED_PAYLOAD) : fst_view_of(body_hash);
    auth = check_signature(x, service, &c, time, payload, secret);
    return auth ? auth : check_payload(x, payload);
}
