#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum fst_status fst_digest_init(struct fst_digest *d, enum fst_digest_kind kind)
{
    const EVP_MD *const kinds[] = { [FST_SHA256] = EVP_sha256(), [FST_SHA1] = EVP_sha1(), [FST_MD5] = EVP_md5() };
    EVP_MD_CTX         *ctx = EVP_MD_CTX_new();

    d->state = ctx;
    if (ctx && EVP_DigestInit_ex(ctx, kinds[kind], NULL) == 1)
        return FST_OK;
    fst_digest_clear(d);
    return FST_ENOMEM;
}

void fst_digest_add(struct fst_digest *d, const void *p, size_t n)
{
    EVP_DigestUpdate(d->state, p, n);
}

void fst_digest_finish(struct fst_digest *d, uint8_t *out)
{
    EVP_DigestFinal_ex(d->state, out, NULL);
    fst_digest_clear(d);
}

void fst_digest_clear(struct fst_digest *d)
{
    EVP_MD_CTX_free(d->state);
    d->state = NULL;
}

void fst_sha256(struct fst_view v, uint8_t out[FST_SHA256_BYTES])
{
    EVP_Digest(v.p, v.n, out, NULL, EVP_sha256(), NULL);
}

void fst_sha1(struct fst_view v, uint8_t out[FST_SHA1_BYTES])
{
    EVP_Digest(v.p, v.n, out, NULL, EVP_sha1(), NULL);
}

void fst_md5(struct fst_view v, uint8_t out[FST_MD5_BYTES])
{
    EVP_Digest(v.p, v.n, out, NULL, EVP_md5(), NULL);
}

void fst_hmac_sha1(struct fst_view key, struct fst_view v, uint8_t out[FST_SHA1_BYTES])
{
    unsigned n = FST_SHA1_BYTES;
    HMAC(EVP_sha1(), key.n ? key.p : "", (int)key.n, (const unsigned char *)(v.n ? v.p : ""), v.n, out, &n);
}

void fst_hmac_sha256(struct fst_view key, struct fst_view v, uint8_t out[FST_SHA256_BYTES])
{
    unsigned n = FST_SHA256_BYTES;
    HMAC(EVP_sha256(), key.n ? key.p : "", (int)key.n, (const unsigned char *)(v.n ? v.p : ""), v.n, out, &n);
}

struct fst_hash128 fst_hash128(struct fst_view v, uint64_t seed)
{
    XXH128_hash_t h = XXH3_128bits_withSeed(v.p, v.n, seed);
    return (struct fst_hash128){ h.high64, h.low64 };
}

void fst_hex(const uint8_t *bytes, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

void fst_base64(struct fst_buf *out, const void *p, size_t n)
{
    size_t len = (n + 2) / 3 * 4;
    if (!fst_buf_reserve(out, len))
        return;
    EVP_EncodeBlock((unsigned char *)out->p + out->len, p, (int)n);
    out->len += len;
}

bool fst_base64_decode(struct fst_buf *out, struct fst_view v)
{
    size_t len = v.n / 4 * 3, pad = 0;
    int    n;

    if (v.n % 4)
        return false;
    if (!v.n)
        return true;
    while (pad < 2 && v.p[v.n - 1 - pad] == '=')
        pad++;
    for (size_t i = 0; i < v.n - pad; i++) /* EVP_DecodeBlock trims white space, which has no place here */
        if (v.p[i] == '=' || v.p[i] <= ' ')
            return false;
    if (!fst_buf_reserve(out, len))
        return false;
    n = EVP_DecodeBlock((unsigned char *)out->p + out->len, (const unsigned char *)v.p, (int)v.n);
    if (n < 0)
        return false;
    out->len += len - pad;
    out->p[out->len] = '\0';
    return true;
}
