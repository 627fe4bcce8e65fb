/* pipeline/importer.h — a run's import jobs, whatever breaks: each found again by its name, started at most once, followed to
 * its end.
 * Threads: one at a time. May use: prepare, aws, healthlake, json. */
#ifndef FST_PIPELINE_IMPORTER_H
#define FST_PIPELINE_IMPORTER_H

#include "fhirstage/api.h"
#include "fhirstage/run.h"
#include "json/tape.h"

struct fst_import_progress {
    uint64_t files, bytes, resources, rejected;
};

struct fst_importer {
    const struct fst_run_opts *opts;
    struct fst_api            *api;
    struct fst_run_result     *result; /* the data store's id is put here */
    char                       digest[65]; /* SHA-256 of the manifest: what is imported */
    int64_t                    deadline_ms; /* by the clock that only goes on; 0: none */
    bool                       looked; /* what went into the data store before was looked at */
    bool                       waited; /* that its queue is full was told */
    int64_t                    pause_ms; /* of the next wait for room in it */
    struct fst_import_progress ended;  /* of the jobs before the one at hand */
    struct fst_api_answer      answer; /* the last one */
    struct fst_tape            tape;   /* of it */
};

/* The data store given, or a new one; waits until it is ACTIVE. */
FST_MUST_USE enum fst_status fst_importer_open(struct fst_importer *im, struct fst_error *err);
/* Find the job that imports job->input of this manifest, or start it. */
FST_MUST_USE enum fst_status fst_importer_start(struct fst_importer *im, struct fst_run_job *job, struct fst_error *err);
/* Follow it. FST_OK when it is COMPLETED or COMPLETED_WITH_ERRORS; FST_EJOB when FAILED; FST_ETIMEOUT. */
FST_MUST_USE enum fst_status fst_importer_follow(struct fst_importer *im, struct fst_run_job *job, struct fst_error *err);
/* Of the job that was followed last: its JobProgressReport in im->tape, or FST_NO_NODE. */
uint32_t fst_importer_report(const struct fst_importer *im);
void     fst_importer_clear(struct fst_importer *im);

#endif
