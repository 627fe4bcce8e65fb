/* Rules that the reference validator has about resources that define things: their canonical URLs, the codes of code systems and
 * concept maps, what a questionnaire's items refer to. docs/validation.md lists them. */
#include <stdlib.h>

#include "fhir/primitive.h"
#include "fhir/terms.h"
#include "fhir/validate-private.h"

enum { MAX_STEPS = 1000000, MAX_DEPTH = 200 }; /* of searching in one resource */

static struct fst_view string_of(struct fst_validator *v, uint32_t object, const char *name, struct fst_buf *scratch)
{
    return object == FST_NO_NODE ? (struct fst_view){ 0 } : fst_tape_member_string(v->tape, object, name, scratch);
}

/* The array member of an object, or FST_NO_NODE. */
static uint32_t array_of(const struct fst_validator *v, uint32_t object, const char *name)
{
    uint32_t array = object == FST_NO_NODE || fst_tape_kind(v->tape, object) != FST_JSON_OBJECT ? FST_NO_NODE : fst_tape_member(v->tape, object, name);
    return array != FST_NO_NODE && fst_tape_kind(v->tape, array) == FST_JSON_ARRAY ? array : FST_NO_NODE;
}

/* The place of a member of `at` by its element's name. */
static struct fst_place member_place(const struct fst_validator *v, const struct fst_frame *at, struct fst_view name, int32_t index)
{
    return (struct fst_place){ at, fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name), index };
}

/* ---- all of them */

void fst_rule_canonical(struct fst_validator *v, const struct fst_frame *at)
{
    static const struct fst_view name = FST_VIEW("url");
    struct fst_view              url = string_of(v, at->node, "url", &v->scratch);

    if (url.n && !fst_is_blank(url) && !fst_uri_is_absolute(url))
        fst_error_at(v, member_place(v, at, name, -1), FST_ISSUE_INVALID, "canonical-url", at->node,
                     "the canonical URL %.*s is not absolute", FST_VIEW_ARGS(fst_shown(v, url)));
}

/* ---- code systems: each code once, their number, and none where it is said that none are here */

static uint32_t count_concepts(const struct fst_validator *v, uint32_t array, unsigned depth)
{
    uint32_t n = 0;

    if (array == FST_NO_NODE || depth > MAX_DEPTH)
        return 0;
    FST_EACH_ELEMENT(v->tape, array, concept)
        n += 1 + count_concepts(v, array_of(v, concept, "concept"), depth + 1);
    return n;
}

/* Where in the table of concepts a code is, or would be: linear probing, its size a power of two. */
static uint32_t *slot_of(struct fst_validator *v, struct fst_view code)
{
    uint32_t hash = 2166136261u, mask = v->concepts.count - 1;

    for (size_t i = 0; i < code.n; i++)
        hash = (hash ^ (uint8_t)code.p[i]) * 16777619u;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        uint32_t node = v->concepts.nodes[i];
        if (!node || fst_view_equal(string_of(v, node, "code", &v->scratch2), code))
            return &v->concepts.nodes[i];
    }
}

static void note_concepts(struct fst_validator *v, uint32_t array, unsigned depth)
{
    if (array == FST_NO_NODE || depth > MAX_DEPTH)
        return;
    FST_EACH_ELEMENT(v->tape, array, concept) {
        struct fst_view code = string_of(v, concept, "code", &v->scratch);
        uint32_t       *slot = slot_of(v, code);
        if (!*slot)
            *slot = concept;
        note_concepts(v, array_of(v, concept, "concept"), depth + 1);
    }
}

/* A table of the concepts in `array`, the first of each code. False: out of memory. */
static bool make_table(struct fst_validator *v, uint32_t array)
{
    uint32_t size = 16, n = count_concepts(v, array, 0);

    while (size < 2 * n + 2)
        size *= 2;
    if (size > v->concepts.cap) {
        uint32_t *grown = realloc(v->concepts.nodes, size * sizeof *grown);
        v->out_of_memory |= !grown;
        if (!grown)
            return false;
        v->concepts.nodes = grown;
        v->concepts.cap = size;
    }
    v->concepts.count = size;
    memset(v->concepts.nodes, 0, size * sizeof *v->concepts.nodes);
    note_concepts(v, array, 0);
    v->concepts_of = array;
    return true;
}

void fst_rule_concept_definition(struct fst_validator *v, const struct fst_frame *at)
{
    uint32_t        array = array_of(v, v->scope->frame->node, "concept");
    struct fst_view code;

    if (array == FST_NO_NODE || (v->concepts_of != array && !make_table(v, array)))
        return;
    code = string_of(v, at->node, "code", &v->scratch);
    if (code.n && *slot_of(v, code) != at->node)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "code-twice", at->node, "the code %.*s has been defined already",
                     FST_VIEW_ARGS(fst_shown(v, code)));
}

