/* serve/batch.h — lines of an import's input, judged by threads of their own while others are read and stored.
 *
 * Batches go round in a ring: filled by the job's thread, judged by any worker, taken by the job's thread in the order
 * they were filled. Memory: the ring; a batch grows to its longest line.
 * Threads: open, fill, take and close from one thread. May use: fhir, json. */
#ifndef FST_SERVE_BATCH_H
#define FST_SERVE_BATCH_H

#include "base/buf.h"
#include "fhir/types.h"
#include "fhir/validate.h"

/* A line that is to be stored. */
struct fst_batch_line {
    struct fst_view body, id; /* in the batch */
    fst_type        type;
    size_t          patched;  /* where in `bodies` the body is, + 1; 0: it is the line */
};

struct fst_batch {
    struct fst_buf         text;       /* whole lines */
    size_t                 file;       /* which of the input's */
    uint64_t               first_line; /* the number of the first */
    bool                   is_last;    /* of its file */
    bool                   is_over;    /* its last line was too long to be kept, and is cut off */
    struct fst_batch_line *lines;      /* the outcome */
    size_t                 count, cap;
    struct fst_buf         bodies;     /* that differ from their lines */
    struct fst_buf         success, failure, search; /* the logs' lines */
    uint64_t               scanned, refused, stored_bytes;
    enum fst_status        st;         /* out of memory */
    int                    state;      /* the ring's */
};

struct fst_batches;

FST_MUST_USE enum fst_status fst_batches_open(struct fst_batches **out, enum fst_level level, unsigned workers, struct fst_error *err);
void fst_batches_close(struct fst_batches *b);
/* An empty batch to fill; NULL when the ring is full: take one. */
struct fst_batch *fst_batches_empty(struct fst_batches *b);
/* Give it to the workers. */
void fst_batches_submit(struct fst_batches *b);
/* The oldest one that was submitted and not taken; NULL when there is none, or with `wait` false when it is not judged
 * yet. It is given back by fst_batches_done(). */
struct fst_batch *fst_batches_take(struct fst_batches *b, bool wait);
void fst_batches_done(struct fst_batches *b);
bool fst_batches_pending(struct fst_batches *b); /* was one submitted and not taken? */

#endif
