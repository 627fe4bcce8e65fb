/* Extensions whose definition is known: where they may stand, and what may be in them. */
#include "fhir/profiles.h"
#include "fhir/validate-profile-private.h"

/* ---- where */

/* Cut ".name" off the end of `path`; false when that is not there. "name[x]" is `name`. */
static bool cut_name(struct fst_view *path, struct fst_view name)
{
    struct fst_view p = *path;
    if (p.n > 3 && !memcmp(p.p + p.n - 3, "[x]", 3))
        p.n -= 3;
    if (p.n <= name.n || p.p[p.n - name.n - 1] != '.' || memcmp(p.p + p.n - name.n, name.p, name.n))
        return false;
    path->n = p.n - name.n - 1;
    return true;
}

static bool is_of_type(struct fst_validator *v, const struct fst_frame *at, struct fst_view name)
{
    for (fst_def def = (fst_def)(at->type - v->schema->types); def != FST_NO_DEF; def = v->schema->types[def].base)
        if (fst_view_equal(fst_pool_view(v->schema, v->schema->types[def].name), name))
            return true;
    return false;
}

/* Is the object at `at` what "Patient.contact", "HumanName" or "Element" names? Its path is told by any type on the way. */
static bool is_at_path(struct fst_validator *v, const struct fst_frame *at, struct fst_view path)
{
    const char *hash = path.n ? memchr(path.p, '#', path.n) : NULL;
    if (hash)
        path = fst_view_from(path, (size_t)(hash - path.p) + 1);
    if (fst_view_is(path, "Element") || fst_view_is(path, "Any"))
        return true;
    if (fst_view_is(path, "CanonicalResource"))
        return fst_is_published(v->schema, (fst_def)(at->type - v->schema->types));
    for (;; at = at->up) {
        if (is_of_type(v, at, path))
            return true;
        if (!at->up || !cut_name(&path, fst_schema_element_name(v->schema, fst_schema_element_of(v->schema, (fst_def)(at->up->type - v->schema->types), at->member))))
            return false;
    }
}

static bool is_in_extension(struct fst_validator *v, const struct fst_frame *at, struct fst_view url)
{
    if (at->type->name.at != v->extension_name.at && at->up && at->up->type->name.at == v->extension_name.at)
        at = at->up; /* a value of the extension */
    return fst_view_equal(fst_tape_member_string(v->tape, at->node, "url", &v->scratch2), url);
}

static struct fst_path_item item_of(struct fst_validator *v, const struct fst_frame *at)
{
    return (struct fst_path_item){ .kind = FST_PATH_NODE, .def = (fst_def)(at->type - v->schema->types), .node = at->node, .more = FST_NO_NODE };
}

/* Is the object among those that the path leads to from the resource? */
static bool is_on_path(struct fst_validator *v, const struct fst_frame *at, uint32_t context)
{
    struct fst_path_eval          *e = &v->profile_check->eval;
    const struct fst_path_program *p = fst_profile_program(v, &v->profile_check->contexts[context], v->schema->contexts[context].expression);
    if (!p)
        return true; /* not known what is meant */
    fst_profile_set_scope(v);
    fst_path_run(e, p, e->resource);
    for (uint32_t i = 0; i < e->count; i++)
        if (e->items[i].kind == FST_PATH_NODE && (e->items[i].node == at->node || e->items[i].more == at->node))
            return true;
    return e->failed;
}

static bool is_met(struct fst_validator *v, const struct fst_frame *at, uint32_t context)
{
    const struct fst_context_row *x = &v->schema->contexts[context];
    struct fst_view               expression = fst_pool_view(v->schema, x->expression);
    switch ((enum fst_context_kind)x->kind) {
    case FST_CONTEXT_ELEMENT: return is_at_path(v, at, expression);
    case FST_CONTEXT_EXTENSION: return is_in_extension(v, at, expression);
    case FST_CONTEXT_PATH: return is_on_path(v, at, context);
    case FST_CONTEXT_RULE: break;
    }
    return false;
}