void fst_rule_code_system(struct fst_validator *v, const struct fst_frame *at)
{
    static const struct fst_view concept = FST_VIEW("concept"), count = FST_VIEW("count");
    struct fst_view              content;
    uint32_t                     concepts = array_of(v, at->node, "concept"), stated = fst_tape_member(v->tape, at->node, "count");
    char                         number[16];

    fst_rule_canonical(v, at);
    content = string_of(v, at->node, "content", &v->scratch);
    if (concepts != FST_NO_NODE && fst_view_is(content, "not-present"))
        fst_error_at(v, member_place(v, at, concept, 0), FST_ISSUE_INVALID, "code-system-content", concepts,
                     "here are concepts, where content says that none are present");
    if (fst_view_is(content, "supplement") != (fst_tape_member(v->tape, at->node, "supplements") != FST_NO_NODE))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "code-system-supplement", at->node,
                     "content is 'supplement' where supplements says of what, and only there");
    snprintf(number, sizeof number, "%u", count_concepts(v, concepts, 0));
    if (stated != FST_NO_NODE && fst_view_is(content, "complete") && !fst_view_is(fst_tape_raw(v->tape, stated), number))
        fst_error_at(v, member_place(v, at, count, -1), FST_ISSUE_INVALID, "code-system-count", stated,
                     "count is not the number of concepts, %s, though the code system is said to be complete", number);
}

/* ---- value sets and concept maps */

void fst_rule_include(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view system = string_of(v, at->node, "system", &v->scratch);

    if (system.n && !fst_is_blank(system) && !fst_uri_is_absolute(system))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "include-system", at->node, "the system %.*s is not absolute",
                     FST_VIEW_ARGS(fst_shown(v, system)));
    else if (system.n && fst_set_find(v->schema, system) != FST_NONE && fst_system_find(v->schema, system) == FST_NONE)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "include-system", at->node, "the system %.*s is a value set, not a code system",
                     FST_VIEW_ARGS(system));
}

/* A code on one side of a map must be one of that side's system, where that is known to be whole. */
static void check_mapped(struct fst_validator *v, const struct fst_frame *at, const struct fst_frame *group, const char *side)
{
    static const struct fst_view name = FST_VIEW("code");
    struct fst_view              system = string_of(v, group->node, side, &v->scratch), code = string_of(v, at->node, "code", &v->scratch2);
    uint16_t                     i = system.n ? fst_system_find(v->schema, system) : FST_NONE;

    if (code.n && i != FST_NONE && fst_system_has(v->schema, i, code) == FST_IN_NO)
        fst_error_at(v, member_place(v, at, name, -1), FST_ISSUE_REQUIRED, "mapped-code", at->node, "%.*s is no code of the group's %s, %.*s",
                     FST_VIEW_ARGS(fst_shown(v, code)), side, FST_VIEW_ARGS(system));
}

void fst_rule_map_element(struct fst_validator *v, const struct fst_frame *at)
{
    if (at->up)
        check_mapped(v, at, at->up, "source");
}

void fst_rule_map_target(struct fst_validator *v, const struct fst_frame *at)
{
    if (at->up && at->up->up)
        check_mapped(v, at, at->up->up, "target");
}

/* ---- questionnaires: what an enableWhen asks must be there, and outside the item */

static uint32_t find_item(struct fst_validator *v, uint32_t parent, struct fst_view link, unsigned depth, uint32_t *steps)
{
    uint32_t items = depth < MAX_DEPTH ? array_of(v, parent, "item") : FST_NO_NODE, found = FST_NO_NODE;

    if (items == FST_NO_NODE)
        return FST_NO_NODE;
    FST_EACH_ELEMENT(v->tape, items, item) {
        if (++*steps > MAX_STEPS || fst_view_equal(string_of(v, item, "linkId", &v->scratch2), link))
            return item;
        found = find_item(v, item, link, depth + 1, steps);
        if (found != FST_NO_NODE)
            return found;
    }
    return FST_NO_NODE;
}

static void check_question(struct fst_validator *v, const struct fst_frame *at, struct fst_view question)
{
    uint32_t found;

    if (find_item(v, at->node, question, 0, &v->steps) != FST_NO_NODE) {
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "enable-when", at->node, "an item is enabled by one that is within it");
        return;
    }
    found = find_item(v, v->scope->frame->node, question, 0, &v->steps);
    if (v->steps > MAX_STEPS)
        return;
    if (found == FST_NO_NODE)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "enable-when", at->node, "an item is enabled by %.*s, which is no item's linkId",
                     FST_VIEW_ARGS(fst_shown(v, question)));
    else if (found == at->node)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "enable-when", at->node, "an item is enabled by itself");
}

