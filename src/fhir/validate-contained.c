/* Contained resources: each has an id of its own, and is referred to from without or refers to the container (dom-3). */
#include <stdlib.h>

#include "fhir/validate-private.h"

enum { MAX_CONTAINED = 1000, MAX_STEPS = 1000000 };

/* ---- what is referred to by "#id" */

static void add_node(struct fst_validator *v, struct fst_node_list *list, uint32_t node)
{
    if (list->count == list->cap) {
        uint32_t  cap = list->cap ? list->cap * 2 : 64;
        uint32_t *grown = realloc(list->nodes, cap * sizeof *grown);
        if (!grown) {
            v->out_of_memory = true;
            return;
        }
        list->nodes = grown;
        list->cap = cap;
    }
    list->nodes[list->count++] = node;
}

void fst_validate_note_link(struct fst_validator *v, uint32_t node)
{
    fst_beyond(v);
    add_node(v, &v->links, node);
}

/* ---- ids of elements */

static void drop_ids(struct fst_validator *v, uint32_t within)
{
    while (v->ids.count && v->ids.nodes[v->ids.count - 1] > within)
        v->ids.count--;
}

void fst_rule_snapshot(struct fst_validator *v, const struct fst_frame *at)
{
    drop_ids(v, at->node); /* a differential's elements have the same ids */
}

void fst_validate_element_id(struct fst_validator *v, const struct fst_frame *at)
{
    const struct fst_frame *around = at;
    struct fst_view         id = fst_tape_raw(v->tape, at->values[0]);

    if (at->type->kind == FST_DEF_RESOURCE || !id.n)
        return;
    fst_beyond(v);
    while (around->up && around->type->kind != FST_DEF_RESOURCE && v->type_rules[around->type - v->schema->types].check != fst_rule_snapshot)
        around = around->up;
    for (uint32_t i = v->ids.count; i && v->ids.nodes[i - 1] > around->node && ++v->steps < MAX_STEPS; i--)
        if (fst_view_equal(fst_tape_raw(v->tape, v->ids.nodes[i - 1]), id)) {
            fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "element-id", at->values[0], "another element of this resource has the same id");
            return;
        }
    add_node(v, &v->ids, at->values[0]);
}

/* ---- contained resources */

/* The contained resources of one, while they are judged. */
struct contained {
    struct fst_validator   *v;
    const struct fst_frame *at;
    uint32_t                array, count;
    uint32_t                nodes[MAX_CONTAINED];
    bool                    reached[MAX_CONTAINED];
    unsigned                steps;
};

static struct fst_view id_of(struct contained *c, uint32_t i, struct fst_buf *scratch)
{
    return fst_tape_member_string(c->v->tape, c->nodes[i], "id", scratch);
}

/* Which of them a node stands in, or `count`. */
static uint32_t owner(const struct contained *c, uint32_t node)
{
    uint32_t i = 0;

    if (node < c->array || node >= c->v->tape->nodes[c->array].next)
        return c->count;
    while (i + 1 < c->count && node >= c->nodes[i + 1])
        i++;
    return i;
}

static void reach(struct contained *c, struct fst_view id, bool *more)
{
    for (uint32_t i = 0; i < c->count && c->steps < MAX_STEPS; i++, c->steps++)
        if (!c->reached[i] && fst_view_equal(id_of(c, i, &c->v->scratch2), id))
            c->reached[i] = *more = true;
}

/* Is "#id" in quotes in a narrative? */
static bool narrative_links_to(struct fst_view div, struct fst_view id)
{
    const char *at = div.p, *end = div.p + div.n;

    while (id.n && at && (at = memchr(at, '#', (size_t)(end - at)))) {
        at++;
        if ((size_t)(end - at) > id.n && !memcmp(at, id.p, id.n) && (at[id.n] == '"' || at[id.n] == '\'') && at - div.p > 1 &&
            (at[-2] == '"' || at[-2] == '\''))
            return true;
    }
    return false;
}

static void follow_narrative(struct contained *c, struct fst_view div, bool *more)
{
    for (uint32_t i = 0; i < c->count && c->steps < MAX_STEPS; i++, c->steps++)
        if (!c->reached[i] && narrative_links_to(div, id_of(c, i, &c->v->scratch2)))
            c->reached[i] = *more = true;
}

static void follow_links(struct contained *c, uint32_t first_link)
{
    bool more = true;

    memset(c->reached, 0, c->count * sizeof *c->reached);
    while (more && c->steps < MAX_STEPS) {
        more = false;
        for (uint32_t i = first_link; i < c->v->links.count; i++) {
            uint32_t        node = c->v->links.nodes[i], from = owner(c, node);
            struct fst_view link = fst_tape_string(c->v->tape, node, &c->v->scratch), id = fst_view_from(link, 1);
            if (link.n && link.p[0] != '#')
                follow_narrative(c, link, &more);
            else if (!id.n && from < c->count && !c->reached[from])
                c->reached[from] = more = true;
            else if (id.n && (from == c->count || c->reached[from]))
                reach(c, id, &more);
        }
    }
}

/* ---- judging */

static struct fst_place place_of(struct contained *c, uint32_t i)
{
    static const struct fst_view name = FST_VIEW("contained");
    return (struct fst_place){ c->at, fst_schema_member(c->v->schema, (fst_def)(c->at->type - c->v->schema->types), name), (int32_t)i };
}

static void check_ids(struct contained *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        struct fst_view id = id_of(c, i, &c->v->scratch);
        if (!id.n)
            fst_error_at(c->v, place_of(c, i), FST_ISSUE_REQUIRED, "contained-id", c->nodes[i], "a contained resource needs an id");
        for (uint32_t other = 0; id.n && other < i; other++)
            if (fst_view_equal(id_of(c, other, &c->v->scratch2), id)) {
                fst_error_at(c->v, place_of(c, i), FST_ISSUE_DUPLICATE, "contained-id", c->nodes[i],
                             "another contained resource has the same id");
                break;
            }
    }
}

void fst_validate_contained(struct fst_validator *v, const struct fst_frame *at, uint32_t first_link)
{
    bool             may_be = at->seen >> v->known[FST_KNOWN_RESOURCE_CONTAINED] & 1; /* the resources without have another there */
    uint32_t         array = may_be ? fst_tape_member(v->tape, at->node, "contained") : FST_NO_NODE;
    struct contained c;

    if (array == FST_NO_NODE || fst_tape_kind(v->tape, array) != FST_JSON_ARRAY || fst_node_count(&v->tape->nodes[array]) > MAX_CONTAINED)
        return;
    c.v = v;
    c.at = at;
    c.array = array;
    c.count = c.steps = 0;
    FST_EACH_ELEMENT(v->tape, array, item)
        c.nodes[c.count++] = item;
    check_ids(&c);
    follow_links(&c, first_link);
    for (uint32_t i = 0; i < c.count && c.steps < MAX_STEPS; i++)
        if (!c.reached[i] && fst_tape_kind(v->tape, c.nodes[i]) == FST_JSON_OBJECT)
            fst_error_at(v, place_of(&c, i), FST_ISSUE_INVARIANT, "dom-3", c.nodes[i],
                         "nothing refers to this contained resource, and it does not refer to the resource that it is in");
}
