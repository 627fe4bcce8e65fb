#include "fhir/types.h"

static const struct {
    struct fst_view       name;
    enum fst_type_support support;
} types[] = {
#define FST_TYPE(name, support) { FST_VIEW(#name), FST_TYPE_##support },
#include "fhir/types.def"
#undef FST_TYPE
};

static int compare(struct fst_view a, struct fst_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int    c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

fst_type fst_type_find(struct fst_view name)
{
    size_t low = 0, high = FST_COUNT(types);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int    c = compare(name, types[middle].name);
        if (!c)
            return (fst_type)middle;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return FST_NO_TYPE;
}

const char *fst_type_name(fst_type type)
{
    return types[type].name.p;
}

enum fst_type_support fst_type_support(fst_type type)
{
    return types[type].support;
}

/* ---- ids, eight bytes at a time */

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/* The top bit of each byte, all below 0x80, that is in the range. */
static uint64_t in_range(uint64_t w, uint8_t first, uint8_t last)
{
    return (w + EACH(0x80 - first)) & ~(w + EACH(0x7F - last));
}

/* The top bit of each byte that is none of A-Z a-z 0-9 - . */
static uint64_t none_of_id(const char *p)
{
    uint64_t w, ascii, letters, others;

    memcpy(&w, p, sizeof w);
    ascii = w & EACH(0x7F);
    letters = in_range(ascii | EACH(0x20), 'a', 'z');
    others = in_range(ascii, '-', '9') & ((ascii ^ EACH('/')) + EACH(0x7F));
    return (w | ~(letters | others)) & EACH(0x80);
}

bool fst_id_is_valid(struct fst_view id)
{
    enum { WORD = 8 };
    uint64_t bad = 0;
    size_t   i = 0;

    if (!id.n || id.n > FST_ID_MAX)
        return false;
    if (id.n < WORD) {
        char word[WORD] = { '0', '0', '0', '0', '0', '0', '0', '0' };
        memcpy(word, id.p, id.n);
        return !none_of_id(word);
    }
    for (; i + WORD <= id.n; i += WORD)
        bad |= none_of_id(id.p + i);
    return !(bad | none_of_id(id.p + id.n - WORD)); /* the last ones, some of them again */
}
