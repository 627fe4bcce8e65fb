/* Fixed values and patterns: from JSON to rows. */
#include "base/buf.h"
#include "fhir/compile-private.h"

static void add_value(struct fst_compiler *c, uint32_t node, struct fst_view name, struct fst_buf *undo)
{
    enum fst_json_kind   kind = fst_tape_kind(&c->tape, node);
    struct fst_view      text = kind == FST_JSON_STRING ? fst_tape_string(&c->tape, node, undo)
                                : kind < FST_JSON_ARRAY ? fst_tape_raw(&c->tape, node) : (struct fst_view){ 0 };
    struct fst_pool_str  t = fst_compile_intern(c, text), n = fst_compile_intern(c, name);
    uint32_t             i = c->values.count;
    struct fst_value_row *row = fst_rows_add(c, &c->values);
    if (!row)
        return;
    *row = (struct fst_value_row){ .kind = (uint8_t)kind, .text = t, .name = n };
    FST_EACH_MEMBER(&c->tape, node, member)
        add_value(c, member + 1, fst_tape_raw(&c->tape, member), undo);
    FST_EACH_ELEMENT(&c->tape, node, item)
        add_value(c, item, (struct fst_view){ 0 }, undo);
    if (!c->failed)
        FST_ROW(c, values, struct fst_value_row, i)->next = c->values.count;
}

uint32_t fst_compile_value(struct fst_compiler *c, struct fst_view json)
{
    struct fst_json_error jerr;
    struct fst_buf        undo;
    uint32_t              i = c->values.count;
    enum fst_status       st = fst_json_parse(&c->tape, json, &(struct fst_json_opts){ 0 }, &jerr);
    if (st) {
        fst_compile_fail(c, st, "a value that is not JSON", json);
        return 0;
    }
    fst_buf_init(&undo, 1 << 20);
    add_value(c, 0, (struct fst_view){ 0 }, &undo);
    fst_buf_clear(&undo);
    return c->failed ? 0 : i;
}
