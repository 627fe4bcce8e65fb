/* Profiles: a resource, or a value of a data type, is held to what a profile says besides its type. */
#include <stdlib.h>

#include "fhir/profiles.h"
#include "fhir/validate-profile-private.h"

enum { MAX_STEPS = 4000000, MAX_DEPTH = 200 };

enum fst_status fst_profile_check_new(struct fst_profile_check **out, const struct fst_schema *schema)
{
    struct fst_profile_check *x = *out = calloc(1, sizeof *x);
    if (!x)
        return FST_ENOMEM;
    fst_arena_init(&x->arena, 0);
    fst_path_eval_init(&x->eval, schema);
    x->rules = calloc(schema->rules_count + 1, sizeof *x->rules);
    x->paths = calloc(schema->paths_count + 1, sizeof *x->paths);
    x->contexts = calloc(schema->contexts_count + 1, sizeof *x->contexts);
    if (x->rules && x->paths && x->contexts)
        return FST_OK;
    fst_profile_check_free(x);
    *out = NULL;
    return FST_ENOMEM;
}

void fst_profile_check_free(struct fst_profile_check *x)
{
    if (!x)
        return;
    fst_path_eval_clear(&x->eval);
    fst_arena_clear(&x->arena);
    free(x->rules);
    free(x->paths);
    free(x->contexts);
    free(x->counts);
    free(x);
}

bool fst_profile_step(struct fst_validator *v)
{
    return ++v->profile_check->steps < MAX_STEPS && v->profile_check->depth < MAX_DEPTH;
}

/* ---- rules */

const struct fst_path_program *fst_profile_program(struct fst_validator *v, struct fst_path_slot *slot, struct fst_pool_str text)
{
    const char *why;
    if (!slot->tried)
        slot->program = fst_path_compile(&v->profile_check->arena, fst_pool_view(v->schema, text), &why);
    slot->tried = true;
    return slot->program;
}

static struct fst_path_item item_of(const struct fst_validator *v, const struct fst_frame *at)
{
    return (struct fst_path_item){ .kind = FST_PATH_NODE, .def = (fst_def)(at->type - v->schema->types), .node = at->node,
                                   .more = FST_NO_NODE };
}

static uint32_t resolve(void *ctx, struct fst_view reference)
{
    return fst_reference_resource(ctx, reference);
}

void fst_profile_set_scope(struct fst_validator *v)
{
    const struct fst_resource_scope *scope = v->scope;
    struct fst_path_eval            *e = &v->profile_check->eval;
    e->tape = v->tape;
    e->resolve = resolve;
    e->resolve_ctx = v;
    e->resource = item_of(v, scope->frame);
    while (scope->is_contained && scope->up)
        scope = scope->up;
    e->root_resource = item_of(v, scope->frame);
}

static void check_rule(struct fst_validator *v, const struct fst_occurrence *o, uint32_t rule)
{
    const struct fst_rule_row     *row = &v->schema->rules[rule];
    const struct fst_path_program *p = fst_profile_program(v, &v->profile_check->rules[rule], row->expression);
    struct fst_path_item item = { .kind = FST_PATH_NODE, .def = o->def, .node = o->node, .more = o->more };
    bool                 is_error = row->severity == FST_RULE_ERROR;
    if (!p || (!is_error && v->opts.no_warnings))
        return;
    fst_profile_set_scope(v);
    if (fst_path_is_true(&v->profile_check->eval, p, item) != FST_PATH_FALSE)
        return;
    fst_report(v, o->place, is_error ? FST_SEVERITY_ERROR : FST_SEVERITY_WARNING, FST_ISSUE_INVARIANT,
               fst_pool_view(v->schema, row->key).p, o->node == FST_NO_NODE ? o->more : o->node, "%.*s",
               FST_VIEW_ARGS(fst_pool_view(v->schema, row->human)));
}

static void check_rules(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_point_row *p)
{
    for (uint32_t i = 0; i < p->rule_count; i++)
        check_rule(v, o, p->rules + i);
}

/* ---- types */

static bool is_among_targets(const struct fst_validator *v, uint32_t targets, struct fst_view type)
{
    fst_def def = fst_schema_find(v->schema, type);
    for (uint16_t i = 1; i <= v->schema->targets[targets]; i++)
        if (def != FST_NO_DEF && fst_schema_is_a(v->schema, def, v->schema->targets[targets + i]))
            return true;
    return false;
}

