/* prepare/heap.h — many small byte strings, kept in an unlinked temporary file and found again by handle.
 * What the index's records point to when 64 bits are not enough.
 * Memory: one extent a writer, a small cache a reader. Threads: as the index: a writer number, a reader a thread.
 * May use: base. */
#ifndef FST_PREPARE_HEAP_H
#define FST_PREPARE_HEAP_H

#include "fhirstage/status.h"
#include "fhirstage/view.h"

#include <stdint.h>

enum { FST_HEAP_ITEM_MAX = 255 };

struct fst_heap;

FST_MUST_USE enum fst_status fst_heap_new(struct fst_heap **out, unsigned writers, const char *tmp_dir, struct fst_error *err);
void fst_heap_free(struct fst_heap *h);
/* Keep `item` (at most FST_HEAP_ITEM_MAX bytes). */
FST_MUST_USE enum fst_status fst_heap_add(struct fst_heap *h, unsigned writer, struct fst_view item, uint64_t *handle,
                                          struct fst_error *err);
/* Nothing is added from here on. */
FST_MUST_USE enum fst_status fst_heap_finish(struct fst_heap *h, struct fst_error *err);

/* Valid when {0} apart from `heap`. */
struct fst_heap_reader {
    const struct fst_heap  *heap;
    struct fst_heap_extent *extents;
};
void fst_heap_reader_clear(struct fst_heap_reader *r);
/* Copy the item into `out`, which has room for FST_HEAP_ITEM_MAX bytes. */
FST_MUST_USE enum fst_status fst_heap_read(struct fst_heap_reader *r, uint64_t handle, uint8_t *out, size_t *len,
                                           struct fst_error *err);

#endif