static bool keeps_rule(struct fst_validator *v, const struct fst_frame *at, uint32_t context)
{
    struct fst_path_eval          *e = &v->profile_check->eval;
    const struct fst_path_program *p = fst_profile_program(v, &v->profile_check->contexts[context], v->schema->contexts[context].expression);
    if (!p)
        return true;
    fst_profile_set_scope(v);
    return fst_path_is_true(e, p, item_of(v, at)) != FST_PATH_FALSE;
}

/* A value that a definition has for its elements may have any extension. */
static bool is_value_of_definition(struct fst_validator *v, const struct fst_frame *at)
{
    static const char *const names[] = { "ElementDefinition.fixed", "ElementDefinition.pattern", "ElementDefinition.example.value" };

    for (size_t i = 0; i < FST_COUNT(names); i++)
        if (is_at_path(v, at, fst_view_of(names[i])))
            return true;
    return false;
}

/* `at` is what the extension stands on. */
static void check_context(struct fst_validator *v, const struct fst_frame *at, const struct fst_profile_row *p)
{
    bool met = false;
    for (uint32_t i = p->contexts; i < p->contexts + p->context_count && !met; i++)
        met = v->schema->contexts[i].kind != FST_CONTEXT_RULE && is_met(v, at, i);
    if (!met && is_value_of_definition(v, at))
        return;
    if (!met) {
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "extension-context", at->node, "the extension %.*s may not be used here",
                     FST_VIEW_ARGS(fst_pool_view(v->schema, p->url)));
        return;
    }
    for (uint32_t i = p->contexts; i < p->contexts + p->context_count; i++)
        if (v->schema->contexts[i].kind == FST_CONTEXT_RULE && !keeps_rule(v, at, i))
            fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "extension-context", at->node,
                         "the extension %.*s may not be used here: its definition asks for %.*s", FST_VIEW_ARGS(fst_pool_view(v->schema, p->url)),
                         FST_VIEW_ARGS(fst_pool_view(v->schema, v->schema->contexts[i].expression)));
}

/* ---- what */

static const struct fst_point_row *value_point(const struct fst_schema *s, const struct fst_profile_row *p)
{
    for (uint32_t i = s->points[p->point].children; i; i = s->points[i].next)
        if (fst_view_is(fst_pool_view(s, s->points[i].name), "value"))
            return &s->points[i];
    return NULL;
}

static void check_form(struct fst_validator *v, const struct fst_frame *at, const struct fst_profile_row *p)
{
    const struct fst_point_row *value = value_point(v->schema, p);
    bool may_have_value = !value || value->max, has_value = fst_known(v, at, FST_KNOWN_EXTENSION_VALUE) != FST_NO_NODE;
    bool has_parts = at->seen >> v->known[FST_KNOWN_EXTENSION_NESTED] & 1;
    if (may_have_value && !has_value && !has_parts)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "extension-value", at->node, "the extension %.*s needs a value",
                     FST_VIEW_ARGS(fst_pool_view(v->schema, p->url)));
}

void fst_validate_extension(struct fst_validator *v, const struct fst_frame *at, struct fst_view url)
{
    static const struct fst_view modifier = FST_VIEW("modifierExtension");
    uint32_t                     profile = fst_profile_find(v->schema, url);
    if (profile == UINT32_MAX || !at->up)
        return;
    const struct fst_profile_row *p = &v->schema->profiles[profile];
    bool is_modifier = fst_view_equal(fst_schema_member_name(v->schema, at->member), modifier);
    if (v->schema->types[p->type].name.at != v->extension_name.at)
        return;
    fst_beyond(v); /* where it stands matters */
    v->profile_check->steps = v->profile_check->depth = 0;
    check_context(v, at->up, p);
    if (is_modifier != p->is_modifier)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "extension-modifier", at->node, "the extension %.*s is %s modifier",
                     FST_VIEW_ARGS(fst_pool_view(v->schema, p->url)), p->is_modifier ? "a" : "no");
    check_form(v, at, p);
    fst_profile_object(v, at, profile);
}
