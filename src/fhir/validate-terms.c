#include "fhir/primitive.h"
#include "fhir/terms.h"
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

static void not_in_set(struct fst_validator *v, struct fst_place place, uint32_t node, uint16_t set, bool required,
                       struct fst_view code)
{
    bool is_code = !place.member || place.member->prim == FST_PRIM_CODE || !(place.member->flags & FST_MEMBER_PRIMITIVE);
    fst_report(v, place, required ? FST_SEVERITY_ERROR : FST_SEVERITY_WARNING, FST_ISSUE_CODE_INVALID, "binding", node,
               "%.*s is not in %.*s%s%.*s", FST_VIEW_ARGS(is_code ? fst_shown_code(v, code) : fst_shown(v, code)), FST_VIEW_ARGS(fst_set_name(v->schema, set)),
               required ? "" : ", whence a code should come", FST_VIEW_ARGS(suggestion(v, set, code)));
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

void fst_validate_bound_code(struct fst_validator *v, struct fst_place place, uint32_t node, struct fst_view code)
{
    const struct fst_binding_row *b = binding_of(v, place.member);
    struct fst_view               any = { 0 };
    bool                          required = b->strength == FST_STRENGTH_REQUIRED;
    if (fst_is_blank(code)) {
        if (required)
            fst_validate_bound_nothing(v, place, node, b);
        return;
    }
    if (b->set != FST_NONE && fst_set_has(v->schema, b->set, any, code) == FST_IN_NO)
        not_in_set(v, place, node, b->set, required || is_one_system(v, b->set), code);
    if (max_set(b) != FST_NONE && fst_set_has(v->schema, b->max_set, any, code) == FST_IN_NO)
        not_in_set(v, place, node, b->max_set, true, code);
}

void fst_validate_bound_nothing(struct fst_validator *v, struct fst_place place, uint32_t node, const struct fst_binding_row *b)
{
    if (b->strength == FST_STRENGTH_REQUIRED && b->set != FST_NONE)
        fst_error_at(v, place, FST_ISSUE_CODE_INVALID, "binding", node, "a code of %.*s is required, here is none",
                     FST_VIEW_ARGS(fst_set_name(v->schema, b->set)));
}

enum fst_in fst_coding_in_set(struct fst_validator *v, uint32_t coding, uint16_t set)
{
    struct fst_view system = fst_tape_member_string(v->tape, coding, "system", &v->scratch);
    struct fst_view code = fst_tape_member_string(v->tape, coding, "code", &v->scratch2);
    return code.n ? fst_set_has(v->schema, set, system.n ? system : fst_view_of(""), code) : FST_IN_NO;
}

enum fst_in fst_codings_in_set(struct fst_validator *v, uint32_t codings, uint16_t set)
{
    enum fst_in best = FST_IN_NO;
    FST_EACH_ELEMENT(v->tape, codings, coding) {
        enum fst_in in = fst_coding_in_set(v, coding, set);
        if (in == FST_IN_YES)
            return in;
        if (in == FST_IN_UNKNOWN)
            best = in;
    }
    return best;
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
    if (b && b->set != FST_NONE && fst_coding_in_set(v, at->node, b->set) == FST_IN_NO)
        not_in_set(v, fst_place_of(at), at->node, b->set, b->strength == FST_STRENGTH_REQUIRED, code);
    if (b && max_set(b) != FST_NONE && fst_coding_in_set(v, at->node, b->max_set) == FST_IN_NO)
        not_in_set(v, fst_place_of(at), at->node, b->max_set, true, code);
}

/* ---- a CodeableConcept: one of its codings does */

static void check_concept_set(struct fst_validator *v, const struct fst_frame *at, uint32_t codings, uint16_t set, bool required)
{
    if (fst_codings_in_set(v, codings, set) != FST_IN_NO)
        return;
    fst_report(v, fst_place_of(at), required ? FST_SEVERITY_ERROR : FST_SEVERITY_WARNING, FST_ISSUE_CODE_INVALID, "binding",
               at->node, "none of the codings is in %.*s%s", FST_VIEW_ARGS(fst_set_name(v->schema, set)),
               required ? "" : ", whence a code should come");
}

void fst_rule_concept(struct fst_validator *v, const struct fst_frame *at)
{
    const struct fst_binding_row *b = binding_of(v, at->member);
    uint32_t                      codings = fst_known(v, at, FST_KNOWN_CONCEPT_CODING);
    if (!b)
        return;
    if (codings == FST_NO_NODE) {
        fst_validate_bound_nothing(v, fst_place_of(at), at->node, b);
        return;
    }
    if (b->set != FST_NONE)
        check_concept_set(v, at, codings, b->set, b->strength == FST_STRENGTH_REQUIRED);
    if (max_set(b) != FST_NONE)
        check_concept_set(v, at, codings, b->max_set, true);
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
    if (b && b->set != FST_NONE && b->strength == FST_STRENGTH_REQUIRED && code.n &&
        fst_set_has(v->schema, b->set, system.n ? system : fst_view_of(""), code) == FST_IN_NO)
        not_in_set(v, fst_place_of(at), at->node, b->set, true, code);
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
    fst_memo_learn(v, unit, &mark);
}
