/* Bundles: how entries are called, what comes first, and which links there may be. */
#include "fhir/primitive.h"
#include "fhir/types.h"
#include "fhir/validate-private.h"

enum { MAX_STEPS = 1000000 };

/* ---- how entries are called */

static bool is_absolute(struct fst_view url)
{
    return fst_view_starts(url, "urn:") || fst_uri_is_absolute(url);
}

/* Cut "/tail" off the end; the tail is returned, without its slash. */
static struct fst_view cut_tail(struct fst_view *v)
{
    const char     *slash = v->n ? memrchr(v->p, '/', v->n) : NULL;
    struct fst_view tail = slash ? fst_view_from(*v, (size_t)(slash - v->p) + 1) : *v;
    v->n = slash ? (size_t)(slash - v->p) : 0;
    return tail;
}

/* What may stand before "Type/id" in a URL that looks like a server's. */
static bool is_base(struct fst_view v)
{
    static const char marks[] = "\\.:%$-_/";
    size_t            scheme = fst_view_starts(v, "http://") ? 7 : fst_view_starts(v, "https://") ? 8 : 0;

    for (size_t i = scheme; i < v.n; i++)
        if (!((v.p[i] | 32) >= 'a' && (v.p[i] | 32) <= 'z') && !(v.p[i] >= '0' && v.p[i] <= '9') && !memchr(marks, v.p[i], sizeof marks - 1))
            return false;
    return scheme;
}

bool fst_url_is_of(const struct fst_validator *v, struct fst_view url, struct fst_view *base, struct fst_view *type, struct fst_view *id)
{
    struct fst_view rest = url;

    *id = cut_tail(&rest);
    *type = cut_tail(&rest);
    *base = fst_view_n(url.p, rest.n + (rest.n < url.n));
    return fst_names_resource(v, *type) && fst_id_is_valid(*id) && is_base(*base);
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
    struct fst_view url = fst_tape_member_string(v->tape, at->node, "fullUrl", &v->scratch), base, type, id, own_id;
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
    if (name == FST_NO_NODE || !fst_view_starts(url, "http") || !fst_url_is_of(v, url, &base, &type, &id))
        return;
    own_id = fst_tape_member_string(v->tape, resource, "id", &v->scratch2);
    if (!own_id.n)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "entry-fullUrl", at->node, "the fullUrl has an id, but the resource has none");
    else if (fst_schema_find(v->schema, fst_tape_string(v->tape, name, &v->hint)) != fst_schema_find(v->schema, type) || !fst_view_equal(own_id, id))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "entry-fullUrl", at->node, "the fullUrl does not end with the resource's type and id");
}

/* ---- the whole */

static bool is_one_of(struct fst_view v, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fst_view_is(v, list[i]))
            return true;
    return false;
}

/* Is the relation of links[item] that of one before it? */
static bool is_related_before(struct fst_validator *v, uint32_t links, uint32_t item, struct fst_view relation)
{
    FST_EACH_ELEMENT(v->tape, links, other) {
        if (other == item || ++v->steps > MAX_STEPS)
            return false;
        if (fst_view_equal(fst_tape_member_string(v->tape, other, "relation", &v->scratch2), relation))
            return true;
    }
    return false;
}

/* Pages are for searches and histories; and each relation that means a place among them, or the Bundle itself, is there once. */
static void check_bundle_links(struct fst_validator *v, const struct fst_frame *at, uint32_t links, bool is_paged)
{
    static const struct fst_view name = FST_VIEW("link");
    static const char *const     pages[] = { "first", "previous", "next", "last" };
    struct fst_place             place = { at, fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name), 0 };

    FST_EACH_ELEMENT(v->tape, links, link) {
        struct fst_view relation = fst_tape_member_string(v->tape, link, "relation", &v->scratch);
        bool            is_page = is_one_of(relation, pages, FST_COUNT(pages));
        if (is_page && !is_paged)
            fst_error_at(v, place, FST_ISSUE_INVALID, "bundle-link", link, "a Bundle of this type has no pages");
        else if ((is_page || fst_view_is(relation, "self")) && is_related_before(v, links, link, relation))
            fst_error_at(v, place, FST_ISSUE_INVALID, "bundle-link", link, "there may be one link of this relation only");
        place.index++;
    }
}

/* ---- searches */

