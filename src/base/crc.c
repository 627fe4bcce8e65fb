#include "base/crc.h"

#include <pthread.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define CAN_FOLD 1
#else
#define CAN_FOLD 0
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

/* ---- polynomials modulo a CRC's own, reflected: the highest bit is x^0 */

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

static uint64_t power_of_x(enum fst_crc_kind kind, uint64_t exponent)
{
    uint64_t power = 1ull << (kinds[kind].bits - 1), square = power >> 1; /* x^0, x^1 */

    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            power = multiply(kind, power, square);
        square = multiply(kind, square, square);
    }
    return power;
}

/* ---- eight bytes a step: tables[kind][i][byte] is what `byte` does when i bytes of zero follow */

enum { KINDS = FST_CRC64NVME + 1, LANE = 16, NARROW = 8, WIDE = 16 /* lanes side by side */ };

static uint64_t       tables[KINDS][8][256];
static uint64_t       folds[KINDS][3][2]; /* by 1, NARROW and WIDE lanes: of a lane's first and second half */
static int            can; /* lanes side by side; 0: no instruction to fold with */
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_table(enum fst_crc_kind kind)
{
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

/* A product of two reflected halves stands one bit too low, hence the -1. */
static void make_folds(enum fst_crc_kind kind)
{
    static const uint64_t lanes[] = { 1, NARROW, WIDE };

    for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++) {
        uint64_t distance = lanes[i] * LANE * 8;
        folds[kind][i][0] = power_of_x(kind, distance + 64 - 1) << (64 - kinds[kind].bits);
        folds[kind][i][1] = power_of_x(kind, distance - 1) << (64 - kinds[kind].bits);
    }
}

static void make(void)
{
    for (int kind = 0; kind < KINDS; kind++) {
        make_table((enum fst_crc_kind)kind);
        make_folds((enum fst_crc_kind)kind);
    }
#if CAN_FOLD
    can = !__builtin_cpu_supports("pclmul") ? 0
          : __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx512f") ? WIDE : NARROW;
#endif
}

