/* cli/outcome.h — what came of a command that prepared or ran: the document that `run --json` prints, and that is
 * kept with the trace in DIR/meta/outcome.json for the report.
 * Threads: thread-safe. May use: base, json. */
#ifndef FST_CLI_OUTCOME_H
#define FST_CLI_OUTCOME_H

#include "base/buf.h"
#include "cli/trace.h"
#include "fhirstage/run.h"

#define FST_OUTCOME_FILE "meta/outcome.json"

struct fst_outcome_doc {
    const char                  *command; /* "run" */
    enum fst_status              status;
    int64_t                      begun_ms; /* wall clock */
    double                       seconds;
    const struct fst_figures    *figures;
    struct fst_findings         *findings; /* NULL: none */
    const struct fst_run_result *run;   /* NULL: nothing was sent */
    const struct fst_trace      *trace; /* NULL: left out */
};

void fst_outcome_add(struct fst_buf *out, const struct fst_outcome_doc *doc);
/* Into the folder. Nothing when it has no meta/: then nothing was prepared. */
FST_MUST_USE enum fst_status fst_outcome_write(const char *dir, const struct fst_outcome_doc *doc, struct fst_error *err);

#endif
