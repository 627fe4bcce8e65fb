#include "serve/sums.h"

#include <strings.h>

#include "base/crc.h"

const struct fst_sum_kind fst_sum_kinds[FST_SUMS] = {
    [FST_SUM_SHA256] = { "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", FST_SHA256_BYTES, false },
    [FST_SUM_SHA1] = { "SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", FST_SHA1_BYTES, false },
    [FST_SUM_MD5] = { "", "", "", FST_MD5_BYTES, false },
    [FST_SUM_CRC32] = { "CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4, true },
    [FST_SUM_CRC32C] = { "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4, true },
    [FST_SUM_CRC64NVME] = { "CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8, true },
};

static const enum fst_digest_kind digest_kinds[] = { [FST_SUM_SHA256] = FST_SHA256, [FST_SUM_SHA1] = FST_SHA1, [FST_SUM_MD5] = FST_MD5 };
static const enum fst_crc_kind    crc_kinds[] = { [FST_SUM_CRC32] = FST_CRC32, [FST_SUM_CRC32C] = FST_CRC32C, [FST_SUM_CRC64NVME] = FST_CRC64NVME };

static bool same_name(struct fst_view v, const char *name)
{
    return *name && v.n == strlen(name) && !strncasecmp(v.p, name, v.n);
}

enum fst_sum fst_sum_by_name(struct fst_view name)
{
    unsigned i = 0;
    while (i < FST_SUMS && !same_name(name, fst_sum_kinds[i].name))
        i++;
    return (enum fst_sum)i;
}

enum fst_sum fst_sum_by_header(struct fst_view name)
{
    unsigned i = 0;
    while (i < FST_SUMS && !same_name(name, fst_sum_kinds[i].header))
        i++;
    return (enum fst_sum)i;
}

static bool is_wanted(const struct fst_sums *s, unsigned sum)
{
    return s->wanted >> sum & 1;
}

enum fst_status fst_sums_init(struct fst_sums *s, unsigned wanted)
{
    *s = (struct fst_sums){ .wanted = wanted };
    for (unsigned i = 0; i < FST_SUM_CRC32; i++)
        if (is_wanted(s, i) && fst_digest_init(&s->digests[i], digest_kinds[i])) {
            fst_sums_clear(s);
            return FST_ENOMEM;
        }
    return FST_OK;
}

void fst_sums_add(struct fst_sums *s, const void *p, size_t n)
{
    for (unsigned i = 0; i < FST_SUMS; i++) {
        if (!is_wanted(s, i))
            continue;
        if (i < FST_SUM_CRC32)
            fst_digest_add(&s->digests[i], p, n);
        else
            s->crcs[i] = fst_crc_add(crc_kinds[i], s->crcs[i], p, n);
    }
}

void fst_sums_finish(struct fst_sums *s)
{
    for (unsigned i = 0; i < FST_SUMS; i++) {
        if (!is_wanted(s, i))
            continue;
        if (i < FST_SUM_CRC32)
            fst_digest_finish(&s->digests[i], s->values[i]);
        for (size_t at = 0; i >= FST_SUM_CRC32 && at < fst_sum_kinds[i].bytes; at++)
            s->values[i][at] = (uint8_t)(s->crcs[i] >> 8 * (fst_sum_kinds[i].bytes - 1 - at));
    }
}

void fst_sums_clear(struct fst_sums *s)
{
    for (unsigned i = 0; i < FST_SUM_CRC32; i++)
        fst_digest_clear(&s->digests[i]);
    s->wanted = 0;
}

struct fst_view fst_sums_text(const struct fst_sums *s, enum fst_sum sum, struct fst_buf *out)
{
    fst_buf_reset(out);
    fst_base64(out, s->values[sum], fst_sum_kinds[sum].bytes);
    return fst_buf_view(out);
}

bool fst_sum_decode(enum fst_sum sum, struct fst_view text, uint8_t out[FST_SUM_MAX])
{
    struct fst_buf bytes;
    bool           ok;

    fst_buf_init(&bytes, 2 * FST_SUM_MAX);
    ok = fst_base64_decode(&bytes, text) && bytes.len == fst_sum_kinds[sum].bytes;
    if (ok)
        memcpy(out, bytes.p, bytes.len);
    fst_buf_clear(&bytes);
    return ok;
}
