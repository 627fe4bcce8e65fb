/* serve/serve.h — the local HealthLake + S3 service, within this process.
 * It listens on loopback unless told otherwise, keeps everything in one folder (store.sqlite, objects/), and goes on
 * where it was when it is started there again.
 * Threads: its own; start and stop from one thread. */
#ifndef FST_SERVE_SERVE_H
#define FST_SERVE_SERVE_H

#include <stdint.h>

#include "fhirstage/env.h"
#include "fhirstage/status.h"

#define FST_SERVE_KEY_ID "local"
#define FST_SERVE_SECRET "local-secret"

struct fst_serve_opts {
    const char *address; /* NULL: 127.0.0.1 */
    uint16_t    port;    /* 0: any */
    const char *dir;     /* created, 0700 */
    const char *access_key_id, *secret_access_key; /* NULL: local, local-secret */
    const char *const *faults, *const *quotas, *const *paces; /* see serve/fault.h and serve/quota.h */
    size_t      fault_count, quota_count, pace_count;
    int64_t     job_delay_ms;       /* how long a job takes at least */
    int64_t     datastore_delay_ms; /* … and the change of a data store's state */
    const char *credentials; /* a file of the shared credentials' format, whose pairs are taken instead; may be NULL */
    const struct fst_env *env;
};

struct fst_serve;

FST_MUST_USE enum fst_status fst_serve_start(struct fst_serve **out, const struct fst_serve_opts *opts, struct fst_error *err);
const char *fst_serve_endpoint(const struct fst_serve *s); /* "http://127.0.0.1:PORT" */
/* Jobs in hand are left where they are: the next start goes on with them. */
void fst_serve_stop(struct fst_serve *s);

#endif