static void check_target(struct fst_validator *v, const struct fst_occurrence *o, uint32_t targets)
{
    struct fst_view reference = fst_tape_member_string(v->tape, o->node, "reference", &v->scratch), type;
    if (fst_reference_type(v, reference, &type) && !is_among_targets(v, targets, type))
        fst_error_at(v, o->place, FST_ISSUE_STRUCTURE, "reference-target", o->node, "a %.*s is nothing that this element may refer to",
                     FST_VIEW_ARGS(type));
}

/* An extension that says itself which profile it is of is held to it where extensions are. */
static bool is_checked_by_url(struct fst_validator *v, const struct fst_occurrence *o, uint32_t profile)
{
    return v->schema->types[o->def].name.at == v->extension_name.at &&
           fst_view_equal(fst_tape_member_string(v->tape, o->node, "url", &v->scratch), fst_pool_view(v->schema, v->schema->profiles[profile].url));
}

static void check_type_profiles(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_kind_row *k)
{
    const uint32_t  *links = v->schema->links + k->profiles;
    struct fst_frame frame;
    if (o->node == FST_NO_NODE || fst_tape_kind(v->tape, o->node) != FST_JSON_OBJECT)
        return;
    fst_occurrence_frame(v, o, &frame);
    if (k->profile_count == 1) {
        if (!is_checked_by_url(v, o, links[0]))
            fst_profile_object(v, &frame, links[0]);
        return;
    }
    for (uint32_t i = 0; i < k->profile_count; i++)
        if (fst_profile_fits(v, &frame, links[i]))
            return;
    fst_error_at(v, o->place, FST_ISSUE_STRUCTURE, "type-profile", o->node, "none of the %u profiles of this element fits", k->profile_count);
}

static void wrong_type(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_point_row *p)
{
    struct fst_place place = o->place;
    if (place.member && place.at->type->name.at == v->extension_name.at && !fst_is_nested_extension(place.at))
        place = fst_place_of(place.at); /* an extension's type of value is the extension's */
    else if (p->kind_count > 1)
        place = fst_place_of(place.at);
    fst_error_at(v, place, FST_ISSUE_STRUCTURE, "type", o->node == FST_NO_NODE ? o->more : o->node, "%.*s is no type that the profile allows here",
                 FST_VIEW_ARGS(fst_schema_name(v->schema, o->def)));
}

static void check_kinds(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_point_row *p)
{
    for (uint32_t i = 0; i < p->kind_count; i++) {
        const struct fst_kind_row *k = &v->schema->kinds[p->kinds + i];
        if (!fst_schema_is_a(v->schema, o->def, k->def))
            continue;
        if (k->targets != UINT32_MAX && o->node != FST_NO_NODE)
            check_target(v, o, k->targets);
        if (k->profile_count)
            check_type_profiles(v, o, k);
        return;
    }
    wrong_type(v, o, p);
}

/* ---- a value */

void fst_occurrence_frame(struct fst_validator *v, const struct fst_occurrence *o, struct fst_frame *frame)
{
    frame->up = o->place.at;
    frame->member = o->place.member;
    frame->index = o->place.index;
    frame->node = o->node == FST_NO_NODE || fst_tape_kind(v->tape, o->node) != FST_JSON_OBJECT ? o->more : o->node;
    frame->type = &v->schema->types[o->def];
    frame->seen = frame->valued = 0;
}

static void check_length(struct fst_validator *v, const struct fst_occurrence *o, uint32_t most)
{
    struct fst_view text = o->node == FST_NO_NODE ? (struct fst_view){ 0 } : fst_tape_string(v->tape, o->node, &v->scratch);
    size_t          n = 0;
    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    if (n > most)
        fst_error_at(v, o->place, FST_ISSUE_STRUCTURE, "max-length", o->node, "%zu characters, at most %u are allowed", n, most);
}

static void check_inside(struct fst_validator *v, const struct fst_occurrence *o, uint32_t point)
{
    struct fst_frame          frame;
    struct fst_resource_scope scope = { v->scope, &frame, fst_entry_around(v, o->place.at), v->scope && o->place.at == v->scope->frame };
    fst_occurrence_frame(v, o, &frame);
    if (frame.node == FST_NO_NODE)
        return;
    if (frame.type->kind == FST_DEF_RESOURCE)
        v->scope = &scope;
    fst_profile_children(v, &frame, point);
    v->scope = frame.type->kind == FST_DEF_RESOURCE ? scope.up : v->scope;
}

