/* serve/quota.h — the service's quotas and its pace. Threads: thread-safe once set. May use: base. */
#ifndef FST_SERVE_QUOTA_H
#define FST_SERVE_QUOTA_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fhirstage/status.h"

enum fst_quota {
#define FST_QUOTA(id, name, live, doc) FST_QUOTA_##id,
#include "serve/quota.def"
    FST_QUOTA_COUNT
};

void fst_quota_live(int64_t quota[FST_QUOTA_COUNT]);
/* "NAME=VALUE", or "none" for as many and as large as anyone likes. FST_EUSAGE. */
FST_MUST_USE enum fst_status fst_quota_set(int64_t quota[FST_QUOTA_COUNT], const char *spec, struct fst_error *err);

/* How many requests a second are let through, by operation. Valid when {0}: all. */
struct fst_pace {
    struct fst_pace_rule {
        char   op[64]; /* a glob */
        double per_second;
    } *rules; /* the first that fits */
    size_t          rule_count;
    pthread_mutex_t lock;
    struct {
        struct fst_pace_bucket {
            char    op[64];
            double  tokens;
            int64_t at_ms;
        } *buckets; /* one an operation that was met */
        size_t bucket_count;
    } synced;
};
void fst_pace_init(struct fst_pace *p);
void fst_pace_clear(struct fst_pace *p);
/* "live", "N" (every operation of HealthLake and FHIR), "OP=N". FST_EUSAGE. */
FST_MUST_USE enum fst_status fst_pace_add(struct fst_pace *p, const char *spec, struct fst_error *err);
/* May a request of that operation pass now? `everyone`: does a rule for every operation mean this one too? */
bool fst_pace_lets(struct fst_pace *p, const char *op, bool everyone, int64_t now_ms);

#endif
