/* S3: the headers that stay with an object, and the checksums that come with a body. */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/str.h"
#include "serve/s3.h"

enum { METADATA_MAX = 2048, NAME_MAX_BYTES = METADATA_MAX + 32 };

#define METADATA "x-amz-meta-"

/* ---- lines */

static bool next_line(struct fst_view *lines, struct fst_view *name, struct fst_view *value)
{
    const char     *end = lines->n ? memchr(lines->p, '\n', lines->n) : NULL, *colon;
    struct fst_view line = end ? fst_view_n(lines->p, (size_t)(end - lines->p)) : *lines;

    if (!lines->n)
        return false;
    *lines = fst_view_from(*lines, line.n + 1);
    colon = line.n ? memchr(line.p, ':', line.n) : NULL;
    *name = colon ? fst_view_n(line.p, (size_t)(colon - line.p)) : line;
    *value = fst_view_from(line, name->n + 2);
    return true;
}

struct fst_view fst_s3_header(struct fst_view lines, const char *wanted)
{
    struct fst_view name, value;

    while (next_line(&lines, &name, &value))
        if (fst_view_is(name, wanted))
            return value;
    return (struct fst_view){ 0 };
}

void fst_s3_replace_line(struct fst_buf *out, struct fst_view lines, const char *wanted, struct fst_view value)
{
    struct fst_view name, old;

    while (next_line(&lines, &name, &old))
        if (!fst_view_is(name, wanted))
            fst_buf_addf(out, "%.*s: %.*s\n", FST_VIEW_ARGS(name), FST_VIEW_ARGS(old));
    if (value.n)
        fst_buf_addf(out, "%s: %.*s\n", wanted, FST_VIEW_ARGS(value));
}

void fst_s3_echo(struct fst_exchange *x, struct fst_view lines, const char *prefix)
{
    struct fst_view name, value;
    char            text[NAME_MAX_BYTES];

    while (next_line(&lines, &name, &value)) {
        if (!fst_view_starts(name, prefix))
            continue;
        snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(name));
        fst_exchange_add_header(x, text, "%.*s", FST_VIEW_ARGS(value));
    }
}

/* ---- what is kept */

static bool is_kept(struct fst_view name)
{
    static const char *const kept[] = { "content-type", "content-disposition", "content-language", "cache-control", "expires",
                                        "x-amz-acl", "x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-tagging",
                                        "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
                                        "x-amz-server-side-encryption-bucket-key-enabled" };

    if (name.n > sizeof METADATA - 1 && !strncasecmp(name.p, METADATA, sizeof METADATA - 1))
        return name.n < NAME_MAX_BYTES;
    for (size_t i = 0; i < FST_COUNT(kept); i++)
        if (name.n == strlen(kept[i]) && !strncasecmp(name.p, kept[i], name.n))
            return true;
    return false;
}

/* What is left of a content encoding without "aws-chunked", which was undone. */
static void keep_encoding(struct fst_buf *out, struct fst_view value)
{
    const char *between = "content-encoding: ", *end = "";

    while (value.n) {
        const char     *comma = memchr(value.p, ',', value.n);
        struct fst_view one = comma ? fst_view_n(value.p, (size_t)(comma - value.p)) : value;
        value = fst_view_from(value, one.n + 1);
        while (one.n && one.p[0] == ' ')
            one = fst_view_from(one, 1);
        while (one.n && one.p[one.n - 1] == ' ')
            one.n--;
        if (!one.n || fst_view_is(one, "aws-chunked"))
            continue;
        fst_buf_addf(out, "%s%.*s", between, FST_VIEW_ARGS(one));
        between = ", ";
        end = "\n";
    }
    fst_buf_add_str(out, end);
}

struct keeping {
    const struct fst_exchange *x;
    struct fst_buf            *out;
};

/* A header that comes more than once is one, with its values joined. */
static void keep_header(void *ctx, struct fst_view name, struct fst_view value)
{
    struct keeping *k = ctx;
    char            lower[NAME_MAX_BYTES];

    if (name.n == 16 && !strncasecmp(name.p, "content-encoding", name.n)) {
        keep_encoding(k->out, value);
        return;
    }
    if (!is_kept(name))
        return;
    for (size_t i = 0; i <= name.n; i++)
        lower[i] = i < name.n ? (char)tolower((unsigned char)name.p[i]) : '\0';
    if (fst_s3_header(fst_buf_view(k->out), lower).p)
        return;
    fst_buf_addf(k->out, "%s: ", lower);
    fst_exchange_join_headers(k->x, lower, k->out);
    fst_buf_add_char(k->out, '\n');
}

void fst_s3_kept_headers(struct fst_buf *out, const struct fst_exchange *x)
{
    struct keeping k = { x, out };
    fst_exchange_each_header(x, keep_header, &k);
}

static void measure(void *ctx, struct fst_view name, struct fst_view value)
{
    if (name.n > sizeof METADATA - 1 && !strncasecmp(name.p, METADATA, sizeof METADATA - 1))
        *(size_t *)ctx += name.n - (sizeof METADATA - 1) + value.n;
}

