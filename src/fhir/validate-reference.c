/* References: how they are written, and what an element may refer to. */
#include "fhir/primitive.h"
#include "fhir/types.h"
#include "fhir/validate-private.h"

enum { MAX_LOOKUPS = 4000000 }; /* of contained resources, for the links of one resource */

/* ---- references */

static bool is_target_def(const struct fst_validator *v, uint16_t targets, fst_def def)
{
    const uint16_t *list = &v->schema->targets[targets];

    for (uint16_t i = 1; i <= list[0]; i++)
        if (def != FST_NO_DEF && fst_schema_is_a(v->schema, def, list[i]))
            return true;
    return false;
}

static bool is_target(const struct fst_validator *v, uint16_t targets, struct fst_view type)
{
    return is_target_def(v, targets, fst_schema_find(v->schema, type));
}

static bool has_space(struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] == ' ' || v.p[i] == '\t' || v.p[i] == '\r' || v.p[i] == '\n')
            return true;
    return false;
}

/* Cut "/tail" off the end; the tail is returned, without its slash. */
static struct fst_view cut_tail(struct fst_view *v)
{
    const char     *slash = v->n ? memrchr(v->p, '/', v->n) : NULL;
    struct fst_view tail = slash ? fst_view_from(*v, (size_t)(slash - v->p) + 1) : *v;
    v->n = slash ? (size_t)(slash - v->p) : 0;
    return tail;
}

bool fst_names_resource(const struct fst_validator *v, struct fst_view type)
{
    fst_def def = fst_schema_find(v->schema, type);
    return def != FST_NO_DEF && fst_schema_kind(v->schema, def) == FST_DEF_RESOURCE;
}

/* The type that a reference's text names: "Type/id", behind any base, with or without a version. */
static bool implied_type(const struct fst_validator *v, struct fst_view reference, struct fst_view *type)
{
    struct fst_view parts[4] = { { 0 } }, rest = reference; /* the last four, the last first */
    unsigned        n = 0;

    while (rest.n && rest.p[rest.n - 1] == '/')
        rest.n--;
    while (rest.n && n < FST_COUNT(parts))
        parts[n++] = cut_tail(&rest);
    if (n < 2)
        return false;
    *type = fst_view_is(parts[1], "_history") && n == FST_COUNT(parts) ? parts[3] : parts[1];
    return fst_names_resource(v, *type);
}

/* Of a link to another resource, by its text or, where that doesn't say, by whoever knows. */
static bool target_type(struct fst_validator *v, struct fst_view reference, struct fst_view *type)
{
    const char *query;

    if (implied_type(v, reference, type))
        return true;
    *type = (struct fst_view){ 0 };
    if (!v->opts.link_type)
        return false;
    query = fst_view_starts(reference, "urn:") ? NULL : memchr(reference.p, '?', reference.n);
    if (query) {
        *type = fst_view_n(reference.p, (size_t)(query - reference.p));
        return type->n;
    }
    fst_beyond(v);
    *type = v->opts.link_type(v->opts.link_ctx, reference);
    return type->n;
}

/* ---- searches */

static bool is_parameter_name(struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        bool is_letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (!is_letter && c != '_' && (!i || !((c >= '0' && c <= '9') || c == '.' || c == ':' || c == '-')))
            return false;
    }
    return v.n;
}

/* Behind a type, does a query begin? */
static const char *query_of(const struct fst_validator *v, struct fst_view reference)
{
    const char *at = reference.n ? memchr(reference.p, '?', reference.n) : NULL;
    return at && fst_names_resource(v, fst_view_n(reference.p, (size_t)(at - reference.p))) ? at + 1 : NULL;
}

