#include "serve/quota.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

static const struct { const char *name; int64_t live; } quotas[] = {
#define FST_QUOTA(id, name, live, doc) { name, live },
#include "serve/quota.def"
};
static const struct fst_pace_rule live_rates[] = {
#define FST_RATE(operation, per_second) { operation, per_second },
#include "serve/quota.def"
};

void fst_quota_live(int64_t quota[FST_QUOTA_COUNT])
{
    for (size_t i = 0; i < FST_QUOTA_COUNT; i++)
        quota[i] = quotas[i].live;
}

enum fst_status fst_quota_set(int64_t quota[FST_QUOTA_COUNT], const char *spec, struct fst_error *err)
{
    size_t   n = strcspn(spec, "=");
    uint64_t value;

    if (!strcmp(spec, "none")) {
        for (size_t i = 0; i < FST_QUOTA_COUNT; i++)
            quota[i] = INT64_MAX;
        return FST_OK;
    }
    for (size_t i = 0; i < FST_QUOTA_COUNT; i++) {
        if (strlen(quotas[i].name) != n || strncmp(spec, quotas[i].name, n) != 0)
            continue;
        if (!spec[n] || !fst_parse_size(&value, fst_view_of(spec + n + 1)) || value > INT64_MAX || !value)
            return fst_fail(err, FST_EUSAGE, "--quota: %s takes a number or a size, from 1", quotas[i].name);
        quota[i] = (int64_t)value;
        return FST_OK;
    }
    fst_fail(err, FST_EUSAGE, "--quota: there is no quota '%.*s'", (int)n, spec);
    fst_error_hint(err, "'fhirstage help serve' lists them");
    return FST_EUSAGE;
}

/* ---- pace */

void fst_pace_init(struct fst_pace *p)
{
    *p = (struct fst_pace){ 0 };
    pthread_mutex_init(&p->lock, NULL);
}

void fst_pace_clear(struct fst_pace *p)
{
    free(p->rules);
    free(p->synced.buckets);
    pthread_mutex_destroy(&p->lock);
    fst_pace_init(p);
}

static enum fst_status add_rule(struct fst_pace *p, struct fst_view op, double per_second, struct fst_error *err)
{
    struct fst_pace_rule *grown = realloc(p->rules, (p->rule_count + 1) * sizeof *grown);

    if (!grown)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    p->rules = grown;
    grown[p->rule_count].per_second = per_second;
    snprintf(grown[p->rule_count++].op, sizeof grown->op, "%.*s", FST_VIEW_ARGS(op));
    return FST_OK;
}

enum fst_status fst_pace_add(struct fst_pace *p, const char *spec, struct fst_error *err)
{
    const char     *equals = strchr(spec, '='), *number = equals ? equals + 1 : spec;
    char           *end;
    double          per_second = strtod(number, &end);
    enum fst_status st = FST_OK;

    if (!strcmp(spec, "live")) {
        for (size_t i = 0; i < FST_COUNT(live_rates) && !st; i++)
            st = add_rule(p, fst_view_of(live_rates[i].op), live_rates[i].per_second, err);
        return st;
    }
    if (!*number || *end || !(per_second > 0))
        return fst_fail(err, FST_EUSAGE, "--tps: '%s' is none of live, N and OPERATION=N", spec);
    return add_rule(p, equals ? fst_view_n(spec, (size_t)(equals - spec)) : fst_view_of(""), per_second, err);
}

static struct fst_pace_bucket *bucket_of(struct fst_pace *p, const char *op, double full, int64_t now_ms)
{
    struct fst_pace_bucket *grown;

    for (size_t i = 0; i < p->synced.bucket_count; i++)
        if (!strcmp(p->synced.buckets[i].op, op))
            return &p->synced.buckets[i];
    grown = realloc(p->synced.buckets, (p->synced.bucket_count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    p->synced.buckets = grown;
    grown += p->synced.bucket_count++;
    *grown = (struct fst_pace_bucket){ .tokens = full, .at_ms = now_ms };
    snprintf(grown->op, sizeof grown->op, "%s", op);
    return grown;
}

bool fst_pace_lets(struct fst_pace *p, const char *op, bool everyone, int64_t now_ms)
{
    size_t                  i = 0;
    double                  full;
    struct fst_pace_bucket *b;
    bool                    lets;

    while (i < p->rule_count && !(*p->rules[i].op ? !fnmatch(p->rules[i].op, op, 0) : everyone))
        i++;
    if (i == p->rule_count)
        return true;
    full = p->rules[i].per_second < 1 ? 1 : p->rules[i].per_second; /* a second's worth may come at once */
    pthread_mutex_lock(&p->lock);
    b = bucket_of(p, op, full, now_ms);
    if (b) {
        b->tokens += (double)(now_ms - b->at_ms) / 1000 * p->rules[i].per_second;
        b->tokens = b->tokens < full ? b->tokens : full;
        b->at_ms = now_ms;
    }
    lets = b && b->tokens >= 1;
    if (lets)
        b->tokens--;
    pthread_mutex_unlock(&p->lock);
    return lets;
}