static uint64_t load64(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
           (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

static uint64_t add_by_table(enum fst_crc_kind kind, uint64_t crc, const unsigned char *p, size_t n)
{
    uint64_t (*t)[256] = tables[kind];

    for (; n >= 8; p += 8, n -= 8) {
        uint64_t v = crc ^ load64(p);
        crc = t[7][v & 255] ^ t[6][v >> 8 & 255] ^ t[5][v >> 16 & 255] ^ t[4][v >> 24 & 255] ^ t[3][v >> 32 & 255] ^
              t[2][v >> 40 & 255] ^ t[1][v >> 48 & 255] ^ t[0][v >> 56];
    }
    for (; n; p++, n--)
        crc = crc >> 8 ^ t[0][(crc ^ *p) & 255];
    return crc;
}

/* ---- folding: lanes of 16 bytes are multiplied forward onto later ones, until one is left, which is congruent to all
 * of them. Source: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009. */

#if CAN_FOLD
#define FOLDS       __attribute__((target("pclmul,sse2")))
#define FOLDS_WIDE  __attribute__((target("vpclmulqdq,avx512f")))

FOLDS static inline __m128i fold(__m128i lane, __m128i by, __m128i onto)
{
    __m128i first = _mm_clmulepi64_si128(lane, by, 0x00), second = _mm_clmulepi64_si128(lane, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(first, second), onto);
}

static inline __m128i load_lane(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* All lanes into one, then the rest by the tables. */
FOLDS static uint64_t finish(enum fst_crc_kind kind, const unsigned char *lanes, size_t count, const unsigned char *p, size_t n)
{
    __m128i       by = load_lane((const unsigned char *)folds[kind][0]), lane = load_lane(lanes);
    unsigned char last[LANE];

    for (size_t i = 1; i < count; i++)
        lane = fold(lane, by, load_lane(lanes + i * LANE));
    for (; n >= LANE; p += LANE, n -= LANE)
        lane = fold(lane, by, load_lane(p));
    memcpy(last, &lane, LANE);
    return add_by_table(kind, add_by_table(kind, 0, last, LANE), p, n);
}

FOLDS static uint64_t add_narrow(enum fst_crc_kind kind, uint64_t crc, const unsigned char *p, size_t n)
{
    __m128i       by = load_lane((const unsigned char *)folds[kind][1]), lanes[NARROW];
    unsigned char out[NARROW * LANE];

    for (int i = 0; i < NARROW; i++)
        lanes[i] = load_lane(p + i * LANE);
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi64_si128((long long)crc));
    for (p += sizeof out, n -= sizeof out; n >= sizeof out; p += sizeof out, n -= sizeof out)
        for (int i = 0; i < NARROW; i++)
            lanes[i] = fold(lanes[i], by, load_lane(p + i * LANE));
    memcpy(out, lanes, sizeof out);
    return finish(kind, out, NARROW, p, n);
}

FOLDS_WIDE static inline __m512i fold_wide(__m512i lanes, __m512i by, __m512i onto)
{
    __m512i first = _mm512_clmulepi64_epi128(lanes, by, 0x00), second = _mm512_clmulepi64_epi128(lanes, by, 0x11);
    return _mm512_ternarylogic_epi64(first, second, onto, 0x96);
}

FOLDS_WIDE static uint64_t add_wide(enum fst_crc_kind kind, uint64_t crc, const unsigned char *p, size_t n)
{
    enum { GROUPS = 4, GROUP = WIDE * LANE / GROUPS };
    __m512i       by = _mm512_broadcast_i32x4(load_lane((const unsigned char *)folds[kind][2])), lanes[GROUPS];
    unsigned char out[WIDE * LANE];

    for (int i = 0; i < GROUPS; i++)
        lanes[i] = _mm512_loadu_si512(p + i * GROUP);
    lanes[0] = _mm512_xor_si512(lanes[0], _mm512_zextsi128_si512(_mm_cvtsi64_si128((long long)crc)));
    for (p += sizeof out, n -= sizeof out; n >= sizeof out; p += sizeof out, n -= sizeof out)
        for (int i = 0; i < GROUPS; i++)
            lanes[i] = fold_wide(lanes[i], by, _mm512_loadu_si512(p + i * GROUP));
    memcpy(out, lanes, sizeof out);
    return finish(kind, out, WIDE, p, n);
}
#else
static uint64_t add_narrow(enum fst_crc_kind kind, uint64_t crc, const unsigned char *p, size_t n)
{
    return add_by_table(kind, crc, p, n);
}

static uint64_t add_wide(enum fst_crc_kind kind, uint64_t crc, const unsigned char *p, size_t n)
{
    return add_by_table(kind, crc, p, n);
}
#endif

static uint64_t ones(enum fst_crc_kind kind)
{
    return kinds[kind].bits == 64 ? UINT64_MAX : UINT32_MAX;
}

uint64_t fst_crc_add_with(enum fst_crc_kind kind, uint64_t crc, const void *p, size_t n, unsigned lanes)
{
    pthread_once(&made, make);
    crc ^= ones(kind);
    if (lanes > (unsigned)can)
        lanes = (unsigned)can;
    if (lanes >= WIDE && n >= 4 * WIDE * LANE)
        crc = add_wide(kind, crc, p, n);
    else if (lanes >= NARROW && n >= NARROW * LANE)
        crc = add_narrow(kind, crc, p, n);
    else
        crc = add_by_table(kind, crc, p, n);
    return crc ^ ones(kind);
}

uint64_t fst_crc_add(enum fst_crc_kind kind, uint64_t crc, const void *p, size_t n)
{
    return fst_crc_add_with(kind, crc, p, n, WIDE);
}

/* ---- combining: A's CRC moved over B's bytes is A's times x^(8·bytes) */

uint64_t fst_crc_combine(enum fst_crc_kind kind, uint64_t a, uint64_t b, uint64_t b_bytes)
{
    return multiply(kind, power_of_x(kind, 8 * b_bytes), a) ^ b;
}
