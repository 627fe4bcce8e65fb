#include "aws/s3_range.h"

#include <inttypes.h>

#include "base/str.h"

enum { HEADER_MAX = 160 };

/* "bytes 0-99/1000": does it begin where we asked, and say the length that we got? */
static bool is_range(struct fst_view header, uint64_t offset, size_t n)
{
    char            text[96];
    struct fst_view want;

    snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/", offset, offset + n - 1);
    want = fst_view_of(text);
    return header.n > want.n && !memcmp(header.p, want.p, want.n);
}

static enum fst_status changed(struct fst_view bucket, struct fst_view key, const char *what, struct fst_error *err)
{
    (void)fst_fail(err, FST_EINPUT, "s3://%.*s/%.*s: %s", FST_VIEW_ARGS(bucket), FST_VIEW_ARGS(key), what);
    fst_error_hint(err, "run the same command again, when nobody writes there");
    return FST_EINPUT;
}

enum fst_status fst_s3_get_range(struct fst_aws *a, struct fst_view bucket, struct fst_view key, const char *etag, uint64_t offset, size_t n,
                                 struct fst_error *err)
{
    char                   range[HEADER_MAX], match[HEADER_MAX];
    const char            *headers[] = { range, match };
    struct fst_aws_request r = { .operation = "GetObject", .method = "GET", .bucket = bucket, .key = key, .headers = headers,
                                 .header_count = *etag ? 2 : 1 };
    enum fst_status        st;

    snprintf(range, sizeof range, "range: bytes=%" PRIu64 "-%" PRIu64, offset, offset + n - 1);
    snprintf(match, sizeof match, "if-match: \"%s\"", etag);
    st = fst_aws_send(a, &r, err);
    if (st == FST_ESERVICE && !strcmp(a->code, "PreconditionFailed"))
        return changed(bucket, key, "was changed while it was read", err);
    if (st == FST_ESERVICE && (!strcmp(a->code, "NoSuchKey") || a->resp.status == 416))
        return changed(bucket, key, a->resp.status == 416 ? "is shorter than when it was listed" : "is gone since it was listed", err);
    if (st)
        return st == FST_ESERVICE || st == FST_ENET || st == FST_ELIMIT ? FST_EINPUT : st;
    if (a->resp.body.len != n || (a->resp.status == 206 ? !is_range(fst_http_header(&a->resp, "content-range"), offset, n) : offset != 0))
        return fst_fail(err, FST_EINPUT, "s3://%.*s/%.*s: GetObject: the answer is not the part that was asked for", FST_VIEW_ARGS(bucket),
                        FST_VIEW_ARGS(key));
    return FST_OK;
}
