/* serve/service.h — what the parts of the service share.
 * Threads: everything here is thread-safe. May use: all that serve may. */
#ifndef FST_SERVE_SERVICE_H
#define FST_SERVE_SERVICE_H

#include <pthread.h>
#include <stdatomic.h>

#include "serve/db.h"
#include "serve/fault.h"
#include "serve/http.h"
#include "serve/keys.h"
#include "serve/quota.h"
#include "serve/serve.h"

enum { FST_HEX_ID = 33, FST_TEXT_CEILING = 64 << 20, FST_SERVE_WORKERS = 4 };

struct fst_serve {
    struct fst_serve_opts   opts; /* with the defaults filled in; strings are owned */
    const struct fst_env   *env;
    char                    endpoint[64];
    int                     lock_fd;
    char                   *partial_dir; /* what is not whole yet */
    struct fst_keys         keys;
    struct fst_faults       faults;
    struct fst_pace         pace;
    int64_t                 quota[FST_QUOTA_COUNT];
    struct fst_db          *db;
    struct fst_http_server *http;
    int                     events_fd; /* -1: not open yet */
    int64_t                 events;    /* lines in that file; under the database's lock */
    pthread_t               workers[FST_SERVE_WORKERS]; /* run the jobs */
    unsigned                worker_count;
    pthread_mutex_t         lock;
    pthread_cond_t          wake;
    struct {
        unsigned work; /* there may be a job to run: so many workers are to look */
    } synced;
    _Atomic int             stopping;
};

extern const char fst_serve_schema[];

void    fst_serve_id(struct fst_serve *s, char out[FST_HEX_ID]); /* random, 32 hex digits */
int64_t fst_serve_now_ms(struct fst_serve *s);
void    fst_serve_wake(struct fst_serve *s);
/* DIR/objects/ab/abcdef… */
void fst_serve_object_path(struct fst_serve *s, struct fst_buf *out, struct fst_view file);

/* ---- the handlers, by what is asked for */

void fst_serve_s3(struct fst_serve *s, struct fst_exchange *x);
/* What browsers ask before a request to elsewhere: no bucket here lets them. */
void fst_serve_s3_preflight(struct fst_exchange *x);
/* What is done with the body of a request to S3: decided by its headers. */
void fst_serve_s3_plan(struct fst_serve *s, struct fst_exchange *x);
/* "PutObject"; "S3" for what is none of its operations. */
const char *fst_serve_s3_operation(const struct fst_exchange *x);
/* The bucket that a host's name begins with; empty when there is none. */
struct fst_view fst_serve_s3_host_bucket(struct fst_view host);
void fst_serve_api(struct fst_serve *s, struct fst_exchange *x, struct fst_view region);
/* FHIR REST, under /datastore/ID/r4 */
void fst_serve_fhir(struct fst_serve *s, struct fst_exchange *x, struct fst_view region);

void fst_serve_s3_error(struct fst_exchange *x, int status, const char *code, const char *message);
/* An OperationOutcome with one issue; `code` is one of http://hl7.org/fhir/issue-type. */
void fst_serve_fhir_error(struct fst_exchange *x, int status, const char *code, const char *message);
void fst_serve_api_error(struct fst_exchange *x, int status, const char *code, const char *message);

#endif
