#include "pipeline/reconcile.h"

#include <math.h>
#include <stdlib.h>

#include "healthlake/model.h"

/* The report has six decimals of a megabyte. */
#define TOLERANCE 5e-7

static bool number_of(const struct fst_tape *t, uint32_t report, const char *name, double *out)
{
    uint32_t        node = fst_tape_member(t, report, name);
    struct fst_view raw = fst_tape_raw(t, node);
    char            text[64];

    if (node == FST_NO_NODE || fst_tape_kind(t, node) != FST_JSON_NUMBER || raw.n >= sizeof text)
        return false;
    memcpy(text, raw.p, raw.n);
    text[raw.n] = '\0';
    *out = strtod(text, NULL);
    return true;
}

bool fst_reconcile(struct fst_reconciled rows[FST_RECONCILED_MAX], size_t *count, const struct fst_figures *ours,
                   const struct fst_tape *t, uint32_t report)
{
    const struct { enum fst_progress_field field; double ours; } wanted[] = {
        { FST_PROGRESS_TotalNumberOfScannedFiles, (double)ours->files },
        { FST_PROGRESS_TotalSizeOfScannedFilesInMB, (double)ours->bytes / 1e6 },
        { FST_PROGRESS_TotalNumberOfImportedFiles, (double)ours->files },
        { FST_PROGRESS_TotalNumberOfResourcesScanned, (double)ours->resources },
        { FST_PROGRESS_TotalNumberOfResourcesImported, (double)ours->resources },
        { FST_PROGRESS_TotalNumberOfResourcesWithCustomerError, 0 },
        { FST_PROGRESS_TotalNumberOfFilesReadWithCustomerError, 0 },
    };
    bool differs = false;

    *count = 0;
    for (size_t i = 0; i < FST_COUNT(wanted); i++) {
        struct fst_reconciled *r = &rows[(*count)++];
        *r = (struct fst_reconciled){ .field = fst_progress_field_name(wanted[i].field), .ours = wanted[i].ours };
        r->reported = number_of(t, report, r->field, &r->theirs);
        r->differs = r->reported && fabs(r->ours - r->theirs) > TOLERANCE;
        differs |= r->differs;
    }
    return differs;
}
