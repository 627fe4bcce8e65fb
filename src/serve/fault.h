/* serve/fault.h — faults on demand, for the tests of what uses the service: which are due for a request, and what is
 * answered instead.
 *
 * A fault is said as KIND[=VALUE][,op=GLOB][,rate=R][,after=N][,count=N]; see `serve --help`.
 * Threads: thread-safe after the list was made. May use: base, healthlake. */
#ifndef FST_SERVE_FAULT_H
#define FST_SERVE_FAULT_H

#include <stdatomic.h>

#include "serve/http.h"

enum fst_fault_kind {
#define FST_FAULT(id, name, value, doc) FST_FAULT_##id,
#include "serve/fault.def"
    FST_FAULT_KINDS
};

struct fst_fault {
    enum fst_fault_kind kind;
    char                value[128]; /* of a word */
    int64_t             ms;         /* of a time */
    char                op[64];     /* a glob; empty: any operation */
    double              rate;
    uint64_t            after, count; /* matching requests that pass first; how often it happens, 0: always */
    _Atomic uint64_t    seen, happened;
    _Atomic int64_t     first_ms; /* when the first matching request came */
};

/* Valid when {0}. */
struct fst_faults {
    struct fst_fault *items;
    size_t            count;
};

/* FST_EUSAGE: "--fault: …". */
FST_MUST_USE enum fst_status fst_faults_add(struct fst_faults *f, const char *spec, struct fst_error *err);
void fst_faults_clear(struct fst_faults *f);

/* The faults that are due for a request of that operation, as bits by kind; each counts once. `delay_ms` is how long
 * the answer is to be held back. `now_ms` is any clock's. */
unsigned fst_faults_due(struct fst_faults *f, const char *op, int64_t now_ms, int64_t *delay_ms);
/* Is a job's fault due for that operation (asked when the job is started)? The reason, NULL: not due. */
const char *fst_faults_job(struct fst_faults *f, enum fst_fault_kind kind, const char *op);

/* What the operation is called: HealthLake's by its target; S3's and FHIR's by their method, path and query. Static,
 * but for HealthLake's, which lives as long as the request. */
const char *fst_fault_operation(const struct fst_exchange *x, struct fst_buf *scratch);

#endif
