#include "fhir/primitive.h"
#include "fhir/validate-private.h"

static const char *const kind_names[] = { "null", "false", "true", "a number", "a string", "an array", "an object" };

static const char *kind_name(struct fst_validator *v, uint32_t node)
{
    return kind_names[fst_tape_kind(v->tape, node)];
}

/* ---- primitives */

static enum fst_json_kind wanted_kind(enum fst_prim prim)
{
    return fst_prim_is_number(prim) ? FST_JSON_NUMBER : FST_JSON_STRING;
}

/* §2.24.0.1 forbids all control characters but tabs and line ends; the validator refuses those written as \b and \f. */
static bool has_control_escape(struct fst_view raw)
{
    for (size_t i = 0; i + 1 < raw.n; i++)
        if (raw.p[i] == '\\') {
            if (raw.p[i + 1] == 'b' || raw.p[i + 1] == 'f')
                return true;
            i++;
        }
    return false;
}

/* White space alone passes for a value of any type that is a string in JSON, but for a resource's id. */
static bool passes_blank(const struct fst_place *place, struct fst_view value)
{
    bool is_resource_id = place->member->prim == FST_PRIM_ID && place->at->type->kind == FST_DEF_RESOURCE;
    return value.n && !is_resource_id && fst_is_blank(value);
}

static struct fst_view shown_primitive(struct fst_validator *v, enum fst_prim prim, struct fst_view value)
{
    if (!value.n)
        return fst_view_of("the empty string");
    return prim == FST_PRIM_CODE ? fst_shown_code(v, value) : fst_shown(v, value);
}

void fst_validate_primitive(struct fst_validator *v, struct fst_place place, uint32_t node)
{
    enum fst_prim      prim = (enum fst_prim)place.member->prim;
    enum fst_json_kind kind = fst_tape_kind(v->tape, node);
    if (prim == FST_PRIM_BOOLEAN ? kind == FST_JSON_TRUE || kind == FST_JSON_FALSE : kind == wanted_kind(prim)) {
        struct fst_view value = fst_value_of(v, node);
        const char     *refused = fst_prim_passes(prim, value) ? NULL : fst_prim_refuse(prim, value);
        if (refused && passes_blank(&place, value))
            refused = NULL;
        if (!refused && place.member->binding != FST_NONE && v->opts.level == FST_LEVEL_STRICT)
            fst_validate_bound_code(v, place, node, value);
        if (prim >= FST_PRIM_URI && prim <= FST_PRIM_UUID && value.n && value.p[0] == '#')
            fst_validate_note_link(v, node);
        if (fst_node_flags(&v->tape->nodes[node]) & FST_JSON_ESCAPED && has_control_escape(fst_tape_raw(v->tape, node)))
            fst_error_at(v, place, FST_ISSUE_VALUE, "primitive", node, "backspace and form feed may be in no string");
        if (refused)
            fst_error_at(v, place, value.n ? FST_ISSUE_VALUE : FST_ISSUE_REQUIRED, value.n ? "primitive" : "empty", node, "%.*s is not %s",
                         FST_VIEW_ARGS(shown_primitive(v, prim, value)), refused);
    } else if (kind == FST_JSON_NULL || kind >= FST_JSON_ARRAY) {
        fst_error_at(v, place, FST_ISSUE_STRUCTURE, "json-type", node, "here is %s, where a single value belongs", kind_names[kind]);
    } else {
        fst_error_at(v, place, FST_ISSUE_STRUCTURE, "json-type", node, "here is %s, where %s belongs", kind_names[kind],
                     prim == FST_PRIM_BOOLEAN ? "true or false" : kind_names[wanted_kind(prim)]);
    }
}

/* The value of the member's twin (that with, or without, the underscore) in the same object, or FST_NO_NODE. */
static uint32_t twin_value(struct fst_validator *v, const struct fst_frame *at, const struct fst_member *m)
{
    struct fst_view name = fst_schema_member_name(v->schema, &v->schema->members[at->type->members + m->twin]);
    FST_EACH_MEMBER(v->tape, at->node, n)
        if (fst_view_equal(fst_tape_raw(v->tape, n), name))
            return n + 1;
    return FST_NO_NODE;
}

