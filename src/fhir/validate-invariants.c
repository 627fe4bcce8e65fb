/* Invariants: the rules that R4 states in FHIRPath, each compiled when it is first met. */
#include <stdlib.h>

#include "fhir/fhirpath-quick.h"
#include "fhir/validate-profile-private.h"

struct rule { /* a row of the schema's, made ready */
    const struct fst_path_program *program;
    const struct fst_quick        *quick;    /* NULL: there is no quick answer */
    const struct fst_rule_row     *row;
    uint64_t                       elements; /* true unless one of these is there */
    bool                           always;   /* asked whatever is there */
};

struct rules { /* of a type: those that are to be asked */
    struct rule *items;
    uint32_t     count;
    bool         ready, always;
    uint64_t     elements; /* of all of them */
};

struct fst_invariants {
    struct fst_arena     arena;
    struct rules        *types;
    struct fst_path_eval eval;
};

enum fst_status fst_invariants_new(struct fst_invariants **out, const struct fst_schema *schema)
{
    struct fst_invariants *x = *out = calloc(1, sizeof *x);

    if (!x)
        return FST_ENOMEM;
    fst_arena_init(&x->arena, 0);
    fst_path_eval_init(&x->eval, schema);
    x->types = calloc(schema->types_count, sizeof *x->types);
    if (x->types)
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
    free(x->types);
    free(x);
}

/* Work grows with the resource, not faster: what no resource that is meant to be read comes near. */
void fst_invariants_begin(struct fst_validator *v)
{
    enum { LEAST = 4000000, STEPS_A_NODE = 64 };
    v->invariants->eval.budget = v->profile_check->eval.budget = LEAST + (uint64_t)v->tape->count * STEPS_A_NODE;
}

bool fst_invariants_are_spent(const struct fst_validator *v)
{
    return !v->invariants->eval.budget || !v->profile_check->eval.budget;
}

uint64_t *fst_invariants_budget(struct fst_validator *v)
{
    return &v->invariants->eval.budget;
}

uint64_t fst_invariants_beyond(const struct fst_validator *v)
{
    return v->invariants->eval.beyond + v->profile_check->eval.beyond;
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
    uint64_t              budget = x->eval.budget;
    bool                  holds;

    if (fst_json_parse(&nothing, (struct fst_view)FST_VIEW("{}"), &opts, &jerr))
        return false;
    x->eval.tape = &nothing;
    x->eval.resource = x->eval.root_resource = item;
    holds = fst_path_is_true(&x->eval, r->program, item) == FST_PATH_TRUE;
    x->eval.tape = tape;
    x->eval.budget = budget; /* that was no resource's work */
    fst_tape_clear(&nothing);
    return holds;
}

/* False: the rule is never to be asked. */
static bool make_rule(struct fst_validator *v, struct rule *r, const struct fst_rule_row *row, fst_def def)
{
    struct fst_invariants *x = v->invariants;
    struct masking         m = { v->schema, def, 0 };
    const char            *why;

    if (is_told_elsewhere(fst_pool_view(v->schema, row->key)) || (row->severity == FST_RULE_WARNING && v->opts.no_warnings))
        return false;
    r->row = row;
    r->program = fst_path_compile(&x->arena, fst_pool_view(v->schema, row->expression), &why);
    if (!r->program)
        return false;
    if (row->on_element) {
        r->elements = (uint64_t)1 << row->element;
        return true;
    }
    r->quick = v->opts.general_rules ? NULL : fst_path_quick_compile(&x->arena, v->schema, r->program, def);
    r->always = !r->program->local;
    if (!r->always) {
        fst_path_names(r->program, mask_name, &m);
        r->elements = m.elements;
        r->always = !holds_of_nothing(x, r, def);
    }
    return true;
}

static void make_ready(struct fst_validator *v, struct rules *rules, const struct fst_type_row *type)
{
    rules->ready = true;
    rules->items = fst_arena_zalloc(&v->invariants->arena, type->rule_count * sizeof *rules->items);
    v->out_of_memory |= type->rule_count && !rules->items;
    for (uint32_t i = 0; rules->items && i < type->rule_count; i++) {
        struct rule *r = &rules->items[rules->count];
        if (!make_rule(v, r, &v->schema->rules[type->rules + i], (fst_def)(type - v->schema->types)))
            continue;
        rules->always |= r->always;
        rules->elements |= r->elements;
        rules->count++;
    }
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

static void tell(struct fst_validator *v, struct fst_place place, uint32_t node, const struct rule *r)
{
    struct fst_view human = fst_pool_view(v->schema, r->row->human);
    fst_report(v, place, r->row->severity == FST_RULE_ERROR ? FST_SEVERITY_ERROR : FST_SEVERITY_WARNING, FST_ISSUE_INVARIANT,
               fst_pool_view(v->schema, r->row->key).p, node, "%.*s", FST_VIEW_ARGS(human));
}

/* A rule about an element of the type: of each of its values. */
static void run_on_element(struct fst_validator *v, const struct fst_frame *at, const struct rule *r)
{
    uint8_t                  element = r->row->element;
    uint32_t                 value = at->valued >> element & 1 ? at->values[element] : FST_NO_NODE;
    struct fst_view          name;
    const struct fst_member *m;
    int32_t                  i = 0;

    if (value == FST_NO_NODE)
        return;
    name = fst_tape_raw(v->tape, value - 1);
    m = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name);
    if (!m)
        return;
    if (fst_tape_kind(v->tape, value) != FST_JSON_ARRAY) {
        if (fst_path_is_true(&v->invariants->eval, r->program, (struct fst_path_item){ .kind = FST_PATH_NODE, .def = m->def, .node = value, .more = FST_NO_NODE }) == FST_PATH_FALSE)
            tell(v, (struct fst_place){ at, m, -1 }, value, r);
        return;
    }
    FST_EACH_ELEMENT(v->tape, value, item) {
        if (fst_tape_kind(v->tape, item) != FST_JSON_NULL &&
            fst_path_is_true(&v->invariants->eval, r->program, (struct fst_path_item){ .kind = FST_PATH_NODE, .def = m->def, .node = item, .more = FST_NO_NODE }) == FST_PATH_FALSE)
            tell(v, (struct fst_place){ at, m, i }, item, r);
        i++;
    }
}

/* Does it hold of the object? The quick answers take its structure for granted, which an error puts in doubt. */
static bool holds(struct fst_validator *v, const struct fst_frame *at, const struct rule *r)
{
    const struct fst_quick_object object = { item_of(v, at), at->seen, at->valued, at->values };

    if (r->quick && !v->verdict.errors) {
        enum fst_quick_answer answer = fst_path_quick(&v->invariants->eval, r->quick, &object);
        if (answer != FST_QUICK_UNSURE)
            return answer == FST_QUICK_TRUE;
    }
    return fst_path_is_true(&v->invariants->eval, r->program, object.item) != FST_PATH_FALSE;
}

void fst_validate_invariants(struct fst_validator *v, const struct fst_frame *at)
{
    struct rules *rules = &v->invariants->types[at->type - v->schema->types];

    if (!rules->ready)
        make_ready(v, rules, at->type);
    if (!rules->always && !(at->seen & rules->elements))
        return;
    set_resources(v);
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct rule *r = &rules->items[i];
        if (!r->always && !(at->seen & r->elements))
            continue;
        if (r->row->on_element)
            run_on_element(v, at, r);
        else if (!holds(v, at, r))
            tell(v, fst_place_of(at), at->node, r);
    }
}
