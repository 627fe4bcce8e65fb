#include "aws/s3_wire.h"

#include <ctype.h>
#include <stdio.h>
#include <time.h>

#include "base/digest.h"
#include "base/str.h"

void fst_s3_add_header(struct fst_s3_headers *h, const char *name, const char *value)
{
    if (!value)
        return;
    snprintf(h->text[h->texts], FST_S3_HEADER_MAX, "%s: %s", name, value);
    h->items[h->count++] = h->text[h->texts++];
}

void fst_s3_add_storing(struct fst_s3_headers *h, const struct fst_s3_storing *storing)
{
    for (size_t i = 0; storing && i < storing->count; i++)
        h->items[h->count++] = storing->headers[i];
}

struct fst_aws_request fst_s3_put_request(const struct fst_s3_put *p, const char *operation)
{
    return (struct fst_aws_request){ .operation = operation, .method = "PUT", .bucket = p->bucket, .key = p->key, .body = p->body,
                                     .sha256 = p->sha256, .sent = p->sent, .unsigned_payload = p->unsigned_payload };
}

/* ---- checksums */

static const struct {
    const char       *name, *header;
    enum fst_crc_kind crc;
} sums[FST_S3_SUM_COUNT] = {
    [FST_S3_SUM_CRC32] = { "CRC32", "x-amz-checksum-crc32", FST_CRC32 },
    [FST_S3_SUM_CRC32C] = { "CRC32C", "x-amz-checksum-crc32c", FST_CRC32C },
    [FST_S3_SUM_CRC64NVME] = { "CRC64NVME", "x-amz-checksum-crc64nvme", FST_CRC64NVME },
};

const char *fst_s3_sum_name(enum fst_s3_sum_kind kind)
{
    return sums[kind].name;
}

enum fst_s3_sum_kind fst_s3_sum_of_name(const char *name)
{
    int kind = FST_S3_SUM_COUNT - 1;
    while (kind > FST_S3_SUM_NONE && strcmp(sums[kind].name, name) != 0)
        kind--;
    return (enum fst_s3_sum_kind)kind;
}

enum fst_crc_kind fst_s3_sum_crc(enum fst_s3_sum_kind kind)
{
    return sums[kind].crc;
}

static unsigned sum_bytes(uint8_t out[8], const struct fst_s3_sum *sum)
{
    unsigned n = fst_crc_bytes(sums[sum->kind].crc);
    for (unsigned i = 0; i < n; i++)
        out[i] = (uint8_t)(sum->value >> 8 * (n - 1 - i));
    return n;
}

void fst_s3_sum_add(struct fst_s3_sum *sum, struct fst_view bytes)
{
    if (sum->kind)
        sum->value = fst_crc_add(sums[sum->kind].crc, sum->value, bytes.p, bytes.n);
}

void fst_s3_sum_add_part(struct fst_s3_sum *sum, const struct fst_s3_sum *part)
{
    uint8_t bytes[8];

    sum->value = fst_crc_add(sums[sum->kind].crc, sum->value, bytes, sum_bytes(bytes, part));
    sum->parts++;
}

bool fst_s3_sum_equal(const struct fst_s3_sum *a, const struct fst_s3_sum *b)
{
    return a->kind == b->kind && a->value == b->value && a->parts == b->parts;
}

void fst_s3_sum_text(char out[FST_S3_SUM_TEXT], const struct fst_s3_sum *sum)
{
    uint8_t        bytes[8];
    struct fst_buf text;

    out[0] = '\0';
    if (!sum->kind)
        return;
    fst_buf_init(&text, FST_S3_SUM_TEXT);
    fst_base64(&text, bytes, sum_bytes(bytes, sum));
    if (sum->parts)
        fst_buf_addf(&text, "-%u", sum->parts);
    snprintf(out, FST_S3_SUM_TEXT, "%s", fst_buf_str(&text));
    fst_buf_clear(&text);
}

void fst_s3_parse_sum(struct fst_s3_sum *sum, enum fst_s3_sum_kind kind, struct fst_view text)
{
    const char    *dash = text.n ? memchr(text.p, '-', text.n) : NULL;
    uint64_t       parts = 0;
    struct fst_buf bytes;

    *sum = (struct fst_s3_sum){ 0 };
    if (!kind || (dash && (!fst_parse_u64(&parts, fst_view_from(text, (size_t)(dash - text.p) + 1)) || !parts || parts > FST_PART_MAX)))
        return;
    if (dash)
        text.n = (size_t)(dash - text.p);
    fst_buf_init(&bytes, 16);
    if (text.n <= 12 && fst_base64_decode(&bytes, text) && bytes.len == fst_crc_bytes(sums[kind].crc)) {
        *sum = (struct fst_s3_sum){ .kind = kind, .parts = (unsigned)parts };
        for (size_t i = 0; i < bytes.len; i++)
            sum->value = sum->value << 8 | (uint8_t)bytes.p[i];
    }
    fst_buf_clear(&bytes);
}

