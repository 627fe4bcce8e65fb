/* Documents and messages: the first entry says what it is about, and what that links to is in the Bundle; in a document nothing is
 * there that has to do with nothing else. */
#include <stdlib.h>

#include "fhir/primitive.h"
#include "fhir/validate-private.h"

enum { MAX_DEPTH = 250 };

/* The entries that have a resource, in order; which of them hang together, as a forest whose roots stand for their tree. */
struct linked {
    struct fst_validator   *v;
    const struct fst_frame *bundle;
    struct fst_place        place; /* of the entry whose references are being followed */
    uint32_t                from;  /* its index */
    uint32_t                count;
    uint32_t               *entries, *parents;
};

/* ---- what a link leads to */

enum leads { LEADS_TO_ENTRY, LEADS_TO_TWO, LEADS_BY_NAME_ALONE, LEADS_OUT, LEADS_NOWHERE_KNOWN };

/* "http://x.org/Type/id" is looked for as it is; "Type/id" behind what stands before the entry's own in its fullUrl, and nowhere else. */
static enum leads leads_to(struct fst_validator *v, uint32_t bundle, uint32_t from, struct fst_view link, uint32_t *entry)
{
    const char     *hash = memchr(link.p, '#', link.n), *slash;
    struct fst_view base, type, id;
    uint32_t        count = 0;

    if (hash)
        link.n = (size_t)(hash - link.p);
    if (fst_uri_is_absolute(link)) {
        count = fst_entries_called(v, bundle, FST_ENTRY_URL, link, entry);
        if (!count && fst_url_is_of(v, link, &base, &type, &id) && fst_is_published(v->schema, fst_schema_find(v->schema, type)))
            return LEADS_NOWHERE_KNOWN; /* it may be known elsewhere */
        return count == 1 ? LEADS_TO_ENTRY : count ? LEADS_TO_TWO : LEADS_OUT;
    }
    if (fst_url_is_of(v, fst_tape_member_string(v->tape, from, "fullUrl", &v->entries.base), &base, &type, &id)) {
        fst_buf_reset(&v->entries.url);
        fst_buf_add(&v->entries.url, base.p, base.n);
        fst_buf_add(&v->entries.url, link.p, link.n);
        count = fst_entries_called(v, bundle, FST_ENTRY_URL, fst_buf_view(&v->entries.url), entry);
    }
    if (count)
        return count == 1 ? LEADS_TO_ENTRY : LEADS_TO_TWO;
    slash = link.n ? memchr(link.p, '/', link.n) : NULL;
    if (!slash || slash + 1 == link.p + link.n || !fst_names_resource(v, fst_view_n(link.p, (size_t)(slash - link.p))))
        return LEADS_NOWHERE_KNOWN;
    for (const char *p = slash + 1; p < link.p + link.n; p++)
        if (*p == '/')
            link.n = (size_t)(p - link.p);
    return fst_entries_called(v, bundle, FST_ENTRY_RESOURCE, link, entry) ? LEADS_BY_NAME_ALONE : LEADS_OUT;
}

/* ---- all links of an entry */

static uint32_t root_of(struct linked *l, uint32_t i)
{
    while (l->parents[i] != i)
        i = l->parents[i] = l->parents[l->parents[i]];
    return i;
}

