/* Slices: which one a value is in, told by tests of what is at the end of paths. */
#include "fhir/primitive.h"
#include "fhir/validate-profile-private.h"

enum { MAX_FOUND = 32 };

uint32_t fst_profile_slices(const struct fst_schema *s, uint32_t point)
{
    uint32_t n = 0;
    for (uint32_t i = s->points[point].slices; i; i = s->points[i].next)
        n += 1 + fst_profile_slices(s, i);
    return n;
}

/* ---- a test */

static bool has_kind(const struct fst_validator *v, const struct fst_test_row *t, fst_def def)
{
    for (uint32_t i = t->at; i < t->at + t->count; i++)
        if (fst_schema_is_a(v->schema, def, v->schema->kinds[i].def))
            return true;
    return false;
}

static bool fits_one(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_path_item *item, const struct fst_test_row *t)
{
    struct fst_frame frame = { .up = o->place.at, .member = o->place.member, .index = o->place.index, .node = item->node };
    if (item->node == FST_NO_NODE || fst_tape_kind(v->tape, item->node) != FST_JSON_OBJECT)
        return false;
    frame.type = &v->schema->types[item->def];
    for (uint32_t i = t->at; i < t->at + t->count; i++)
        if (fst_profile_fits(v, &frame, v->schema->links[i]))
            return true;
    return false;
}

static bool passes(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_path_item *item, const struct fst_test_row *t)
{
    if (item->kind != FST_PATH_NODE)
        return t->kind == FST_TEST_EXISTS && !t->resolved;
    switch ((enum fst_test_kind)t->kind) {
    case FST_TEST_VALUE: return item->node != FST_NO_NODE && fst_profile_matches(v, item->node, t->at, true);
    case FST_TEST_BINDING: return item->node != FST_NO_NODE && fst_profile_is_bound(v, item->def, item->node, v->schema->bindings[t->at].set);
    case FST_TEST_TYPE: return has_kind(v, t, item->def);
    case FST_TEST_PROFILE: return fits_one(v, o, item, t);
    case FST_TEST_EXISTS: return true;
    case FST_TEST_ABSENT: break;
    }
    return false;
}

static struct fst_path_item item_of(const struct fst_occurrence *o)
{
    return (struct fst_path_item){ .kind = FST_PATH_NODE, .def = o->def, .node = o->node, .more = o->more };
}

/* What the path leads to from the value; how many, MAX_FOUND at most. */
static uint32_t find(struct fst_validator *v, const struct fst_occurrence *o, uint32_t path, struct fst_path_item *found)
{
    struct fst_path_eval *e = &v->profile_check->eval;
    if (!path) {
        found[0] = item_of(o);
        return 1;
    }
    const struct fst_path_program *p = fst_profile_program(v, &v->profile_check->paths[path], v->schema->paths[path]);
    if (!p)
        return 0;
    fst_profile_set_scope(v);
    fst_path_run(e, p, item_of(o));
    uint32_t n = e->failed ? 0 : e->count < MAX_FOUND ? e->count : MAX_FOUND;
    if (n)
        memcpy(found, e->items, n * sizeof *found);
    return n;
}

/* ---- references: to contained resources, and to a Bundle's entries */

static struct fst_path_item resource_item(struct fst_validator *v, uint32_t node)
{
    struct fst_path_item none = { .kind = FST_PATH_BOOLEAN }, item = { .kind = FST_PATH_NODE, .node = node, .more = FST_NO_NODE };
    item.def = node == FST_NO_NODE ? FST_NO_DEF : fst_schema_find(v->schema, fst_tape_member_string(v->tape, node, "resourceType", &v->scratch2));
    return item.def == FST_NO_DEF ? none : item;
}

static void resolve(struct fst_validator *v, struct fst_path_item *found, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        bool            is_node = found[i].kind == FST_PATH_NODE && found[i].node != FST_NO_NODE;
        struct fst_view reference = is_node ? fst_tape_member_string(v->tape, found[i].node, "reference", &v->scratch) : (struct fst_view){ 0 };
        found[i] = resource_item(v, reference.n ? fst_reference_resource(v, reference) : FST_NO_NODE);
    }
}