static struct fst_view mode_of(struct fst_validator *v, uint32_t entry)
{
    uint32_t search = fst_tape_member(v->tape, entry, "search");
    return search == FST_NO_NODE ? (struct fst_view){ 0 } : fst_tape_member_string(v->tape, search, "mode", &v->scratch);
}

/* The type that was searched for, by the search's own URL: "…/Type?…", empty when that is not told. */
static struct fst_view searched_type(struct fst_validator *v, uint32_t links)
{
    if (links != FST_NO_NODE)
        FST_EACH_ELEMENT(v->tape, links, link)
            if (fst_view_is(fst_tape_member_string(v->tape, link, "relation", &v->scratch2), "self")) {
                struct fst_view url = fst_tape_member_string(v->tape, link, "url", &v->hint);
                const char     *query = url.n ? memchr(url.p, '?', url.n) : NULL;
                url.n = query ? (size_t)(query - url.p) : url.n;
                url = cut_tail(&url);
                return fst_names_resource(v, url) ? url : (struct fst_view){ 0 };
            }
    return (struct fst_view){ 0 };
}

/* What was found has an id, and a match is of the type that was searched for; what is neither is an OperationOutcome. */
static const char *wrong_result(struct fst_validator *v, uint32_t resource, struct fst_view mode, struct fst_view searched)
{
    struct fst_view type = fst_tape_member_string(v->tape, resource, "resourceType", &v->scratch2);
    bool            is_match = fst_view_is(mode, "match");

    if (!is_match && !fst_view_is(mode, "include"))
        return fst_view_is(type, "OperationOutcome") ? NULL : "what is neither found nor included is an OperationOutcome";
    if (is_match && searched.n && !fst_view_equal(type, searched))
        return "this is not of the type that was searched for";
    return fst_tape_member(v->tape, resource, "id") == FST_NO_NODE ? "what was found by a search has an id" : NULL;
}

static void check_results(struct fst_validator *v, const struct fst_frame *at, uint32_t links, uint32_t entries)
{
    static const struct fst_view name = FST_VIEW("entry");
    struct fst_view              searched = searched_type(v, links);
    struct fst_place             place = { at, fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name), 0 };

    FST_EACH_ELEMENT(v->tape, entries, entry) {
        uint32_t        resource = fst_tape_member(v->tape, entry, "resource");
        struct fst_view mode = mode_of(v, entry);
        const char     *wrong = resource == FST_NO_NODE ? "here is no resource" : mode.n ? wrong_result(v, resource, mode, searched) : NULL;
        if (wrong)
            fst_error_at(v, place, FST_ISSUE_INVALID, "bundle-result", entry, "%s", wrong);
        place.index++;
    }
}

static void check_entries(struct fst_validator *v, const struct fst_frame *at, struct fst_view type, uint32_t links, uint32_t entries)
{
    bool     is_document = fst_view_is(type, "document"), is_search = fst_view_is(type, "searchset");
    uint32_t first = fst_tape_first(v->tape, entries);

    if (is_search)
        check_results(v, at, links, entries);
    else if (!is_document && !fst_view_is(type, "message"))
        return;
    else if (first != FST_NO_NODE && fst_tape_member(v->tape, first, "resource") == FST_NO_NODE)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "bundle-first", first, "the first entry of a document or message has a resource");
    else if (first != FST_NO_NODE)
        fst_validate_linked(v, at, entries, is_document);
}

void fst_rule_bundle(struct fst_validator *v, const struct fst_frame *at)
{
    static const char *const paged[] = { "searchset", "history" }, *const headed[] = { "document", "message" };
    struct fst_view          type = fst_tape_member_string(v->tape, at->node, "type", &v->hint);
    uint32_t                 links = fst_tape_member(v->tape, at->node, "link"), entries = fst_tape_member(v->tape, at->node, "entry");

    if (links != FST_NO_NODE)
        check_bundle_links(v, at, links, is_one_of(type, paged, FST_COUNT(paged)));
    if (entries == FST_NO_NODE && is_one_of(type, headed, FST_COUNT(headed)))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "bundle-first", at->node, "a document or message begins with an entry");
    else if (entries != FST_NO_NODE && fst_tape_kind(v->tape, entries) == FST_JSON_ARRAY)
        check_entries(v, at, type, links, entries);
}
