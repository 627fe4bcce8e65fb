/* cli/run-summary.h — what `run` tells a person at its end, and what to try next.
 * Threads: thread-safe. May use: base. */
#ifndef FST_CLI_RUN_SUMMARY_H
#define FST_CLI_RUN_SUMMARY_H

#include "cli/outcome.h"

struct fst_run_places {
    const char *out;       /* the run's folder */
    const char *report;    /* NULL: not written */
    const char *local_dir; /* the local service's state; NULL: it was AWS */
};

void fst_run_summary_add(struct fst_buf *out, const struct fst_outcome_doc *doc, const struct fst_run_places *places);

#endif
