#include "fhir/where.h"

#include "fhir/schema.h"

enum { MAX_DEPTH = 256 };

struct level { /* an object or array that is open */
    bool            is_array;
    uint32_t        index; /* of the element at hand, in an array */
    struct fst_view name;  /* of the member at hand, in an object; p NULL while a name is awaited */
    struct fst_view type;  /* what an object's resourceType says, when it is known already */
};

struct walk {
    const char  *at, *end;
    struct level levels[MAX_DEPTH];
    unsigned     depth; /* may be beyond the levels that are followed */
};

static struct level *top(struct walk *w)
{
    return w->depth && w->depth <= MAX_DEPTH ? &w->levels[w->depth - 1] : NULL;
}

/* Behind the opening quote; to behind the closing one, or the end. */
static struct fst_view take_string(struct walk *w)
{
    const char     *from = w->at;
    struct fst_view v;

    while (w->at < w->end && *w->at != '"')
        w->at += 1 + (*w->at == '\\' && w->at + 1 < w->end);
    v = fst_view_n(from, (size_t)(w->at - from));
    w->at += w->at < w->end;
    return v;
}

static void take_text(struct walk *w)
{
    struct fst_view v = take_string(w);
    struct level   *l = top(w);

    if (!l || l->is_array)
        return;
    if (!l->name.p)
        l->name = v;
    else if (fst_view_is(l->name, "resourceType") && !l->type.n)
        l->type = v;
}

static void take_comma(struct level *l)
{
    if (l->is_array)
        l->index++;
    else
        l->name = (struct fst_view){ 0 };
}

static void follow(struct walk *w)
{
    while (w->at < w->end) {
        char c = *w->at++;
        if (c == '"')
            take_text(w);
        else if ((c == '{' || c == '[') && w->depth++ < MAX_DEPTH)
            *top(w) = (struct level){ .is_array = c == '[' };
        else if ((c == '}' || c == ']') && w->depth)
            w->depth--;
        else if (c == ',' && top(w))
            take_comma(top(w));
    }
}

/* The type of the object at level `i`, of which its member says `def`. */
static fst_def type_of(const struct walk *w, const struct fst_schema *schema, unsigned i, fst_def def)
{
    bool is_resource = def == FST_NO_DEF || fst_schema_kind(schema, def) == FST_DEF_RESOURCE;
    return is_resource ? fst_schema_find(schema, w->levels[i].type) : def;
}

void fst_where(struct fst_buf *out, struct fst_view text, uint64_t offset)
{
    const struct fst_schema *schema = fst_schema_r4();
    struct walk              w = { .at = text.p, .end = text.p + (offset < text.n ? (size_t)offset : text.n) };
    fst_def                  def = FST_NO_DEF;

    follow(&w);
    for (unsigned i = 0; i < w.depth && i < MAX_DEPTH; i++) {
        const struct level      *l = &w.levels[i], *array = i + 1 < w.depth && i + 1 < MAX_DEPTH && l[1].is_array ? l + 1 : NULL;
        const struct fst_member *m;
        def = l->is_array ? FST_NO_DEF : type_of(&w, schema, i, def);
        if (def == FST_NO_DEF)
            return;
        if (!i)
            fst_buf_add_view(out, fst_schema_name(schema, def));
        m = l->name.n ? fst_schema_member(schema, def, l->name) : NULL;
        if (!m)
            return;
        fst_buf_addf(out, ".%.*s", FST_VIEW_ARGS(fst_schema_element_name(schema, fst_schema_element_of(schema, def, m))));
        if (array)
            fst_buf_addf(out, "[%u]", (unsigned)array->index);
        if (m->flags & FST_MEMBER_CHOICE)
            fst_buf_addf(out, ".ofType(%.*s)", FST_VIEW_ARGS(fst_schema_name(schema, m->def)));
        def = m->def;
        i += array != NULL;
    }
}
