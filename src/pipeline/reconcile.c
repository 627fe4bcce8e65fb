#include "pipeline/reconcile.h"

#include <math.h>

#include "healthlake/model.h"
#include "pipeline/ask.h"

/* The report has six decimals of a megabyte. */
#define TOLERANCE 5e-7

void fst_reconcile(struct fst_run_job *job, const struct fst_tape *t, uint32_t report)
{
    const struct { enum fst_progress_field field; double ours; } wanted[] = {
        { FST_PROGRESS_TotalNumberOfScannedFiles, (double)job->files },
        { FST_PROGRESS_TotalSizeOfScannedFilesInMB, fst_megabytes(job->bytes) },
        { FST_PROGRESS_TotalNumberOfImportedFiles, (double)job->files },
        { FST_PROGRESS_TotalNumberOfResourcesScanned, (double)job->resources },
        { FST_PROGRESS_TotalNumberOfResourcesImported, (double)job->resources },
        { FST_PROGRESS_TotalNumberOfResourcesWithCustomerError, 0 },
        { FST_PROGRESS_TotalNumberOfFilesReadWithCustomerError, 0 },
    };

    for (size_t i = 0; i < FST_COUNT(wanted); i++) {
        struct fst_reconciled *r = &job->reconciled[i];
        *r = (struct fst_reconciled){ .field = fst_progress_field_name(wanted[i].field), .ours = wanted[i].ours };
        r->reported = fst_answer_number(&r->theirs, t, report, r->field);
        r->differs = r->reported && fabs(r->ours - r->theirs) > TOLERANCE;
    }
    job->reconciled_count = FST_COUNT(wanted);
}

bool fst_reconcile_sum(struct fst_run_result *result)
{
    bool differs = false;

    result->reconciled_count = 0;
    for (size_t i = 0; i < result->job_count; i++) {
        const struct fst_run_job *job = &result->jobs[i];
        if (!job->reconciled_count)
            continue;
        for (size_t k = 0; k < job->reconciled_count; k++) {
            struct fst_reconciled       *sum = &result->reconciled[k];
            const struct fst_reconciled *r = &job->reconciled[k];
            if (!result->reconciled_count)
                *sum = (struct fst_reconciled){ .field = r->field, .reported = true };
            sum->ours += r->ours;
            sum->theirs += r->theirs;
            sum->reported &= r->reported;
            sum->differs |= r->differs;
            differs |= r->differs;
        }
        result->reconciled_count = job->reconciled_count;
    }
    return differs;
}
