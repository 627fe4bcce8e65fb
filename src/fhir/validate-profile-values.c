/* Fixed values, patterns and bindings of profiles. */
#include <stdlib.h>

#include "fhir/terms.h"
#include "fhir/validate-profile-private.h"

/* ---- fixed values and patterns */

static bool same_number(struct fst_view a, struct fst_view b)
{
    char x[64], y[64];
    if (fst_view_equal(a, b))
        return true;
    if (a.n >= sizeof x || b.n >= sizeof y)
        return false;
    memcpy(x, a.p, a.n);
    memcpy(y, b.p, b.n);
    x[a.n] = y[b.n] = '\0';
    return strtod(x, NULL) == strtod(y, NULL);
}

static bool same_scalar(struct fst_validator *v, uint32_t node, const struct fst_value_row *row)
{
    enum fst_json_kind kind = fst_tape_kind(v->tape, node);
    struct fst_view    text = fst_pool_view(v->schema, row->text);
    if (kind != row->kind)
        return false;
    if (kind == FST_JSON_NUMBER)
        return same_number(fst_tape_raw(v->tape, node), text);
    return kind != FST_JSON_STRING || fst_view_equal(fst_tape_string(v->tape, node, &v->scratch), text);
}

static uint32_t member_of(struct fst_validator *v, uint32_t node, const struct fst_value_row *row)
{
    struct fst_view name = fst_pool_view(v->schema, row->name);
    FST_EACH_MEMBER(v->tape, node, n)
        if (fst_tape_string_is(v->tape, n, name.p)) /* strings of the pool end in NUL */
            return n + 1;
    return FST_NO_NODE;
}

/* Every member of the value is there; of a fixed value, no other. */
static bool same_object(struct fst_validator *v, uint32_t node, uint32_t value, bool is_pattern)
{
    const struct fst_value_row *rows = v->schema->values;
    uint32_t                    count = 0;
    for (uint32_t i = value + 1; i < rows[value].next; i = rows[i].next, count++) {
        uint32_t member = member_of(v, node, &rows[i]);
        if (member == FST_NO_NODE || !fst_profile_matches(v, member, i, is_pattern))
            return false;
    }
    return is_pattern || count == fst_node_count(&v->tape->nodes[node]);
}

/* Each item of a pattern is somewhere in the array; a fixed array is the same item by item. */
static bool same_array(struct fst_validator *v, uint32_t node, uint32_t value, bool is_pattern)
{
    const struct fst_value_row *rows = v->schema->values;
    uint32_t                    at = fst_tape_first(v->tape, node), i;
    for (i = value + 1; i < rows[value].next; i = rows[i].next) {
        bool found = false;
        if (is_pattern) {
            FST_EACH_ELEMENT(v->tape, node, item)
                found = found || fst_profile_matches(v, item, i, true);
        } else if (at != FST_NO_NODE) {
            found = fst_profile_matches(v, at, i, false);
            at = fst_tape_sibling(v->tape, node, at);
        }
        if (!found)
            return false;
    }
    return is_pattern || at == FST_NO_NODE;
}

bool fst_profile_matches(struct fst_validator *v, uint32_t node, uint32_t value, bool is_pattern)
{
    const struct fst_value_row *row = &v->schema->values[value];
    enum fst_json_kind          kind = fst_tape_kind(v->tape, node);
    if (row->kind == FST_JSON_OBJECT)
        return kind == FST_JSON_OBJECT && same_object(v, node, value, is_pattern);
    if (row->kind == FST_JSON_ARRAY)
        return kind == FST_JSON_ARRAY && same_array(v, node, value, is_pattern);
    return same_scalar(v, node, row);
}

static void wrong_value(struct fst_validator *v, struct fst_place place, uint32_t node, uint32_t value, bool is_pattern)
{
    const struct fst_value_row *row = &v->schema->values[value];
    if (row->kind < FST_JSON_ARRAY)
        fst_error_at(v, place, FST_ISSUE_VALUE, is_pattern ? "pattern" : "fixed", node, "the profile wants '%.*s' here",
                     FST_VIEW_ARGS(fst_pool_view(v->schema, row->text)));
    else
        fst_error_at(v, place, FST_ISSUE_VALUE, is_pattern ? "pattern" : "fixed", node, "this has not %s the profile wants here",
                     is_pattern ? "what" : "the value that");
}

