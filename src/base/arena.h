/* base/arena.h — many small allocations, freed together. For what lives as long as one record or one
 * request: fst_arena_reset() keeps the blocks, so that a steady state allocates nothing.
 * Threads: none share one. May use: libc. */
#ifndef FST_BASE_ARENA_H
#define FST_BASE_ARENA_H

#include <stddef.h>

#include "fhirstage/view.h"

struct fst_arena_block;

struct fst_arena {
    struct fst_arena_block *first, *current;
    size_t                  used;      /* in the current block */
    size_t                  max_bytes; /* ceiling over all blocks; 0: none */
    size_t                  total;     /* allocated over all blocks */
};

void  fst_arena_init(struct fst_arena *a, size_t max_bytes);
void  fst_arena_clear(struct fst_arena *a);
void  fst_arena_reset(struct fst_arena *a); /* everything given out is void; the blocks stay */
void *fst_arena_alloc(struct fst_arena *a, size_t n); /* aligned for any type, not zeroed; NULL when out of memory or over the ceiling */
void *fst_arena_zalloc(struct fst_arena *a, size_t n);
char *fst_arena_strn(struct fst_arena *a, struct fst_view v);  /* NUL-terminated copy */
char *fst_arena_printf(struct fst_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
