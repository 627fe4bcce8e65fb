/* prepare/provenance.h — from a chunk's line back to where it came from. meta/provenance/TYPE/CHUNK.tsv has a run
 * a line; the format is in docs/formats.md.
 * Threads: one reader or one run per thread. May use: base. */
#ifndef FST_PREPARE_PROVENANCE_H
#define FST_PREPARE_PROVENANCE_H

#include "prepare/value.h"

/* `source` is borrowed from the reader. */
struct fst_place {
    const char *source; /* path relative to its INPUT's root; "-" for standard input */
    uint64_t    line;   /* physical line, from 1: of the value, or of the Bundle that an entry is from */
    int64_t     entry;  /* index in that Bundle, or -1 */
};

struct fst_provenance_run {
    uint64_t    first, count; /* lines of the chunk, from 1 */
    const char *source;
    uint64_t    line;
    int64_t     entry;
};

/* One chunk's runs. Owns them. Valid when {0}. */
struct fst_provenance {
    struct fst_provenance_run *runs;
    size_t                     count;
    char                      *text;
};

/* Read the runs of chunk `key` ("input/Patient/Patient-000001.ndjson") of the folder. */
FST_MUST_USE enum fst_status fst_provenance_load(struct fst_provenance *p, const char *dir, const char *key,
                                                 struct fst_error *err);
void fst_provenance_clear(struct fst_provenance *p);
/* Where line `line` (from 1) came from; FST_ENOENT when the chunk has no such line. */
FST_MUST_USE enum fst_status fst_provenance_find(const struct fst_provenance *p, uint64_t line, struct fst_place *place,
                                                 struct fst_error *err);

/* The key of a chunk's provenance: "meta/provenance/Patient/Patient-000001.tsv". */
enum { FST_PROVENANCE_KEY_MAX = 160 };
void fst_provenance_key(char out[FST_PROVENANCE_KEY_MAX], const char *chunk_key);

/* ---- writing: lines are added one by one, and a run is written when the next line does not continue it */

struct fst_origin_run {
    uint64_t first, count, line;
    int64_t  entry;
    uint32_t source_number;
    bool     has_source; /* the file has named source_number */
};

void fst_origin_run_clear(struct fst_origin_run *r); /* a new chunk begins */
void fst_origin_run_add(struct fst_origin_run *r, const struct fst_value *from, uint64_t chunk_line, struct fst_buf *out);
void fst_origin_run_end(struct fst_origin_run *r, struct fst_buf *out);

#endif
