#include "cli/trace.h"

enum { FIRST_PAUSE_MS = 50 };

static void take(struct fst_trace *t)
{
    int64_t now = t->cli->env->mono_ms(t->cli->env->ctx);
    if (t->count == FST_TRACE_SAMPLES)
        fst_trace_thin(t);
    t->samples[t->count++] = fst_progress_take(t->cli->meter, now - t->began_ms);
}

void fst_trace_thin(struct fst_trace *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i += 2)
        t->samples[kept++] = t->samples[i];
    t->count = kept;
    t->pause_ms *= 2;
}

static void *work(void *ctx)
{
    struct fst_trace *t = ctx;
    do
        take(t);
    while (fst_ticker_rest(&t->ticker, t->pause_ms));
    return NULL;
}

void fst_trace_start(struct fst_trace *t, const struct fst_cli *cli)
{
    *t = (struct fst_trace){ .cli = cli, .pause_ms = FIRST_PAUSE_MS };
    t->began_ms = cli->env->mono_ms(cli->env->ctx);
    fst_ticker_start(&t->ticker, work, t);
}

void fst_trace_stop(struct fst_trace *t)
{
    if (!t->ticker.running)
        return;
    fst_ticker_stop(&t->ticker);
    take(t);
}
