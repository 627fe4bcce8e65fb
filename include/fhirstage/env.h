/* fhirstage/env.h — the only door to clock, randomness and environment variables, so that tests can
 * stand in for all three; and where it is told what is asked of AWS. Library functions take a `const struct fst_env *`; NULL means fst_env_real().
 * Threads: the real environment is thread-safe as long as nobody calls setenv(). */
#ifndef FHIRSTAGE_ENV_H
#define FHIRSTAGE_ENV_H

#include <stddef.h>
#include <stdint.h>

#include "fhirstage/view.h"

/* One try of one request, for a log: no headers, no query, no body. All is borrowed. */
struct fst_request_note {
    const char     *operation, *method; /* "PutObject", "PUT" */
    struct fst_view url;        /* without query, and without user and password */
    int             status;     /* of HTTP; 0: no answer came */
    const char     *code;       /* why it was refused; empty otherwise */
    struct fst_view request_id; /* may be empty */
    unsigned        attempt;    /* from 1 */
    int64_t         duration_ms;
    bool            again;      /* another try follows */
};

struct fst_env {
    int64_t (*now_ms)(void *ctx);                         /* wall clock, ms since 1970 UTC */
    int64_t (*mono_ms)(void *ctx);                        /* monotonic clock, ms */
    void (*sleep_ms)(void *ctx, int64_t ms);              /* may return early on a signal */
    void (*random)(void *ctx, void *out, size_t n);       /* cryptographic quality */
    const char *(*getenv)(void *ctx, const char *name);   /* NULL when unset */
    void *ctx;
    void (*requested)(void *ctx, const struct fst_request_note *note); /* from any thread; NULL: nobody wants to know */
};

const struct fst_env *fst_env_real(void);

#endif
