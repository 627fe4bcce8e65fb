#include "prepare/skim.h"

#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* Behind the string whose opening quote is at p, or NULL. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end;) {
        const char *quote = memchr(p, '"', (size_t)(end - p)), *back;
        if (!quote)
            return NULL;
        for (back = quote; back > p && back[-1] == '\\';)
            back--;
        if ((quote - back) % 2 == 0)
            return quote + 1;
        p = quote + 1;
    }
    return NULL;
}

/* Byte by byte: behind the container's end when `depth` brackets are open at p, or NULL. */
static const char *skip_open(const char *p, const char *end, size_t depth)
{
    while (p && p < end) {
        char c = *p;
        if (c == '"') {
            p = skip_string(p, end);
            continue;
        }
        p++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && !--depth)
            return p;
    }
    return NULL;
}

#if defined(__SSE2__)
enum { BLOCK = 64 };

static uint64_t equal_mask(const __m128i v[4], char c)
{
    __m128i  x = _mm_set1_epi8(c);
    uint64_t m = 0;
    for (int i = 0; i < 4; i++)
        m |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], x)) << (16 * i);
    return m;
}

static unsigned count_bits(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    return (unsigned)(((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u >> 56);
}

/* Bits of characters that a backslash before them takes the meaning from. *carry: the last block ended in
 * such a backslash. Runs of backslashes are rare enough to be walked. */
static uint64_t escaped_bits(uint64_t backslash, uint64_t *carry)
{
    uint64_t escaped = *carry;
    backslash &= ~*carry;
    *carry = 0;
    while (backslash) {
        uint64_t lowest = backslash & -backslash;
        if (lowest == (uint64_t)1 << 63) {
            *carry = 1;
            break;
        }
        escaped |= lowest << 1;
        backslash &= ~(lowest | lowest << 1);
    }
    return escaped;
}

/* Bits inside strings, the opening quotes included. *carry: all ones when the last block ended in a string. */
static uint64_t string_bits(uint64_t quote, uint64_t *carry)
{
    for (int shift = 1; shift < 64; shift *= 2)
        quote ^= quote << shift;
    quote ^= *carry;
    *carry = (uint64_t)((int64_t)quote >> 63);
    return quote;
}

/* As skip_open(), a block of 64 bytes at a time: only the block in which the depth can reach zero is looked
 * at by byte. */
static const char *skip_container(const char *p, const char *end)
{
    size_t   depth = 0;
    uint64_t in_string = 0, after_backslash = 0;

    for (; end - p >= BLOCK; p += BLOCK) {
        __m128i  v[4], folded[4];
        uint64_t strings, open, close;
        for (int i = 0; i < 4; i++) {
            v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
            folded[i] = _mm_or_si128(v[i], _mm_set1_epi8(0x20)); /* '[' becomes '{', ']' becomes '}' */
        }
        strings = string_bits(equal_mask(v, '"') & ~escaped_bits(equal_mask(v, '\\'), &after_backslash), &in_string);
        open = equal_mask(folded, '{') & ~strings;
        close = equal_mask(folded, '}') & ~strings;
        if (count_bits(close) >= depth && close) { /* the end may be in here */
            while (close) {
                uint64_t bit = close & -close;
                depth += count_bits(open & (bit - 1));
                open &= ~(bit - 1);
                close &= close - 1;
                if (depth-- == 1)
                    return p + __builtin_ctzll(bit) + 1;
            }
        } else {
            depth -= count_bits(close);
        }
        depth += count_bits(open);
    }
    p += after_backslash;
    if (in_string) /* go on behind the string */
        p = skip_string(p - 1, end);
    return p ? skip_open(p, end, depth) : NULL;
}
#else
static const char *skip_container(const char *p, const char *end)
{
    return skip_open(p, end, 0);
}
#endif

size_t fst_skim_value(const char *p, const char *end)
{
    const char *behind = p;

    if (p >= end)
        return 0;
    if (*p == '"')
        behind = skip_string(p, end);
    else if (*p == '{' || *p == '[')
        behind = skip_container(p, end);
    else
        while (behind < end && !strchr(",]} \t\r\n:\"", *behind))
            behind++;
    return behind ? (size_t)(behind - p) : 0;
}

bool fst_skim_begin(struct fst_skim *s, struct fst_view text)
{
    const char *end = text.p + text.n, *p;

    *s = (struct fst_skim){ .at = end, .end = end, .bad = true };
    if (!text.n)
        return false;
    p = skip_space(text.p, end);
    if (p == end || (*p != '{' && *p != '['))
        return false;
    *s = (struct fst_skim){ .at = p + 1, .end = end, .close = *p == '{' ? '}' : ']' };
    return true;
}

static bool break_off(struct fst_skim *s)
{
    s->bad = true;
    s->at = s->end;
    return false;
}

/* The member's name; leaves s->at at its value. */
static bool skim_name(struct fst_skim *s, struct fst_skim_item *item)
{
    const char *behind;

    if (*s->at != '"')
        return false;
    behind = skip_string(s->at, s->end);
    if (!behind)
        return false;
    item->name = fst_view_n(s->at + 1, (size_t)(behind - s->at) - 2);
    s->at = skip_space(behind, s->end);
    if (s->at == s->end || *s->at != ':')
        return false;
    s->at = skip_space(s->at + 1, s->end);
    return s->at < s->end;
}

bool fst_skim_next(struct fst_skim *s, struct fst_skim_item *item)
{
    size_t n;

    if (s->bad || !s->close)
        return false;
    s->at = skip_space(s->at, s->end);
    if (s->at == s->end)
        return break_off(s);
    if (*s->at == s->close) {
        s->close = '\0';
        return false;
    }
    if (*s->at == ',')
        s->at = skip_space(s->at + 1, s->end);
    if (s->at == s->end)
        return break_off(s);
    item->name = (struct fst_view){ 0 };
    if (s->close == '}' && !skim_name(s, item))
        return break_off(s);
    n = fst_skim_value(s->at, s->end);
    if (!n)
        return break_off(s);
    item->value = fst_view_n(s->at, n);
    s->at += n;
    return true;
}

struct fst_view fst_skim_member(struct fst_view object, const char *name, bool *bad)
{
    struct fst_skim      s;
    struct fst_skim_item item;

    if (fst_skim_begin(&s, object))
        while (fst_skim_next(&s, &item))
            if (fst_view_is(item.name, name))
                return item.value;
    *bad |= s.bad;
    return (struct fst_view){ 0 };
}
