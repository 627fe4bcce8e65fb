#include "aws/shared.h"

#include <pthread.h>
#include <stdlib.h>

enum { POOL = 500 };

struct fst_aws_shared {
    pthread_mutex_t lock;
    int             for_each; /* tokens of a client beyond the first */
    struct {
        int                      clients, tokens, most;
        int64_t                  skew_ms;
        struct fst_bucket_region region;
    } synced;
};

enum fst_status fst_aws_shared_new(struct fst_aws_shared **out, unsigned max_attempts, struct fst_error *err)
{
    struct fst_aws_shared *s = calloc(1, sizeof *s);

    *out = s;
    if (!s)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    pthread_mutex_init(&s->lock, NULL);
    s->for_each = (int)(max_attempts - 1) * FST_RETRY_COST;
    s->synced.tokens = s->synced.most = POOL;
    return FST_OK;
}

void fst_aws_shared_free(struct fst_aws_shared *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void fst_aws_shared_join(struct fst_aws_shared *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->synced.clients++) {
        s->synced.most += s->for_each;
        s->synced.tokens += s->for_each;
    }
    pthread_mutex_unlock(&s->lock);
}

void fst_aws_shared_leave(struct fst_aws_shared *s)
{
    pthread_mutex_lock(&s->lock);
    if (--s->synced.clients) {
        s->synced.most -= s->for_each;
        if (s->synced.tokens > s->synced.most)
            s->synced.tokens = s->synced.most;
    }
    pthread_mutex_unlock(&s->lock);
}

bool fst_aws_shared_pay(struct fst_aws_shared *s, int cost)
{
    bool enough;

    pthread_mutex_lock(&s->lock);
    enough = s->synced.tokens >= cost;
    if (enough)
        s->synced.tokens -= cost;
    pthread_mutex_unlock(&s->lock);
    return enough;
}

void fst_aws_shared_earn(struct fst_aws_shared *s, int spent)
{
    pthread_mutex_lock(&s->lock);
    s->synced.tokens += spent ? spent : 1;
    if (s->synced.tokens > s->synced.most)
        s->synced.tokens = s->synced.most;
    pthread_mutex_unlock(&s->lock);
}

int64_t fst_aws_shared_skew_ms(struct fst_aws_shared *s)
{
    int64_t ms;

    pthread_mutex_lock(&s->lock);
    ms = s->synced.skew_ms;
    pthread_mutex_unlock(&s->lock);
    return ms;
}

void fst_aws_shared_set_skew_ms(struct fst_aws_shared *s, int64_t ms)
{
    pthread_mutex_lock(&s->lock);
    s->synced.skew_ms = ms;
    pthread_mutex_unlock(&s->lock);
}

void fst_aws_shared_region(struct fst_aws_shared *s, struct fst_bucket_region *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->synced.region;
    pthread_mutex_unlock(&s->lock);
}

void fst_aws_shared_set_region(struct fst_aws_shared *s, const struct fst_bucket_region *r)
{
    pthread_mutex_lock(&s->lock);
    s->synced.region = *r;
    pthread_mutex_unlock(&s->lock);
}
