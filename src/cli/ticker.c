#include "cli/ticker.h"

void fst_ticker_start(struct fst_ticker *t, void *(*work)(void *ctx), void *ctx)
{
    pthread_condattr_t monotonic;
    *t = (struct fst_ticker){ 0 };
    pthread_mutex_init(&t->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&t->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    t->running = pthread_create(&t->thread, NULL, work, ctx) == 0;
}

bool fst_ticker_rest(struct fst_ticker *t, int64_t ms)
{
    struct timespec until;
    bool            go_on;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&t->lock);
    while (!t->stopping && pthread_cond_timedwait(&t->wake, &t->lock, &until) == 0)
        ;
    go_on = !t->stopping;
    pthread_mutex_unlock(&t->lock);
    return go_on;
}

void fst_ticker_stop(struct fst_ticker *t)
{
    if (!t->running)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_signal(&t->wake);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    t->running = false;
}
