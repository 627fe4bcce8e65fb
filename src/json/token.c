#include "json/token.h"

#include "json/utf8.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* A block of 64 bytes, a bit a byte. */
struct block {
    uint64_t quote, backslash;
    uint64_t mark;           /* comma, colon */
    uint64_t open, close;    /* brackets */
    uint64_t space;          /* up to 0x20: what among them is not white space is found by `control` */
    bool     control, high;  /* is there any below 0x20, any from 0x80 on */
};

/* ---- what all kernels share: from classes to tokens. Inlined into each, so that it uses the same processor. */

/* Bits of bytes that a backslash before them takes the meaning from. Every other backslash of a run begins an escape: in
 * the sum of runs that begin at odd places and the runs themselves a carry runs through each, and comes out at its end. */
INLINE uint64_t escaped_bits(uint64_t backslash, uint64_t *carry)
{
    const uint64_t even = 0x5555555555555555;
    uint64_t       follows, odd_starts, runs;
    bool           overflow;

    backslash &= ~*carry;
    follows = backslash << 1 | *carry;
    odd_starts = backslash & ~even & ~follows;
    overflow = __builtin_add_overflow(odd_starts, backslash, &runs);
    *carry = overflow;
    return (even ^ runs << 1) & follows;
}

/* Bit i of the result is the parity of the bits up to i. */
INLINE uint64_t parity_up_to(uint64_t x)
{
    for (int shift = 1; shift < 64; shift *= 2)
        x ^= x << shift;
    return x;
}

/* Write the places of n bits; up to seven more than n are written. Most blocks have few: eight are written without asking. */
INLINE void put_places(uint32_t *to, uint64_t bits, uint32_t n, uint32_t base)
{
    for (uint32_t i = 0; i < n; i += 8)
#pragma GCC unroll 8
        for (uint32_t j = 0; j < 8; j++) {
            to[i + j] = base + (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
            bits &= bits - 1;
        }
}

/* Bytes from 0x80 on: are their sequences well-formed? The last may reach into the next block. */
static void check_utf8(struct fst_tokens *k)
{
    size_t stop = k->at + FST_TOKEN_BLOCK < k->n ? k->at + FST_TOKEN_BLOCK : k->n;
    size_t at = k->utf8_at > k->at ? k->utf8_at : k->at;

    while (at < stop) {
        size_t n;
        at += fst_utf8_valid_prefix(fst_view_n(k->text + at, stop - at));
        if (at == stop)
            break;
        n = fst_utf8_sequence(k->text + at, k->n - at); /* it reaches into the next block, or is none */
        if (!n) {
            k->bad = true;
            return;
        }
        at += n;
    }
    k->utf8_at = at;
}

/* Bytes below 0x20: none but white space, and none in strings. */
static uint64_t check_controls(struct fst_tokens *k, const char *p)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < FST_TOKEN_BLOCK; i++) {
        unsigned char c = (unsigned char)p[i];
        bits |= (uint64_t)(c < 0x20) << i;
        k->bad |= c < 0x20 && c != '\n' && c != '\r' && c != '\t';
    }
    return bits;
}

/* Quotes that open or close a string; *snags gets the backslashes that begin an escape. */
INLINE uint64_t true_quotes(const struct block *b, uint64_t *carry, uint64_t *snags)
{
    uint64_t escaped;

    *snags = 0;
    if (__builtin_expect(!(b->backslash | *carry), 1))
        return b->quote;
    escaped = escaped_bits(b->backslash, carry);
    *snags = b->backslash & ~escaped;
    return b->quote & ~escaped;
}

/* Returns where tokens begin. */
INLINE uint64_t read_block(struct fst_tokens *k, const char *p, const struct block *b, uint64_t quote, uint64_t parity,
                           uint64_t snags)
{
    uint64_t in_string = parity ^ k->in_string; /* with the opening quote, without the closing one */
    uint64_t outside = ~(in_string | quote), bracket = (b->open | b->close) & outside;
    uint64_t scalar = outside & ~(b->mark | b->open | b->close | b->space);
    uint64_t value_end = scalar | (quote & ~in_string) | (b->close & outside);
    uint64_t tokens = quote | bracket | (scalar & ~(scalar << 1 | k->after_scalar)) |
                      (b->mark & outside & ~(value_end << 1 | k->after_value));

    k->blanks |= b->space & outside;
    if (__builtin_expect(b->control, 0))
        snags |= check_controls(k, p);
    if (__builtin_expect(b->high, 0))
        check_utf8(k);
    if (__builtin_expect(snags != 0, 0)) {
        uint32_t n = (uint32_t)__builtin_popcountll(snags & in_string);
        put_places(k->at_snag + k->snag_count, snags & in_string, n, (uint32_t)k->at);
        k->snag_count += n;
    }
    k->in_string = (uint64_t)((int64_t)in_string >> 63);
    k->after_scalar = scalar >> 63;
    k->after_value = value_end >> 63;
    return tokens;
}