bool fst_reference_is_search(const struct fst_validator *v, struct fst_view reference)
{
    const char *at = query_of(v, reference), *end = reference.p + reference.n;

    while (at) {
        const char     *stop = memchr(at, '&', (size_t)(end - at));
        struct fst_view part = fst_view_n(at, (size_t)((stop ? stop : end) - at));
        const char     *equals = part.n ? memchr(part.p, '=', part.n) : NULL;
        if (!equals || memchr(equals + 1, '=', (size_t)(part.p + part.n - equals - 1)) || !is_parameter_name(fst_view_n(part.p, (size_t)(equals - part.p))))
            return false;
        if (!stop)
            return true;
        at = stop + 1;
    }
    return false;
}

/* ---- what is referred to */

/* "#id": the contained resource with that id; "#": the resource that this one is contained in. */
static uint32_t contained_resource(struct fst_validator *v, struct fst_view reference)
{
    const struct fst_resource_scope *scope = v->scope;
    struct fst_view                  id = fst_view_from(reference, 1);
    uint32_t                         contained;

    fst_beyond(v);
    while (scope->is_contained && scope->up)
        scope = scope->up;
    if (!id.n)
        return scope == v->scope ? FST_NO_NODE : scope->frame->node;
    contained = fst_tape_member(v->tape, scope->frame->node, "contained");
    if (contained == FST_NO_NODE)
        return FST_NO_NODE;
    FST_EACH_ELEMENT(v->tape, contained, item) {
        if (++v->lookups > MAX_LOOKUPS)
            break;
        if (fst_view_equal(fst_tape_member_string(v->tape, item, "id", &v->scratch2), id))
            return item;
    }
    return FST_NO_NODE;
}

uint32_t fst_reference_resource(struct fst_validator *v, struct fst_view reference)
{
    uint32_t resource = FST_NO_NODE, entry;

    fst_beyond(v);
    if (reference.n && reference.p[0] == '#')
        return contained_resource(v, reference);
    if (v->scope->entry)
        fst_entries_resolve(v, reference, &resource);
    else if (fst_entries_called(v, v->scope->frame->node, FST_ENTRY_URL, reference, &entry) == 1)
        resource = fst_tape_member(v->tape, entry, "resource");
    return resource;
}

/* The name of the resource's type; empty when there is no such type, or no resource. */
static struct fst_view type_of(struct fst_validator *v, uint32_t resource)
{
    fst_def def = resource == FST_NO_NODE ? FST_NO_DEF : fst_schema_find(v->schema, fst_tape_member_string(v->tape, resource, "resourceType", &v->scratch2));
    return def == FST_NO_DEF ? (struct fst_view){ 0 } : fst_pool_view(v->schema, v->schema->types[def].name);
}

/* What it leads to here counts before what its text says. */
bool fst_reference_type(struct fst_validator *v, struct fst_view reference, struct fst_view *type)
{
    bool is_within = reference.n && reference.p[0] == '#';

    *type = is_within || (reference.n && v->scope->entry) ? type_of(v, fst_reference_resource(v, reference)) : (struct fst_view){ 0 };
    if (!type->n && reference.n && !is_within && !target_type(v, reference, type))
        *type = (struct fst_view){ 0 };
    return type->n;
}

/* What Reference.type says must be a type that may be here, and that of what is referred to. */
static void check_stated_type(struct fst_validator *v, const struct fst_frame *at, uint16_t targets, struct fst_view leads_to)
{
    static const char prefix[] = "http://hl7.org/fhir/StructureDefinition/";
    struct fst_view   type = fst_known_string(v, at, FST_KNOWN_REFERENCE_TYPE, &v->scratch2);

    if (fst_view_starts(type, prefix))
        type = fst_view_from(type, sizeof prefix - 1);
    if (!type.n)
        return;
    if (targets != FST_NONE && !is_target(v, targets, type))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "reference-type", at->node, "%.*s is no type that this element may refer to",
                     FST_VIEW_ARGS(fst_shown(v, type)));
    if (leads_to.n && !fst_view_equal(leads_to, type))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "reference-type", at->node, "the type is said to be %.*s, but a %.*s is referred to",
                     FST_VIEW_ARGS(fst_shown(v, type)), FST_VIEW_ARGS(leads_to));
}

