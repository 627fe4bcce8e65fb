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

bool fst_id_is_valid(struct fst_view id)
{
    if (!id.n || id.n > FST_ID_MAX)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
    }
    return true;
}
