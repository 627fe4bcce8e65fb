#include "json/utf8.h"

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

size_t fst_utf8_sequence(const char *p, size_t n)
{
    unsigned char a, b;
    if (!n)
        return 0;
    a = (unsigned char)p[0];
    if (a < 0x80)
        return 1;
    if (n < 2 || a < 0xC2 || a > 0xF4 || !is_tail(p[1]))
        return 0;
    b = (unsigned char)p[1];
    if (a < 0xE0)
        return 2;
    if ((a == 0xE0 && b < 0xA0) || (a == 0xED && b > 0x9F) || (a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F))
        return 0;
    if (n < 3 || !is_tail(p[2]))
        return 0;
    if (a < 0xF0)
        return 3;
    return n >= 4 && is_tail(p[3]) ? 4 : 0;
}

size_t fst_utf8_valid_prefix(struct fst_view v)
{
    size_t at = 0;
    while (at < v.n) {
        uint64_t word;
        size_t   n;
        while (at + sizeof word <= v.n) {
            memcpy(&word, v.p + at, sizeof word);
            if (word & UINT64_C(0x8080808080808080))
                break;
            at += sizeof word;
        }
        if (at == v.n)
            break;
        n = fst_utf8_sequence(v.p + at, v.n - at);
        if (!n)
            return at;
        at += n;
    }
    return at;
}

size_t fst_utf8_count(struct fst_view v)
{
    size_t count = 0;
    for (size_t i = 0; i < v.n; i++)
        count += !is_tail(v.p[i]);
    return count;
}
