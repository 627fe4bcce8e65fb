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

/* A-Z a-z 0-9 - . */
static const uint8_t id_bytes[256] = {
    ['-'] = 1, ['.'] = 1, ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1,
    ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1,
    ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
    ['Y'] = 1, ['Z'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1,
    ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1,
    ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

bool fst_id_is_valid(struct fst_view id)
{
    uint8_t all = id.n != 0 && id.n <= FST_ID_MAX;

    for (size_t i = 0; i < id.n && all; i++)
        all = id_bytes[(uint8_t)id.p[i]];
    return all;
}
