/* prepare/provenance.h — from a chunk's line back to where it came from. meta/provenance/TYPE/CHUNK.tsv has a run
 * a line; the format is in docs/formats.md.
 * Threads: one reader per thread. May use: base. */
#ifndef FST_PREPARE_PROVENANCE_H
#define FST_PREPARE_PROVENANCE_H

#include "fhirstage/status.h"

#include <stdint.h>

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

#endif
