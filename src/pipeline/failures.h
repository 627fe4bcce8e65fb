/* pipeline/failures.h — read an import job's FAILURE logs, and take each line back to where its resource came from.
 * Threads: one reading per thread. May use: prepare, aws, json. */
#ifndef FST_PIPELINE_FAILURES_H
#define FST_PIPELINE_FAILURES_H

#include "aws/s3.h"
#include "fhirstage/run.h"

/* The logs under `output_uri` ("s3://BUCKET/…-FHIR_IMPORT-…/"), in order of their keys. `dir` is the prepared folder
 * that the job imported; without it (NULL) no source is told. */
FST_MUST_USE enum fst_status fst_failures_read(struct fst_aws *a, const char *output_uri, const char *dir, fst_failure_fn *fn, void *ctx,
                                               struct fst_error *err);

#endif
