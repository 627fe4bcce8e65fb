#include "base/thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct task_run {
    size_t          count;
    fst_task_fn    *fn;
    void           *ctx;
    pthread_mutex_t lock;
    struct {
        size_t           next, failed; /* failed: the lowest task that did, or count */
        enum fst_status  st;
        struct fst_error err;
    } synced;
};

struct worker {
    struct task_run *run;
    unsigned         number;
    pthread_t        thread;
};

static void note_failure(struct task_run *r, size_t task, enum fst_status st, const struct fst_error *err)
{
    pthread_mutex_lock(&r->lock);
    if (task < r->synced.failed) {
        r->synced.failed = task;
        r->synced.st = st;
        r->synced.err = *err;
    }
    pthread_mutex_unlock(&r->lock);
}

static void *work(void *arg)
{
    struct worker   *w = arg;
    struct task_run *r = w->run;

    for (;;) {
        struct fst_error err = { 0 };
        enum fst_status  st;
        size_t           task;

        pthread_mutex_lock(&r->lock);
        task = r->synced.failed < r->count ? r->count : r->synced.next++;
        pthread_mutex_unlock(&r->lock);
        if (task >= r->count)
            return NULL;
        st = r->fn(r->ctx, task, w->number, &err);
        if (st)
            note_failure(r, task, st, &err);
    }
}

enum fst_status fst_run_tasks(size_t count, unsigned workers, fst_task_fn *fn, void *ctx, struct fst_error *err)
{
    struct task_run r = { .count = count, .fn = fn, .ctx = ctx, .lock = PTHREAD_MUTEX_INITIALIZER };
    struct worker  *w;
    unsigned        started = 1, i;

    r.synced.failed = count;
    if (workers < 1)
        workers = 1;
    if (workers > count)
        workers = count ? (unsigned)count : 1;
    w = calloc(workers, sizeof *w);
    if (!w)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (i = 0; i < workers; i++)
        w[i] = (struct worker){ .run = &r, .number = i };
    while (started < workers && pthread_create(&w[started].thread, NULL, work, &w[started]) == 0)
        started++; /* fewer threads than asked still do all the tasks */
    work(&w[0]);
    for (i = 1; i < started; i++)
        pthread_join(w[i].thread, NULL);
    free(w);
    if (r.synced.failed < count && err)
        *err = r.synced.err;
    return r.synced.st;
}

unsigned fst_cpu_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}
