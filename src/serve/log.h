/* serve/log.h — an object that the service itself writes, line by line: a job's logs and manifest.
 * Threads: one per thread. May use: base. */
#ifndef FST_SERVE_LOG_H
#define FST_SERVE_LOG_H

#include "serve/s3.h"

struct fst_log {
    struct fst_serve *s;
    struct fst_buf    bucket, key, path;
    struct fst_buf    text; /* append here, then fst_log_added() */
    char              file[FST_HEX_ID];
    uint64_t          size;
    int               fd; /* -1: nothing was written yet */
};

void fst_log_init(struct fst_log *l, struct fst_serve *s);
/* Begin the object bucket/key. */
void fst_log_begin(struct fst_log *l, struct fst_view bucket, struct fst_view key);
FST_MUST_USE enum fst_status fst_log_write(struct fst_log *l, struct fst_view bytes, struct fst_error *err);
FST_MUST_USE enum fst_status fst_log_added(struct fst_log *l, struct fst_error *err);
/* Put it into its place; nothing when nothing was written. */
FST_MUST_USE enum fst_status fst_log_finish(struct fst_log *l, struct fst_error *err);
void fst_log_clear(struct fst_log *l);

#endif