/* Does an object stand for a value: is there something in it besides an id? What is no object is told elsewhere. */
static bool stands_for_value(struct fst_validator *v, uint32_t node)
{
    return fst_tape_kind(v->tape, node) != FST_JSON_OBJECT || fst_node_count(&v->tape->nodes[node]) != 1 ||
           !fst_tape_string_is(v->tape, node + 1, "id");
}

/* Does the twin's item stand for a value that is null? */
static bool stands_for_null(struct fst_validator *v, uint32_t item)
{
    return item != FST_NO_NODE && fst_tape_kind(v->tape, item) != FST_JSON_NULL && (v->opts.level != FST_LEVEL_STRICT || stands_for_value(v, item));
}

/* ---- one value */

/* Is it a value that nothing can be said about: without escapes, of the right kind, one of the usual ones, unbound? */
static bool passes_at_once(const struct fst_validator *v, const struct fst_member *m, uint32_t node)
{
    const struct fst_node *n = &v->tape->nodes[node];
    return m->binding == FST_NONE && m->prim != FST_PRIM_BOOLEAN && fst_node_kind(n) == wanted_kind((enum fst_prim)m->prim) &&
           !(fst_node_flags(n) & FST_JSON_ESCAPED) && fst_prim_passes((enum fst_prim)m->prim, fst_view_n(v->tape->text + n->off, n->len));
}

static void check_object(struct fst_validator *v, struct fst_frame *at, const struct fst_member *m, int32_t index, uint32_t node)
{
    struct fst_view      text = fst_tape_raw(v->tape, node);
    struct fst_memo_mark mark;
    struct fst_frame     frame;

    if (fst_memo_knows(v, m, FST_MEMO_OBJECT, text, &mark))
        return;
    frame.up = at;
    frame.member = m;
    frame.index = index;
    frame.node = node;
    frame.type = &v->schema->types[m->def];
    fst_validate_object(v, &frame);
    fst_memo_learn(v, m, text, &mark);
}

static void check_value(struct fst_validator *v, struct fst_frame *at, const struct fst_member *m, int32_t index, uint32_t node)
{
    struct fst_place   place = { at, m, index };
    enum fst_json_kind kind = fst_tape_kind(v->tape, node);
    if (m->flags & FST_MEMBER_PRIMITIVE && !(m->flags & FST_MEMBER_UNDERSCORE)) {
        if (!passes_at_once(v, m, node))
            fst_validate_primitive(v, place, node);
    } else if (kind != FST_JSON_OBJECT) {
        fst_error_at(v, place, FST_ISSUE_STRUCTURE, "json-type", node, "here is %s, where an object belongs", kind_name(v, node));
    } else if (m->flags & FST_MEMBER_RESOURCE) {
        fst_validate_resource(v, at, m, index, node);
    } else {
        check_object(v, at, m, index, node);
    }
}

/* The items of an array, and beside them, once there is a null, those of the twin's. */
static void check_primitives(struct fst_validator *v, struct fst_frame *at, const struct fst_member *m, uint32_t node)
{
    uint32_t twin = FST_NO_NODE, beside = FST_NO_NODE;
    int32_t  i = 0, reached = -1; /* the index of `beside` */

    FST_EACH_ELEMENT(v->tape, node, item) {
        if (fst_tape_kind(v->tape, item) != FST_JSON_NULL) {
            check_value(v, at, m, i++, item);
            continue;
        }
        if (reached < 0) {
            twin = twin_value(v, at, m);
            beside = twin != FST_NO_NODE && fst_tape_kind(v->tape, twin) == FST_JSON_ARRAY ? fst_tape_first(v->tape, twin) : FST_NO_NODE;
            reached = 0;
        }
        for (; beside != FST_NO_NODE && reached < i; reached++)
            beside = fst_tape_sibling(v->tape, twin, beside);
        if (!stands_for_null(v, beside))
            fst_error_at(v, ((struct fst_place){ at, m, i }), FST_ISSUE_REQUIRED, "empty", item,
                         "null stands only for a value that has an extension");
        i++;
    }
}

