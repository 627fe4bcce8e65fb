/* References and the resources they are about: what a reference may point to, contained resources, a Bundle's entries. */
#include "fhir/primitive.h"
#include "fhir/types.h"
#include "fhir/validate-private.h"

enum { MAX_CONTAINED = 1000 };

/* ---- references */

static bool is_target(const struct fst_validator *v, uint16_t targets, struct fst_view type)
{
    const uint16_t *list = &v->schema->targets[targets];
    fst_def         def = fst_schema_find(v->schema, type);

    for (uint16_t i = 1; i <= list[0]; i++)
        if (def != FST_NO_DEF && fst_schema_is_a(v->schema, def, list[i]))
            return true;
    return false;
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

/* "Type/id" or "http://…/Type/id", with or without a version: its type and id. */
static bool implied_target(const struct fst_validator *v, struct fst_view reference, struct fst_view *type, struct fst_view *id)
{
    struct fst_view rest = reference;
    fst_def         def;

    *id = cut_tail(&rest);
    *type = cut_tail(&rest);
    if (fst_view_is(*type, "_history")) {
        *id = cut_tail(&rest);
        *type = cut_tail(&rest);
    }
    def = fst_schema_find(v->schema, *type);
    return def != FST_NO_DEF && fst_schema_kind(v->schema, def) == FST_DEF_RESOURCE && fst_id_is_valid(*id) &&
           (!rest.n || fst_view_starts(rest, "http://") || fst_view_starts(rest, "https://"));
}

/* The type that a reference leads to, by its text or, where that doesn't say, by whoever knows. */
static bool target_type(const struct fst_validator *v, struct fst_view reference, struct fst_view *type)
{
    struct fst_view id;

    if (implied_target(v, reference, type, &id))
        return true;
    *type = v->opts.link_type ? v->opts.link_type(v->opts.link_ctx, reference) : (struct fst_view){ 0 };
    return type->n;
}

static void check_stated_type(struct fst_validator *v, const struct fst_frame *at, uint16_t targets)
{
    static const char prefix[] = "http://hl7.org/fhir/StructureDefinition/";
    struct fst_view   type = fst_known_string(v, at, FST_KNOWN_REFERENCE_TYPE, &v->scratch2);

    if (fst_view_starts(type, prefix))
        type = fst_view_from(type, sizeof prefix - 1);
    if (type.n && !is_target(v, targets, type))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "reference-type", at->node, "%.*s is no type that this element may refer to",
                     FST_VIEW_ARGS(fst_shown(v, type)));
}

void fst_rule_reference(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view reference = fst_known_string(v, at, FST_KNOWN_REFERENCE_REFERENCE, &v->scratch), type;
    uint16_t        targets = at->member ? at->member->targets : FST_NONE;

    if (has_space(reference)) {
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "reference", at->node, "the reference has white space in it");
        return;
    }
    if (targets == FST_NONE)
        return;
    if (reference.n && reference.p[0] != '#' && target_type(v, reference, &type) && !is_target(v, targets, type))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_STRUCTURE, "reference-target", at->node, "a %.*s is nothing that this element may refer to",
                     FST_VIEW_ARGS(type));
    check_stated_type(v, at, targets);
}

/* ---- contained resources: each id once */

void fst_validate_contained_ids(struct fst_validator *v, const struct fst_frame *at)
{
    uint32_t contained = fst_tape_member(v->tape, at->node, "contained"), index = 0;

    if (contained == FST_NO_NODE || fst_tape_kind(v->tape, contained) != FST_JSON_ARRAY ||
        fst_node_count(&v->tape->nodes[contained]) > MAX_CONTAINED)
        return;
    FST_EACH_ELEMENT(v->tape, contained, item) {
        struct fst_view id = fst_tape_member_string(v->tape, item, "id", &v->scratch);
        FST_EACH_ELEMENT(v->tape, contained, other) {
            if (other == item)
                break;
            if (id.n && fst_view_equal(fst_tape_member_string(v->tape, other, "id", &v->scratch2), id)) {
                static const struct fst_view name = FST_VIEW("contained");
                struct fst_place place = { at, fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name), (int32_t)index };
                fst_error_at(v, place, FST_ISSUE_DUPLICATE, "contained-id", item, "another contained resource has the same id");
                break;
            }
        }
        index++;
    }
}

/* ---- a Bundle's entries: how they are called */

static bool is_absolute(struct fst_view url)
{
    return fst_view_starts(url, "urn:") || fst_uri_is_absolute(url);
}

/* A transaction or batch, or the answer to one, may do without fullUrls. */
static bool needs_full_url(struct fst_validator *v, const struct fst_frame *bundle)
{
    static const char *const without[] = { "transaction", "batch", "transaction-response", "batch-response" };
    struct fst_view          type = fst_tape_member_string(v->tape, bundle->node, "type", &v->scratch2);

    for (size_t i = 0; i < FST_COUNT(without); i++)
        if (fst_view_is(type, without[i]))
            return false;
    return true;
}

void fst_rule_entry(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view url = fst_tape_member_string(v->tape, at->node, "fullUrl", &v->scratch), type, id, own_id;
    uint32_t        resource = fst_tape_member(v->tape, at->node, "resource"), name;

    if (!url.n) {
        if (resource != FST_NO_NODE && at->up && needs_full_url(v, at->up))
            fst_error_at(v, fst_place_of(at), FST_ISSUE_REQUIRED, "entry-fullUrl", at->node, "an entry needs a fullUrl, but in a transaction or batch");
        return;
    }
    if (!is_absolute(url)) {
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "entry-fullUrl", at->node, "the fullUrl is not an absolute URL");
        return;
    }
    name = resource == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(v->tape, resource, "resourceType");
    if (name == FST_NO_NODE || !fst_view_starts(url, "http") || !implied_target(v, url, &type, &id))
        return;
    own_id = fst_tape_member_string(v->tape, resource, "id", &v->scratch2);
    if (!fst_view_equal(fst_tape_raw(v->tape, name), type) || (own_id.n && !fst_view_equal(own_id, id)))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "entry-fullUrl", at->node, "the fullUrl does not end with the resource's type and id");
}
