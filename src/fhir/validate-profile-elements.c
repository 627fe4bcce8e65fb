/* The elements of an object against those of a profile: how often each is there, and which slice a value is in. */
#include <stdlib.h>

#include "fhir/primitive.h"
#include "fhir/validate-profile-private.h"

/* ---- the values of an element, one after another, a primitive's value and its extensions together */

struct values {
    struct fst_validator       *v;
    const struct fst_frame     *at;
    const struct fst_point_row *point;
    uint32_t                    name;        /* the member to look at next */
    const struct fst_member    *m;           /* whose array is being walked; NULL: none */
    uint32_t                    item, more;  /* in its array and its twin's; FST_NO_NODE: at the end */
    uint32_t                    array, twin;
    int32_t                     index;
};

static struct fst_view name_of(struct fst_validator *v, uint32_t name)
{
    return fst_node_flags(&v->tape->nodes[name]) & FST_JSON_ESCAPED ? fst_tape_string(v->tape, name, &v->scratch) : fst_tape_raw(v->tape, name);
}

static uint32_t twin_of(struct fst_validator *v, const struct fst_frame *at, const struct fst_member *m)
{
    if (m->twin == FST_NONE)
        return FST_NO_NODE;
    struct fst_view twin = fst_schema_member_name(v->schema, &v->schema->members[at->type->members + m->twin]);
    FST_EACH_MEMBER(v->tape, at->node, name)
        if (fst_view_equal(name_of(v, name), twin))
            return name + 1;
    return FST_NO_NODE;
}

/* The element's member of that name; an "_name" counts only when "name" is not there. */
static const struct fst_member *member_at(struct values *w, uint32_t name)
{
    struct fst_view          text = name_of(w->v, name), element = fst_pool_view(w->v->schema, w->point->name);
    size_t                   skip = text.n && text.p[0] == '_';
    const struct fst_member *m;
    if (text.n < element.n + skip || memcmp(text.p + skip, element.p, element.n))
        return NULL;
    m = fst_schema_member(w->v->schema, (fst_def)(w->at->type - w->v->schema->types), text);
    if (!m || w->v->schema->elements[w->at->type->elements + m->element].name != w->point->name.at)
        return NULL;
    return skip && twin_of(w->v, w->at, m) != FST_NO_NODE ? NULL : m;
}

static uint32_t first_of(const struct fst_tape *t, uint32_t array)
{
    return array != FST_NO_NODE && fst_tape_kind(t, array) == FST_JSON_ARRAY ? fst_tape_first(t, array) : FST_NO_NODE;
}

static uint32_t next_of(const struct fst_tape *t, uint32_t array, uint32_t item)
{
    return item == FST_NO_NODE ? item : fst_tape_sibling(t, array, item);
}

static uint32_t unless_null(const struct fst_tape *t, uint32_t node)
{
    return node != FST_NO_NODE && fst_tape_kind(t, node) == FST_JSON_NULL ? FST_NO_NODE : node;
}

/* The type of what a member of any resource holds. */
static fst_def def_of(struct fst_validator *v, const struct fst_member *m, uint32_t node)
{
    fst_def def = m->def;
    if (m->flags & FST_MEMBER_RESOURCE && node != FST_NO_NODE)
        def = fst_schema_find(v->schema, fst_tape_member_string(v->tape, node, "resourceType", &v->scratch));
    return def;
}

/* False: that is none. */
static bool make(struct values *w, uint32_t node, uint32_t more, int32_t index, struct fst_occurrence *o)
{
    const struct fst_tape *t = w->v->tape;
    bool                   is_primitive = w->m->flags & FST_MEMBER_PRIMITIVE;
    *o = (struct fst_occurrence){ { w->at, w->m, index }, def_of(w->v, w->m, node), unless_null(t, node), unless_null(t, more) };
    if (o->node != FST_NO_NODE && (fst_tape_kind(t, o->node) == FST_JSON_OBJECT) == is_primitive)
        o->node = FST_NO_NODE; /* the structure is wrong, which is told already */
    return o->def != FST_NO_DEF && (o->node != FST_NO_NODE || o->more != FST_NO_NODE);
}

