/* pipeline/judge.h — one value's verdict: is it JSON, is it a resource, is it valid.
 * Threads: one judge per thread. May use: fhir, input, json. */
#ifndef FST_PIPELINE_JUDGE_H
#define FST_PIPELINE_JUDGE_H

#include "base/arena.h"
#include "fhir/validate.h"
#include "fhirstage/validate.h"
#include "pipeline/items.h"

struct fst_judge {
    const struct fst_validate_inputs_opts *opts;
    struct fst_tape       tape;
    struct fst_validator *validator;
    struct fst_arena     *arena; /* where the verdict at hand is kept */
    struct fst_issue     *issues;
    size_t                count, cap;
    bool                  refused, failed; /* an error was noted; out of memory */
};

FST_MUST_USE enum fst_status fst_judge_init(struct fst_judge *j, const struct fst_validate_inputs_opts *opts, struct fst_error *err);
void fst_judge_clear(struct fst_judge *j);
/* The verdict's issues are kept in `arena`. */
FST_MUST_USE enum fst_status fst_judge_item(struct fst_judge *j, const struct fst_item *item, struct fst_arena *arena,
                                            struct fst_judged *judged, struct fst_error *err);

#endif
