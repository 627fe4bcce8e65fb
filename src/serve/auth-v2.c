/* Presigned URLs of Signature Version 2: ?AWSAccessKeyId=…&Expires=…&Signature=….
 * Source: Amazon S3 Developer Guide, "Authenticating Requests (AWS Signature Version 2)", query string authentication. */
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/str.h"
#include "serve/service.h"

enum { CEILING = 64 * 1024, SIGNATURE_MAX = 64, ITEMS_MOST = 32 };

struct amz_header {
    struct fst_view name, value;
};

struct amz_headers {
    struct amz_header items[ITEMS_MOST];
    size_t            count;
};

static void collect(void *ctx, struct fst_view name, struct fst_view value)
{
    struct amz_headers *h = ctx;
    if (h->count < ITEMS_MOST && name.n > 6 && !strncasecmp(name.p, "x-amz-", 6))
        h->items[h->count++] = (struct amz_header){ name, value };
}

static int by_name(const void *a, const void *b)
{
    struct fst_view x = ((const struct amz_header *)a)->name, y = ((const struct amz_header *)b)->name;
    int             order = strncasecmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return order ? order : x.n < y.n ? -1 : x.n > y.n;
}

static void add_headers(struct fst_buf *out, const struct fst_exchange *x)
{
    struct amz_headers h = { .count = 0 };

    fst_exchange_each_header(x, collect, &h);
    qsort(h.items, h.count, sizeof h.items[0], by_name);
    for (size_t i = 0; i < h.count; i++) {
        for (size_t at = 0; at < h.items[i].name.n; at++)
            fst_buf_add_char(out, (char)tolower((unsigned char)h.items[i].name.p[at]));
        fst_buf_addf(out, ":%.*s\n", FST_VIEW_ARGS(h.items[i].value));
    }
}

/* The arguments that are part of the resource, sorted. */
static void add_resource(struct fst_buf *out, const struct fst_exchange *x)
{
    static const char *const parts[] = { "acl", "cors", "delete", "lifecycle", "location", "logging", "notification", "partNumber", "policy",
                                         "requestPayment", "response-cache-control", "response-content-disposition",
                                         "response-content-encoding", "response-content-language", "response-content-type",
                                         "response-expires", "restore", "tagging", "torrent", "uploadId", "uploads", "versionId",
                                         "versioning", "versions", "website" };
    struct fst_view          bucket = fst_serve_s3_host_bucket(fst_exchange_header(x, "host"));
    struct fst_buf           value;
    char                     between = '?';

    fst_buf_init(&value, CEILING);
    if (bucket.n)
        fst_buf_addf(out, "/%.*s", FST_VIEW_ARGS(bucket));
    fst_buf_add_view(out, x->path);
    for (size_t i = 0; i < FST_COUNT(parts); i++) {
        if (!fst_exchange_argument(x, parts[i], &value))
            continue;
        fst_buf_addf(out, "%c%s", between, parts[i]);
        if (value.len)
            fst_buf_addf(out, "=%s", value.p);
        between = '&';
    }
    fst_buf_clear(&value);
}

static bool is_signed(const struct fst_exchange *x, const char *secret, struct fst_view expires, struct fst_view signature)
{
    struct fst_buf text, wanted;
    uint8_t        mac[FST_SHA1_BYTES];
    unsigned char  differs = 0;
    bool           is;

    fst_buf_init(&text, CEILING);
    fst_buf_init(&wanted, SIGNATURE_MAX);
    fst_buf_addf(&text, "%s\n%.*s\n%.*s\n%.*s\n", x->method, FST_VIEW_ARGS(fst_exchange_header(x, "content-md5")),
                 FST_VIEW_ARGS(fst_exchange_header(x, "content-type")), FST_VIEW_ARGS(expires));
    add_headers(&text, x);
    add_resource(&text, x);
    fst_hmac_sha1(fst_view_of(secret), fst_buf_view(&text), mac);
    fst_base64(&wanted, mac, sizeof mac);
    is = !fst_buf_status(&text) && signature.n == wanted.len;
    for (size_t i = 0; is && i < signature.n; i++) /* in constant time */
        differs |= (unsigned char)(signature.p[i] ^ wanted.p[i]);
    fst_buf_clear(&wanted);
    fst_buf_clear(&text);
    return is && !differs;
}

bool fst_auth_v2(struct fst_caller *c, const struct fst_keys *keys, const struct fst_exchange *x, int64_t now_ms)
{
    struct fst_buf        id, expires, signature;
    const struct fst_key *key;
    uint64_t              until = 0;
    bool                  is_one;

    if (fst_exchange_header(x, "authorization").n || !fst_exchange_has(x, "AWSAccessKeyId"))
        return false;
    fst_buf_init(&id, CEILING);
    fst_buf_init(&expires, CEILING);
    fst_buf_init(&signature, CEILING);
    is_one = fst_exchange_argument(x, "AWSAccessKeyId", &id) && fst_exchange_argument(x, "Expires", &expires) &&
             fst_exchange_argument(x, "Signature", &signature) && fst_parse_u64(&until, fst_buf_view(&expires));
    key = fst_keys_find(keys, fst_buf_view(&id));
    c->is_presigned = true;
    if (!is_one)
        c->auth = FST_AUTH_MALFORMED;
    else if (!key)
        c->auth = FST_AUTH_UNKNOWN_KEY;
    else if (!is_signed(x, key->secret, fst_buf_view(&expires), fst_buf_view(&signature)))
        c->auth = FST_AUTH_WRONG;
    else if ((uint64_t)now_ms / 1000 > until)
        c->auth = FST_AUTH_EXPIRED;
    else
        c->account = key->account;
    fst_buf_clear(&signature);
    fst_buf_clear(&expires);
    fst_buf_clear(&id);
    return true;
}
