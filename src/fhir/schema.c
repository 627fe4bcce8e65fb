#include "fhir/schema.h"

#include "fhir/image.h"

fst_def fst_schema_find(const struct fst_schema *s, struct fst_view name)
{
    const struct fst_hash_row *h = &s->hashes[FST_HASH_TYPES];
    uint32_t                   mask = (1u << h->bits) - 1, at = fst_hash_name(name.p, name.n, h->seed, h->bits);
    for (uint16_t i; (i = s->slots[h->at + at]); at = (at + 1) & mask)
        if (fst_view_equal(fst_pool_view(s, s->types[i - 1].name), name))
            return (fst_def)(i - 1);
    return FST_NO_DEF;
}

struct fst_view fst_schema_name(const struct fst_schema *s, fst_def def)
{
    return fst_pool_view(s, s->types[def].name);
}

enum fst_def_kind fst_schema_kind(const struct fst_schema *s, fst_def def)
{
    return (enum fst_def_kind)s->types[def].kind;
}

enum fst_prim fst_schema_prim(const struct fst_schema *s, fst_def def)
{
    return (enum fst_prim)s->types[def].prim;
}

bool fst_schema_is_abstract(const struct fst_schema *s, fst_def def)
{
    return s->types[def].is_abstract;
}

fst_def fst_schema_base(const struct fst_schema *s, fst_def def)
{
    return s->types[def].base;
}

bool fst_schema_is_a(const struct fst_schema *s, fst_def def, fst_def ancestor)
{
    while (def != FST_NO_DEF && def != ancestor)
        def = s->types[def].base;
    return def != FST_NO_DEF;
}

const struct fst_member *fst_schema_member(const struct fst_schema *s, fst_def def, struct fst_view name)
{
    const struct fst_type_row *t = &s->types[def];
    const struct fst_hash_row *h = &t->hash;
    uint32_t                   mask = (1u << h->bits) - 1, at = fst_hash_name(name.p, name.n, h->seed, h->bits);
    for (uint16_t i; (i = s->slots[h->at + at]); at = (at + 1) & mask) {
        const struct fst_member *m = &s->members[t->members + i - 1];
        if (m->name_len == name.n && !memcmp(s->pool + m->name, name.p, name.n))
            return m;
    }
    return NULL;
}

const struct fst_element *fst_schema_elements(const struct fst_schema *s, fst_def def, size_t *count)
{
    *count = s->types[def].element_count;
    return s->elements + s->types[def].elements;
}

const struct fst_element *fst_schema_element(const struct fst_schema *s, fst_def def, struct fst_view name)
{
    const struct fst_type_row *t = &s->types[def];
    for (uint32_t i = t->elements; i < t->elements + t->element_count; i++)
        if (s->elements[i].name_len == name.n && !memcmp(s->pool + s->elements[i].name, name.p, name.n))
            return &s->elements[i];
    return NULL;
}

const struct fst_element *fst_schema_element_of(const struct fst_schema *s, fst_def def, const struct fst_member *m)
{
    return &s->elements[s->types[def].elements + m->element];
}

struct fst_view fst_schema_element_name(const struct fst_schema *s, const struct fst_element *e)
{
    return fst_view_n(s->pool + e->name, e->name_len);
}

struct fst_view fst_schema_member_name(const struct fst_schema *s, const struct fst_member *m)
{
    return fst_view_n(s->pool + m->name, m->name_len);
}
