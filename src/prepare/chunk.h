/* prepare/chunk.h — gather one segment's lines into chunks by type, and their provenance beside them.
 *
 * A line is built in place, in its chunk's buffer: fst_chunks_line(), append, then commit or drop.
 * Memory: two buffers for each type met. Threads: one set per thread; the list is shared.
 * May use: fhir, json. */
#ifndef FST_PREPARE_CHUNK_H
#define FST_PREPARE_CHUNK_H

#include <pthread.h>

#include "prepare/part.h"
#include "prepare/value.h"

/* A chunk that is whole. Its key follows from these numbers. */
struct fst_chunk {
    fst_type type;
    uint32_t segment, number; /* from 1 */
    uint32_t job;             /* that imports it, from 1; 0: the only one */
    uint32_t crc32;
    uint64_t bytes, resources;
};

struct fst_chunk_list {
    pthread_mutex_t lock;
    struct {
        struct fst_chunk *items;
        size_t            count, cap;
    } synced;
};
void fst_chunk_list_init(struct fst_chunk_list *l);
void fst_chunk_list_clear(struct fst_chunk_list *l);
/* By key, bytewise. After all threads are done. */
void fst_chunk_list_sort(struct fst_chunk_list *l);

enum { FST_CHUNK_KEY_MAX = 128 };
/* "input/Patient/Patient-000001.ndjson", "input/Patient/Patient-000001-2.ndjson", "input/job-0001/Patient/…" */
void fst_chunk_key(char out[FST_CHUNK_KEY_MAX], const struct fst_chunk *c);

struct fst_chunks_opts {
    const char                  *dir;  /* NULL: count only */
    const struct fst_chunk_sink *sink; /* for the lines; NULL: into dir too */
    const struct fst_jobs       *jobs; /* NULL: one */
    uint64_t                     chunk_bytes;
    size_t                       buffer_bytes, max_line;
    struct fst_chunk_list       *list; /* where chunks that are whole are noted */
};

struct fst_chunks {
    struct fst_chunks_opts opts;
    uint32_t               segment;
    struct fst_open_chunk *open[FST_TYPE_COUNT];
    struct fst_open_chunk *current; /* between _line and _commit or _drop */
    size_t                 mark;
};

void fst_chunks_init(struct fst_chunks *c, const struct fst_chunks_opts *opts);
void fst_chunks_clear(struct fst_chunks *c); /* what was not finished is removed */
void fst_chunks_begin(struct fst_chunks *c, uint32_t segment);
/* Where to append the next line of that type, without a newline. */
FST_MUST_USE enum fst_status fst_chunks_line(struct fst_chunks *c, fst_type type, struct fst_buf **out, struct fst_error *err);
FST_MUST_USE enum fst_status fst_chunks_commit(struct fst_chunks *c, const struct fst_value *from, struct fst_error *err);
void fst_chunks_drop(struct fst_chunks *c);
/* The segment is done. */
FST_MUST_USE enum fst_status fst_chunks_end(struct fst_chunks *c, struct fst_error *err);

#endif
