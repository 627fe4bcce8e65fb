/* The pool: units wait in a queue, threads with a connection each take them. */
#include "pipeline/sender-private.h"

#include <stdlib.h>

enum {
    FIRST_LIMIT = 4, WINDOW_MS = 200, QUIET_WINDOWS = 15, HALVE_MS = 1000,
    UNIT_WORK = 64 * 1024 /* what a request costs beside its bytes */
};
static const double faster = 1.05;

struct fst_view fst_sender_key(const struct fst_sender *s, const char *key, struct fst_buf *out)
{
    fst_buf_reset(out);
    fst_buf_add_view(out, s->opts.prefix);
    if (s->opts.prefix.n)
        fst_buf_add_char(out, '/');
    fst_buf_add_str(out, key);
    return fst_view_n(fst_buf_str(out), out->len);
}

struct fst_aws *fst_sender_client(struct fst_sender *s)
{
    return s->client;
}

static _Atomic int *stop_of(const struct fst_sender *s)
{
    return s->opts.meter ? &s->opts.meter->stop : NULL;
}

enum fst_status fst_sender_new(struct fst_sender **out, const struct fst_sender_opts *opts, struct fst_error *err)
{
    struct fst_sender *s = calloc(1, sizeof *s);
    enum fst_status    st;

    *out = NULL;
    if (!s)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    s->opts = *opts;
    s->part_bytes = FST_SENDER_PART;
    while (opts->largest_bytes / s->part_bytes >= FST_PART_MAX)
        s->part_bytes *= 2;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->client_lock, NULL);
    pthread_mutex_init(&s->begun_lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->room, NULL);
    pthread_cond_init(&s->done, NULL);
    s->synced.last = &s->synced.first;
    s->synced.limit = opts->connections < FIRST_LIMIT ? opts->connections : FIRST_LIMIT;
    s->workers = calloc(opts->connections, sizeof *s->workers);
    st = s->workers ? fst_aws_new(&s->client, opts->config, opts->env, stop_of(s), err) : fst_fail(err, FST_ENOMEM, "out of memory");
    if (st) {
        fst_sender_free(s);
        return st;
    }
    *out = s;
    return FST_OK;
}

void fst_sender_free(struct fst_sender *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->synced.ends = true;
    if (s->synced.first && !s->synced.st) /* given up: what waits is not sent any more */
        s->synced.st = FST_EIO;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < s->synced.threads; i++)
        pthread_join(s->workers[i], NULL);
    for (size_t i = 0; i < s->synced.again_count; i++)
        free(s->synced.again[i]);
    free(s->synced.again);
    free(s->workers);
    fst_sender_clear_begun(s);
    fst_aws_free(s->client);
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->room);
    pthread_cond_destroy(&s->done);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->client_lock);
    pthread_mutex_destroy(&s->begun_lock);
    free(s);
}

/* ---- failing */

static void fail_synced(struct fst_sender *s, enum fst_status st, const struct fst_error *err)
{
    if (!s->synced.st) {
        s->synced.st = st;
        s->synced.err = *err;
    }
    pthread_cond_broadcast(&s->room);
}

static void check_stop_synced(struct fst_sender *s)
{
    struct fst_error err = { 0 };
    int              stop = s->opts.meter ? s->opts.meter->stop : 0;

    if (stop)
        fail_synced(s, fst_stopped_by(stop, &err), &err);
}

static enum fst_status failure_synced(const struct fst_sender *s, struct fst_error *err)
{
    if (s->synced.st && err)
        *err = s->synced.err;
    return s->synced.st;
}

enum fst_status fst_sender_check(struct fst_sender *s, struct fst_error *err)
{
    enum fst_status st;

    pthread_mutex_lock(&s->lock);
    check_stop_synced(s);
    st = failure_synced(s, err);
    pthread_mutex_unlock(&s->lock);
    return st;
}

/* ---- memory */

