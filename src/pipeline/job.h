/* pipeline/job.h — one import job, whatever breaks: found again by its name, started at most once, followed to its end.
 * Threads: one at a time. May use: prepare, aws, healthlake, json. */
#ifndef FST_PIPELINE_JOB_H
#define FST_PIPELINE_JOB_H

#include "fhirstage/api.h"
#include "fhirstage/run.h"
#include "json/tape.h"

struct fst_job {
    const struct fst_run_opts *opts;
    struct fst_api            *api;
    struct fst_run_result     *result; /* ids, status, message are put here */
    char                       digest[65]; /* SHA-256 of the manifest: what is imported */
    struct fst_api_answer      answer; /* the last look at the job */
    struct fst_tape            tape;   /* of it */
};

/* The data store given, or a new one; waits until it is ACTIVE. */
FST_MUST_USE enum fst_status fst_job_open_datastore(struct fst_job *j, struct fst_error *err);
/* Find the job that imports this manifest, or start it. */
FST_MUST_USE enum fst_status fst_job_start(struct fst_job *j, struct fst_error *err);
/* Follow it. FST_OK when it is COMPLETED or COMPLETED_WITH_ERRORS; FST_EJOB when FAILED; FST_ETIMEOUT. */
FST_MUST_USE enum fst_status fst_job_follow(struct fst_job *j, struct fst_error *err);
/* JobProgressReport in j->tape, or FST_NO_NODE. */
uint32_t fst_job_report(const struct fst_job *j);
void     fst_job_clear(struct fst_job *j);

#endif
