/* prepare/walk.h — the input as values: all of a source for the first pass, a segment at a time for the second.
 * Threads: the walk is shared and read-only but for what each source's own pass notes; one walker a thread.
 * May use: input, json. */
#ifndef FST_PREPARE_WALK_H
#define FST_PREPARE_WALK_H

#include "prepare/manifest.h"

struct fst_walk;

typedef enum fst_status fst_value_fn(void *ctx, const struct fst_value *v, struct fst_error *err);

/* Find the sources of opts->inputs (defaults filled in), leaving out the folder `out_dir`. */
FST_MUST_USE enum fst_status fst_walk_new(struct fst_walk **out, const struct fst_prepare_opts *opts, struct fst_error *err);
void   fst_walk_free(struct fst_walk *w);
size_t fst_walk_source_count(const struct fst_walk *w);
/* Total bytes as they lie on disk; for progress. */
uint64_t fst_walk_bytes(const struct fst_walk *w);

/* First pass: every value of source `i`; notes where its segments start. A source that cannot be read is noted as
 * such, and is no failure. Each source once, any threads. */
FST_MUST_USE enum fst_status fst_walk_source(struct fst_walk *w, size_t i, fst_value_fn *fn, void *ctx, struct fst_error *err);
/* After all sources: what became of them. The fact about an unreadable one is in `why`. */
void fst_walk_source_info(void *walk, size_t i, struct fst_manifest_source *info);
const char *fst_walk_source_error(const struct fst_walk *w, size_t i); /* NULL: read */
const char *fst_walk_source_shown(const struct fst_walk *w, size_t i); /* as the user would name it */
/* Cut the input into segments. */
FST_MUST_USE enum fst_status fst_walk_cut(struct fst_walk *w, struct fst_error *err);
size_t   fst_walk_segment_count(const struct fst_walk *w);
uint64_t fst_walk_input_bytes(const struct fst_walk *w); /* after gunzip, of the sources with FHIR in them */
/* The segment that the value at `pos` belongs to. */
size_t fst_walk_segment_of(const struct fst_walk *w, uint64_t pos);
/* The source that `pos` is in. */
size_t fst_walk_source_of(const struct fst_walk *w, uint64_t pos);
/* Second pass: every value of a segment, in canonical order. */
FST_MUST_USE enum fst_status fst_walk_segment(struct fst_walk *w, size_t segment, fst_value_fn *fn, void *ctx,
                                              struct fst_error *err);

#endif
