#include "fhir/coded.h"
#include "fhir/primitive.h"
#include "fhir/validate-private.h"

static const struct fst_binding_row *binding_of(const struct fst_validator *v, const struct fst_member *m)
{
    return m && m->binding != FST_NONE ? &v->schema->bindings[m->binding] : NULL;
}

/* "; did you mean 'final'?" */
static struct fst_view suggestion(struct fst_validator *v, uint16_t set, struct fst_view code)
{
    bool            is_told = !v->trial && v->sent < v->opts.max_issues; /* what is only counted needs no advice */
    struct fst_view nearest = is_told ? fst_set_nearest(v->schema, set, code) : (struct fst_view){ 0 };
    fst_buf_reset(&v->hint);
    if (nearest.n)
        fst_buf_addf(&v->hint, "; did you mean '%.*s'?", FST_VIEW_ARGS(nearest));
    return fst_buf_view(&v->hint);
}

/* Where a set is one whole system, a code that is not in it is unknown, not only unbound. */
static bool is_one_system(const struct fst_validator *v, uint16_t set)
{
    const struct fst_set_row *row = &v->schema->sets[set];
    return row->part_count == 1 && v->schema->parts[row->parts].mode == FST_PART_ALL;
}

/* The set that no code may be outside of, when a code need not be in the set itself. */
static uint16_t max_set(const struct fst_binding_row *b)
{
    return b->strength == FST_STRENGTH_EXTENSIBLE ? b->max_set : FST_NONE;
}

static enum fst_coded shape_of(const struct fst_validator *v, fst_def def)
{
    fst_type_rule_fn *rule = v->type_rules[def].check;
    return rule == fst_rule_concept ? FST_CODED_CONCEPT : rule == fst_rule_coding || rule == fst_rule_quantity ? FST_CODED_CODING : FST_CODED_CODE;
}

static void not_in_set(struct fst_validator *v, struct fst_place place, fst_def def, uint32_t node, uint16_t set, bool required)
{
    enum fst_coded     shape = shape_of(v, def);
    enum fst_severity  severity = required ? FST_SEVERITY_ERROR : FST_SEVERITY_WARNING;
    const char        *should = required ? "" : ", whence a code should come";
    struct fst_view    code = shape == FST_CODED_CODING ? fst_tape_member_string(v->tape, node, "code", &v->scratch2) : fst_tape_string(v->tape, node, &v->scratch2);

    if (shape == FST_CODED_CONCEPT) {
        fst_report(v, place, severity, FST_ISSUE_CODE_INVALID, "binding", node, "not all codings are in %.*s%s",
                   FST_VIEW_ARGS(fst_set_name(v->schema, set)), should);
        return;
    }
    bool is_code = shape == FST_CODED_CODING || v->schema->types[def].prim == FST_PRIM_CODE;
    fst_report(v, place, severity, FST_ISSUE_CODE_INVALID, "binding", node, "%.*s is not in %.*s%s%.*s",
               FST_VIEW_ARGS(is_code ? fst_shown_code(v, code) : fst_shown(v, code)), FST_VIEW_ARGS(fst_set_name(v->schema, set)), should,
               FST_VIEW_ARGS(suggestion(v, set, code)));
}

enum fst_in fst_value_in_set(struct fst_validator *v, fst_def def, uint32_t node, uint16_t set)
{
    return fst_coded_in_set(v->schema, v->tape, node, shape_of(v, def), set, &v->scratch, &v->scratch2);
}

void fst_validate_binding(struct fst_validator *v, struct fst_place place, fst_def def, uint32_t node, const struct fst_binding_row *b)
{
    bool required = b->strength == FST_STRENGTH_REQUIRED || (shape_of(v, def) == FST_CODED_CODE && b->set != FST_NONE && is_one_system(v, b->set));

    if (b->set != FST_NONE && fst_value_in_set(v, def, node, b->set) == FST_IN_NO)
        not_in_set(v, place, def, node, b->set, required);
    if (max_set(b) != FST_NONE && fst_value_in_set(v, def, node, b->max_set) == FST_IN_NO)
        not_in_set(v, place, def, node, b->max_set, true);
}

void fst_validate_bound_code(struct fst_validator *v, struct fst_place place, uint32_t node, struct fst_view code)
{
    const struct fst_binding_row *b = binding_of(v, place.member);
    if (!fst_is_blank(code))
        fst_validate_binding(v, place, place.member->def, node, b);
    else if (b->strength == FST_STRENGTH_REQUIRED)
        fst_validate_bound_nothing(v, place, node, b);
}

void fst_validate_bound_nothing(struct fst_validator *v, struct fst_place place, uint32_t node, const struct fst_binding_row *b)
{
    if (b->strength == FST_STRENGTH_REQUIRED && b->set != FST_NONE)
        fst_error_at(v, place, FST_ISSUE_CODE_INVALID, "binding", node, "a code of %.*s is required, here is none",
                     FST_VIEW_ARGS(fst_set_name(v->schema, b->set)));
}

