/* prepare/jobs.h — which import job takes which chunk, where all of them are more than one job may hold.
 * Chunks have an order: by segment, type and number. Jobs are filled in that order, each up to its limits, so the chunks
 * with which they begin say it all.
 * Threads: read-only once split. May use: fhir. */
#ifndef FST_PREPARE_JOBS_H
#define FST_PREPARE_JOBS_H

#include "prepare/chunk.h"

struct fst_jobs { /* valid when {0}: one job */
    struct fst_chunk *begins; /* the first chunk of the second job, of the third … */
    size_t            count, cap;
};

/* Split the chunks, which are put in order and given their jobs' numbers. FST_ELIMIT when one is more than a job may hold. */
FST_MUST_USE enum fst_status fst_jobs_split(struct fst_jobs *j, struct fst_chunk_list *l, uint64_t max_files, uint64_t max_bytes,
                                            struct fst_error *err);
void fst_jobs_clear(struct fst_jobs *j);
/* The number of the job that takes the chunk; 0 when there is one alone (`j` may be NULL). */
uint32_t fst_jobs_find(const struct fst_jobs *j, const struct fst_chunk *c);
bool     fst_jobs_equal(const struct fst_jobs *a, const struct fst_jobs *b);

#endif