/* On the way to a container's end. */
struct skip {
    size_t   depth;
    uint64_t in_string, escaped; /* as in struct fst_tokens */
};

/* How many bytes of the block belong to the container, when it ends there; else 0. */
INLINE unsigned end_in_block(struct skip *s, const struct block *b, uint64_t parity)
{
    uint64_t in_string = parity ^ s->in_string, open = b->open & ~in_string, close = b->close & ~in_string;

    s->in_string = (uint64_t)((int64_t)in_string >> 63);
    if ((size_t)__builtin_popcountll(close) < s->depth) {
        s->depth += (size_t)__builtin_popcountll(open) - (size_t)__builtin_popcountll(close);
        return 0;
    }
    while (close) { /* the end may be in here */
        uint64_t before = (close & -close) - 1;
        s->depth += (size_t)__builtin_popcountll(open & before);
        open &= ~before;
        if (!--s->depth)
            return (unsigned)__builtin_ctzll(close) + 1;
        close &= close - 1;
    }
    s->depth += (size_t)__builtin_popcountll(open);
    return 0;
}

typedef void scan_fn(struct fst_tokens *k, const char *p, size_t blocks);
typedef const char *skip_fn(struct skip *s, const char *p, size_t blocks);

/* A kernel: how a block is classified, a parity found and places are written, with the instructions of `processor`. `p` is
 * at k->at. */