/* ---- a Coding on its own: is its code one of its system's? */

/* Where a set is bound, or in a CodeableConcept, any system passes; elsewhere it must be one. */
static void check_system(struct fst_validator *v, const struct fst_frame *at, struct fst_view system, bool in_concept)
{
    const struct fst_binding_row *b = binding_of(v, at->member);
    bool bound = in_concept || (b && (b->set != FST_NONE || b->strength == FST_STRENGTH_PREFERRED));
    if (system.n && !fst_uri_is_system(system))
        fst_report(v, fst_place_of(at), bound ? FST_SEVERITY_WARNING : FST_SEVERITY_ERROR, FST_ISSUE_CODE_INVALID, "coding-system", at->node,
                   "the system %.*s is not an absolute URI", FST_VIEW_ARGS(fst_shown(v, system)));
    else if (!bound && system.n && fst_set_find(v->schema, system) != FST_NONE)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_CODE_INVALID, "coding-system", at->node, "the system %.*s is a value set, not a code system",
                     FST_VIEW_ARGS(system));
}

static bool is_in_concept(struct fst_validator *v, const struct fst_frame *at)
{
    return at->up && v->type_rules[at->up->type - v->schema->types].check == fst_rule_concept;
}

void fst_rule_coding(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view system = fst_known_string(v, at, FST_KNOWN_CODING_SYSTEM, &v->scratch);
    struct fst_view code = fst_known_string(v, at, FST_KNOWN_CODING_CODE, &v->scratch2);
    bool            in_concept = is_in_concept(v, at);
    check_system(v, at, system, in_concept);
    if (system.n && (code.n || (in_concept && fst_system_find(v->schema, system) != FST_NONE)) &&
        fst_code_exists(v->schema, system, code) == FST_IN_NO)
        fst_error_at(v, in_concept ? fst_place_of(at->up) : fst_place_of(at), FST_ISSUE_CODE_INVALID, "code", at->node,
                     "%.*s is no code of %.*s", FST_VIEW_ARGS(code.n ? fst_shown_code(v, code) : fst_view_of("nothing")), FST_VIEW_ARGS(system));
    const struct fst_binding_row *b = in_concept ? NULL : binding_of(v, at->member);
    if (b)
        fst_validate_binding(v, fst_place_of(at), (fst_def)(at->type - v->schema->types), at->node, b);
}

/* ---- a CodeableConcept */

void fst_rule_concept(struct fst_validator *v, const struct fst_frame *at)
{
    const struct fst_binding_row *b = binding_of(v, at->member);
    if (b && fst_known(v, at, FST_KNOWN_CONCEPT_CODING) == FST_NO_NODE)
        fst_validate_bound_nothing(v, fst_place_of(at), at->node, b);
    else if (b)
        fst_validate_binding(v, fst_place_of(at), (fst_def)(at->type - v->schema->types), at->node, b);
}

/* ---- a Quantity's unit */

static void judge_unit(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view system = fst_known_string(v, at, FST_KNOWN_QUANTITY_SYSTEM, &v->scratch);
    struct fst_view code = fst_known_string(v, at, FST_KNOWN_QUANTITY_CODE, &v->scratch2);
    if (code.n)
        check_system(v, at, system, false);
    if (system.n && code.n && fst_code_exists(v->schema, system, code) == FST_IN_NO)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_CODE_INVALID, "unit", at->node, "%.*s is no %s of %.*s",
                     FST_VIEW_ARGS(fst_shown_code(v, code)), fst_view_is(system, FST_UCUM) ? "unit" : "code", FST_VIEW_ARGS(system));
    const struct fst_binding_row *b = binding_of(v, at->member);
    if (b && b->strength == FST_STRENGTH_REQUIRED)
        fst_validate_binding(v, fst_place_of(at), (fst_def)(at->type - v->schema->types), at->node, b);
}

/* The text from the system to the code, if they stand in that order, as they do: units repeat themselves, amounts don't. */
static struct fst_view unit_of(const struct fst_validator *v, const struct fst_frame *at)
{
    uint32_t from = fst_known(v, at, FST_KNOWN_QUANTITY_SYSTEM), to = fst_known(v, at, FST_KNOWN_QUANTITY_CODE);
    if (from == FST_NO_NODE || to == FST_NO_NODE || from > to)
        return (struct fst_view){ 0 };
    return fst_view_n(v->tape->text + v->tape->nodes[from].off, v->tape->nodes[to].off + v->tape->nodes[to].len - v->tape->nodes[from].off);
}

void fst_rule_quantity(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view      unit = unit_of(v, at);
    struct fst_memo_mark mark;

    if (fst_memo_knows(v, at->member, FST_MEMO_UNIT, unit, &mark))
        return;
    judge_unit(v, at);
    fst_memo_learn(v, at->member, unit, &mark);
}
