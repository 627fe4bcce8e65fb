/* base/grow.h — room for one item more in an array that grows by doubling.
 * Threads: no shared state. */
#ifndef FST_BASE_GROW_H
#define FST_BASE_GROW_H

#include <stdbool.h>
#include <stddef.h>

/* `items` is the address of the array's pointer, whose items have `size` bytes; `count` of them are used, *cap have room.
 * False when there is no memory: then nothing has changed. */
bool fst_grow(void *items, size_t count, size_t *cap, size_t size) __attribute__((warn_unused_result));

#endif
