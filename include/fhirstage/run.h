/* fhirstage/run.h — the job beyond the folder: upload it, import it, follow, reconcile, explain failures.
 * Every call is safe to repeat: what is there already is found and not done again.
 * Threads: calls do not share state. */
#ifndef FHIRSTAGE_RUN_H
#define FHIRSTAGE_RUN_H

#include "fhirstage/prepare.h"
#include "fhirstage/remote.h"
#include "fhirstage/storing.h"

/* The checksum that goes with each object, for the service to verify, keep and tell. */
enum fst_checksum { FST_CHECKSUM_CRC32, FST_CHECKSUM_CRC32C, FST_CHECKSUM_CRC64NVME, FST_CHECKSUM_NONE };
/* Before the body or behind it; AUTO: before it, which every service understands. */
enum fst_checksum_mode { FST_CHECKSUM_AUTO, FST_CHECKSUM_HEADER, FST_CHECKSUM_TRAILER };
/* Does the signature cover bodies? AUTO: over http; over https nobody can change them under way. */
enum fst_payload_signing { FST_PAYLOAD_AUTO, FST_PAYLOAD_SIGN, FST_PAYLOAD_UNSIGNED };

struct fst_upload_opts {
    const char       *dir; /* a prepared folder; not of fst_stage() */
    const char       *to;  /* s3://BUCKET/PREFIX */
    struct fst_remote remote;
    bool              prune;          /* delete objects under input/ that the manifest does not name */
    bool              create_bucket;
    struct fst_storing storing;
    enum fst_checksum checksum;
    enum fst_checksum_mode checksum_mode;
    enum fst_payload_signing payload_signing;
    bool              verify;         /* read everything back at the end, and compare */
    bool              break_lock;     /* although another run seems to be at work there */
    bool              quarantine;     /* of fst_stage(): send what was rejected too */
    unsigned          connections;    /* at most; 0: 64 */
    uint64_t          memory_bytes;   /* for what is under way; 0: 128 MiB */
    const char       *tmp_dir;        /* NULL: TMPDIR or /tmp */
    struct fst_meter *meter;          /* may be NULL */
    fst_notice_fn    *notice;         /* may be NULL */
    void             *notice_ctx;
};

struct fst_upload_result {
    uint64_t files_sent, bytes_sent;
    uint64_t files_kept, bytes_kept; /* there already, with the same size and checksum */
    uint64_t files_pruned, files_verified;
    uint64_t import_jobs; /* that it takes to import what is there */
    double   seconds;
};

FST_MUST_USE enum fst_status fst_upload(const struct fst_upload_opts *opts, const struct fst_env *env,
                                        struct fst_upload_result *result, struct fst_error *err);

/* Prepare, and send the chunks while they are made, without a staging disk: opts->out_dir is for what is not a chunk.
 * Statuses are those of fst_prepare() and fst_upload(). */
FST_MUST_USE enum fst_status fst_stage(const struct fst_prepare_opts *prepare, const struct fst_upload_opts *opts, const struct fst_env *env,
                                       struct fst_figures *figures, struct fst_upload_result *result, struct fst_error *err);

/* One figure, as we computed it and as the import job reported it. */
struct fst_reconciled {
    const char *field; /* the API's name; static */
    double      ours, theirs;
    bool        reported; /* the job said it */
    bool        differs;
};
enum { FST_RECONCILED_MAX = 16 };

/* One failure of the import, taken back to where the resource came from. Strings die when the callback returns. */
struct fst_failure {
    const char *chunk;  /* "input/Patient/Patient-000001.ndjson" */
    uint64_t    line;   /* of the chunk, from 1; 0 when not known */
    const char *source; /* path relative to its INPUT's root; NULL when it cannot be told */
    uint64_t    source_line; /* 0 for a Bundle's entry */
    int64_t     entry;       /* -1 for a line */
    const char *severity, *code, *diagnostics, *location; /* the job's words; values in them are not ours to hide */
    int         status_code;
};
typedef void fst_failure_fn(void *ctx, const struct fst_failure *failure);

struct fst_run_opts {
    struct fst_prepare_opts prepare; /* out_dir is the run's folder */
    struct fst_upload_opts  upload;  /* dir, meter and notice are taken from `prepare` */
    const char *datastore_id;        /* NULL: create one, named `datastore_name` */
    const char *datastore_name;
    const char *role_arn, *kms_key;
    const char *output_uri;          /* NULL: PREFIX/output/ */
    const char *job_name;            /* NULL: "fhirstage" */
    int64_t     timeout_ms;          /* of the wait for the jobs; 0: none */
    int64_t     poll_ms;             /* longest pause between two looks; 0: 30 s */
    bool        require_empty;       /* refuse a data store that was imported into before; else that is a notice */
};

/* One import job, as far as it went. Texts are "" until known. */
struct fst_run_job {
    char     input[32];                /* what it imports, below the prefix: "input/", of several "input/job-0002/" */
    unsigned number;                   /* from 1; 0: it is the only one */
    uint64_t files, bytes, resources;  /* that are staged there */
    char     id[64], status[32], message[512];
    char     output_uri[1100];         /* where it wrote its logs */
    bool     found;                    /* it had been started before */
    size_t   reconciled_count;         /* 0 until it has ended well */
    struct fst_reconciled reconciled[FST_RECONCILED_MAX];
    uint64_t failures;                 /* lines it refused */
};

struct fst_run_result {
    struct fst_figures       figures;
    struct fst_upload_result upload;
    char     datastore_id[64], datastore_endpoint[256];
    struct fst_run_job *jobs; /* in the order in which they are started */
    size_t              job_count;
    size_t   reconciled_count;
    struct fst_reconciled reconciled[FST_RECONCILED_MAX]; /* sums of the jobs' */
    uint64_t failures;        /* of all jobs; listed in DIR/failures.ndjson */
    double   import_seconds, seconds;
};
/* The job that fared worst; NULL when none was started. */
const struct fst_run_job *fst_run_worst_job(const struct fst_run_result *result);
void fst_run_result_clear(struct fst_run_result *result);

/* The whole job. FST_OK; FST_EREJECTED when resources were quarantined or refused, or figures differ;
 * FST_EJOB when an import job FAILED; FST_ETIMEOUT when one goes on. `result` is filled as far as things went; clear it
 * in any case. */
FST_MUST_USE enum fst_status fst_run(const struct fst_run_opts *opts, const struct fst_env *env,
                                     struct fst_run_result *result, struct fst_error *err);

struct fst_errors_opts {
    const char       *dir; /* a run's folder: for provenance, and the job's ids when they are not given */
    const char       *job_id, *datastore_id;
    struct fst_remote remote;
};

/* Every failure of the job, or of all jobs of the run in `dir`, in the order of their logs. */
FST_MUST_USE enum fst_status fst_errors(const struct fst_errors_opts *opts, const struct fst_env *env,
                                        fst_failure_fn *fn, void *ctx, struct fst_error *err);

#endif