void fst_rule_question(struct fst_validator *v, const struct fst_frame *at)
{
    uint32_t when = array_of(v, at->node, "enableWhen");

    if (when == FST_NO_NODE || !fst_view_is(fst_pool_view(v->schema, at->type->name), "Questionnaire.item"))
        return;
    FST_EACH_ELEMENT(v->tape, when, item) {
        struct fst_view question = string_of(v, item, "question", &v->scratch);
        if (question.n)
            check_question(v, at, question);
    }
}

/* ---- others */

/* A stratifier's criterion in CQL is looked up in the measure's libraries, of which the validator knows those alone that are
 * contained. */
void fst_rule_stratifier(struct fst_validator *v, const struct fst_frame *at)
{
    static const struct fst_view name = FST_VIEW("criteria");
    uint32_t                     criteria = fst_tape_member(v->tape, at->node, "criteria"), libraries = array_of(v, v->scope->frame->node, "library");
    struct fst_view              language = string_of(v, criteria, "language", &v->scratch);

    if (!fst_view_is(language, "text/cql") && !fst_view_is(language, "text/cql.identifier"))
        return;
    if (libraries != FST_NO_NODE)
        FST_EACH_ELEMENT(v->tape, libraries, library)
            if (fst_view_starts(fst_tape_string(v->tape, library, &v->scratch), "#"))
                return;
    fst_error_at(v, member_place(v, at, name, -1), FST_ISSUE_INVALID, "measure-library", criteria,
                 "a criterion in CQL, but no library is at hand to look it up in");
}

static bool has_hl7_extension(struct fst_validator *v, uint32_t object, const char *name)
{
    uint32_t extensions = array_of(v, object, "extension");
    char     url[128];

    if (extensions == FST_NO_NODE)
        return false;
    snprintf(url, sizeof url, "http://hl7.org/fhir/StructureDefinition/%s", name);
    FST_EACH_ELEMENT(v->tape, extensions, extension)
        if (fst_view_is(string_of(v, extension, "url", &v->scratch2), url))
            return true;
    return false;
}

/* HL7's own guides say whose they are, and how far they have come. */
void fst_rule_guide(struct fst_validator *v, const struct fst_frame *at)
{
    fst_rule_canonical(v, at);
    if (!fst_view_starts(string_of(v, at->node, "url", &v->scratch), "http://hl7.org/fhir/"))
        return;
    if (!has_hl7_extension(v, at->node, "structuredefinition-standards-status"))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "guide-status", at->node,
                     "a guide of HL7's needs the extension structuredefinition-standards-status");
    if (!has_hl7_extension(v, at->node, "structuredefinition-wg"))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "guide-owner", at->node, "a guide of HL7's needs the extension structuredefinition-wg");
}

/* "a.b": a package's name. */
static bool is_package(struct fst_view v)
{
    bool part = false, dot = false;

    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        bool is_letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (c == '.' ? !part : !is_letter && (!i || !((c >= '0' && c <= '9') || c == '_' || c == '-')))
            return false;
        dot |= c == '.';
        part = c != '.';
    }
    return part && dot;
}

/* What a guide depends on is named by the guide's own URL, and its version by `version`. */
void fst_rule_dependency(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view uri = string_of(v, at->node, "uri", &v->scratch), package = string_of(v, at->node, "packageId", &v->scratch2);
    const char     *bar = uri.n ? memchr(uri.p, '|', uri.n) : NULL;
    bool            is_guide = uri.n && memmem(uri.p, uri.n, "/ImplementationGuide/", 21);

    if (uri.n && !is_guide)
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "guide-dependency", at->node, "uri is not that of an ImplementationGuide");
    else if (bar && (bar + 1 == uri.p + uri.n || fst_tape_member(v->tape, at->node, "version") == FST_NO_NODE))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "guide-dependency", at->node, "the version stands in uri: it belongs into version");
    if (package.n && !is_package(package))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "guide-dependency", at->node, "packageId is no package's name");
}

void fst_rule_search_parameter(struct fst_validator *v, const struct fst_frame *at)
{
    uint32_t components = array_of(v, at->node, "component");

    fst_rule_canonical(v, at);
    if (fst_view_is(string_of(v, at->node, "type", &v->scratch), "composite") &&
        (components == FST_NO_NODE || fst_node_count(&v->tape->nodes[components]) < 2))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_BUSINESS_RULE, "search-components", at->node, "a composite search parameter has two components or more");
}
