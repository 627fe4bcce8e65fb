#include "pipeline/same.h"

#include <ctype.h>

/* "HEX" or "HEX-N", as S3 makes ETags that are MD5s. */
static bool is_md5(const char *etag)
{
    size_t hex = strspn(etag, "0123456789abcdef");
    return hex == 2 * FST_MD5_BYTES && (!etag[hex] || (etag[hex] == '-' && isdigit((unsigned char)etag[hex + 1])));
}

static bool in_parts(const struct fst_s3_head *h, bool by_md5)
{
    return by_md5 ? strchr(h->etag, '-') != NULL : h->sum.parts != 0;
}

enum fst_status fst_same_begin(struct fst_same *s, struct fst_aws *a, struct fst_view bucket, struct fst_view key, bool *found,
                               struct fst_error *err)
{
    struct fst_error own = { 0 };
    enum fst_status  st;

    *s = (struct fst_same){ 0 };
    st = fst_s3_head(a, bucket, key, &s->head, &own);
    *found = !st;
    if (st == FST_ESERVICE && a->resp.status == 404)
        return FST_OK;
    s->sum.kind = s->part.kind = s->head.sum.kind;
    s->by_md5 = !s->sum.kind && is_md5(s->head.etag);
    s->hopeless = !s->sum.kind && !s->by_md5;
    if (!st && in_parts(&s->head, s->by_md5))
        s->hopeless = fst_s3_head_part(a, bucket, key, &s->part_bytes, NULL) != FST_OK || !s->part_bytes;
    if (!st && s->by_md5 && (fst_digest_init(&s->md5, FST_MD5) || fst_digest_init(&s->md5_part, FST_MD5)))
        st = fst_fail(&own, FST_ENOMEM, "out of memory");
    if (st && err)
        *err = own;
    return st;
}

static void end_part(struct fst_same *s)
{
    uint8_t hash[FST_MD5_BYTES];

    if (!s->by_md5) {
        fst_s3_sum_add_part(&s->sum, &s->part);
    } else {
        fst_digest_finish(&s->md5_part, hash);
        fst_digest_add(&s->md5, hash, sizeof hash);
        s->hopeless |= fst_digest_init(&s->md5_part, FST_MD5) != FST_OK;
    }
    s->part.value = 0;
    s->in_part = 0;
}

void fst_same_add(struct fst_same *s, struct fst_view bytes)
{
    s->bytes += bytes.n;
    while (bytes.n && !s->hopeless) {
        uint64_t        left = s->part_bytes - s->in_part;
        struct fst_view some = s->part_bytes && bytes.n > left ? fst_view_n(bytes.p, (size_t)left) : bytes;
        if (s->by_md5)
            fst_digest_add(s->part_bytes ? &s->md5_part : &s->md5, some.p, some.n);
        else
            fst_s3_sum_add(s->part_bytes ? &s->part : &s->sum, some);
        s->in_part += some.n;
        if (s->part_bytes && s->in_part == s->part_bytes)
            end_part(s);
        bytes = fst_view_from(bytes, some.n);
    }
}

void fst_same_clear(struct fst_same *s)
{
    fst_digest_clear(&s->md5);
    fst_digest_clear(&s->md5_part);
    *s = (struct fst_same){ 0 };
}

bool fst_same_end(struct fst_same *s)
{
    char    text[2 * FST_MD5_BYTES + 1];
    uint8_t hash[FST_MD5_BYTES];
    bool    same = !s->hopeless && s->bytes == s->head.size;

    if (same && s->part_bytes && s->in_part)
        end_part(s);
    if (same && s->by_md5) {
        fst_digest_finish(&s->md5, hash);
        fst_hex(hash, sizeof hash, text);
        same = !strncmp(s->head.etag, text, sizeof text - 1);
    } else if (same) {
        same = fst_s3_sum_equal(&s->sum, &s->head.sum);
    }
    fst_same_clear(s);
    return same;
}

bool fst_same_by_crc32(const struct fst_same *s)
{
    return s->head.sum.kind == FST_S3_SUM_CRC32 && !s->head.sum.parts;
}