bool fst_sender_reserve(struct fst_sender *s, size_t n, bool force)
{
    bool taken;

    pthread_mutex_lock(&s->lock);
    while (!force && s->synced.used + n > s->opts.memory_bytes && s->synced.moving && !s->synced.st)
        pthread_cond_wait(&s->room, &s->lock);
    taken = force || s->synced.st || s->synced.used + n <= s->opts.memory_bytes;
    if (taken)
        s->synced.used += n;
    pthread_mutex_unlock(&s->lock);
    return taken;
}

static void release_synced(struct fst_sender *s, size_t n)
{
    s->synced.used -= n;
    pthread_cond_broadcast(&s->room);
}

void fst_sender_reserve_unit(struct fst_sender *s, struct fst_unit *u, size_t n)
{
    pthread_mutex_lock(&s->lock);
    while (s->synced.used && s->synced.used + n > s->opts.memory_bytes && !s->synced.st)
        pthread_cond_wait(&s->room, &s->lock);
    s->synced.used += n;
    s->synced.moving += n;
    u->room += n;
    pthread_mutex_unlock(&s->lock);
}

void fst_sender_release(struct fst_sender *s, size_t n)
{
    pthread_mutex_lock(&s->lock);
    release_synced(s, n);
    pthread_mutex_unlock(&s->lock);
}

/* ---- how many at a time */

/* Up as long as that makes it faster; down again where it did not; and another try now and then. Never below what it
 * begins with: a connection that was asked to go slower waits by itself. */
static void tune_synced(struct fst_sender *s, uint64_t work, bool throttled)
{
    int64_t  now = s->opts.env->mono_ms(s->opts.env->ctx);
    double   rate;
    unsigned limit = s->synced.limit, least = s->opts.connections < FIRST_LIMIT ? s->opts.connections : FIRST_LIMIT;

    if (throttled) { /* those that were under way together are told so together: that is once */
        if (!s->synced.halved_ms || now - s->synced.halved_ms >= HALVE_MS) {
            s->synced.limit = limit / 2 > least ? limit / 2 : least;
            s->synced.halved_ms = now;
        }
        s->synced.quiet = QUIET_WINDOWS;
        s->synced.window_ms = now;
        s->synced.window_work = 0;
        s->synced.rate = 0;
        return;
    }
    s->synced.window_work += work;
    if (!s->synced.window_ms)
        s->synced.window_ms = now;
    if (now - s->synced.window_ms < WINDOW_MS)
        return;
    rate = (double)s->synced.window_work / (double)(now - s->synced.window_ms);
    s->synced.window_ms = now;
    s->synced.window_work = 0;
    if (s->synced.quiet) {
        s->synced.quiet--;
        s->synced.rate = rate;
    } else if (!s->synced.queued) { /* more would have nothing to do */
        s->synced.rate = rate;
    } else if (rate > s->synced.rate * faster) {
        s->synced.limit = limit + limit / 2 + 1 < s->opts.connections ? limit + limit / 2 + 1 : s->opts.connections;
        s->synced.rate = rate;
    } else {
        s->synced.limit = limit > FIRST_LIMIT && rate * faster < s->synced.rate ? limit - limit / 4 : limit;
        s->synced.quiet = QUIET_WINDOWS;
        s->synced.rate = 0; /* the next try is a growth */
    }
}

/* ---- the threads */

static struct fst_unit *take_synced(struct fst_sender *s)
{
    struct fst_unit *u = s->synced.first;

    s->synced.first = u->next;
    if (!s->synced.first)
        s->synced.last = &s->synced.first;
    s->synced.queued--;
    s->synced.active++;
    return u;
}

static void *work(void *arg);

/* Threads come as they are needed. */
static void start_synced(struct fst_sender *s)
{
    unsigned wanted = s->synced.queued + s->synced.active;

    if (wanted > s->synced.limit)
        wanted = s->synced.limit;
    while (s->synced.threads < wanted && !s->synced.ends && !pthread_create(&s->workers[s->synced.threads], NULL, work, s))
        s->synced.threads++;
}