/* Go on to the member's array, or its only value: true when there is one. */
static bool enter(struct values *w, const struct fst_member *m, uint32_t value, struct fst_occurrence *o)
{
    bool extensions_alone = m->flags & FST_MEMBER_UNDERSCORE;
    w->m = extensions_alone ? &w->v->schema->members[w->at->type->members + m->twin] : m;
    w->array = extensions_alone ? FST_NO_NODE : value;
    w->twin = extensions_alone ? value : twin_of(w->v, w->at, m);
    w->index = 0;
    if (w->m->flags & FST_MEMBER_ARRAY) {
        w->item = first_of(w->v->tape, w->array);
        w->more = first_of(w->v->tape, w->twin);
        return false;
    }
    bool is_one = make(w, w->array, w->twin, -1, o);
    w->m = NULL;
    return is_one;
}

static bool next(struct values *w, struct fst_occurrence *o)
{
    const struct fst_tape *t = w->v->tape;
    for (;;) {
        while (w->m) {
            uint32_t item = w->item, more = w->more;
            if (item == FST_NO_NODE && more == FST_NO_NODE) {
                w->m = NULL;
                break;
            }
            w->item = next_of(t, w->array, item);
            w->more = next_of(t, w->twin, more);
            if (make(w, item, more, w->index++, o))
                return true;
        }
        if (w->name >= t->nodes[w->at->node].next)
            return false;
        uint32_t                 name = w->name;
        const struct fst_member *m = member_at(w, name);
        w->name = t->nodes[name + 1].next;
        if (m && enter(w, m, name + 1, o))
            return true;
    }
}

static void begin(struct values *w, struct fst_validator *v, const struct fst_frame *at, const struct fst_point_row *point)
{
    *w = (struct values){ .v = v, .at = at, .point = point, .name = at->node + 1 };
}

/* ---- how often */

static void wrong_count(struct fst_validator *v, const struct fst_frame *at, const struct fst_point_row *p, uint32_t count, bool is_slice)
{
    struct fst_view name = fst_pool_view(v->schema, p->path);
    if (count < p->min)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_REQUIRED, is_slice ? "slice-min" : "min", at->node,
                     "%u of %.*s: the profile asks for at least %u", count, FST_VIEW_ARGS(name), p->min);
    if (count > p->max)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, is_slice ? "slice-max" : "max", at->node,
                     "%u of %.*s: the profile allows at most %u", count, FST_VIEW_ARGS(name), p->max);
}

static void check_slice_counts(struct fst_validator *v, const struct fst_frame *at, uint32_t point, const uint32_t **counts)
{
    for (uint32_t s = v->schema->points[point].slices; s; s = v->schema->points[s].next) {
        const struct fst_point_row *p = &v->schema->points[s];
        uint32_t                    count = *(*counts)++;
        if (p->test_count)
            wrong_count(v, at, p, count, true);
        check_slice_counts(v, at, s, counts);
    }
}

/* Room for the counts of n slices, all 0: their place in the stack. */
static bool push_counts(struct fst_validator *v, uint32_t n)
{
    struct fst_profile_check *x = v->profile_check;
    if (x->count + n > x->cap) {
        uint32_t  cap = (x->count + n) * 2 + 64;
        uint32_t *grown = realloc(x->counts, cap * sizeof *grown);
        if (!grown) {
            v->out_of_memory = true;
            return false;
        }
        x->counts = grown;
        x->cap = cap;
    }
    if (n)
        memset(x->counts + x->count, 0, n * sizeof *x->counts);
    x->count += n;
    return true;
}

static void check_child(struct fst_validator *v, const struct fst_frame *at, uint32_t point)
{
    const struct fst_point_row *p = &v->schema->points[point];
    uint32_t                    slices = fst_profile_slices(v->schema, point), base = v->profile_check->count, count = 0, last = 0;
    struct fst_occurrence       o;
    struct values               w;
    if (!push_counts(v, slices))
        return;
    begin(&w, v, at, p);
    while (next(&w, &o)) {
        count++;
        fst_profile_occurrence(v, &o, point);
        v->profile_check->count = base + slices; /* the top of the stack is this element's again */
        if (slices)
            fst_profile_slice(v, &o, point, &last);
    }
    wrong_count(v, at, p, count, false);
    if (slices) {
        const uint32_t *counts = v->profile_check->counts + base;
        check_slice_counts(v, at, point, &counts);
    }
    v->profile_check->count = base;
}

void fst_profile_children(struct fst_validator *v, const struct fst_frame *at, uint32_t point)
{
    const struct fst_point_row *p = &v->schema->points[point];
    uint32_t                    child = p->children || !p->same ? p->children : v->schema->points[p->same].children;
    if (fst_tape_kind(v->tape, at->node) != FST_JSON_OBJECT)
        return;
    for (; child && fst_profile_step(v); child = v->schema->points[child].next)
        check_child(v, at, child);
}