#define KERNEL(name, processor)                                                                \
    processor static void scan_##name(struct fst_tokens *k, const char *p, size_t blocks)      \
    {                                                                                          \
        uint32_t *to = k->at_token + k->count;                                                 \
        for (; blocks; blocks--, p += FST_TOKEN_BLOCK) {                                       \
            struct block b;                                                                    \
            uint64_t     quote, snags, tokens;                                                 \
            uint32_t     n;                                                                    \
            classify_##name(p, &b);                                                            \
            quote = true_quotes(&b, &k->escaped, &snags);                                               \
            tokens = read_block(k, p, &b, quote, parity_##name(quote), snags);                 \
            n = (uint32_t)__builtin_popcountll(tokens);                                        \
            put_places_##name(to, tokens, n, (uint32_t)k->at);                                 \
            to += n;                                                                           \
            k->at += FST_TOKEN_BLOCK;                                                          \
        }                                                                                      \
        k->count = (uint32_t)(to - k->at_token);                                               \
    }                                                                                          \
    processor static const char *skip_##name(struct skip *s, const char *p, size_t blocks)     \
    {                                                                                          \
        for (; blocks; blocks--, p += FST_TOKEN_BLOCK) {                                       \
            struct block b;                                                                    \
            uint64_t     snags;                                                                \
            unsigned     n;                                                                    \
            classify_##name(p, &b);                                                            \
            n = end_in_block(s, &b, parity_##name(true_quotes(&b, &s->escaped, &snags)));      \
            if (n)                                                                             \
                return p + n;                                                                  \
        }                                                                                      \
        return NULL;                                                                           \
    }

/* ---- one byte at a time, for any processor */

INLINE void classify_plain(const char *p, struct block *b)
{
    *b = (struct block){ 0 };
    for (unsigned i = 0; i < FST_TOKEN_BLOCK; i++) {
        unsigned char c = (unsigned char)p[i];
        uint64_t      bit = (uint64_t)1 << i;
        switch (c) {
        case '"': b->quote |= bit; break;
        case '\\': b->backslash |= bit; break;
        case ',': case ':': b->mark |= bit; break;
        case '[': case '{': b->open |= bit; break;
        case ']': case '}': b->close |= bit; break;
        default:
            b->space |= c <= 0x20 ? bit : 0;
            b->control |= c < 0x20;
            b->high |= c >= 0x80;
        }
    }
}

INLINE uint64_t parity_plain(uint64_t x)
{
    return parity_up_to(x);
}

#define put_places_plain put_places
KERNEL(plain, )

#if defined(__x86_64__)

/* ---- SSE2: every x86-64 */

INLINE uint64_t bits_sse2(const __m128i v[4])
{
    uint64_t low = (uint32_t)_mm_movemask_epi8(v[0]) | (uint32_t)_mm_movemask_epi8(v[1]) << 16;
    uint64_t high = (uint32_t)_mm_movemask_epi8(v[2]) | (uint32_t)_mm_movemask_epi8(v[3]) << 16;
    return low | high << 32;
}

/* Of each of the four vectors, `test` of it, which is called v[i]. */
#define BITS_SSE2(test) ({ __m128i r[4]; for (int i = 0; i < 4; i++) r[i] = (test); bits_sse2(r); })

INLINE void classify_sse2(const char *p, struct block *b)
{
    const __m128i fold = _mm_set1_epi8(0x20); /* '[' becomes '{', ']' becomes '}' */
    __m128i       v[4], all_or, least;

    for (int i = 0; i < 4; i++)
        v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    all_or = _mm_or_si128(_mm_or_si128(v[0], v[1]), _mm_or_si128(v[2], v[3]));
    least = _mm_min_epu8(_mm_min_epu8(v[0], v[1]), _mm_min_epu8(v[2], v[3]));
    b->quote = BITS_SSE2(_mm_cmpeq_epi8(v[i], _mm_set1_epi8('"')));
    b->backslash = BITS_SSE2(_mm_cmpeq_epi8(v[i], _mm_set1_epi8('\\')));
    b->mark = BITS_SSE2(_mm_or_si128(_mm_cmpeq_epi8(v[i], _mm_set1_epi8(',')), _mm_cmpeq_epi8(v[i], _mm_set1_epi8(':'))));
    b->open = BITS_SSE2(_mm_cmpeq_epi8(_mm_or_si128(v[i], fold), _mm_set1_epi8('{')));
    b->close = BITS_SSE2(_mm_cmpeq_epi8(_mm_or_si128(v[i], fold), _mm_set1_epi8('}')));
    b->space = BITS_SSE2(_mm_cmpeq_epi8(_mm_min_epu8(v[i], _mm_set1_epi8(0x20)), v[i]));
    b->control = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(least, _mm_set1_epi8(0x1F)), least)) != 0;
    b->high = _mm_movemask_epi8(all_or) != 0;
}

INLINE uint64_t parity_sse2(uint64_t x)
{
    return parity_up_to(x);
}

#define put_places_sse2 put_places
KERNEL(sse2, )

/* ---- SSE4.2 with carry-less multiplication and popcnt, about 2010 on: multiplied by all ones, bits add up from the right */

#define SSE42 __attribute__((target("sse4.2,pclmul,popcnt")))

SSE42 static inline void classify_sse42(const char *p, struct block *b)
{
    classify_sse2(p, b);
}

SSE42 static inline uint64_t parity_sse42(uint64_t x)
{
    __m128i ones = _mm_set1_epi8((char)0xFF);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), ones, 0));
}

#define put_places_sse42 put_places
KERNEL(sse42, SSE42)

/* ---- AVX2, about 2013 on */

#define AVX2 __attribute__((target("avx2,pclmul,popcnt,bmi,lzcnt")))

AVX2 INLINE uint64_t bits_avx2(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

AVX2 INLINE __m256i is_avx2(__m256i v, char c)
{
    return _mm256_cmpeq_epi8(v, _mm256_set1_epi8(c));
}

AVX2 INLINE __m256i up_to_avx2(__m256i v, char c)
{
    return _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(c)), v);
}

AVX2 INLINE void classify_avx2(const char *p, struct block *b)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i w = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    __m256i fold = _mm256_set1_epi8(0x20), v_folded = _mm256_or_si256(v, fold), w_folded = _mm256_or_si256(w, fold);

    b->quote = bits_avx2(is_avx2(v, '"'), is_avx2(w, '"'));
    b->backslash = bits_avx2(is_avx2(v, '\\'), is_avx2(w, '\\'));
    b->mark = bits_avx2(_mm256_or_si256(is_avx2(v, ','), is_avx2(v, ':')), _mm256_or_si256(is_avx2(w, ','), is_avx2(w, ':')));
    b->open = bits_avx2(is_avx2(v_folded, '{'), is_avx2(w_folded, '{'));
    b->close = bits_avx2(is_avx2(v_folded, '}'), is_avx2(w_folded, '}'));
    b->space = bits_avx2(up_to_avx2(v, 0x20), up_to_avx2(w, 0x20));
    b->control = _mm256_movemask_epi8(up_to_avx2(_mm256_min_epu8(v, w), 0x1F)) != 0;
    b->high = _mm256_movemask_epi8(_mm256_or_si256(v, w)) != 0;
}

