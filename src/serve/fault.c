#include "serve/fault.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "healthlake/model.h"
#include "serve/service.h"

enum fault_value { NOTHING, TIME, WORD };

static const struct {
    const char      *name;
    enum fault_value value;
} kinds[] = {
#define FST_FAULT(id, name, value, doc) { name, value },
#include "serve/fault.def"
};

/* ---- reading what was asked for */

static enum fst_status parse_kind(struct fst_fault *f, struct fst_view v, struct fst_error *err)
{
    const char     *equals = v.n ? memchr(v.p, '=', v.n) : NULL;
    struct fst_view name = equals ? fst_view_n(v.p, (size_t)(equals - v.p)) : v, value = fst_view_from(v, name.n + 1);
    size_t          i = 0;

    while (i < FST_COUNT(kinds) && !fst_view_is(name, kinds[i].name))
        i++;
    if (i == FST_COUNT(kinds)) {
        fst_fail(err, FST_EUSAGE, "--fault: there is no fault '%.*s'", FST_VIEW_ARGS(name));
        fst_error_hint(err, "'fhirstage help serve' lists them");
        return FST_EUSAGE;
    }
    f->kind = (enum fst_fault_kind)i;
    snprintf(f->value, sizeof f->value, "%.*s", FST_VIEW_ARGS(value));
    if (kinds[i].value == TIME && !fst_parse_duration_ms(&f->ms, value))
        return fst_fail(err, FST_EUSAGE, "--fault: %s takes a time, such as %s=20ms", kinds[i].name, kinds[i].name);
    return kinds[i].value == NOTHING && equals ? fst_fail(err, FST_EUSAGE, "--fault: %s takes no value", kinds[i].name) : FST_OK;
}

static bool parse_rate(double *out, struct fst_view v)
{
    char text[32], *end;

    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(v));
    *out = strtod(text, &end);
    return v.n && v.n < sizeof text && !*end && *out > 0 && *out <= 1;
}

static enum fst_status parse_condition(struct fst_fault *f, struct fst_view v, struct fst_error *err)
{
    if (fst_view_starts(v, "op=") && v.n > 3 && v.n - 3 < sizeof f->op) {
        snprintf(f->op, sizeof f->op, "%.*s", FST_VIEW_ARGS(fst_view_from(v, 3)));
        return FST_OK;
    }
    if ((fst_view_starts(v, "rate=") && parse_rate(&f->rate, fst_view_from(v, 5))) ||
        (fst_view_starts(v, "count=") && fst_parse_u64(&f->count, fst_view_from(v, 6)) && f->count) ||
        (fst_view_starts(v, "after=") && fst_parse_u64(&f->after, fst_view_from(v, 6))))
        return FST_OK;
    return fst_fail(err, FST_EUSAGE, "--fault: '%.*s' is none of op=NAME, rate=R (to 1), count=N and after=N", FST_VIEW_ARGS(v));
}

static enum fst_status parse(struct fst_fault *f, struct fst_view rest, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    f->rate = 1;
    for (bool first = true; !st && (first || rest.n); first = false) {
        const char     *comma = rest.n ? memchr(rest.p, ',', rest.n) : NULL;
        struct fst_view one = comma ? fst_view_n(rest.p, (size_t)(comma - rest.p)) : rest;
        rest = fst_view_from(rest, one.n + 1);
        st = first ? parse_kind(f, one, err) : parse_condition(f, one, err);
    }
    return st;
}

enum fst_status fst_faults_add(struct fst_faults *f, const char *spec, struct fst_error *err)
{
    struct fst_fault *grown = realloc(f->items, (f->count + 1) * sizeof *grown);

    if (!grown)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    f->items = grown;
    memset(&grown[f->count], 0, sizeof *grown);
    return parse(&grown[f->count++], fst_view_of(spec), err);
}

void fst_faults_clear(struct fst_faults *f)
{
    free(f->items);
    *f = (struct fst_faults){ 0 };
}

/* ---- is it due */

/* The same requests meet the same faults on every run: splitmix64 of how many there were. */
static bool drawn(uint64_t n, double rate)
{
    uint64_t z = n * UINT64_C(0x9e3779b97f4a7c15) + UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0 < rate;
}

static bool is_due(struct fst_fault *f, const char *op, int64_t now_ms)
{
    uint64_t n;
    int64_t  none = 0;

    if (*f->op && fnmatch(f->op, op, 0))
        return false;
    n = atomic_fetch_add(&f->seen, 1);
    atomic_compare_exchange_strong(&f->first_ms, &none, now_ms);
    if (n < f->after || !drawn(n, f->rate) || (f->kind == FST_FAULT_DENIED && now_ms - atomic_load(&f->first_ms) >= f->ms))
        return false;
    return !f->count || atomic_fetch_add(&f->happened, 1) < f->count;
}

static bool is_of_job(enum fst_fault_kind kind)
{
    return kind == FST_FAULT_JOB_FAILS || kind == FST_FAULT_JOB_STAYS;
}

unsigned fst_faults_due(struct fst_faults *f, const char *op, int64_t now_ms, int64_t *delay_ms)
{
    unsigned due = 0;

    *delay_ms = 0;
    for (size_t i = 0; i < f->count; i++) {
        struct fst_fault *fault = &f->items[i];
        if (is_of_job(fault->kind) || !is_due(fault, op, now_ms))
            continue;
        due |= 1u << fault->kind;
        if (fault->kind == FST_FAULT_LATENCY)
            *delay_ms += fault->ms;
    }
    return due;
}

const char *fst_faults_job(struct fst_faults *f, enum fst_fault_kind kind, const char *op)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].kind == kind && is_due(&f->items[i], op, 0))
            return f->items[i].value;
    return NULL;
}

/* ---- operations by the request */

static bool contains(struct fst_view v, const char *s)
{
    return v.n && memmem(v.p, v.n, s, strlen(s));
}

/* By the actions that IAM knows for them. */
static const char *fhir_operation(const struct fst_exchange *x)
{
    bool     get = !strcmp(x->method, "GET");
    unsigned slashes = 0;

    if (contains(x->path, "/$export"))
        return get ? "StartFHIRExportJobWithGet" : "StartFHIRExportJobWithPost";
    for (size_t i = 0; i < x->path.n; i++)
        slashes += x->path.p[i] == '/';
    if (contains(x->path, "/r4/export/") && slashes > 5)
        return "GetExportedFile";
    if (contains(x->path, "/r4/export/"))
        return get ? "DescribeFHIRExportJobWithGet" : "CancelFHIRExportJobWithDelete";
    if (contains(x->path, "/metadata"))
        return "GetCapabilities";
    return !get ? "SearchWithPost" : slashes > 4 ? "ReadResource" : "SearchWithGet";
}

const char *fst_fault_operation(const struct fst_exchange *x, struct fst_buf *scratch)
{
    struct fst_view target = fst_exchange_header(x, "x-amz-target");

    if (fst_view_starts(target, FST_HEALTHLAKE_TARGET_PREFIX)) {
        fst_buf_reset(scratch);
        fst_buf_add_view(scratch, fst_view_from(target, strlen(FST_HEALTHLAKE_TARGET_PREFIX)));
        return fst_buf_str(scratch);
    }
    return fst_view_starts(x->path, "/datastore/") ? fhir_operation(x) : fst_serve_s3_operation(x);
}