/* The unit is over: done, failed or passed over. */
static void end_unit(struct fst_sender *s, struct fst_unit *u, enum fst_status st, const struct fst_error *err, bool throttled)
{
    fst_object_leave(u->object);
    free(u->body);
    pthread_mutex_lock(&s->lock);
    if (st)
        fail_synced(s, st, err);
    s->synced.active--;
    s->synced.moving -= u->room;
    release_synced(s, u->room);
    tune_synced(s, u->size + UNIT_WORK, throttled);
    start_synced(s);
    pthread_cond_signal(&s->work);
    if (!s->synced.active && !s->synced.queued)
        pthread_cond_broadcast(&s->done);
    pthread_mutex_unlock(&s->lock);
    free(u);
}

static void *work(void *arg)
{
    struct fst_sender *s = arg;
    struct fst_worker  w = { 0 };

    for (;;) {
        struct fst_error err = { 0 };
        struct fst_unit *u;
        uint64_t         throttled;
        enum fst_status  st;

        pthread_mutex_lock(&s->lock);
        while (!s->synced.ends && (!s->synced.first || s->synced.active >= s->synced.limit))
            pthread_cond_wait(&s->work, &s->lock);
        if (!s->synced.first) {
            pthread_mutex_unlock(&s->lock);
            break;
        }
        u = take_synced(s);
        check_stop_synced(s);
        st = failure_synced(s, &err);
        pthread_mutex_unlock(&s->lock);
        if (!st && !w.aws)
            st = fst_aws_new(&w.aws, s->opts.config, s->opts.env, stop_of(s), &err);
        throttled = w.aws ? w.aws->throttled : 0;
        if (!st)
            st = fst_unit_do(u, &w, &err);
        end_unit(s, u, st, &err, w.aws && w.aws->throttled > throttled);
    }
    fst_aws_free(w.aws);
    free(w.hot);
    return NULL;
}

enum fst_status fst_sender_queue(struct fst_sender *s, const struct fst_unit *unit, struct fst_error *err)
{
    struct fst_unit *u = malloc(sizeof *u);
    bool             taken;

    if (!u)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    *u = *unit;
    u->next = NULL;
    pthread_mutex_lock(&s->lock);
    s->synced.queued++;
    start_synced(s);
    taken = s->synced.threads != 0;
    if (taken) {
        *s->synced.last = u;
        s->synced.last = &u->next;
        s->synced.moving += u->room;
        pthread_cond_signal(&s->work);
    } else {
        s->synced.queued--;
    }
    pthread_mutex_unlock(&s->lock);
    if (taken)
        return FST_OK;
    free(u);
    return fst_fail(err, FST_ENOMEM, "no thread could be started");
}

enum fst_status fst_sender_wait(struct fst_sender *s, struct fst_error *err)
{
    enum fst_status st;

    pthread_mutex_lock(&s->lock);
    while (s->synced.threads && (s->synced.queued || s->synced.active))
        pthread_cond_wait(&s->done, &s->lock);
    st = failure_synced(s, err);
    pthread_mutex_unlock(&s->lock);
    return st;
}

/* ---- what was done */

enum fst_status fst_sender_before_write(struct fst_sender *s, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    if (!s->opts.before_write)
        return FST_OK;
    pthread_mutex_lock(&s->client_lock);
    if (!s->synced.wrote)
        st = s->opts.before_write(s->opts.ctx, err);
    s->synced.wrote = !st;
    pthread_mutex_unlock(&s->client_lock);
    return st;
}

void fst_sender_count(struct fst_sender *s, bool kept, uint64_t bytes)
{
    struct fst_sender_result *r = &s->synced.result;

    pthread_mutex_lock(&s->lock);
    ++*(kept ? &r->files_kept : &r->files_sent);
    *(kept ? &r->bytes_kept : &r->bytes_sent) += bytes;
    pthread_mutex_unlock(&s->lock);
    if (!s->opts.meter || !s->opts.counts)
        return;
    s->opts.meter->files++;
    if (kept)
        s->opts.meter->bytes += bytes;
}

void fst_sender_result(struct fst_sender *s, struct fst_sender_result *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->synced.result;
    pthread_mutex_unlock(&s->lock);
}
