/* prepare/settle.h — between the passes: where several values claim one id or fulfil one condition, look at each
 * of them, so that the second pass can tell which of them is staged, in whatever order it meets them.
 * May use: input, fhir, json. */
#ifndef FST_PREPARE_SETTLE_H
#define FST_PREPARE_SETTLE_H

#include "prepare/resolve.h"
#include "prepare/walk.h"

struct fst_settle {
    struct fst_walk               *walk;
    const struct fst_registry     *registry;
    const struct fst_prepare_opts *opts; /* with the defaults filled in */
};

/* Fills *out; all NULL when nothing is contested. FST_EREJECTED when duplicates are to fail and there are some. */
FST_MUST_USE enum fst_status fst_settle(const struct fst_settle *s, struct fst_settled *out, struct fst_error *err);
void fst_settled_clear(struct fst_settled *out);

#endif
