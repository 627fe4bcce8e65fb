/* Judging all input: the calling thread reads batches of values and hands the verdicts on in input order; other threads
 * judge, and the calling one too where it would have to wait. One job is the calling thread alone. */
#include <pthread.h>

#include "base/thread.h"
#include "pipeline/judge.h"

enum { BATCH_BYTES = 512 << 10, BATCH_ITEMS = 4096 };

struct batch {
    struct fst_buf     text;
    struct fst_item   *items;  /* their text is an offset in `text` until the batch is whole */
    struct fst_judged *judged;
    size_t             count;
    struct fst_arena   arena;
    bool               done;
    enum fst_status    st;
    struct fst_error   err;
};

struct judging {
    const struct fst_validate_inputs_opts *opts;
    struct fst_items   items;
    struct fst_judge   own; /* the calling thread's */
    struct batch      *ring;
    size_t             size;
    size_t             filled, emitted; /* batches so far; the reading thread's own */
    pthread_mutex_t    lock;
    pthread_cond_t     to_do, done;
    struct {
        size_t ready, taken;
        bool   ended;
    } synced;
};

/* ---- judging a batch */

static void judge_batch(struct fst_judge *j, struct batch *b, enum fst_status st, const struct fst_error *why)
{
    b->st = st;
    if (st)
        b->err = *why;
    for (size_t i = 0; !b->st && i < b->count; i++)
        b->st = fst_judge_item(j, &b->items[i], &b->arena, &b->judged[i], &b->err);
}

/* The next batch that no one has taken, or NULL. */
static struct batch *take_synced(struct judging *g)
{
    return g->synced.taken == g->synced.ready ? NULL : &g->ring[g->synced.taken++ % g->size];
}

static void *work(void *ctx)
{
    struct judging  *g = ctx;
    struct fst_judge judge;
    struct fst_error err = { 0 };
    enum fst_status  st = fst_judge_init(&judge, g->opts, &err);
    pthread_mutex_lock(&g->lock);
    for (;;) {
        struct batch *b;
        while (!(b = take_synced(g)) && !g->synced.ended)
            pthread_cond_wait(&g->to_do, &g->lock);
        if (!b)
            break;
        pthread_mutex_unlock(&g->lock);
        judge_batch(&judge, b, st, &err);
        pthread_mutex_lock(&g->lock);
        b->done = true;
        pthread_cond_signal(&g->done);
    }
    pthread_mutex_unlock(&g->lock);
    fst_judge_clear(&judge);
    return NULL;
}

/* ---- reading a batch */