void fst_profile_occurrence(struct fst_validator *v, const struct fst_occurrence *o, uint32_t point)
{
    const struct fst_point_row *p = &v->schema->points[point];
    if (!fst_profile_step(v))
        return;
    v->profile_check->depth++;
    if (p->kind_count)
        check_kinds(v, o, p);
    if (p->value)
        fst_profile_value(v, o, p->value, p->is_pattern);
    if (p->binding != FST_NONE)
        fst_profile_binding(v, o, &v->schema->bindings[p->binding]);
    if (p->least.n || p->most.n)
        fst_profile_limits(v, o, p);
    if (p->max_length)
        check_length(v, o, p->max_length);
    if (p->children || p->same)
        check_inside(v, o, point);
    check_rules(v, o, p);
    v->profile_check->depth--;
}

/* ---- an object */

void fst_profile_object(struct fst_validator *v, const struct fst_frame *at, uint32_t profile)
{
    const struct fst_profile_row *p = &v->schema->profiles[profile];
    fst_def                       def = (fst_def)(at->type - v->schema->types);
    struct fst_occurrence         o = { { at->up, at->member, at->index }, def, at->node, FST_NO_NODE };
    if (!at->up)
        o.place = fst_place_of(at);
    if (!fst_profile_step(v))
        return;
    if (!fst_schema_is_a(v->schema, def, p->type)) {
        fst_error_at(v, o.place, FST_ISSUE_STRUCTURE, "profile-type", at->node, "the profile %.*s is about %.*s, here is %.*s",
                     FST_VIEW_ARGS(fst_pool_view(v->schema, p->url)), FST_VIEW_ARGS(fst_schema_name(v->schema, p->type)),
                     FST_VIEW_ARGS(fst_schema_name(v->schema, def)));
        return;
    }
    v->profile_check->depth++;
    if (p->also != UINT32_MAX)
        fst_profile_object(v, at, p->also);
    fst_profile_children(v, at, p->point);
    check_rules(v, &o, &v->schema->points[p->point]);
    v->profile_check->depth--;
}

bool fst_profile_fits(struct fst_validator *v, const struct fst_frame *at, uint32_t profile)
{
    uint32_t *outer = v->trial, errors = 0;
    v->trial = &errors;
    fst_profile_object(v, at, profile);
    v->trial = outer;
    return !errors;
}

/* ---- what a resource claims in meta.profile */

static void unknown_profile(struct fst_validator *v, const struct fst_frame *meta, const struct fst_member *m, int32_t index, uint32_t node)
{
    struct fst_place place = { meta, m, index };
    v->verdict.unknown_profiles++;
    fst_report(v, place, v->opts.unknown_profile == FST_UNKNOWN_PROFILE_REJECT ? FST_SEVERITY_ERROR : FST_SEVERITY_WARNING,
               FST_ISSUE_NOT_FOUND, "unknown-profile", node, "%.*s is not known here: --profiles FILE makes profiles known",
               FST_VIEW_ARGS(fst_shown(v, fst_tape_string(v->tape, node, &v->scratch))));
}

void fst_validate_profiles(struct fst_validator *v, const struct fst_frame *at)
{
    static const struct fst_view name = FST_VIEW("profile");
    uint32_t                     meta = fst_known(v, at, FST_KNOWN_RESOURCE_META), list;
    struct fst_occurrence        o = { { at, NULL, -1 }, 0, meta, FST_NO_NODE };
    struct fst_frame             frame;
    int32_t                      index = 0;
    if (meta == FST_NO_NODE || (list = fst_tape_member(v->tape, meta, "profile")) == FST_NO_NODE)
        return;
    o.place.member = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), (struct fst_view)FST_VIEW("meta"));
    o.def = o.place.member->def;
    fst_occurrence_frame(v, &o, &frame);
    v->profile_check->steps = v->profile_check->depth = 0;
    FST_EACH_ELEMENT(v->tape, list, item) {
        struct fst_view url = fst_tape_string(v->tape, item, &v->scratch);
        uint32_t        profile = fst_profile_find(v->schema, url);
        if (profile != UINT32_MAX)
            fst_profile_object(v, at, profile);
        else if (url.n && !fst_is_base_definition(v->schema, url))
            unknown_profile(v, &frame, fst_schema_member(v->schema, o.def, name), index, item);
        index++;
    }
}

/* A value of a data type that R4 itself holds to a profile (SimpleQuantity). */
void fst_validate_member_profile(struct fst_validator *v, const struct fst_frame *at)
{
    v->profile_check->steps = v->profile_check->depth = 0;
    fst_profile_object(v, at, at->member->profile);
}
