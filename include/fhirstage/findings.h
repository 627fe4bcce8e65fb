/* fhirstage/findings.h — issues that differ in nothing but the place, counted together: what a summary shows.
 * Bounded: what comes when the table is full is counted as others.
 * Threads: none share one; merge those of several threads. */
#ifndef FHIRSTAGE_FINDINGS_H
#define FHIRSTAGE_FINDINGS_H

#include "fhirstage/issue.h"

struct fst_finding {
    enum fst_severity severity;
    const char       *rule;  /* static */
    const char       *text;  /* "Patient.gender: …", the expression without indexes */
    uint64_t          count;
    uint64_t          pos;   /* of the first, in the input's order */
    const char       *where; /* the first: "file:line", "file#entry[3]" */
};

struct fst_findings; /* NULL stands for: nobody asks */

struct fst_findings *fst_findings_new(void); /* NULL when out of memory */
void                 fst_findings_free(struct fst_findings *f);

/* Writes where something is into a buffer. */
struct fst_buf;
typedef void fst_where_fn(void *ctx, struct fst_buf *out);
/* Count the issue, which is at position `pos`; `where` is called when it is the first of its kind. */
void fst_findings_add(struct fst_findings *f, const struct fst_issue *issue, uint64_t pos, fst_where_fn *where, void *ctx);
void fst_findings_merge(struct fst_findings *into, const struct fst_findings *from);
/* Errors before warnings, the most frequent first; borrowed. The last thing to ask: nothing may be added after it. */
const struct fst_finding *fst_findings_sorted(struct fst_findings *f, size_t *count);
/* How many issues are in none of them. */
uint64_t fst_findings_others(const struct fst_findings *f);

#endif