static enum fst_status batch_init(struct batch *b, struct fst_error *err)
{
    fst_buf_init(&b->text, SIZE_MAX / 2);
    fst_arena_init(&b->arena, 0);
    b->items = calloc(BATCH_ITEMS, sizeof *b->items);
    b->judged = calloc(BATCH_ITEMS, sizeof *b->judged);
    return b->items && b->judged ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static void batch_clear(struct batch *b)
{
    fst_buf_clear(&b->text);
    fst_arena_clear(&b->arena);
    free(b->items);
    free(b->judged);
}

static enum fst_status fill(struct judging *g, struct batch *b, struct fst_error *err)
{
    enum fst_status st = FST_OK;
    size_t          at = 0;
    bool            more = true;
    fst_buf_reset(&b->text);
    fst_arena_reset(&b->arena);
    b->count = 0;
    b->done = false;
    while (more && b->count < BATCH_ITEMS && b->text.len < BATCH_BYTES) {
        struct fst_item *item = &b->items[b->count];
        st = fst_items_next(&g->items, item, &more, err);
        if (st || !more)
            break;
        fst_buf_add_view(&b->text, item->broken ? (struct fst_view){ 0 } : item->text);
        item->text.n = item->broken ? 0 : item->text.n;
        b->count++;
    }
    if (!st)
        st = fst_buf_check(&b->text, err);
    for (size_t i = 0; i < b->count; at += b->items[i++].text.n)
        b->items[i].text.p = b->text.p + at;
    return st;
}

static void tell_meter(struct judging *g)
{
    struct fst_meter *m = g->opts->meter;
    if (!m)
        return;
    m->files = g->items.next;
    m->bytes = fst_items_progress(&g->items);
    m->resources = g->items.result->values;
    m->rejected = g->items.result->invalid;
}

static enum fst_status emit(struct judging *g, struct batch *b, fst_judged_fn *fn, void *ctx, struct fst_error *err)
{
    struct fst_validate_inputs_result *r = g->items.result;
    if (b->st && err)
        *err = b->err;
    for (size_t i = 0; !b->st && i < b->count; i++) {
        r->values++;
        r->invalid += !b->judged[i].ok;
        r->unknown_profiles += b->judged[i].unknown_profiles;
        b->st = fn(ctx, &b->judged[i], err);
    }
    tell_meter(g);
    return b->st;
}

static enum fst_status stopped(const struct judging *g, struct fst_error *err)
{
    return g->opts->meter ? fst_stopped_by(g->opts->meter->stop, err) : FST_OK;
}

/* Until the batch is judged, judge those that wait. */
static void await(struct judging *g, struct batch *b)
{
    pthread_mutex_lock(&g->lock);
    while (!b->done) {
        struct batch *other = take_synced(g);
        if (!other) {
            pthread_cond_wait(&g->done, &g->lock);
            continue;
        }
        pthread_mutex_unlock(&g->lock);
        judge_batch(&g->own, other, FST_OK, NULL);
        pthread_mutex_lock(&g->lock);
        other->done = true;
    }
    pthread_mutex_unlock(&g->lock);
}

static void hand_out(struct judging *g)
{
    pthread_mutex_lock(&g->lock);
    g->synced.ready = g->filled;
    pthread_cond_signal(&g->to_do);
    pthread_mutex_unlock(&g->lock);
}

/* Read ahead as far as the ring goes, then hand on the oldest. */
static enum fst_status drive(struct judging *g, fst_judged_fn *fn, void *ctx, struct fst_error *err)
{
    enum fst_status st = FST_OK;
    bool            at_end = false;
    while (!st && !(st = stopped(g, err))) {
        if (!at_end && g->filled - g->emitted < g->size) {
            struct batch *b = &g->ring[g->filled % g->size];
            st = fill(g, b, err);
            at_end = !b->count;
            if (!st && b->count) {
                g->filled++;
                hand_out(g);
            }
        } else if (g->emitted < g->filled) {
            struct batch *b = &g->ring[g->emitted % g->size];
            await(g, b);
            st = emit(g, b, fn, ctx, err);
            g->emitted++;
        } else {
            break;
        }
    }
    return st;
}

static enum fst_status drive_with(struct judging *g, unsigned jobs, fst_judged_fn *fn, void *ctx, struct fst_error *err)
{
    pthread_t      *threads = calloc(jobs, sizeof *threads);
    unsigned        started = 0;
    enum fst_status st = fst_judge_init(&g->own, g->opts, err);
    g->size = jobs == 1 ? 1 : 2 * (size_t)jobs + 1;
    g->ring = calloc(g->size, sizeof *g->ring);
    if (!st && (!threads || !g->ring))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; !st && i < g->size; i++)
        st = batch_init(&g->ring[i], err);
    while (!st && started + 1 < jobs && pthread_create(&threads[started], NULL, work, g) == 0)
        started++;
    if (!st)
        st = drive(g, fn, ctx, err);
    pthread_mutex_lock(&g->lock);
    g->synced.ended = true;
    pthread_cond_broadcast(&g->to_do);
    pthread_mutex_unlock(&g->lock);
    while (started)
        pthread_join(threads[--started], NULL);
    for (size_t i = 0; g->ring && i < g->size; i++)
        batch_clear(&g->ring[i]);
    free(g->ring);
    free(threads);
    fst_judge_clear(&g->own);
    return st;
}

/* What the whole comes to. */
static enum fst_status conclude(const struct fst_items *items, struct fst_error *err)
{
    const struct fst_validate_inputs_result *r = items->result;
    if (r->sources_unread + r->sources_without_fhir == r->sources) {
        *err = items->first;
        if (r->sources > 1)
            (void)fst_fail(err, FST_EINPUT, "%s: no FHIR: none of its %llu files has any", items->opts->inputs[0],
                           (unsigned long long)r->sources);
        fst_error_hint(err, "give FHIR R4 in JSON: NDJSON, Bundles or single resources, gzipped or not");
        return FST_EINPUT;
    }
    if (r->sources_unread) {
        *err = items->first;
        return FST_EINPUT;
    }
    return r->invalid ? FST_EREJECTED : FST_OK;
}

enum fst_status fst_validate_inputs(const struct fst_validate_inputs_opts *opts, const struct fst_env *env, fst_judged_fn *fn,
                                    void *ctx, struct fst_validate_inputs_result *result, struct fst_error *err)
{
    struct judging g = { .opts = opts, .lock = PTHREAD_MUTEX_INITIALIZER, .to_do = PTHREAD_COND_INITIALIZER,
                         .done = PTHREAD_COND_INITIALIZER };
    int64_t         begin;
    enum fst_status st;
    env = env ? env : fst_env_real();
    begin = env->mono_ms(env->ctx);
    *result = (struct fst_validate_inputs_result){ 0 };
    st = fst_items_open(&g.items, opts, result, err);
    if (!st)
        fst_meter_enter(opts->meter, FST_STAGE_VALIDATE, result->sources, result->input_bytes);
    if (!st)
        st = drive_with(&g, opts->jobs ? opts->jobs : fst_cpu_count(), fn, ctx, err);
    if (!st)
        st = conclude(&g.items, err);
    fst_items_close(&g.items);
    result->seconds = (double)(env->mono_ms(env->ctx) - begin) / 1000;
    return st;
}
