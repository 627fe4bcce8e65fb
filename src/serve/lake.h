/* serve/lake.h — what is kept of data stores and jobs, and the queue that runs the jobs.
 *
 * A job is a row. It is SUBMITTED or QUEUED until a worker takes it (first come, first served within a data store and
 * kind), IN_PROGRESS while it runs, then final. What a process left IN_PROGRESS is QUEUED again by the next one: a run
 * begins by removing what an earlier one wrote, and stores what it stored. A change of state and its event are one
 * transaction. Making, restoring and emptying a data store are jobs too, which the API does not list.
 * Threads: thread-safe; a struct fst_job belongs to the worker that runs it. May use: all that serve may. */
#ifndef FST_SERVE_LAKE_H
#define FST_SERVE_LAKE_H

#include "healthlake/model.h"
#include "json/tape.h"
#include "serve/service.h"

extern const char fst_lake_schema[];

#define FST_LAKE_ACCOUNT "000000000000"

enum fst_job_kind { FST_KIND_IMPORT, FST_KIND_EXPORT, FST_KIND_PRELOAD, FST_KIND_RESTORE, FST_KIND_DELETE, FST_KIND_COUNT };
const char *fst_job_kind_name(enum fst_job_kind kind); /* "import" */

/* A job that runs. */
struct fst_job {
    struct fst_serve   *s;
    char                id[FST_HEX_ID];
    int64_t             number, submitted_ms;
    enum fst_job_kind   kind;
    struct fst_buf      store_id, request;
    struct fst_buf      rest;  /* of an export over FHIR REST: what was asked for; else empty */
    int64_t             store; /* the data store's row */
    struct fst_tape     tape;  /* of the request */
    enum fst_job_status end;   /* how it ends when all goes well */
    struct fst_buf      report, manifest; /* what Describe, and an export's status over REST, tell of it */
};

/* FST_EINTR: the service stops, or the job was cancelled; anything else but FST_OK fails it, and err is its Message. */
typedef enum fst_status fst_job_fn(struct fst_job *j, struct fst_error *err);
fst_job_fn fst_job_import, fst_job_export, fst_job_preload, fst_job_restore, fst_job_delete;

/* Is it to stop? Looked at between batches. */
bool fst_job_stopped(struct fst_job *j);
/* Keep what is known of its progress, for Describe. */
FST_MUST_USE enum fst_status fst_job_save(struct fst_job *j, struct fst_error *err);

/* What a new job is. */
struct fst_new_job {
    enum fst_job_kind kind;
    struct fst_view   store_id, name, token, request, rest;
    const char       *op; /* whose faults it meets; NULL: none */
};
/* Insert it, within a transaction of the caller's; `id` is given. */
FST_MUST_USE enum fst_status fst_job_add(struct fst_serve *s, const struct fst_new_job *job, const char *id, struct fst_error *err);

/* Ask a job to end: QUEUED ones are CANCEL_COMPLETED at once, running ones soon. */
FST_MUST_USE enum fst_status fst_job_cancel(struct fst_serve *s, struct fst_view id, struct fst_error *err);

/* The folder below the job's output, "PREFIX/STORE-FHIR_IMPORT-JOB/"; `bucket` and `prefix` are filled. */
FST_MUST_USE enum fst_status fst_job_output(const struct fst_job *j, struct fst_buf *bucket, struct fst_buf *prefix, struct fst_error *err);
void fst_job_add_folder(struct fst_buf *out, enum fst_job_kind kind, struct fst_view store_id, struct fst_view id);

/* Start and stop the workers. */
FST_MUST_USE enum fst_status fst_queue_start(struct fst_serve *s, struct fst_error *err);
void fst_queue_stop(struct fst_serve *s);
/* After a start: what the last process left running runs again. */
FST_MUST_USE enum fst_status fst_queue_recover(struct fst_serve *s, struct fst_error *err);

/* Data stores whose time has come change their state. */
FST_MUST_USE enum fst_status fst_lake_settle(struct fst_serve *s, struct fst_error *err);
/* Change a data store's state, with its event; `due_ms`: when it settles, 0: it stays. */
FST_MUST_USE enum fst_status fst_lake_set_status(struct fst_serve *s, struct fst_view id, const char *status, int64_t due_ms, struct fst_error *err);

/* Remove the objects under a prefix. */
FST_MUST_USE enum fst_status fst_lake_remove_objects(struct fst_serve *s, struct fst_view bucket, struct fst_view prefix, struct fst_error *err);
/* "s3://bucket/prefix" in two. */
FST_MUST_USE enum fst_status fst_lake_split_uri(struct fst_view uri, struct fst_buf *bucket, struct fst_buf *prefix, struct fst_error *err);

/* ---- events, in the shape of EventBridge's, a line each in DIR/events.ndjson */

/* Note an event about a job or data store that has just changed its state, in the same transaction. */
FST_MUST_USE enum fst_status fst_event_job(struct fst_serve *s, const char *id, struct fst_error *err);
FST_MUST_USE enum fst_status fst_event_store(struct fst_serve *s, struct fst_view id, struct fst_error *err);
/* Append what is not in the file yet. */
FST_MUST_USE enum fst_status fst_events_write(struct fst_serve *s, struct fst_error *err);

#endif
