/* S3: the headers that stay with an object, and the checksums that come with a body. */
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "base/str.h"
#include "serve/s3.h"

enum { METADATA_MAX = 2048, NAME_MAX_BYTES = 256 };

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
                                        "x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-tagging",
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

static void keep_header(void *ctx, struct fst_view name, struct fst_view value)
{
    struct fst_buf *out = ctx;

    if (name.n == 16 && !strncasecmp(name.p, "content-encoding", name.n)) {
        keep_encoding(out, value);
    } else if (is_kept(name)) {
        for (size_t i = 0; i < name.n; i++)
            fst_buf_add_char(out, (char)tolower((unsigned char)name.p[i]));
        fst_buf_addf(out, ": %.*s\n", FST_VIEW_ARGS(value));
    }
}

void fst_s3_kept_headers(struct fst_buf *out, const struct fst_exchange *x)
{
    fst_exchange_each_header(x, keep_header, out);
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

    if (!given.n)
        return true;
    if (sum == FST_SUM_MD5 && !fst_sum_decode(sum, given, value)) {
        fst_s3_refuse(x, FST_S3_INVALID_DIGEST);
        return false;
    }
    if (fst_sum_decode(sum, given, value) && !memcmp(value, x->in.sums.values[sum], fst_sum_kinds[sum].bytes))
        return true;
    snprintf(message, sizeof message, "The %s you specified did not match the calculated checksum.",
             sum == FST_SUM_MD5 ? "Content-MD5" : fst_sum_kinds[sum].name);
    fst_serve_s3_error(x, 400, "BadDigest", message);
    return false;
}

/* Is the body as long as was announced, and its aws-chunked form whole? */
static bool check_whole(struct fst_exchange *x)
{
    struct fst_view announced = fst_exchange_header(x, "x-amz-decoded-content-length");
    uint64_t        length;

    if (!x->in.plan.chunked)
        return true;
    if (x->in.chunked.state != FST_CHUNKED_ENDED || !fst_parse_u64(&length, announced) || length != x->in.size) {
        fst_serve_s3_error(x, 400, "IncompleteBody", "The request body terminated unexpectedly, or is not as long as x-amz-decoded-content-length says.");
        return false;
    }
    return true;
}

bool fst_s3_check_body(struct fst_exchange *x)
{
    enum fst_sum trailing = fst_sum_by_header(fst_exchange_header(x, "x-amz-trailer"));

    if (!check_whole(x) || !check_sum(x, FST_SUM_MD5, fst_exchange_header(x, "content-md5")))
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
