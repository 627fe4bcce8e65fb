/* prepare/sort.h — sort index records in place.
 * Threads: thread-safe. May use: base. */
#ifndef FST_PREPARE_SORT_H
#define FST_PREPARE_SORT_H

#include "prepare/index.h"

/* By key, then position, then extra. */
static inline bool fst_record_less(const struct fst_record *a, const struct fst_record *b)
{
    if (a->key.hi != b->key.hi)
        return a->key.hi < b->key.hi;
    if (a->key.lo != b->key.lo)
        return a->key.lo < b->key.lo;
    if (a->pos != b->pos)
        return a->pos < b->pos;
    return a->extra < b->extra;
}

void fst_records_sort(struct fst_record *r, size_t n);

#endif
