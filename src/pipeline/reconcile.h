/* pipeline/reconcile.h — hold an import job's progress report against the figures computed beforehand.
 * Threads: thread-safe. May use: healthlake, json. */
#ifndef FST_PIPELINE_RECONCILE_H
#define FST_PIPELINE_RECONCILE_H

#include "fhirstage/run.h"
#include "json/tape.h"

/* `report` is the JobProgressReport in `t`, or FST_NO_NODE. Fills `rows`, and says whether any differs. */
bool fst_reconcile(struct fst_reconciled rows[FST_RECONCILED_MAX], size_t *count, const struct fst_figures *ours,
                   const struct fst_tape *t, uint32_t report);

#endif
