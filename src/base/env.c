#include "fhirstage/env.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_now_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

static int64_t real_mono_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC);
}

static void real_sleep_ms(void *ctx, int64_t ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
    (void)ctx;
    if (ms > 0)
        nanosleep(&t, NULL);
}

static void real_random(void *ctx, void *out, size_t n)
{
    char *p = out;
    (void)ctx;
    while (n) {
        size_t step = n < 256 ? n : 256;
        if (getentropy(p, step))
            abort(); /* no randomness: nothing that needs it may go on */
        p += step;
        n -= step;
    }
}

static const char *real_getenv(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

const struct fst_env *fst_env_real(void)
{
    static const struct fst_env real = { real_now_ms,   real_mono_ms, real_sleep_ms,
                                         real_random,   real_getenv,  NULL,
                                         NULL };
    return &real;
}
