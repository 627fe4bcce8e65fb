/* cli/ticker.h — a thread that does something now and then until it is told to end.
 * Threads: start and stop from one thread. */
#ifndef FST_CLI_TICKER_H
#define FST_CLI_TICKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct fst_ticker {
    pthread_t       thread;
    pthread_mutex_t lock;
    pthread_cond_t  wake;
    bool            running, stopping;
};

/* `work` runs on the thread and asks fst_ticker_rest() between its turns. Where no thread can be had nothing runs. */
void fst_ticker_start(struct fst_ticker *t, void *(*work)(void *ctx), void *ctx);
/* Sleep; false when it is time to end. */
bool fst_ticker_rest(struct fst_ticker *t, int64_t ms);
/* Waits for the thread. Safe twice. */
void fst_ticker_stop(struct fst_ticker *t);

#endif