static uint32_t index_of(const struct linked *l, uint32_t entry)
{
    uint32_t low = 0, high = l->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (l->entries[middle] < entry)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void follow(struct linked *l, uint32_t node)
{
    struct fst_view link = fst_tape_string(l->v->tape, node, &l->v->scratch);
    uint32_t        entry, i;
    enum leads      leads;

    if (!link.n || link.p[0] == '#')
        return;
    leads = leads_to(l->v, l->bundle->node, l->entries[l->from], link, &entry);
    if (leads == LEADS_TO_TWO)
        fst_error_at(l->v, l->place, FST_ISSUE_INVALID, "bundle-link-twice", node, "a link leads to more than one entry of the Bundle");
    else if (leads == LEADS_BY_NAME_ALONE)
        fst_error_at(l->v, l->place, FST_ISSUE_INVALID, "bundle-link-name", node,
                     "a link means an entry by its type and id, but the fullUrls do not say so: they differ in what stands before");
    else if (leads == LEADS_TO_ENTRY && (i = index_of(l, entry)) < l->count && l->entries[i] == entry)
        l->parents[root_of(l, i)] = root_of(l, l->from);
}

/* Does a URI link to something, or does it only name? */
static bool is_link(struct fst_validator *v, const struct fst_frame *at, const struct fst_member *m)
{
    static const struct { struct fst_view type, element; } names[] = {
        { FST_VIEW("Bundle.entry"), FST_VIEW("fullUrl") }, { FST_VIEW("Extension"), FST_VIEW("url") }, { FST_VIEW("Endpoint"), FST_VIEW("address") },
        { FST_VIEW("MessageHeader.source"), FST_VIEW("endpoint") }, { FST_VIEW("MessageHeader.destination"), FST_VIEW("endpoint") },
    };
    struct fst_view type = fst_pool_view(v->schema, at->type->name), name = fst_schema_member_name(v->schema, m);

    if ((m->prim != FST_PRIM_URI && m->prim != FST_PRIM_URL) || fst_view_is(name, "system"))
        return false;
    for (size_t i = 0; i < FST_COUNT(names); i++)
        if (fst_view_equal(type, names[i].type) && fst_view_equal(name, names[i].element))
            return false;
    return true;
}

static void walk(struct linked *l, const struct fst_frame *at, unsigned depth);

static void walk_value(struct linked *l, const struct fst_frame *at, const struct fst_member *m, uint32_t node, unsigned depth)
{
    struct fst_validator *v = l->v;
    struct fst_frame      frame = { .up = at, .member = m, .index = -1, .node = node };
    fst_def               def = m->def;

    if (m->flags & FST_MEMBER_PRIMITIVE && !(m->flags & FST_MEMBER_UNDERSCORE)) {
        bool is_reference = v->type_rules[at->type - v->schema->types].check == fst_rule_reference && fst_view_is(fst_schema_member_name(v->schema, m), "reference");
        if (fst_tape_kind(v->tape, node) == FST_JSON_STRING && (is_reference || is_link(v, at, m)))
            follow(l, node);
        return;
    }
    if (fst_tape_kind(v->tape, node) != FST_JSON_OBJECT)
        return;
    if (m->flags & FST_MEMBER_RESOURCE)
        def = fst_schema_find(v->schema, fst_tape_member_string(v->tape, node, "resourceType", &v->scratch2));
    if (def == FST_NO_DEF || v->type_rules[def].check == fst_rule_bundle)
        return;
    frame.type = &v->schema->types[def];
    walk(l, &frame, depth + 1);
}

static void walk(struct linked *l, const struct fst_frame *at, unsigned depth)
{
    struct fst_validator *v = l->v;

    if (depth > MAX_DEPTH)
        return;
    FST_EACH_MEMBER(v->tape, at->node, name) {
        const struct fst_member *m = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), fst_tape_string(v->tape, name, &v->scratch2));
        if (!m)
            continue;
        if (fst_tape_kind(v->tape, name + 1) != FST_JSON_ARRAY)
            walk_value(l, at, m, name + 1, depth);
        else
            FST_EACH_ELEMENT(v->tape, name + 1, item)
                walk_value(l, at, m, item, depth);
    }
}

/* ---- what the first entry links to has to be there */

struct named_link { const char *element, *part; }; /* part NULL: the element is the link */

static void check_link(struct linked *l, struct fst_place place, uint32_t node)
{
    struct fst_view link = fst_tape_member_string(l->v->tape, node, "reference", &l->v->scratch);
    uint32_t        entry;

    if (link.n && link.p[0] != '#' && leads_to(l->v, l->bundle->node, l->entries[0], link, &entry) == LEADS_OUT)
        fst_error_at(l->v, place, FST_ISSUE_NOT_FOUND, "bundle-link-missing", node, "what this links to is not in the Bundle");
}

static void check_named(struct linked *l, const struct fst_frame *at, const char *element, const char *part);

static void check_one(struct linked *l, struct fst_place place, uint32_t node, const char *part)
{
    struct fst_frame frame = { .up = place.at, .member = place.member, .index = place.index, .node = node, .type = &l->v->schema->types[place.member->def] };

    if (part)
        check_named(l, &frame, part, NULL);
    else
        check_link(l, place, node);
}

static void check_named(struct linked *l, const struct fst_frame *at, const char *element, const char *part)
{
    uint32_t                 value = fst_tape_member(l->v->tape, at->node, element);
    const struct fst_member *m = fst_schema_member(l->v->schema, (fst_def)(at->type - l->v->schema->types), fst_view_of(element));
    int32_t                  i = 0;

    if (value == FST_NO_NODE || !m)
        return;
    if (fst_tape_kind(l->v->tape, value) == FST_JSON_OBJECT)
        check_one(l, (struct fst_place){ at, m, -1 }, value, part);
    FST_EACH_ELEMENT(l->v->tape, value, item) {
        if (fst_tape_kind(l->v->tape, item) == FST_JSON_OBJECT)
            check_one(l, (struct fst_place){ at, m, i }, item, part);
        i++;
    }
}

static void check_sections(struct linked *l, const struct fst_frame *at, unsigned depth)
{
    static const char *const links[] = { "author", "focus", "entry" };
    static const struct fst_view name = FST_VIEW("section");
    struct fst_validator    *v = l->v;
    uint32_t                 sections = fst_tape_member(v->tape, at->node, "section");
    const struct fst_member *m = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name);
    struct fst_frame         frame = { .up = at, .member = m };

    if (sections == FST_NO_NODE || !m || depth > MAX_DEPTH)
        return;
    frame.type = &v->schema->types[m->def];
    FST_EACH_ELEMENT(v->tape, sections, section) {
        frame.node = section;
        if (fst_tape_kind(v->tape, section) == FST_JSON_OBJECT) {
            for (size_t i = 0; i < FST_COUNT(links); i++)
                check_named(l, &frame, links[i], NULL);
            check_sections(l, &frame, depth + 1);
        }
        frame.index++;
    }
}