AVX2 INLINE uint64_t parity_avx2(uint64_t x)
{
    __m128i ones = _mm_set1_epi8((char)0xFF);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), ones, 0));
}

#define put_places_avx2 put_places
KERNEL(avx2, AVX2)

/* ---- AVX-512 with byte masks that compress (VBMI2), servers of about 2019 on */

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,avx2,pclmul,popcnt,bmi,lzcnt")))

AVX512 INLINE uint64_t is_avx512(__m512i v, char c)
{
    return _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(c));
}

AVX512 INLINE void classify_avx512(const char *p, struct block *b)
{
    __m512i v = _mm512_loadu_si512((const void *)p);
    __m512i folded = _mm512_or_si512(v, _mm512_set1_epi8(0x20));

    b->quote = is_avx512(v, '"');
    b->backslash = is_avx512(v, '\\');
    b->mark = is_avx512(v, ',') | is_avx512(v, ':');
    b->open = is_avx512(folded, '{');
    b->close = is_avx512(folded, '}');
    b->space = _mm512_cmple_epu8_mask(v, _mm512_set1_epi8(0x20));
    b->control = _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20)) != 0;
    b->high = _mm512_movepi8_mask(v) != 0;
}

AVX512 INLINE uint64_t parity_avx512(uint64_t x)
{
    __m128i ones = _mm_set1_epi8((char)0xFF);
    return (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), ones, 0));
}

/* The numbers of the bits, squeezed together, then widened sixteen at a time. */
AVX512 INLINE void put_places_avx512(uint32_t *to, uint64_t bits, uint32_t n, uint32_t base)
{
    const __m512i numbers = _mm512_set_epi8(63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42,
                                            41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20,
                                            19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __m512i       some = _mm512_maskz_compress_epi8(bits, numbers), offset = _mm512_set1_epi32((int)base);

    _mm512_storeu_si512(to, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(some)), offset));
    if (__builtin_expect(n <= 16, 1))
        return;
    _mm512_storeu_si512(to + 16, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(some, 1)), offset));
    if (n <= 32)
        return;
    _mm512_storeu_si512(to + 32, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(some, 2)), offset));
    _mm512_storeu_si512(to + 48, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(some, 3)), offset));
}

KERNEL(avx512, AVX512)

#elif defined(__aarch64__)

/* ---- NEON: every aarch64 */

/* A bit for each of 64 bytes that are all ones or all zeros: each keeps its bit of eight, pairs are added up. */
INLINE uint64_t bits_neon(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    const uint8x16_t bit = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    uint8x16_t       low = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
    uint8x16_t       high = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));
    low = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(low, low)), 0);
}

#define BITS_NEON(test) ({ uint8x16_t r[4]; for (int i = 0; i < 4; i++) r[i] = (test); bits_neon(r[0], r[1], r[2], r[3]); })

INLINE void classify_neon(const char *p, struct block *b)
{
    const uint8x16_t fold = vdupq_n_u8(0x20);
    uint8x16_t       v[4];

    for (int i = 0; i < 4; i++)
        v[i] = vld1q_u8((const uint8_t *)p + 16 * i);
    b->quote = BITS_NEON(vceqq_u8(v[i], vdupq_n_u8('"')));
    b->backslash = BITS_NEON(vceqq_u8(v[i], vdupq_n_u8('\\')));
    b->mark = BITS_NEON(vorrq_u8(vceqq_u8(v[i], vdupq_n_u8(',')), vceqq_u8(v[i], vdupq_n_u8(':'))));
    b->open = BITS_NEON(vceqq_u8(vorrq_u8(v[i], fold), vdupq_n_u8('{')));
    b->close = BITS_NEON(vceqq_u8(vorrq_u8(v[i], fold), vdupq_n_u8('}')));
    b->space = BITS_NEON(vcleq_u8(v[i], vdupq_n_u8(0x20)));
    b->control = vminvq_u8(vminq_u8(vminq_u8(v[0], v[1]), vminq_u8(v[2], v[3]))) < 0x20;
    b->high = vmaxvq_u8(vmaxq_u8(vmaxq_u8(v[0], v[1]), vmaxq_u8(v[2], v[3]))) >= 0x80;
}

