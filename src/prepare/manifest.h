/* prepare/manifest.h — meta/manifest.json: every chunk, every source, the figures and the options of a prepared
 * folder. Written last, so a folder that has one is whole. The format is in docs/formats.md.
 * Threads: one manifest per thread. May use: json, base. */
#ifndef FST_PREPARE_MANIFEST_H
#define FST_PREPARE_MANIFEST_H

#include "prepare/chunk.h"

#define FST_MANIFEST_KEY "meta/manifest.json"

enum { FST_JOB_INPUT_MAX = 32 };

enum fst_source_state { FST_SOURCE_READ, FST_SOURCE_WITHOUT_FHIR, FST_SOURCE_UNREADABLE };
const char *fst_source_state_name(enum fst_source_state state);

/* ---- reading */

struct fst_manifest_chunk {
    const char *key;  /* "input/Patient/Patient-000001.ndjson", under the folder as under the prefix */
    const char *type; /* "Patient"; static */
    uint64_t    bytes, resources;
    uint32_t    crc32; /* of the bytes, as zlib and S3 compute it */
};

/* What one import job takes: the chunks below a folder. */
struct fst_manifest_job {
    char     input[FST_JOB_INPUT_MAX]; /* "input/", or of several "input/job-0001/" */
    unsigned number;                   /* from 1; 0: the only one */
    uint64_t files, bytes, resources;
};

struct fst_manifest_source {
    const char           *path;  /* relative to its INPUT's root; "-" for standard input */
    uint64_t              bytes; /* as read, after gunzip */
    enum fst_source_state state;
};

/* Owns its strings. Valid when {0}. */
struct fst_manifest {
    struct fst_manifest_chunk  *chunks; /* sorted by key, bytewise */
    size_t                      chunk_count;
    struct fst_manifest_job    *jobs; /* by number */
    size_t                      job_count;
    struct fst_manifest_source *sources; /* in canonical order */
    size_t                      source_count;
    struct fst_figures          figures; /* seconds is 0: times are in meta/run.json */
    struct fst_arena           *strings;
};

/* FST_ENOENT when `dir` has no manifest, FST_EPARSE when it is not one. */
FST_MUST_USE enum fst_status fst_manifest_load(struct fst_manifest *m, const char *dir, struct fst_error *err);
void fst_manifest_clear(struct fst_manifest *m);
/* The chunk with that key, or NULL. */
const struct fst_manifest_chunk *fst_manifest_find(const struct fst_manifest *m, const char *key);

/* ---- writing */

/* Source number i, in canonical order; `path` is borrowed. */
typedef void fst_manifest_source_fn(void *ctx, size_t i, struct fst_manifest_source *source);

struct fst_manifest_input {
    const struct fst_prepare_opts *opts;    /* with the defaults filled in */
    const struct fst_figures      *figures;
    const struct fst_chunk_list   *chunks;  /* sorted */
    size_t                         source_count;
    fst_manifest_source_fn        *source;
    void                          *source_ctx;
};
FST_MUST_USE enum fst_status fst_manifest_write(const struct fst_manifest_input *in, const char *dir, struct fst_error *err);

#endif
