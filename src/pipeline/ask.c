#include "pipeline/ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "json/writer.h"

enum { TEXT_CEILING = 4 << 20 };

void fst_ask_of_datastore(struct fst_buf *out, const char *datastore_id, const char *member, const char *value)
{
    struct fst_json_writer w;

    fst_buf_reset(out);
    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "DatastoreId", datastore_id);
    if (member)
        fst_json_member_str(&w, member, value);
    fst_json_end_object(&w);
}

enum fst_status fst_answer_parse(struct fst_tape *t, struct fst_view json, const char *operation, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL, .allow_duplicates = true };
    struct fst_json_error jerr;
    enum fst_status       st = fst_json_parse(t, json, &opts, &jerr);

    if (st == FST_EPARSE)
        return fst_fail(err, st, "%s: the answer is no JSON: %s", operation, jerr.what);
    return st ? fst_fail(err, st, "%s: out of memory", operation) : FST_OK;
}

void fst_answer_string(char *out, size_t cap, const struct fst_tape *t, uint32_t object, const char *name)
{
    struct fst_buf  scratch;
    struct fst_view v;

    fst_buf_init(&scratch, TEXT_CEILING);
    v = object == FST_NO_NODE ? (struct fst_view){ 0 } : fst_tape_member_string(t, object, name, &scratch);
    snprintf(out, cap, "%.*s", FST_VIEW_ARGS(v));
    fst_buf_clear(&scratch);
}

bool fst_answer_number(double *out, const struct fst_tape *t, uint32_t object, const char *name)
{
    uint32_t        node = object == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(t, object, name);
    struct fst_view raw = fst_tape_raw(t, node);
    char            text[64];

    *out = 0;
    if (node == FST_NO_NODE || fst_tape_kind(t, node) != FST_JSON_NUMBER || raw.n >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(raw));
    *out = strtod(text, NULL);
    return true;
}

uint32_t fst_answer_member(const struct fst_tape *t, uint32_t node, const char *const *names)
{
    if (!t->count)
        return FST_NO_NODE;
    for (; *names && node != FST_NO_NODE; names++)
        node = fst_tape_member(t, node, *names);
    return node;
}