static void check_array(struct fst_validator *v, struct fst_frame *at, const struct fst_member *m, uint32_t node)
{
    const struct fst_element *e = &v->schema->elements[at->type->elements + m->element];
    struct fst_place          place = { at, m, -1 };
    int32_t                   i = 0;
    if (fst_tape_kind(v->tape, node) != FST_JSON_ARRAY) {
        fst_error_at(v, place, FST_ISSUE_STRUCTURE, "json-type", node, "here is %s, where an array belongs, even for one value",
                     kind_name(v, node));
        return;
    }
    uint32_t count = fst_node_count(&v->tape->nodes[node]);
    if (!count)
        fst_error_at(v, place, FST_ISSUE_REQUIRED, "empty", node, "an array may not be empty: leave the property out");
    if (count > e->max)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "max", node, "%u values of %.*s, at most %u are allowed", count,
                     FST_VIEW_ARGS(fst_schema_element_name(v->schema, e)), e->max);
    if (m->flags & FST_MEMBER_PRIMITIVE) {
        check_primitives(v, at, m, node);
        return;
    }
    FST_EACH_ELEMENT(v->tape, node, item)
        check_value(v, at, m, i++, item);
}

/* A second member for an element that is there: its own extensions, or a second type of a choice. */
static void check_again(struct fst_validator *v, const struct fst_frame *at, const struct fst_member *m, uint32_t name)
{
    if (!(m->flags & FST_MEMBER_CHOICE))
        return;
    FST_EACH_MEMBER(v->tape, at->node, n) {
        if (n == name)
            return;
        const struct fst_member *other = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), fst_tape_raw(v->tape, n));
        if (other && other->element == m->element && other->def != m->def) {
            fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "choice", name, "both %.*s and %.*s: a choice has one type",
                         FST_VIEW_ARGS(fst_tape_raw(v->tape, n)), FST_VIEW_ARGS(fst_tape_raw(v->tape, name)));
            return;
        }
    }
}

static void unknown_member(struct fst_validator *v, const struct fst_frame *at, uint32_t name)
{
    if (at->type->kind == FST_DEF_RESOURCE && fst_tape_string_is(v->tape, name, "resourceType"))
        return;
    fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "unknown-property", name, "%.*s has no property %.*s",
                 FST_VIEW_ARGS(fst_pool_view(v->schema, at->type->name)), FST_VIEW_ARGS(fst_shown(v, fst_tape_raw(v->tape, name))));
}

static void missing_elements(struct fst_validator *v, const struct fst_frame *at, uint64_t missing)
{
    for (; missing; missing &= missing - 1) {
        const struct fst_element *e = &v->schema->elements[at->type->elements + (uint32_t)__builtin_ctzll(missing)];
        fst_error_at(v, fst_place_of(at), FST_ISSUE_REQUIRED, "min", at->node, "%.*s is missing: at least %u is required",
                     FST_VIEW_ARGS(fst_schema_element_name(v->schema, e)), e->min);
    }
}

/* Elements that have extensions alone: an id is not enough, and a code out of a required set cannot do without. */
static void missing_values(struct fst_validator *v, const struct fst_frame *at, uint64_t without_value)
{
    for (; without_value; without_value &= without_value - 1) {
        unsigned                      i = (unsigned)__builtin_ctzll(without_value);
        uint32_t                      node = at->values[i];
        const struct fst_member      *m = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), fst_value_of(v, node - 1));
        const struct fst_binding_row *b = m->binding == FST_NONE ? NULL : &v->schema->bindings[m->binding];
        struct fst_place              place = { at, m, -1 };
        if (m->def != FST_NO_DEF && at->type->kind == FST_DEF_RESOURCE && fst_view_is(fst_schema_element_name(v->schema, &v->schema->elements[at->type->elements + i]), "id"))
            fst_error_at(v, place, FST_ISSUE_VALUE, "primitive", node, "an id needs a value");
        else if (b && b->strength == FST_STRENGTH_REQUIRED && b->set != FST_NONE)
            fst_error_at(v, place, FST_ISSUE_CODE_INVALID, "binding", at->node, "here is no code, where one of a value set is required");
        else if (!stands_for_value(v, node))
            fst_error_at(v, place, FST_ISSUE_INVARIANT, "ele-1", node, "an element needs a value or an extension, an id is not enough");
    }
}