/* Of an object, the members that are not as the value has them. */
static void compare_members(struct fst_validator *v, const struct fst_occurrence *o, uint32_t value, bool is_pattern)
{
    const struct fst_value_row *rows = v->schema->values;
    struct fst_frame            frame;
    bool                        told = false;
    fst_occurrence_frame(v, o, &frame);
    for (uint32_t i = value + 1; i < rows[value].next; i = rows[i].next) {
        uint32_t                 member = member_of(v, o->node, &rows[i]);
        const struct fst_member *m = fst_schema_member(v->schema, o->def, fst_pool_view(v->schema, rows[i].name));
        if (!m || (member != FST_NO_NODE && fst_profile_matches(v, member, i, is_pattern)))
            continue;
        wrong_value(v, (struct fst_place){ &frame, m, -1 }, member == FST_NO_NODE ? o->node : member, i, is_pattern);
        told = true;
    }
    if (!told)
        wrong_value(v, o->place, o->node, value, is_pattern);
}

void fst_profile_value(struct fst_validator *v, const struct fst_occurrence *o, uint32_t value, bool is_pattern)
{
    static const char concept_name[] = "CodeableConcept";
    bool              is_concept = fst_view_is(fst_schema_name(v->schema, o->def), concept_name);
    if (o->node == FST_NO_NODE)
        wrong_value(v, o->place, o->more, value, is_pattern);
    else if (fst_profile_matches(v, o->node, value, is_pattern))
        return;
    else if (is_concept || v->schema->values[value].kind != FST_JSON_OBJECT || fst_tape_kind(v->tape, o->node) != FST_JSON_OBJECT)
        wrong_value(v, o->place, o->node, value, is_pattern);
    else
        compare_members(v, o, value, is_pattern);
}

/* ---- limits */

/* "5|mg|http://unitsofmeasure.org": its nth part; empty: there are fewer. */
static struct fst_view part_of(struct fst_view limit, unsigned n)
{
    const char *bar;
    for (;; n--) {
        bar = limit.n ? memchr(limit.p, '|', limit.n) : NULL;
        if (!n)
            return bar ? fst_view_n(limit.p, (size_t)(bar - limit.p)) : limit;
        limit = bar ? fst_view_from(limit, (size_t)(bar - limit.p) + 1) : (struct fst_view){ 0 };
    }
}

static double number_of(struct fst_view text)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%.*s", FST_VIEW_ARGS(text));
    return strtod(copy, NULL);
}

/* The number to compare with that limit; false: they cannot be compared. */
static bool comparable(struct fst_validator *v, const struct fst_occurrence *o, struct fst_view limit, double *number)
{
    struct fst_view value = fst_tape_raw(v->tape, o->node), code = part_of(limit, 1), system = part_of(limit, 2);
    bool            is_quantity = fst_tape_kind(v->tape, o->node) == FST_JSON_OBJECT;
    if (is_quantity) {
        uint32_t node = fst_tape_member(v->tape, o->node, "value");
        if (!code.n || node == FST_NO_NODE || !fst_view_equal(fst_tape_member_string(v->tape, o->node, "code", &v->scratch), code) ||
            !fst_view_equal(fst_tape_member_string(v->tape, o->node, "system", &v->scratch), system))
            return false;
        value = fst_tape_raw(v->tape, node);
    } else if (fst_tape_kind(v->tape, o->node) != FST_JSON_NUMBER || code.n) {
        return false;
    }
    *number = number_of(value);
    return true;
}

void fst_profile_limits(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_point_row *p)
{
    struct fst_view least = fst_pool_view(v->schema, p->least), most = fst_pool_view(v->schema, p->most);
    double          number;
    if (o->node == FST_NO_NODE)
        return;
    if (least.n && comparable(v, o, least, &number) && number < number_of(part_of(least, 0)))
        fst_error_at(v, o->place, FST_ISSUE_INVALID, "min-value", o->node, "less than %.*s, which the profile asks for at least", FST_VIEW_ARGS(least));
    if (most.n && comparable(v, o, most, &number) && number > number_of(part_of(most, 0)))
        fst_error_at(v, o->place, FST_ISSUE_INVALID, "max-value", o->node, "more than %.*s, which the profile allows at most", FST_VIEW_ARGS(most));
}

/* ---- bindings */

bool fst_profile_is_bound(struct fst_validator *v, fst_def def, uint32_t node, uint16_t set)
{
    return set != FST_NONE && fst_value_in_set(v, def, node, set) == FST_IN_YES;
}

void fst_profile_binding(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_binding_row *b)
{
    if (o->node != FST_NO_NODE)
        fst_validate_binding(v, o->place, o->def, o->node, b);
    else if (v->schema->types[o->def].prim == FST_PRIM_CODE)
        fst_validate_bound_nothing(v, o->place, o->more, b);
}
