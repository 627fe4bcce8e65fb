#include "prepare/value.h"

static const struct { const char *name, *text; } skips[] = {
#define FST_SKIP_ROW(id, name, text) { name, text },
    FST_SKIPS(FST_SKIP_ROW)
#undef FST_SKIP_ROW
};

const char *fst_skip_name(enum fst_skip skip)
{
    return skips[skip].name;
}

const char *fst_skip_text(enum fst_skip skip)
{
    return skips[skip].text;
}

static struct fst_view trim(struct fst_view v)
{
    while (v.n && v.p[0] == ' ')
        v = fst_view_from(v, 1);
    while (v.n && v.p[v.n - 1] == ' ')
        v.n--;
    return v;
}

enum fst_status fst_selection_init(struct fst_selection *s, const char *types, bool stage_unsupported,
                                   struct fst_error *err)
{
    struct fst_view rest = fst_view_of(types);

    *s = (struct fst_selection){ .stage_unsupported = stage_unsupported };
    if (!types) {
        memset(s->wanted, true, sizeof s->wanted);
        return FST_OK;
    }
    for (;;) {
        const char     *comma = rest.n ? memchr(rest.p, ',', rest.n) : NULL;
        struct fst_view name = trim(comma ? fst_view_n(rest.p, (size_t)(comma - rest.p)) : rest);
        fst_type        type = fst_type_find(name);
        if (type == FST_NO_TYPE) {
            fst_fail(err, FST_EUSAGE, "--types: '%.*s' is no resource type of FHIR R4", FST_VIEW_ARGS(name));
            fst_error_hint(err, "give names such as Patient,Observation: upper and lower case count");
            return FST_EUSAGE;
        }
        s->wanted[type] = true;
        if (!comma)
            return FST_OK;
        rest = fst_view_from(rest, (size_t)(comma - rest.p) + 1);
    }
}

/* A GET, HEAD or DELETE carries nothing to keep; a PATCH carries a change, not a resource. */
static bool is_write(struct fst_view method)
{
    return !method.n || fst_view_is(method, "POST") || fst_view_is(method, "PUT");
}

enum fst_skip fst_value_skip(const struct fst_selection *s, const struct fst_facts *f, bool is_entry)
{
    fst_type type = fst_type_find(f->text[FST_FACT_TYPE]);

    if (is_entry && !is_write(f->text[FST_FACT_METHOD]))
        return FST_SKIP_NOT_A_WRITE;
    if (is_entry && !f->resource.n)
        return FST_SKIP_NO_RESOURCE;
    if (type == FST_NO_TYPE)
        return FST_SKIP_COUNT;
    if (!s->wanted[type])
        return FST_SKIP_TYPE_NOT_ASKED;
    if (!s->stage_unsupported && fst_type_support(type) != FST_TYPE_IMPORTED)
        return FST_SKIP_UNSUPPORTED_TYPE;
    return FST_SKIP_COUNT;
}
