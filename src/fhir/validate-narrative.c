/* A narrative's div: XHTML, and only its formatting part. */
#include "fhir/validate-private.h"
#include "fhir/xhtml.h"

/* "#id" of an image: a resource contained in the one that the narrative is of. */
static bool is_contained(struct fst_validator *v, struct fst_view id)
{
    uint32_t contained = fst_tape_member(v->tape, v->scope->frame->node, "contained");
    if (contained == FST_NO_NODE)
        return false;
    FST_EACH_ELEMENT(v->tape, contained, item) {
        uint32_t own = fst_tape_member(v->tape, item, "id");
        if (own != FST_NO_NODE && fst_tape_kind(v->tape, own) == FST_JSON_STRING && fst_view_equal(fst_tape_string(v->tape, own, &v->scratch2), id))
            return true;
    }
    return false;
}

void fst_rule_narrative(struct fst_validator *v, const struct fst_frame *at)
{
    static const struct fst_view name = FST_VIEW("div");
    uint32_t                     div = fst_known(v, at, FST_KNOWN_NARRATIVE_DIV);
    struct fst_place             place;
    struct fst_xhtml             x;

    if (div == FST_NO_NODE || fst_tape_kind(v->tape, div) != FST_JSON_STRING)
        return;
    place = (struct fst_place){ at, fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name), -1 };
    fst_xhtml_read(&x, fst_tape_string(v->tape, div, &v->scratch));
    if (x.malformed) {
        fst_error_at(v, place, FST_ISSUE_INVALID, "xhtml", div, "the narrative is no XHTML: %s", x.malformed);
        return;
    }
    if (x.wrong_root)
        fst_error_at(v, place, FST_ISSUE_INVALID, "xhtml", div, "the narrative does not begin with a div");
    if (x.wrong_namespace)
        fst_error_at(v, place, FST_ISSUE_INVALID, "xhtml", div, "the div is not in the namespace http://www.w3.org/1999/xhtml");
    if (x.not_allowed)
        fst_error_at(v, place, FST_ISSUE_INVARIANT, "txt-1", div, "the narrative has elements or attributes that are no formatting");
    if (x.active)
        fst_error_at(v, place, FST_ISSUE_INVALID, "xhtml", div, "the narrative has a link that runs a script");
    if (x.empty)
        fst_error_at(v, place, FST_ISSUE_INVARIANT, "txt-2", div, "the narrative has nothing to read in it");
    for (unsigned i = 0; i < x.image_count; i++)
        if (!is_contained(v, x.images[i]))
            fst_error_at(v, place, FST_ISSUE_NOT_FOUND, "xhtml", div, "the source of an image is no contained resource");
}