INLINE uint64_t parity_neon(uint64_t x)
{
    return parity_up_to(x);
}

#define put_places_neon put_places
KERNEL(neon, )

#endif

/* ---- the choice */

static bool has_plain(void) { return true; }
#if defined(__x86_64__)
static bool has_sse2(void) { return true; }
static bool has_sse42(void)
{
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt");
}
static bool has_avx2(void) { return has_sse42() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"); }
static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
}
#elif defined(__aarch64__)
static bool has_neon(void) { return true; }
#endif

struct kernel {
    scan_fn *scan;
    skip_fn *skip;
    bool   (*is_here)(void);
};

static const struct kernel kernels[FST_TOKEN_KERNEL_COUNT] = {
    [FST_TOKEN_PLAIN] = { scan_plain, skip_plain, has_plain },
#if defined(__x86_64__)
    [FST_TOKEN_SSE2] = { scan_sse2, skip_sse2, has_sse2 },
    [FST_TOKEN_SSE42] = { scan_sse42, skip_sse42, has_sse42 },
    [FST_TOKEN_AVX2] = { scan_avx2, skip_avx2, has_avx2 },
    [FST_TOKEN_AVX512] = { scan_avx512, skip_avx512, has_avx512 },
#elif defined(__aarch64__)
    [FST_TOKEN_NEON] = { scan_neon, skip_neon, has_neon },
#endif
};

static const struct kernel *chosen = &kernels[FST_TOKEN_PLAIN];

bool fst_tokens_use(enum fst_token_kernel kernel)
{
    if (!kernels[kernel].scan || !kernels[kernel].is_here())
        return false;
    chosen = &kernels[kernel];
    return true;
}

/* Before main(), so that no thread meets it half done. The later in the list the faster. */
__attribute__((constructor)) static void choose(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    for (enum fst_token_kernel i = FST_TOKEN_PLAIN; i < FST_TOKEN_KERNEL_COUNT; i++)
        if (fst_tokens_use(i))
            continue;
}

void fst_tokens_begin(struct fst_tokens *k, struct fst_view text)
{
    k->text = text.p;
    k->n = text.n;
    k->at = k->utf8_at = 0;
    k->blanks = 0;
    k->bad = false;
    k->in_string = k->escaped = k->after_scalar = k->after_value = 0;
}

/* What is left of less than a block is looked at in a copy that ends in spaces. */
static void scan_rest(struct fst_tokens *k)
{
    char     block[FST_TOKEN_BLOCK];
    size_t   n = k->n - k->at;
    uint64_t blanks = k->blanks;

    memset(block, ' ', sizeof block);
    memcpy(block, k->text + k->at, n);
    k->blanks = 0;
    chosen->scan(k, block, 1);
    k->blanks = blanks | (k->blanks & (((uint64_t)1 << n) - 1));
    k->at = k->n;
}

void fst_tokens_next(struct fst_tokens *k)
{
    size_t blocks = (k->n - k->at) / FST_TOKEN_BLOCK;

    k->count = k->snag_count = 0;
    if (blocks > FST_TOKEN_CHUNK / FST_TOKEN_BLOCK)
        blocks = FST_TOKEN_CHUNK / FST_TOKEN_BLOCK;
    chosen->scan(k, k->text + k->at, blocks);
    if (k->n - k->at < FST_TOKEN_BLOCK && k->at < k->n)
        scan_rest(k);
}

const char *fst_tokens_skip(const char *p, const char *end)
{
    struct skip s = { 0 };
    size_t      n = (size_t)(end - p), whole = n / FST_TOKEN_BLOCK * FST_TOKEN_BLOCK;
    const char *behind = chosen->skip(&s, p, whole / FST_TOKEN_BLOCK);
    char        block[FST_TOKEN_BLOCK];

    if (behind || whole == n)
        return behind;
    memset(block, ' ', sizeof block);
    memcpy(block, p + whole, n - whole);
    behind = chosen->skip(&s, block, 1);
    return behind ? p + whole + (behind - block) : NULL;
}
