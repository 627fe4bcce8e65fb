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

/* A-Z a-z 0-9 - . — without a branch, so that many are told at once. */
static inline uint8_t is_id_byte(uint8_t c)
{
    uint8_t letter = (uint8_t)((c | 0x20) - 'a') < 26, digit = (uint8_t)(c - '0') < 10;
    return letter | digit | (c == '-') | (c == '.');
}

static uint8_t are_id_bytes(const char *p, size_t n)
{
    uint8_t bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= !is_id_byte((uint8_t)p[i]);
    return !bad;
}

bool fst_id_is_valid(struct fst_view id)
{
    enum { BLOCK = 16 };
    uint8_t all = 1;
    size_t  i = 0;

    if (!id.n || id.n > FST_ID_MAX)
        return false;
    if (id.n < BLOCK)
        return are_id_bytes(id.p, id.n);
    for (; i + BLOCK <= id.n; i += BLOCK)
        all &= are_id_bytes(id.p + i, BLOCK);
    return all & are_id_bytes(id.p + id.n - BLOCK, BLOCK); /* the last ones, some of them again */
}
