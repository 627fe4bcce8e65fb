/* prepare/index.h — a big sorted multiset of fixed-size records in bounded memory.
 *
 * Writers add in any order; fst_index_finish() sorts; then readers seek. What fits the share stays in memory,
 * the rest goes through sorted runs in unlinked temporary files. The answers are the same either way.
 * Memory: the share while adding and sorting; then the records, or a sparse index and a cache a reader.
 * Threads: fst_index_add() with a writer number of one's own, and one reader a thread. May use: base. */
#ifndef FST_PREPARE_INDEX_H
#define FST_PREPARE_INDEX_H

#include <stdbool.h>

#include "base/digest.h"
#include "fhirstage/status.h"

struct fst_record {
    struct fst_hash128 key;
    uint64_t           pos;   /* orders records of one key */
    uint64_t           extra; /* rides along */
};

struct fst_index;

FST_MUST_USE enum fst_status fst_index_new(struct fst_index **out, size_t share_bytes, unsigned writers,
                                           const char *tmp_dir, struct fst_error *err);
void fst_index_free(struct fst_index *x);
FST_MUST_USE enum fst_status fst_index_add(struct fst_index *x, unsigned writer, const struct fst_record *r,
                                           struct fst_error *err);
/* No more is added from here on. */
FST_MUST_USE enum fst_status fst_index_finish(struct fst_index *x, struct fst_error *err);
uint64_t fst_index_count(const struct fst_index *x); /* valid after _finish */

/* Stands before a record. Valid after _init, when the index is finished. A reader reports a failed read by
 * FST_EIO; "no more" is *r == NULL. */
struct fst_index_reader {
    const struct fst_index *index;
    uint64_t                rank; /* how many records stand before this place */
    struct fst_index_block *blocks;
};

FST_MUST_USE enum fst_status fst_index_reader_init(struct fst_index_reader *r, const struct fst_index *x, struct fst_error *err);
void fst_index_reader_clear(struct fst_index_reader *r);
/* Before the first record that is not less than (key, pos). */
FST_MUST_USE enum fst_status fst_index_seek(struct fst_index_reader *r, struct fst_hash128 key, uint64_t pos,
                                            struct fst_error *err);
/* The record behind this place, or NULL at the end; moves on. Borrowed until the next call. */
FST_MUST_USE enum fst_status fst_index_next(struct fst_index_reader *r, const struct fst_record **record,
                                            struct fst_error *err);
/* As next, but NULL when the record has another key (the place is behind that record then). */
FST_MUST_USE enum fst_status fst_index_next_of(struct fst_index_reader *r, struct fst_hash128 key,
                                               const struct fst_record **record, struct fst_error *err);

#endif