static void check_head(struct linked *l, const struct fst_frame *head, bool is_document)
{
    static const struct named_link document[] = {
        { "subject", NULL }, { "author", NULL }, { "encounter", NULL }, { "custodian", NULL }, { "attester", "party" }, { "event", "detail" },
    }, message[] = { { "focus", NULL } };
    const struct named_link *links = is_document ? document : message;

    for (size_t i = 0; i < (is_document ? FST_COUNT(document) : FST_COUNT(message)); i++)
        check_named(l, head, links[i].element, links[i].part);
    if (is_document)
        check_sections(l, head, 0);
}

/* ---- the whole */

static const struct fst_member *member_of(const struct fst_validator *v, const struct fst_type_row *type, const char *name)
{
    return fst_schema_member(v->schema, (fst_def)(type - v->schema->types), fst_view_of(name));
}

/* A document's style sheet is linked to by the Bundle. */
static void follow_style_sheets(struct linked *l)
{
    struct fst_validator *v = l->v;
    uint32_t              links = fst_tape_member(v->tape, l->bundle->node, "link"), entry, i;

    if (links == FST_NO_NODE)
        return;
    FST_EACH_ELEMENT(v->tape, links, link) {
        struct fst_view url = fst_tape_member_string(v->tape, link, "url", &v->scratch);
        if (!fst_view_is(fst_tape_member_string(v->tape, link, "relation", &v->scratch2), "stylesheet") || !url.n || fst_uri_is_absolute(url))
            continue;
        if (!fst_entries_called(v, l->bundle->node, FST_ENTRY_RESOURCE, url, &entry))
            fst_error_at(v, fst_place_of(l->bundle), FST_ISSUE_NOT_FOUND, "bundle-link-missing", link, "the style sheet is not in the Bundle");
        else if ((i = index_of(l, entry)) < l->count && l->entries[i] == entry)
            l->parents[root_of(l, i)] = root_of(l, 0);
    }
}

static void check_orphans(struct linked *l, const struct fst_member *m, uint32_t array)
{
    uint32_t i = 0;
    int32_t  place = 0;

    FST_EACH_ELEMENT(l->v->tape, array, entry) {
        if (i < l->count && l->entries[i] == entry && root_of(l, i++) != root_of(l, 0))
            fst_error_at(l->v, ((struct fst_place){ l->bundle, m, place }), FST_ISSUE_INVALID, "bundle-orphan", entry,
                         "nothing in the document links to this entry, and it links to nothing in the document");
        place++;
    }
}

static void judge(struct linked *l, uint32_t array, bool is_document)
{
    struct fst_validator *v = l->v;
    struct fst_frame      entry = { .up = l->bundle, .member = member_of(v, l->bundle->type, "entry") }, head = { .up = &entry, .index = -1 };
    fst_def               def;
    uint32_t              i = 0;

    entry.type = &v->schema->types[entry.member->def];
    head.member = member_of(v, entry.type, "resource");
    FST_EACH_ELEMENT(v->tape, array, node) {
        uint32_t resource = fst_tape_member(v->tape, node, "resource");
        if (resource != FST_NO_NODE && fst_tape_kind(v->tape, resource) == FST_JSON_OBJECT) {
            entry.node = node;
            l->place = fst_place_of(&entry);
            l->from = i++;
            walk(l, &entry, 0);
        }
        entry.index++;
    }
    entry.index = 0;
    entry.node = l->entries[0];
    head.node = fst_tape_member(v->tape, entry.node, "resource");
    def = fst_schema_find(v->schema, fst_tape_member_string(v->tape, head.node, "resourceType", &v->scratch));
    if (fst_tape_first(v->tape, array) == entry.node && def != FST_NO_DEF) {
        head.type = &v->schema->types[def];
        if (fst_view_is(fst_pool_view(v->schema, head.type->name), is_document ? "Composition" : "MessageHeader"))
            check_head(l, &head, is_document);
    }
    follow_style_sheets(l);
    if (is_document)
        check_orphans(l, entry.member, array);
}

void fst_validate_linked(struct fst_validator *v, const struct fst_frame *bundle, uint32_t array, bool is_document)
{
    struct linked l = { .v = v, .bundle = bundle };
    uint32_t      n = 0;

    FST_EACH_ELEMENT(v->tape, array, entry)
        n++;
    l.entries = calloc(n + 1, 2 * sizeof *l.entries);
    v->out_of_memory |= !l.entries;
    if (!l.entries)
        return;
    l.parents = l.entries + n + 1;
    FST_EACH_ELEMENT(v->tape, array, entry) {
        uint32_t resource = fst_tape_member(v->tape, entry, "resource");
        if (resource == FST_NO_NODE || fst_tape_kind(v->tape, resource) != FST_JSON_OBJECT)
            continue;
        l.entries[l.count] = entry;
        l.parents[l.count] = l.count;
        l.count++;
    }
    if (l.count)
        judge(&l, array, is_document);
    free(l.entries);
}
