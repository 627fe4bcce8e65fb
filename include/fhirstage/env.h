/* fhirstage/env.h — the only door to clock, randomness and environment variables, so that tests can
 * stand in for all three. Library functions take a `const struct fst_env *`; NULL means fst_env_real().
 * Threads: the real environment is thread-safe as long as nobody calls setenv(). */
#ifndef FHIRSTAGE_ENV_H
#define FHIRSTAGE_ENV_H

#include <stddef.h>
#include <stdint.h>

struct fst_env {
    int64_t (*now_ms)(void *ctx);                         /* wall clock, ms since 1970 UTC */
    int64_t (*mono_ms)(void *ctx);                        /* monotonic clock, ms */
    void (*sleep_ms)(void *ctx, int64_t ms);              /* may return early on a signal */
    void (*random)(void *ctx, void *out, size_t n);       /* cryptographic quality */
    const char *(*getenv)(void *ctx, const char *name);   /* NULL when unset */
    void *ctx;
};

const struct fst_env *fst_env_real(void);

#endif
