/* prepare/outcome.h — the second pass's work on a value: exactly one outcome, a chunk's line, a place in quarantine
 * or a counted skip.
 * Threads: one per thread, over shared registry and settled. May use: fhir, json. */
#ifndef FST_PREPARE_OUTCOME_H
#define FST_PREPARE_OUTCOME_H

#include "prepare/check.h"
#include "prepare/jobs.h"
#include "prepare/quarantine.h"
#include "prepare/rewrite.h"
#include "prepare/walk.h"

/* What all threads share. */
struct fst_outcome_shared {
    const struct fst_prepare_opts *opts; /* with the defaults filled in */
    const char                    *dir;  /* NULL: count only */
    const struct fst_walk         *walk;
    const struct fst_registry     *registry;
    const struct fst_settled      *settled;
    const struct fst_jobs         *jobs;
    struct fst_chunk_list         *chunks;
    size_t                         buffer_bytes;
};

struct fst_outcomes {
    const struct fst_outcome_shared *shared;
    struct fst_facts      facts;
    struct fst_tape       tape;
    struct fst_resolver   resolver;
    struct fst_rewriter   rewriter;
    struct fst_strip      strip;
    struct fst_checker    checker;
    struct fst_chunks     chunks;
    struct fst_quarantine quarantine;
    struct fst_part       unresolved;      /* the segment's references that lead nowhere */
    bool                  unresolved_begun;
    struct fst_buf        line, path;
    struct fst_figures    figures;         /* this thread's share of the counts */
    struct fst_findings  *findings;        /* and of what was found; NULL: nobody asks */
    const struct fst_value *value;         /* at hand */
    const struct fst_tape  *t;
    uint32_t                root;          /* the resource */
};

FST_MUST_USE enum fst_status fst_outcomes_init(struct fst_outcomes *o, const struct fst_outcome_shared *shared, struct fst_error *err);
void fst_outcomes_clear(struct fst_outcomes *o);
void fst_outcomes_begin(struct fst_outcomes *o, size_t segment);
/* An fst_value_fn with `ctx` a struct fst_outcomes. */
FST_MUST_USE enum fst_status fst_outcome(void *ctx, const struct fst_value *v, struct fst_error *err);
FST_MUST_USE enum fst_status fst_outcomes_end(struct fst_outcomes *o, struct fst_error *err);

#endif
