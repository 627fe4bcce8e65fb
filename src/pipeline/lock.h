/* pipeline/lock.h — one run at a time on a prefix: an object that only one can make. Who holds it writes it anew now and
 * then, so that one left behind lapses; one of a process of this machine that is no more is taken over at once.
 * Threads: one caller; it uses one of its own. May use: aws, json. */
#ifndef FST_PIPELINE_LOCK_H
#define FST_PIPELINE_LOCK_H

#include <pthread.h>

#include "aws/s3.h"

#define FST_LOCK_KEY "meta/lock.json"

struct fst_lock { /* valid when {0} */
    struct fst_aws  *client;
    char            *key; /* whole */
    char             id[33];
    struct fst_view  bucket;
    struct fst_buf   text;
    pthread_mutex_t  lock;
    pthread_cond_t   wake;
    struct {
        bool ends;
    } synced;
    pthread_t        thread;
    bool             held, refreshed;
};

/* FST_ECONFIG when another run holds it; `force` takes it all the same. */
FST_MUST_USE enum fst_status fst_lock_take(struct fst_lock *l, const struct fst_aws_config *config, const struct fst_env *env,
                                           struct fst_view bucket, struct fst_view key, bool force, struct fst_error *err);
/* Is it still ours? */
FST_MUST_USE enum fst_status fst_lock_check(struct fst_lock *l, struct fst_aws *a, struct fst_error *err);
void fst_lock_release(struct fst_lock *l);

#endif
