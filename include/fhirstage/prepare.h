/* fhirstage/prepare.h — turn FHIR input into a folder that HealthLake can import.
 *
 *   input/TYPE/TYPE-000001.ndjson    meta/manifest.json    meta/provenance/…    quarantine/…
 *
 * Where that is more than one import job may hold: input/job-0001/TYPE/…, input/job-0002/TYPE/…
 * Two passes: the first indexes what can be pointed at, the second validates, rewrites and writes.
 * What is written depends on the input and the shaping options alone, never on jobs, memory or time.
 * Threads: one call uses `jobs` threads of its own; calls do not share state. */
#ifndef FHIRSTAGE_PREPARE_H
#define FHIRSTAGE_PREPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fhirstage/env.h"
#include "fhirstage/findings.h"
#include "fhirstage/issue.h"
#include "fhirstage/meter.h"
#include "fhirstage/status.h"
#include "fhirstage/store.h"
#include "fhirstage/validate.h"

/* DEFAULT: document and message stay whole, all others are split. */
enum fst_bundles    { FST_BUNDLES_DEFAULT, FST_BUNDLES_SPLIT, FST_BUNDLES_KEEP };
enum fst_ids        { FST_IDS_KEEP, FST_IDS_SCOPE };
enum fst_duplicates { FST_DUPLICATES_FIRST, FST_DUPLICATES_KEEP, FST_DUPLICATES_FAIL };
enum fst_unresolved { FST_UNRESOLVED_KEEP, FST_UNRESOLVED_QUARANTINE, FST_UNRESOLVED_FAIL };

/* What an import job's input is below the folder or prefix. Of several jobs each has a folder below it: this and a number
 * of four digits, from 1. */
#define FST_INPUT_FOLDER "input/"
#define FST_JOB_FOLDER   "job-"

/* Why an input value was not staged although nothing is wrong with it. */
#define FST_SKIPS(X)                                                                     \
    X(UNSUPPORTED_TYPE, "unsupported-type", "a type that HealthLake does not import")   \
    X(TYPE_NOT_ASKED, "type-not-asked", "a type left out by --types")                   \
    X(NO_RESOURCE, "entry-without-resource", "a Bundle entry without a resource")       \
    X(NOT_A_WRITE, "entry-not-a-write", "an entry that is no POST or PUT")                  \
    X(REPEATED, "repeated", "equal to a resource that is staged")                       \
    X(CREATED_BEFORE, "created-before", "a conditional create that was met before")

enum fst_skip {
#define FST_SKIP_ID(id, name, text) FST_SKIP_##id,
    FST_SKIPS(FST_SKIP_ID)
#undef FST_SKIP_ID
    FST_SKIP_COUNT
};
const char *fst_skip_name(enum fst_skip skip);
const char *fst_skip_text(enum fst_skip skip);

/* Where chunks go as they are made, instead of files under out_dir. Called by several threads, for a file by one. */
struct fst_chunk_sink {
    void *ctx;
    /* `key`: "input/TYPE/TYPE-000001.ndjson" */
    enum fst_status (*begin)(void *ctx, const char *key, void **file, struct fst_error *err);
    enum fst_status (*write)(void *file, const void *p, size_t n, struct fst_error *err);
    enum fst_status (*finish)(void *file, uint32_t crc32, struct fst_error *err); /* it is whole; frees it, also when it fails */
    void            (*drop)(void *file); /* it will not be */
};

/* What HealthLake takes (Amazon HealthLake Developer Guide, "Endpoints and quotas"). */
#define FST_JOB_FILES  UINT64_C(1000000)       /* L-529B6D50, adjustable */
#define FST_JOB_BYTES  UINT64_C(5000000000000) /* L-DEBEEE9B, adjustable */
#define FST_FILE_BYTES UINT64_C(50000000000)

struct fst_prepare_opts {
    const char *const *inputs; /* FILE, folder, "-", or what `store` claims */
    size_t             input_count;
    const struct fst_store *store; /* fhirstage/store.h; NULL: files alone */
    const char        *out_dir; /* created; refused when it holds something that is not ours */

