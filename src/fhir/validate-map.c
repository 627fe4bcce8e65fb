/* Structure maps: sources and targets name variables that are there, and elements that the types of a group's inputs have. */
#include "fhir/validate-private.h"

enum { MAX_VARIABLES = 128 };

struct variable {
    struct fst_view name;
    fst_def         def; /* FST_NO_DEF: not known */
    bool            is_target;
};

struct scope {
    struct fst_validator *v;
    struct variable       variables[MAX_VARIABLES];
    unsigned              count;
    bool                  overflow; /* more than are kept: no name is refused */
};

/* Names are identifiers; one with an escape is none, and is not looked at. */
static struct fst_view raw_of(const struct fst_validator *v, uint32_t object, const char *name)
{
    uint32_t node = fst_tape_kind(v->tape, object) == FST_JSON_OBJECT ? fst_tape_member(v->tape, object, name) : FST_NO_NODE;
    return node != FST_NO_NODE && fst_tape_kind(v->tape, node) == FST_JSON_STRING ? fst_tape_raw(v->tape, node) : (struct fst_view){ 0 };
}

static uint32_t array_of(const struct fst_validator *v, uint32_t object, const char *name)
{
    uint32_t array = fst_tape_kind(v->tape, object) == FST_JSON_OBJECT ? fst_tape_member(v->tape, object, name) : FST_NO_NODE;
    return array != FST_NO_NODE && fst_tape_kind(v->tape, array) == FST_JSON_ARRAY ? array : FST_NO_NODE;
}

static void define(struct scope *s, struct fst_view name, fst_def def, bool is_target)
{
    if (!name.n)
        return;
    if (s->count == MAX_VARIABLES)
        s->overflow = true;
    else
        s->variables[s->count++] = (struct variable){ name, def, is_target };
}

static const struct variable *find(const struct scope *s, struct fst_view name, bool is_target)
{
    for (unsigned i = s->count; i-- > 0;)
        if (s->variables[i].is_target == is_target && fst_view_equal(s->variables[i].name, name))
            return &s->variables[i];
    return NULL;
}

static void check_use(struct scope *s, const struct fst_frame *at, uint32_t node, bool is_target)
{
    struct fst_view        context = raw_of(s->v, node, "context"), element = raw_of(s->v, node, "element");
    const struct variable *found = find(s, context, is_target);
    const char            *kind = is_target ? "target" : "source";

    if (!context.n || s->overflow)
        return;
    if (!found)
        fst_error_at(s->v, fst_place_of(at), FST_ISSUE_INVALID, "map-context", node, "%.*s is no %s variable here",
                     FST_VIEW_ARGS(fst_shown(s->v, context)), kind);
    else if (found->def != FST_NO_DEF && element.n && !fst_schema_element(s->v->schema, found->def, element))
        fst_error_at(s->v, fst_place_of(at), FST_ISSUE_INVALID, "map-path", node, "%.*s has no element %.*s",
                     FST_VIEW_ARGS(fst_schema_name(s->v->schema, found->def)), FST_VIEW_ARGS(fst_shown(s->v, element)));
}

/* The variables that are there for a rule: the group's inputs, and what rules above it and its own sources and targets have defined. */
static void gather(struct scope *s, const struct fst_frame *rule)
{
    static const char *const lists[] = { "source", "target" };

    if (fst_view_is(fst_pool_view(s->v->schema, rule->type->name), "StructureMap.group")) {
        uint32_t inputs = array_of(s->v, rule->node, "input");
        if (inputs == FST_NO_NODE)
            return;
        FST_EACH_ELEMENT(s->v->tape, inputs, input)
            define(s, raw_of(s->v, input, "name"), fst_schema_find(s->v->schema, raw_of(s->v, input, "type")),
                   fst_view_is(raw_of(s->v, input, "mode"), "target"));
        return;
    }
    if (rule->up)
        gather(s, rule->up);
    for (unsigned k = 0; k < FST_COUNT(lists); k++) {
        uint32_t list = array_of(s->v, rule->node, lists[k]);
        if (list != FST_NO_NODE)
            FST_EACH_ELEMENT(s->v->tape, list, item)
                define(s, raw_of(s->v, item, "variable"), FST_NO_DEF, k == 1);
    }
}

static void check(struct fst_validator *v, const struct fst_frame *at, bool is_target)
{
    struct scope s = { .v = v };

    if (!at->up)
        return;
    gather(&s, at->up);
    check_use(&s, at, at->node, is_target);
}

void fst_rule_map_rule_source(struct fst_validator *v, const struct fst_frame *at)
{
    check(v, at, false);
}

void fst_rule_map_rule_target(struct fst_validator *v, const struct fst_frame *at)
{
    check(v, at, true);
}