/* Equal bytes, for names: mostly short. */
static bool same_bytes(const char *a, const char *b, size_t n)
{
    uint64_t x, y;
    uint32_t u, w;

    if (n < 4)
        return !n || (a[0] == b[0] && a[n / 2] == b[n / 2] && a[n - 1] == b[n - 1]);
    if (n < 8) {
        memcpy(&u, a, 4);
        memcpy(&w, b, 4);
        if (u != w)
            return false;
        memcpy(&u, a + n - 4, 4);
        memcpy(&w, b + n - 4, 4);
        return u == w;
    }
    for (size_t i = 0; i + 8 < n; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        if (x != y)
            return false;
    }
    memcpy(&x, a + n - 8, 8);
    memcpy(&y, b + n - 8, 8);
    return x == y;
}

/* The member of that name. Members come in the same order again and again: the one that came here last time is tried
 * first, and *guess, which is where the next one is to be guessed, moves on. */
static const struct fst_member *find_member(struct fst_validator *v, const struct fst_frame *at, uint32_t name, uint16_t **guess)
{
    const struct fst_member *members = v->schema->members + at->type->members, *m = members + **guess;
    const struct fst_node   *n = &v->tape->nodes[name];

    if (**guess >= at->type->member_count || m->name_len != n->len || !same_bytes(v->schema->pool + m->name, v->tape->text + n->off, n->len)) {
        m = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), fst_value_of(v, name));
        if (!m)
            return NULL;
        **guess = (uint16_t)(m - members);
    }
    *guess = &v->guesses[v->schema->types_count + at->type->members + **guess];
    return m;
}

static void type_rules(struct fst_validator *v, const struct fst_frame *at)
{
    const struct fst_type_rule *rule = &v->type_rules[at->type - v->schema->types];
    if (rule->check) {
        rule->check(v, at);
        v->beyond += !rule->within;
    }
    if (at->member && at->member->profile != FST_NONE)
        fst_validate_member_profile(v, at);
    fst_validate_invariants(v, at);
}

void fst_validate_object(struct fst_validator *v, struct fst_frame *at)
{
    at->seen = at->valued = 0;
    if (!fst_node_count(&v->tape->nodes[at->node])) {
        fst_error_at(v, fst_place_of(at), FST_ISSUE_REQUIRED, "empty", at->node, "an object may not be empty: leave the property out");
        return;
    }
    uint16_t *guess = &v->guesses[at->type - v->schema->types];
    FST_EACH_MEMBER(v->tape, at->node, name) {
        const struct fst_member *m = find_member(v, at, name, &guess);
        if (!m) {
            unknown_member(v, at, name);
            continue;
        }
        uint64_t bit = (uint64_t)1 << m->element;
        if (at->seen & bit)
            check_again(v, at, m, name);
        at->seen |= bit;
        if (!(m->flags & FST_MEMBER_UNDERSCORE))
            at->valued |= bit;
        if (!(m->flags & FST_MEMBER_UNDERSCORE) || !(at->valued & bit))
            at->values[m->element] = name + 1;
        if (m->flags & FST_MEMBER_ARRAY)
            check_array(v, at, m, name + 1);
        else
            check_value(v, at, m, -1, name + 1);
    }
    if (at->type->required & ~at->seen)
        missing_elements(v, at, at->type->required & ~at->seen);
    if (v->opts.level != FST_LEVEL_STRICT)
        return;
    if (at->seen & ~at->valued)
        missing_values(v, at, at->seen & ~at->valued);
    if (at->valued & FST_ID_BIT)
        fst_validate_element_id(v, at);
    type_rules(v, at);
}
