/* cli/tally.h — how often was what met: names with two counters each, for summaries.
 * Threads: none share one. May use: base. */
#ifndef FST_CLI_TALLY_H
#define FST_CLI_TALLY_H

#include "fhirstage/status.h"

#include <stddef.h>
#include <stdint.h>

struct fst_tally_row {
    const char *name; /* static */
    uint64_t    n, bad;
};

/* Valid when {0}. */
struct fst_tally {
    struct fst_tally_row *rows;
    size_t                count, cap;
};

FST_MUST_USE enum fst_status fst_tally_add(struct fst_tally *t, const char *name, uint64_t n, uint64_t bad, struct fst_error *err);
/* Most often bad first, then by name. */
void fst_tally_sort(struct fst_tally *t);
void fst_tally_clear(struct fst_tally *t);

#endif