void fst_s3_add_sum(struct fst_s3_headers *h, const struct fst_s3_sum *sum)
{
    char text[FST_S3_SUM_TEXT];

    if (!sum->kind)
        return;
    fst_s3_sum_text(text, sum);
    fst_s3_add_header(h, sums[sum->kind].header, text);
}

void fst_s3_read_sum(struct fst_s3_sum *sum, const struct fst_http_response *resp)
{
    *sum = (struct fst_s3_sum){ 0 };
    for (int kind = 1; kind < FST_S3_SUM_COUNT && !sum->kind; kind++)
        fst_s3_parse_sum(sum, (enum fst_s3_sum_kind)kind, fst_http_header(resp, sums[kind].header));
}

static void write_trailer(char out[FST_S3_TRAILER_MAX], const struct fst_s3_sum *sum)
{
    char text[FST_S3_SUM_TEXT];

    fst_s3_sum_text(text, sum);
    snprintf(out, FST_S3_TRAILER_MAX, "%s:%s", sums[sum->kind].header, text);
}

static void late_begin(void *ctx)
{
    const struct fst_s3_headers *h = ctx;
    h->late_sum->begin(h->late_sum->ctx);
}

static void late_add(void *ctx, struct fst_view bytes)
{
    const struct fst_s3_headers *h = ctx;
    h->late_sum->add(h->late_sum->ctx, bytes);
}

static enum fst_status late_end(void *ctx, char *trailer, struct fst_error *err)
{
    struct fst_s3_headers *h = ctx;
    enum fst_status        st = h->late_sum->end(h->late_sum->ctx, &h->sum, err);

    if (st)
        return st;
    write_trailer(h->trailer, &h->sum);
    memcpy(trailer, h->trailer, strlen(h->trailer));
    return FST_OK;
}

void fst_s3_guard_request(struct fst_aws_request *r, struct fst_s3_headers *h, const struct fst_s3_put *p)
{
    char length[32];

    h->sum = p->sum;
    if (!p->trailer || !p->sum.kind) {
        fst_s3_add_sum(h, &p->sum);
    } else {
        snprintf(length, sizeof length, "%zu", p->body.n);
        write_trailer(h->trailer, &p->sum); /* one that is late is as long */
        fst_s3_add_header(h, "content-encoding", "aws-chunked");
        fst_s3_add_header(h, "x-amz-decoded-content-length", length);
        fst_s3_add_header(h, "x-amz-trailer", sums[p->sum.kind].header);
        r->trailer = h->trailer;
        h->late_sum = p->late;
        h->late = (struct fst_late){ late_begin, late_add, late_end, h };
        r->late = p->late ? &h->late : NULL;
    }
    r->headers = h->items;
    r->header_count = h->count;
}

/* ---- answers */

static bool read_time(int64_t *ms, const struct fst_http_response *resp, const char *header)
{
    struct fst_view v = fst_http_header(resp, header);
    char            text[64];
    struct tm       tm = { 0 };

    if (!v.n || v.n >= sizeof text)
        return false;
    memcpy(text, v.p, v.n);
    text[v.n] = '\0';
    if (!strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        return false;
    *ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

int64_t fst_s3_age(const struct fst_aws *a)
{
    int64_t now, then;

    if (!read_time(&now, &a->resp, "date") || !read_time(&then, &a->resp, "last-modified"))
        return -1;
    return now > then ? now - then : 0;
}

void fst_s3_set_etag(char out[FST_ETAG_MAX], struct fst_view etag)
{
    out[0] = '\0';
    if (etag.n >= 2 && etag.p[0] == '"' && etag.p[etag.n - 1] == '"')
        etag = fst_view_n(etag.p + 1, etag.n - 2);
    if (!etag.n || etag.n >= FST_ETAG_MAX)
        return;
    for (size_t i = 0; i < etag.n; i++)
        if (!isalnum((unsigned char)etag.p[i]) && !strchr("-_.+/=:", etag.p[i]))
            return;
    memcpy(out, etag.p, etag.n);
    out[etag.n] = '\0';
}
