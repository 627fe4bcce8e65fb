/* healthlake/pattern.h — the regular expressions of the API model: groups, |, classes, \d, \p{…} (L, M, N, Z, ASCII and
 * their complements \P), ?, *, +, {n}, {n,}, {n,m}. A lazy mark changes nothing, since the whole text must match.
 * Not POSIX's, which know no Unicode categories outside a locale. Compiling takes a microsecond or two and allocates
 * nothing, so that a pattern is compiled where it is used, and there is no state to share.
 * Threads: thread-safe. May use: base. */
#ifndef FST_HEALTHLAKE_PATTERN_H
#define FST_HEALTHLAKE_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "fhirstage/view.h"

enum { FST_PATTERN_NODES = 160, FST_PATTERN_RANGES = 160 };

struct fst_pattern_node {
    uint8_t  kind;         /* a set of characters, a group, or an alternative of a group */
    bool     negated;      /* a set: all but its ranges */
    uint8_t  first, count; /* a set's ranges; a group's first alternative; an alternative's first item */
    uint8_t  next;         /* the next item, the next alternative; 0: none */
    uint32_t min, max;     /* how often, for sets and groups */
};

struct fst_pattern_range {
    uint32_t low, high; /* low > high: a category, see pattern.c */
};

/* A compiled pattern. Node 0 is the group around the whole. */
struct fst_pattern {
    struct fst_pattern_node  nodes[FST_PATTERN_NODES];
    struct fst_pattern_range ranges[FST_PATTERN_RANGES];
    uint8_t                  node_count, range_count;
};

/* False: malformed, something that is not listed above, or too large. */
bool fst_pattern_compile(struct fst_pattern *p, const char *text);
/* Does the whole text (valid UTF-8) match? */
bool fst_pattern_matches(const struct fst_pattern *p, struct fst_view text);

#endif
