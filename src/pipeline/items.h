/* pipeline/items.h — the values of all sources, one after another, as `validate` counts them: a line, a document, a
 * Bundle's entry. A source that cannot be read, or has no FHIR, is told of and passed over.
 * Memory: one value. Threads: none share one. May use: input, json. */
#ifndef FST_PIPELINE_ITEMS_H
#define FST_PIPELINE_ITEMS_H

#include "fhirstage/validate.h"
#include "input/frame.h"
#include "pipeline/lines.h"

struct fst_item {
    struct fst_view text; /* borrowed until the next call */
    const char     *file; /* lives as long as the items */
    uint64_t        line;
    int64_t         entry;
    const char     *broken, *rule; /* not NULL: no value, and why; static */
};

struct fst_items {
    const struct fst_validate_inputs_opts *opts;
    struct fst_sources sources;
    size_t             next; /* source */
    bool               by_line, open;
    struct fst_frame   frame;
    struct fst_lines   lines;
    struct fst_validate_inputs_result *result; /* where sources are counted */
    struct fst_error   first; /* why the first source was not judged */
};

FST_MUST_USE enum fst_status fst_items_open(struct fst_items *items, const struct fst_validate_inputs_opts *opts,
                                            struct fst_validate_inputs_result *result, struct fst_error *err);
/* *more is false at the end. */
FST_MUST_USE enum fst_status fst_items_next(struct fst_items *items, struct fst_item *item, bool *more, struct fst_error *err);
void fst_items_close(struct fst_items *items);
/* Stored bytes read so far. */
uint64_t fst_items_progress(const struct fst_items *items);

#endif
