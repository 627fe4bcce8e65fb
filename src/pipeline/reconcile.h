/* pipeline/reconcile.h — hold import jobs' progress reports against the figures computed beforehand.
 * Threads: no shared state. May use: healthlake, json. */
#ifndef FST_PIPELINE_RECONCILE_H
#define FST_PIPELINE_RECONCILE_H

#include "fhirstage/run.h"
#include "json/tape.h"

/* `report` is the JobProgressReport in `t`, or FST_NO_NODE. Fills the job's rows. */
void fst_reconcile(struct fst_run_job *job, const struct fst_tape *t, uint32_t report);
/* The rows of all jobs that have them, summed; says whether any of a job's differs. */
bool fst_reconcile_sum(struct fst_run_result *result);

#endif
