/* pipeline/failures.h — read an import job's FAILURE logs, and take each line back to where its resource came from.
 * Threads: one reading per thread. May use: prepare, aws, json. */
#ifndef FST_PIPELINE_FAILURES_H
#define FST_PIPELINE_FAILURES_H

#include "aws/s3.h"
#include "fhirstage/run.h"
#include "prepare/manifest.h"

/* What a run leaves in its folder about its jobs (docs/formats.md). */
#define FST_IMPORT_KEY "meta/import.json"

/* The prepared folder that jobs imported; {0}: not known, and no source is told. */
struct fst_failures_of {
    const char                *dir;
    const struct fst_manifest *manifest; /* of it */
};

/* Those of the job that imported `input` ("input/", "input/job-0002/"): the logs under `output_uri`
 * ("s3://BUCKET/…-FHIR_IMPORT-…/"), in order of their keys. */
FST_MUST_USE enum fst_status fst_failures_read(struct fst_aws *a, const struct fst_failures_of *of, const char *input, const char *output_uri,
                                               fst_failure_fn *fn, void *ctx, struct fst_error *err);

#endif
