/* prepare/manifest.h — meta/manifest.json: every chunk, every source, the figures and the options of a prepared
 * folder. Written last, so a folder that has one is whole. The format is in docs/formats.md.
 * Threads: one manifest per thread. May use: json, base. */
#ifndef FST_PREPARE_MANIFEST_H
#define FST_PREPARE_MANIFEST_H

#include "fhirstage/prepare.h"

#define FST_MANIFEST_KEY "meta/manifest.json"

struct fst_manifest_chunk {
    const char *key;  /* "input/Patient/Patient-000001.ndjson", under the folder as under the prefix */
    const char *type; /* "Patient" */
    uint64_t    bytes, resources;
    uint32_t    crc32; /* of the bytes, as zlib and S3 compute it */
};

struct fst_manifest_source {
    const char *path;  /* relative to its INPUT's root; "-" for standard input */
    uint64_t    bytes; /* as read, after gunzip */
    const char *state; /* "read", "without-fhir", "unreadable" */
};

/* Owns its strings. Valid when {0}. */
struct fst_manifest {
    struct fst_manifest_chunk  *chunks; /* sorted by key */
    size_t                      chunk_count;
    struct fst_manifest_source *sources; /* in canonical order */
    size_t                      source_count;
    struct fst_figures          figures; /* seconds is 0: times are in meta/run.json */
    char                       *text;    /* the document, from which the strings are borrowed or copied */
    void                       *strings;
};

/* FST_ENOENT when `dir` has no manifest, FST_EPARSE when it is not one. */
FST_MUST_USE enum fst_status fst_manifest_load(struct fst_manifest *m, const char *dir, struct fst_error *err);
void fst_manifest_clear(struct fst_manifest *m);
/* The chunk with that key, or NULL. */
const struct fst_manifest_chunk *fst_manifest_find(const struct fst_manifest *m, const char *key);

#endif