/* "Type/id" of a type that may be here, and nothing said of the type beside: what most references are. */
static bool is_usual(const struct fst_validator *v, const struct fst_frame *at, struct fst_view reference, uint16_t targets)
{
    fst_def        *usual = at->member ? &v->usual_targets[at->member - v->schema->members] : NULL, def;
    struct fst_view type = usual && *usual != FST_NO_DEF ? fst_pool_view(v->schema, v->schema->types[*usual].name) : (struct fst_view){ 0 };
    const char     *slash;

    if (!usual || at->seen >> v->known[FST_KNOWN_REFERENCE_TYPE] & 1)
        return false;
    if (type.n && reference.n > type.n && reference.p[type.n] == '/' && !memcmp(reference.p, type.p, type.n))
        return fst_id_is_valid(fst_view_from(reference, type.n + 1));
    slash = reference.p[0] >= 'A' && reference.p[0] <= 'Z' ? memchr(reference.p, '/', reference.n) : NULL;
    if (!slash || !fst_id_is_valid(fst_view_from(reference, (size_t)(slash - reference.p) + 1)))
        return false;
    def = fst_schema_find(v->schema, fst_view_n(reference.p, (size_t)(slash - reference.p)));
    if (def == FST_NO_DEF || fst_schema_kind(v->schema, def) != FST_DEF_RESOURCE || (targets != FST_NONE && !is_target_def(v, targets, def)))
        return false;
    *usual = def;
    return true;
}

/* What is wrong with a reference of a resource in a Bundle. */
static void check_bundled(struct fst_validator *v, const struct fst_frame *at, struct fst_view reference)
{
    static const struct { const char *rule, *text; } told[] = {
        [FST_BUNDLED_ELSEWHERE] = { NULL, NULL }, [FST_BUNDLED_HERE] = { NULL, NULL },
        [FST_BUNDLED_TWICE] = { "reference", "more than one entry of the Bundle has that fullUrl" },
        [FST_BUNDLED_OTHER] = { "reference-target", "the entry of the Bundle that has that fullUrl is of another type" },
        [FST_BUNDLED_MALFORMED] = { "reference", "within a Bundle a relative reference is Type/id" },
        [FST_BUNDLED_NAMELESS] = { "entry-fullUrl", "the entry needs a fullUrl, since its resource refers to others" },
    };
    uint32_t         resource;
    enum fst_bundled bundled = fst_entries_resolve(v, reference, &resource);
    const struct fst_frame *where = bundled == FST_BUNDLED_NAMELESS ? v->scope->entry : at;

    if (bundled == FST_BUNDLED_NAMELESS && v->entries.nameless == where->node)
        return; /* told once of each entry */
    if (bundled == FST_BUNDLED_NAMELESS)
        v->entries.nameless = where->node;
    if (told[bundled].text)
        fst_error_at(v, fst_place_of(where), FST_ISSUE_INVALID, told[bundled].rule, where->node, "%s", told[bundled].text);
}

void fst_rule_reference(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view reference = fst_known_string(v, at, FST_KNOWN_REFERENCE_REFERENCE, &v->scratch), type = { 0 };
    uint16_t        targets = at->member ? at->member->targets : FST_NONE;

    if (!reference.n || (!v->scope->entry && is_usual(v, at, reference, targets)))
        return;
    if (has_space(reference)) {
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "reference", at->node, "the reference has white space in it");
        return;
    }
    if (query_of(v, reference) && !fst_reference_is_search(v, reference))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "reference", at->node, "behind the ? is no query: name=value, with & between them");
    if (reference.p[0] == '#')
        fst_validate_note_link(v, fst_known(v, at, FST_KNOWN_REFERENCE_REFERENCE));
    else if (v->scope->entry)
        check_bundled(v, at, reference);
    if (fst_reference_type(v, reference, &type) && targets != FST_NONE && !is_target(v, targets, type))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "reference-target", at->node, "a %.*s is nothing that this element may refer to",
                     FST_VIEW_ARGS(type));
    check_stated_type(v, at, targets, type);
}
