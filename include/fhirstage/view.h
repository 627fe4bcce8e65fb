/* fhirstage/view.h — borrowed bytes: a pointer and a length, passed by value, never owned.
 * The bytes need no NUL behind them. {0} is the empty view. */
#ifndef FHIRSTAGE_VIEW_H
#define FHIRSTAGE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct fst_view {
    const char *p;
    size_t      n;
};

/* A view of a string literal, usable in constant initialisers. */
#define FST_VIEW(literal) { "" literal, sizeof(literal) - 1 }
/* The two arguments of "%.*s". */
#define FST_VIEW_ARGS(v) (int)(v).n, (v).p ? (v).p : ""
#define FST_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline struct fst_view fst_view_of(const char *s)
{
    return (struct fst_view){ s, s ? strlen(s) : 0 };
}

static inline struct fst_view fst_view_n(const char *p, size_t n)
{
    return (struct fst_view){ p, n };
}

static inline bool fst_view_equal(struct fst_view a, struct fst_view b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool fst_view_is(struct fst_view v, const char *s)
{
    return fst_view_equal(v, fst_view_of(s));
}

static inline bool fst_view_starts(struct fst_view v, const char *prefix)
{
    size_t n = strlen(prefix);
    return v.n >= n && memcmp(v.p, prefix, n) == 0;
}

/* The rest of `v` from `at` on; empty when `at` is past the end. */
static inline struct fst_view fst_view_from(struct fst_view v, size_t at)
{
    return at < v.n ? fst_view_n(v.p + at, v.n - at) : (struct fst_view){ 0 };
}

#endif
