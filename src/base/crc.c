#include "base/crc.h"

#include <pthread.h>

#include "base/zip.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <nmmintrin.h>
#define HAS_SSE42 __builtin_cpu_supports("sse4.2")
#else
#define HAS_SSE42 0
#endif

/* All three are reflected, start from all ones and end inverted. */
static const struct {
    unsigned bits;
    uint64_t polynomial;
} kinds[] = {
    [FST_CRC32] = { 32, 0xedb88320 },
    [FST_CRC32C] = { 32, 0x82f63b78 },
    [FST_CRC64NVME] = { 64, 0x9a6c9329ac4bc9b5 },
};

unsigned fst_crc_bytes(enum fst_crc_kind kind)
{
    return kinds[kind].bits / 8;
}

static uint64_t ones(enum fst_crc_kind kind)
{
    return kinds[kind].bits == 64 ? UINT64_MAX : UINT32_MAX;
}

/* ---- eight bytes a step: tables[kind][i][byte] is what `byte` does when i bytes of zero follow */

static uint64_t       tables[FST_CRC64NVME + 1][8][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    for (int kind = FST_CRC32C; kind <= FST_CRC64NVME; kind++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t crc = byte;
            for (int bit = 0; bit < 8; bit++)
                crc = crc & 1 ? crc >> 1 ^ kinds[kind].polynomial : crc >> 1;
            tables[kind][0][byte] = crc;
        }
        for (int i = 1; i < 8; i++)
            for (unsigned byte = 0; byte < 256; byte++) {
                uint64_t before = tables[kind][i - 1][byte];
                tables[kind][i][byte] = before >> 8 ^ tables[kind][0][before & 255];
            }
    }
}

static uint64_t load64(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static uint64_t add_by_table(enum fst_crc_kind kind, uint64_t crc, const unsigned char *p, size_t n)
{
    uint64_t (*t)[256] = tables[kind];

    pthread_once(&made, make_tables);
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t v = crc ^ load64(p);
        crc = t[7][v & 255] ^ t[6][v >> 8 & 255] ^ t[5][v >> 16 & 255] ^ t[4][v >> 24 & 255] ^ t[3][v >> 32 & 255] ^
              t[2][v >> 40 & 255] ^ t[1][v >> 48 & 255] ^ t[0][v >> 56];
    }
    for (; n; p++, n--)
        crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
    return crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("sse4.2"))) static uint64_t add_crc32c_fast(uint64_t crc, const unsigned char *p, size_t n)
{
    for (; n >= 8; p += 8, n -= 8)
        crc = _mm_crc32_u64(crc, load64(p));
    for (; n; p++, n--)
        crc = _mm_crc32_u8((uint32_t)crc, *p);
    return crc;
}
#else
static uint64_t add_crc32c_fast(uint64_t crc, const unsigned char *p, size_t n)
{
    return add_by_table(FST_CRC32C, crc, p, n);
}
#endif

uint64_t fst_crc_add(enum fst_crc_kind kind, uint64_t crc, const void *p, size_t n)
{
    if (kind == FST_CRC32)
        return fst_crc32((uint32_t)crc, p, n);
    crc ^= ones(kind);
    crc = kind == FST_CRC32C && HAS_SSE42 ? add_crc32c_fast(crc, p, n) : add_by_table(kind, crc, p, n);
    return crc ^ ones(kind);
}

/* ---- combining: A's CRC moved over B's bytes is A's times x^(8·bytes), modulo the polynomial */

static uint64_t multiply(enum fst_crc_kind kind, uint64_t a, uint64_t b)
{
    uint64_t product = 0;

    for (uint64_t bit = 1ull << (kinds[kind].bits - 1); bit; bit >>= 1) {
        if (a & bit)
            product ^= b;
        b = b & 1 ? b >> 1 ^ kinds[kind].polynomial : b >> 1;
    }
    return product;
}

uint64_t fst_crc_combine(enum fst_crc_kind kind, uint64_t a, uint64_t b, uint64_t b_bytes)
{
    uint64_t power = 1ull << (kinds[kind].bits - 1 - 8); /* x^8; the highest bit is x^0 */

    for (; b_bytes; b_bytes >>= 1) {
        if (b_bytes & 1)
            a = multiply(kind, power, a);
        power = multiply(kind, power, power);
    }
    return a ^ b;
}
