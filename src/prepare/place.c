#include "prepare/place.h"

#include <inttypes.h>

/* The child of container `i` whose range has `node` in it; for an object its name in *name, for an array its
 * index in *index. */
static uint32_t child_with(const struct fst_tape *t, uint32_t i, uint32_t node, uint32_t *name, size_t *index)
{
    *index = 0;
    *name = FST_NO_NODE;
    FST_EACH_MEMBER(t, i, member)
        if (node < t->nodes[member + 1].next) {
            *name = member;
            return member + 1;
        }
    FST_EACH_ELEMENT(t, i, item) {
        if (node < t->nodes[item].next)
            return item;
        ++*index;
    }
    return FST_NO_NODE;
}

void fst_place_path(struct fst_buf *out, const struct fst_tape *t, uint32_t root, uint32_t node)
{
    struct fst_view type = fst_tape_raw(t, fst_tape_member(t, root, "resourceType"));
    uint32_t        name, i = root;
    size_t          index;

    fst_buf_add_view(out, type);
    while (i != FST_NO_NODE && i < node) {
        i = child_with(t, i, node, &name, &index);
        if (i == FST_NO_NODE)
            return;
        if (name == FST_NO_NODE) {
            fst_buf_addf(out, "[%zu]", index);
        } else {
            fst_buf_add_char(out, '.');
            fst_buf_add_view(out, fst_tape_raw(t, name));
        }
    }
}

void fst_place_parent(const struct fst_tape *t, uint32_t root, uint32_t node, uint32_t *object, uint32_t *under)
{
    uint32_t name, last_name = FST_NO_NODE, i = root;
    size_t   index;

    *object = root;
    *under = FST_NO_NODE;
    while (i != FST_NO_NODE && i < node) {
        i = child_with(t, i, node, &name, &index);
        if (name != FST_NO_NODE)
            last_name = name;
        if (i != FST_NO_NODE && i < node && fst_tape_kind(t, i) == FST_JSON_OBJECT) {
            *object = i;
            *under = last_name;
        }
    }
}

void fst_place_value(struct fst_buf *out, const struct fst_value *v)
{
    fst_buf_add_view(out, v->source);
    if (v->entry < 0 || v->bundle_line > 1)
        fst_buf_addf(out, ":%" PRIu64, v->entry < 0 ? v->line : v->bundle_line);
    if (v->entry >= 0)
        fst_buf_addf(out, "#entry[%" PRId64 "]", v->entry);
}