bool fst_s3_check_metadata(struct fst_exchange *x)
{
    size_t bytes = 0;

    fst_exchange_each_header(x, measure, &bytes);
    if (bytes > METADATA_MAX)
        fst_serve_s3_error(x, 400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size.");
    return bytes <= METADATA_MAX;
}

/* ---- checksums of a body */

enum fst_sum fst_s3_named_sum(const struct fst_exchange *x)
{
    for (unsigned i = 0; i < FST_SUMS; i++)
        if (*fst_sum_kinds[i].header && fst_exchange_header(x, fst_sum_kinds[i].header).n)
            return (enum fst_sum)i;
    return fst_sum_by_header(fst_exchange_header(x, "x-amz-trailer"));
}

unsigned fst_s3_sums_of(const struct fst_exchange *x)
{
    enum fst_sum named = fst_s3_named_sum(x);
    unsigned     sums = 1u << (named < FST_SUMS ? named : FST_SUM_CRC64NVME);

    for (unsigned i = 0; i < FST_SUMS; i++)
        if (*fst_sum_kinds[i].header && fst_exchange_header(x, fst_sum_kinds[i].header).n)
            sums |= 1u << i;
    if (fst_exchange_header(x, "content-md5").n || !fst_view_starts(fst_exchange_header(x, "x-amz-server-side-encryption"), "aws:kms"))
        sums |= 1u << FST_SUM_MD5;
    return sums;
}

/* Of MD5 with its own header. An empty `given` is none. */
static bool check_sum(struct fst_exchange *x, enum fst_sum sum, struct fst_view given)
{
    uint8_t value[FST_SUM_MAX];
    char    message[96];
    bool    is_md5 = sum == FST_SUM_MD5;

    if (!given.n)
        return true;
    if (is_md5 && !fst_sum_decode(sum, given, value)) {
        fst_s3_refuse(x, FST_S3_INVALID_DIGEST);
        return false;
    }
    if (fst_sum_decode(sum, given, value) && !memcmp(value, x->in.sums.values[sum], fst_sum_kinds[sum].bytes))
        return true;
    snprintf(message, sizeof message, "The %s you specified did not match the calculated checksum.", is_md5 ? "Content-MD5" : fst_sum_kinds[sum].name);
    fst_serve_s3_error(x, 400, "BadDigest", message);
    return false;
}

/* A checksum that the service cannot verify is refused, not passed over. */
static void find_unknown(void *ctx, struct fst_view name, struct fst_view value)
{
    static const char        prefix[] = "x-amz-checksum-";
    static const char *const others[] = { "algorithm", "mode", "type" };
    bool                     known = fst_sum_by_header(name) != FST_SUMS;

    if (name.n == sizeof "x-amz-trailer" - 1 && !strncasecmp(name.p, "x-amz-trailer", name.n)) {
        name = value;
        known = fst_sum_by_header(name) != FST_SUMS;
    }
    if (name.n < sizeof prefix || strncasecmp(name.p, prefix, sizeof prefix - 1) != 0)
        return;
    name = fst_view_from(name, sizeof prefix - 1);
    for (size_t i = 0; i < FST_COUNT(others); i++)
        known |= name.n == strlen(others[i]) && !strncasecmp(name.p, others[i], name.n);
    *(bool *)ctx |= !known;
}

/* One checksum at most, and of the algorithm that the client says it used. */
static bool check_names(struct fst_exchange *x)
{
    bool            unknown = false;
    struct fst_view said = fst_exchange_header(x, "x-amz-sdk-checksum-algorithm");
    enum fst_sum    named = fst_s3_named_sum(x);
    unsigned        count = fst_exchange_header(x, "x-amz-trailer").n != 0;

    for (unsigned i = 0; i < FST_SUMS; i++)
        count += *fst_sum_kinds[i].header && fst_exchange_header(x, fst_sum_kinds[i].header).n;
    fst_exchange_each_header(x, find_unknown, &unknown);
    if (unknown)
        fst_serve_s3_error(x, 501, "NotImplemented", "The local service knows the checksums CRC32, CRC32C, CRC64NVME, SHA1 and SHA256.");
    else if (count > 1)
        fst_serve_s3_error(x, 400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
    else if (said.n && named != FST_SUMS && fst_sum_by_name(said) != named)
        fst_serve_s3_error(x, 400, "InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.");
    else
        return true;
    return false;
}

/* Is the body of an aws-chunked request as long as was announced? */
static bool check_length(struct fst_exchange *x)
{
    struct fst_view announced = fst_exchange_header(x, "x-amz-decoded-content-length");
    uint64_t        length;

    if (!x->in.plan.chunked)
        return true;
    if (!fst_parse_u64(&length, announced))
        fst_serve_s3_error(x, 411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
    else if (length != x->in.size)
        fst_serve_s3_error(x, 400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header");
    else
        return true;
    return false;
}

bool fst_s3_check_body(struct fst_exchange *x)
{
    enum fst_sum trailing = fst_sum_by_header(fst_exchange_header(x, "x-amz-trailer"));

    if (!check_length(x) || !check_names(x) || !check_sum(x, FST_SUM_MD5, fst_exchange_header(x, "content-md5")))
        return false;
    for (unsigned i = 0; i < FST_SUMS; i++)
        if (*fst_sum_kinds[i].header && !check_sum(x, (enum fst_sum)i, fst_exchange_header(x, fst_sum_kinds[i].header)))
            return false;
    if (trailing == FST_SUMS || !x->in.plan.chunked)
        return true;
    if (!fst_chunked_trailer(&x->in.chunked, fst_sum_kinds[trailing].header).n) {
        fst_serve_s3_error(x, 400, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.");
        return false;
    }
    return check_sum(x, trailing, fst_chunked_trailer(&x->in.chunked, fst_sum_kinds[trailing].header));
}
