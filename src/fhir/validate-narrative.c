/* A narrative's div: XHTML, and only its formatting part. */
#include "fhir/validate-private.h"
#include "fhir/xhtml.h"

enum { MAX_SEARCHES = 100 }; /* of whole resources for what a link leads to, in one */

/* ---- what links lead to: something with that id in a narrative, or in the resource */

static void find_in(struct fst_validator *v, struct fst_xhtml *x, uint32_t root)
{
    for (uint32_t i = root; i < v->tape->nodes[root].next; i++) {
        if (!(fst_node_flags(&v->tape->nodes[i]) & FST_JSON_NAME) || fst_tape_kind(v->tape, i + 1) != FST_JSON_STRING)
            continue;
        if (fst_tape_string_is(v->tape, i, "id")) {
            struct fst_view id = fst_tape_string(v->tape, i + 1, &v->scratch2);
            for (unsigned k = 0; k < x->link_count; k++)
                x->links[k].found |= fst_view_equal(x->links[k].id, id);
        } else if (fst_tape_string_is(v->tape, i, "div")) {
            fst_xhtml_find(x, fst_tape_string(v->tape, i + 1, &v->scratch2));
        }
    }
}

static const struct fst_xhtml_link *dangling(const struct fst_xhtml *x)
{
    for (unsigned i = 0; i < x->link_count; i++)
        if (!x->links[i].found)
            return &x->links[i];
    return NULL;
}

/* The resource that the narrative is in, the container when it is contained; then a Bundle around that. */
static void check_links(struct fst_validator *v, struct fst_place place, struct fst_xhtml *x, uint32_t div)
{
    const struct fst_resource_scope *scope = v->scope;
    const struct fst_xhtml_link     *link;

    if (!dangling(x))
        return;
    fst_beyond(v);
    if (v->searches++ >= MAX_SEARCHES)
        return;
    while (scope->is_contained && scope->up)
        scope = scope->up;
    find_in(v, x, scope->frame->node);
    if (dangling(x) && scope->up)
        find_in(v, x, 0);
    link = dangling(x);
    if (link)
        fst_error_at(v, place, FST_ISSUE_NOT_FOUND, "xhtml", div, "%s leads to '#…', but nothing here has that id",
                     link->is_image ? "the source of an image" : "a link");
}

void fst_rule_narrative(struct fst_validator *v, const struct fst_frame *at)
{
    static const struct { enum fst_issue_code code; const char *rule, *what; } faults[] = {
        [FST_XHTML_ROOT] = { FST_ISSUE_INVALID, "xhtml", "the narrative does not begin with a div" },
        [FST_XHTML_NAMESPACE] = { FST_ISSUE_INVALID, "xhtml", "the div, or something in it, is not in the namespace http://www.w3.org/1999/xhtml" },
        [FST_XHTML_FORMATTING] = { FST_ISSUE_INVARIANT, "txt-1", "the narrative has elements or attributes that are no formatting" },
        [FST_XHTML_PLACE] = { FST_ISSUE_STRUCTURE, "xhtml", "the narrative has an element or text where it may not be, such as a list in a paragraph" },
        [FST_XHTML_SCRIPT] = { FST_ISSUE_INVALID, "xhtml", "the narrative has a link that runs a script" },
        [FST_XHTML_LINK] = { FST_ISSUE_INVALID, "xhtml", "the narrative has a link that is empty, no URL, or of a kind that leads nowhere" },
        [FST_XHTML_EMPTY] = { FST_ISSUE_INVARIANT, "txt-2", "the narrative has nothing to read in it" },
    };
    static const struct fst_view name = FST_VIEW("div");
    uint32_t                     div = fst_known(v, at, FST_KNOWN_NARRATIVE_DIV);
    struct fst_place             place;
    struct fst_view              text;
    struct fst_xhtml             x;

    if (div == FST_NO_NODE || fst_tape_kind(v->tape, div) != FST_JSON_STRING)
        return;
    place = (struct fst_place){ at, fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name), -1 };
    text = fst_tape_string(v->tape, div, &v->scratch);
    if (text.n && memchr(text.p, '#', text.n))
        fst_validate_note_link(v, div);
    fst_xhtml_read(&x, text);
    if (x.malformed) {
        fst_error_at(v, place, FST_ISSUE_INVALID, "xhtml", div, "the narrative is no XHTML: %s", x.malformed);
        return;
    }
    for (unsigned i = 0; i < FST_XHTML_FAULT_COUNT; i++)
        if (x.faults >> i & 1)
            fst_error_at(v, place, faults[i].code, faults[i].rule, div, "%s", faults[i].what);
    check_links(v, place, &x, div);
}