static bool is_met(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_test_row *t)
{
    struct fst_path_item found[MAX_FOUND];
    uint32_t             n = find(v, o, t->path, found);
    if (t->resolved)
        resolve(v, found, n);
    if (t->kind == FST_TEST_ABSENT)
        return !n;
    for (uint32_t i = 0; i < n; i++)
        if (passes(v, o, &found[i], t))
            return true;
    return false;
}

static bool is_in(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_point_row *slice)
{
    for (uint32_t i = 0; i < slice->test_count; i++)
        if (!is_met(v, o, &v->schema->tests[slice->tests + i]))
            return false;
    return slice->test_count;
}

/* ---- sorting in */

static bool is_told_apart(const struct fst_schema *s, uint32_t point)
{
    for (uint32_t i = s->points[point].slices; i; i = s->points[i].next)
        if (!s->points[i].test_count)
            return false;
    return true;
}

/* An extension within one whose profile names those that may be there by relative urls. */
static bool is_strange_part(struct fst_validator *v, const struct fst_occurrence *o)
{
    return v->schema->types[o->def].name.at == v->extension_name.at && o->place.at->type->name.at == v->extension_name.at &&
           !fst_uri_is_absolute(fst_tape_member_string(v->tape, o->node, "url", &v->scratch));
}

static void in_no_slice(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_point_row *p)
{
    uint32_t        node = o->node == FST_NO_NODE ? o->more : o->node;
    struct fst_view name = fst_pool_view(v->schema, p->path);
    if (p->slicing == FST_SLICING_CLOSED)
        fst_error_at(v, o->place, FST_ISSUE_INVALID, "slicing", node, "in none of the slices of %.*s, and the profile allows no other",
                     FST_VIEW_ARGS(name));
    else if (o->node != FST_NO_NODE && is_strange_part(v, o))
        fst_error_at(v, o->place, FST_ISSUE_INVALID, "extension-part", node, "the extension's definition has no part of that url");
}

/* Count the value into the point's slices. `ordinal` numbers all slices, those of slices behind their own. */
static uint32_t sort_in(struct fst_validator *v, const struct fst_occurrence *o, uint32_t point, uint32_t base, uint32_t *ordinal)
{
    uint32_t in = 0;
    for (uint32_t i = v->schema->points[point].slices; i; i = v->schema->points[i].next) {
        uint32_t here = (*ordinal)++, below = fst_profile_slices(v->schema, i), top = v->profile_check->count;
        if (is_in(v, o, &v->schema->points[i])) {
            v->profile_check->counts[base + here]++;
            if (in)
                fst_error_at(v, o->place, FST_ISSUE_INVALID, "slicing", o->node == FST_NO_NODE ? o->more : o->node,
                             "in more than one slice of %.*s", FST_VIEW_ARGS(fst_pool_view(v->schema, v->schema->points[point].path)));
            else
                fst_profile_occurrence(v, o, i);
            v->profile_check->count = top;
            in = here + 1;
            sort_in(v, o, i, base, ordinal);
        } else
            *ordinal += below;
    }
    return in;
}

void fst_profile_slice(struct fst_validator *v, const struct fst_occurrence *o, uint32_t point, uint32_t *last)
{
    const struct fst_point_row *p = &v->schema->points[point];
    uint32_t ordinal = 0, base = v->profile_check->count - fst_profile_slices(v->schema, point), node = o->node == FST_NO_NODE ? o->more : o->node;
    uint32_t in = sort_in(v, o, point, base, &ordinal);
    if (!in && is_told_apart(v->schema, point))
        in_no_slice(v, o, p);
    if (p->slicing == FST_SLICING_AT_END && in && *last == UINT32_MAX)
        fst_warn_at(v, o->place, FST_ISSUE_INVALID, "slicing", node, "values in no slice of %.*s belong behind those in one",
                     FST_VIEW_ARGS(fst_pool_view(v->schema, p->path)));
    else if (p->is_ordered && in && *last != UINT32_MAX && in < *last)
        fst_error_at(v, o->place, FST_ISSUE_INVALID, "slicing", node, "the slices of %.*s are not in their order",
                     FST_VIEW_ARGS(fst_pool_view(v->schema, p->path)));
    *last = in ? in : p->slicing == FST_SLICING_AT_END ? UINT32_MAX : *last;
}
