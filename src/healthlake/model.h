/* healthlake/model.h — the API's tables (fhirstage/model.h) and what else both ends of the wire share: the protocol's
 * constants, the states of jobs and data stores, the fields of the progress report.
 * Threads: thread-safe (constants). May use: base. */
#ifndef FST_HEALTHLAKE_MODEL_H
#define FST_HEALTHLAKE_MODEL_H

#include "fhirstage/model.h"

/* AWS JSON 1.0: POST / with X-Amz-Target: HealthLake.<Operation>. */
#define FST_HEALTHLAKE_TARGET_PREFIX  "HealthLake."
#define FST_HEALTHLAKE_SIGNING_NAME   "healthlake"
#define FST_HEALTHLAKE_CONTENT_TYPE   "application/x-amz-json-1.0"
#define FST_HEALTHLAKE_TRANSFORM_HOST "datatransformation." /* before the host, for FST_MODEL_TRANSFORM */

/* A job's or data store's state, by its index in the enum's values; final: it will not change by itself. */
enum fst_job_status {
#define FST_JOB_STATE(name, final) FST_JOB_##name,
#include "healthlake/states.def"
    FST_JOB_STATUS_COUNT
};
enum fst_datastore_status {
#define FST_DATASTORE_STATE(name, final) FST_DATASTORE_##name,
#include "healthlake/states.def"
    FST_DATASTORE_STATUS_COUNT
};

const char *fst_job_status_name(enum fst_job_status s);
bool        fst_job_status_is_final(enum fst_job_status s);
bool        fst_job_status_parse(enum fst_job_status *out, struct fst_view name); /* false: unknown */
const char *fst_datastore_status_name(enum fst_datastore_status s);
bool        fst_datastore_status_is_final(enum fst_datastore_status s);
bool        fst_datastore_status_parse(enum fst_datastore_status *out, struct fst_view name);

/* The fields of JobProgressReport, in the model's order: the name on the wire and what kind of number it is. */
enum fst_progress_field {
#define FST_PROGRESS_FIELD(name) FST_PROGRESS_##name,
#include "healthlake/progress.def"
    FST_PROGRESS_FIELD_COUNT
};
const char *fst_progress_field_name(enum fst_progress_field f);
bool        fst_progress_field_is_double(enum fst_progress_field f); /* megabytes and pace; else a count */

#endif