    const struct fst_chunk_sink *sink; /* NULL: chunks are files under out_dir */

    enum fst_level      level;
    enum fst_bundles    bundles;
    enum fst_ids        ids;
    enum fst_duplicates duplicates;
    enum fst_unresolved unresolved;
    enum fst_parser     parser;
    enum fst_unknown_profile unknown_profile;
    struct fst_profiles *profiles;         /* NULL: R4's own; must live as long as `findings` */
    const char         *types;             /* comma-separated; NULL: all */
    bool                stage_unsupported; /* also stage types that HealthLake does not take */
    bool                include_values;    /* messages may show values of resources */

    uint64_t    chunk_bytes;        /* 0: 256 MiB; FST_FILE_BYTES and max_job_bytes at most */
    uint64_t    max_job_files;      /* what an import job may hold; more becomes several. 0: FST_JOB_FILES … */
    uint64_t    max_job_bytes;      /* … and FST_JOB_BYTES */
    uint64_t    segment_bytes;      /* 0: 256 MiB; for tests */
    uint64_t    max_resource_bytes; /* 0: 192 MiB */
    uint64_t    memory_bytes;       /* 0: 256 MiB */
    const char *tmp_dir;            /* NULL: TMPDIR or /tmp */
    unsigned    jobs;               /* 0: one per processor */

    struct fst_meter    *meter;    /* may be NULL */
    struct fst_findings *findings; /* may be NULL; what resources were rejected for is added */
    fst_notice_fn       *notice;   /* may be NULL; called from the calling thread */
    void                *notice_ctx;
};

/* Resources and bytes (a line's newline counted) of one staged type. */
struct fst_type_figures {
    const char *type; /* static */
    uint64_t    resources, bytes;
};

#define FST_TYPE_MAX 160

/* Megabytes as HealthLake's reports count them: of 10^6 bytes, with six decimals (docs/cli.md, "figures"). */
static inline double fst_megabytes(uint64_t bytes)
{
    return (double)bytes / 1e6;
}

/* What the import job will report about the folder as it stands, and where the rest went. */
struct fst_figures {
    uint64_t files, bytes, resources;          /* staged: chunks, their bytes, their lines */
    uint64_t quarantined;                      /* rejected values */
    uint64_t skipped[FST_SKIP_COUNT];
    uint64_t sources, sources_without_fhir, sources_unread;
    uint64_t values;                           /* met in the input: resources + quarantined + skipped */
    uint64_t unresolved;                       /* references left as they were */
    uint64_t unknown_profiles;                 /* entries of meta.profile that are not known, met at level strict */
    uint64_t input_bytes;                      /* as read, after gunzip */
    uint64_t import_jobs;                      /* that it takes to import what is staged */
    uint64_t job_files, job_bytes;             /* the most of each that one of them takes */
    size_t   type_count;
    struct fst_type_figures types[FST_TYPE_MAX]; /* sorted by type */
    double   seconds;                          /* wall clock of the preparation */
};

/* FST_OK; FST_EREJECTED when resources were quarantined; FST_EINPUT when a source could not be read
 * (the rest is done); another status when nothing complete was written. FST_EREJECTED with a text in `err`: a
 * policy set to fail fired, and nothing complete was written either. */
FST_MUST_USE enum fst_status fst_prepare(const struct fst_prepare_opts *opts, const struct fst_env *env,
                                         struct fst_figures *figures, struct fst_error *err);

/* The same walk without writing: only the figures. `out_dir` is ignored. */
FST_MUST_USE enum fst_status fst_prepare_figures(const struct fst_prepare_opts *opts, const struct fst_env *env,
                                                 struct fst_figures *figures, struct fst_error *err);

/* The figures of a folder prepared before, from its manifest. */
FST_MUST_USE enum fst_status fst_figures_load(struct fst_figures *figures, const char *dir, struct fst_error *err);

#endif
