/* Invariants: the rules that R4 states in FHIRPath, each compiled when it is first met. */
#include <stdlib.h>

#include "fhir/fhirpath.h"
#include "fhir/validate-private.h"

enum rule_state { RULE_NEW, RULE_ALWAYS, RULE_WHEN_SEEN, RULE_NEVER };

struct rule { /* a row of the schema's, made ready */
    const struct fst_path_program *program;
    const char                    *key;
    uint64_t                       elements; /* RULE_WHEN_SEEN: true unless one of these is there */
    uint8_t                        state;
};

struct fst_invariants {
    struct fst_arena     arena;
    struct rule         *rules; /* one a row */
    struct fst_path_eval eval;
};

enum fst_status fst_invariants_new(struct fst_invariants **out, const struct fst_schema *schema)
{
    struct fst_invariants *x = *out = calloc(1, sizeof *x);

    if (!x)
        return FST_ENOMEM;
    fst_arena_init(&x->arena, 0);
    fst_path_eval_init(&x->eval, schema);
    x->rules = calloc(schema->rules_count + 1, sizeof *x->rules);
    if (x->rules)
        return FST_OK;
    fst_invariants_free(x);
    *out = NULL;
    return FST_ENOMEM;
}

void fst_invariants_free(struct fst_invariants *x)
{
    if (!x)
        return;
    fst_path_eval_clear(&x->eval);
    fst_arena_clear(&x->arena);
    free(x->rules);
    free(x);
}

/* ---- making ready */

struct masking {
    const struct fst_schema *schema;
    fst_def                  def;
    uint64_t                 elements;
};

static void mask_name(void *ctx, struct fst_view name)
{
    struct masking           *m = ctx;
    const struct fst_element *e = fst_schema_element(m->schema, m->def, name);
    if (e)
        m->elements |= (uint64_t)1 << e->index;
}

/* Said already: that nothing is empty where the structure is checked, extensions by their type's rule in C, contained resources
 * where it is known which is meant. */
static bool is_told_elsewhere(struct fst_view key)
{
    return fst_view_is(key, "ele-1") || fst_view_is(key, "ext-1") || fst_view_is(key, "dom-3");
}

/* An object with nothing in it: if the rule holds there, it holds wherever none of its elements are. */
static bool holds_of_nothing(struct fst_invariants *x, const struct rule *r, fst_def def)
{
    struct fst_tape       nothing = { 0 };
    const struct fst_tape *tape = x->eval.tape;
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    struct fst_path_item  item = { .kind = FST_PATH_NODE, .def = def, .node = 0, .more = FST_NO_NODE };
    bool                  holds;

    if (fst_json_parse(&nothing, (struct fst_view)FST_VIEW("{}"), &opts, &jerr))
        return false;
    x->eval.tape = &nothing;
    x->eval.resource = x->eval.root_resource = item;
    holds = fst_path_is_true(&x->eval, r->program, item) == FST_PATH_TRUE;
    x->eval.tape = tape;
    fst_tape_clear(&nothing);
    return holds;
}

static void make_ready(struct fst_validator *v, struct rule *r, const struct fst_rule_row *row, fst_def def)
{
    struct fst_invariants *x = v->invariants;
    struct masking         m = { v->schema, def, 0 };
    const char            *why;

    r->state = RULE_NEVER;
    r->key = fst_pool_view(v->schema, row->key).p;
    if (is_told_elsewhere(fst_pool_view(v->schema, row->key)))
        return;
    r->program = fst_path_compile(&x->arena, fst_pool_view(v->schema, row->expression), &why);
    if (!r->program)
        return;
    r->state = RULE_ALWAYS;
    if (!r->program->local || row->on_element)
        return;
    fst_path_names(r->program, mask_name, &m);
    r->elements = m.elements;
    if (holds_of_nothing(x, r, def))
        r->state = RULE_WHEN_SEEN;
}

/* ---- running */

static struct fst_path_item item_of(const struct fst_validator *v, const struct fst_frame *at)
{
    return (struct fst_path_item){ .kind = FST_PATH_NODE, .def = (fst_def)(at->type - v->schema->types), .node = at->node, .more = FST_NO_NODE };
}

/* %resource is the resource that the element is in, %rootResource the one that that is contained in. */
static void set_resources(struct fst_validator *v)
{
    const struct fst_resource_scope *scope = v->scope;

    v->invariants->eval.tape = v->tape;
    v->invariants->eval.resource = item_of(v, scope->frame);
    while (scope->is_contained && scope->up)
        scope = scope->up;
    v->invariants->eval.root_resource = item_of(v, scope->frame);
}

static void tell(struct fst_validator *v, struct fst_place place, uint32_t node, const struct rule *r, const struct fst_rule_row *row)
{
    struct fst_view human = fst_pool_view(v->schema, row->human);
    fst_report(v, place, row->severity == FST_RULE_ERROR ? FST_SEVERITY_ERROR : FST_SEVERITY_WARNING, FST_ISSUE_INVARIANT, r->key, node,
               "%.*s", FST_VIEW_ARGS(human));
}

/* A rule about an element of the type: of each of its values. */
static void run_on_element(struct fst_validator *v, const struct fst_frame *at, const struct rule *r, const struct fst_rule_row *row)
{
    uint32_t                 value = at->valued >> row->element & 1 ? at->values[row->element] : FST_NO_NODE;
    struct fst_view          name;
    const struct fst_member *m;
    int32_t                  i = 0;

    if (value == FST_NO_NODE)
        return;
    name = fst_tape_raw(v->tape, value - 1);
    m = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name);
    if (!m)
        return;
    set_resources(v);
    if (fst_tape_kind(v->tape, value) != FST_JSON_ARRAY) {
        if (fst_path_is_true(&v->invariants->eval, r->program, (struct fst_path_item){ .kind = FST_PATH_NODE, .def = m->def, .node = value, .more = FST_NO_NODE }) == FST_PATH_FALSE)
            tell(v, (struct fst_place){ at, m, -1 }, value, r, row);
        return;
    }
    FST_EACH_ELEMENT(v->tape, value, item) {
        if (fst_tape_kind(v->tape, item) != FST_JSON_NULL &&
            fst_path_is_true(&v->invariants->eval, r->program, (struct fst_path_item){ .kind = FST_PATH_NODE, .def = m->def, .node = item, .more = FST_NO_NODE }) == FST_PATH_FALSE)
            tell(v, (struct fst_place){ at, m, i }, item, r, row);
        i++;
    }
}

void fst_validate_invariants(struct fst_validator *v, const struct fst_frame *at)
{
    for (uint32_t i = at->type->rules; i < at->type->rules + at->type->rule_count; i++) {
        const struct fst_rule_row *row = &v->schema->rules[i];
        struct rule               *r = &v->invariants->rules[i];

        if (r->state == RULE_NEW)
            make_ready(v, r, row, (fst_def)(at->type - v->schema->types));
        if (r->state == RULE_NEVER || (r->state == RULE_WHEN_SEEN && !(at->seen & r->elements)) ||
            (row->severity == FST_RULE_WARNING && v->opts.no_warnings))
            continue;
        if (row->on_element) {
            run_on_element(v, at, r, row);
            continue;
        }
        set_resources(v);
        if (fst_path_is_true(&v->invariants->eval, r->program, item_of(v, at)) == FST_PATH_FALSE)
            tell(v, fst_place_of(at), at->node, r, row);
    }
}
