/* serve/body.h — a request's body as it comes: kept in memory while it is small, else in a file; aws-chunked undone;
 * summed in the ways asked for.
 * Threads: none share one. May use: sign. */
#ifndef FST_SERVE_BODY_H
#define FST_SERVE_BODY_H

#include "serve/chunked.h"
#include "serve/sums.h"

enum { FST_BODY_IN_MEMORY = 256 * 1024, FST_BODY_FILE_NAME = 512 };

/* What is to be done with it: decided when the headers are there. */
struct fst_body_plan {
    unsigned sums;                /* bits, 1u << FST_SUM_… */
    bool     chunked, is_signed;  /* aws-chunked; with signatures */
    bool     in_memory;           /* however large */
    bool     discard;             /* read it, and keep nothing */
    uint64_t most;                /* bytes at most; 0: no limit */
};

struct fst_body {
    struct fst_body_plan plan;
    struct fst_buf       bytes;   /* when `file` is empty */
    char                 file[FST_BODY_FILE_NAME]; /* a temporary file; who takes it empties the name */
    uint64_t             size;    /* as decoded */
    struct fst_sums      sums;    /* finished when it is whole */
    struct fst_chunked   chunked;
    bool                 failed;  /* it could not be kept */
    bool                 too_large;
    int                  fd;
};

/* `expected`: how long it will be, UINT64_MAX when that is not known. */
FST_MUST_USE bool fst_body_init(struct fst_body *b, const struct fst_body_plan *plan, uint64_t expected, const char *dir);
void fst_body_add(struct fst_body *b, const char *p, size_t n);
void fst_body_finish(struct fst_body *b);
void fst_body_clear(struct fst_body *b); /* unlinks the file; safe twice, and after {0} */

#endif
