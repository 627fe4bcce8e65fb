/* healthlake/pattern.h — the regular expressions of the API model: groups, |, classes, \d, \p{…} (L, M, N, Z, ASCII and
 * their complements), ?, *, +, {n}, {n,}, {n,m}; a lazy mark changes nothing, since the whole text must match.
 * Not POSIX's, which know no Unicode categories outside a locale.
 * Threads: thread-safe. May use: base. */
#ifndef FST_HEALTHLAKE_PATTERN_H
#define FST_HEALTHLAKE_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "fhirstage/view.h"

enum { FST_PATTERN_NODES = 64, FST_PATTERN_RANGES = 96 };

struct fst_pattern_node {
    uint8_t  kind;
    uint8_t  negated;
    uint16_t first, count;   /* ranges of a class; first child of a group */
    uint16_t next;           /* the next item of a sequence, the next alternative of a group */
    uint32_t min, max;       /* how often */
};

struct fst_pattern { /* a compiled pattern; no allocation */
    struct fst_pattern_node nodes[FST_PATTERN_NODES];
    struct { uint32_t low, high; } ranges[FST_PATTERN_RANGES];
    uint16_t node_count, range_count, root;
};

/* False: malformed, something this matcher does not know, or too large. */
bool fst_pattern_compile(struct fst_pattern *p, const char *text);
/* Does the whole text (UTF-8) match? */
bool fst_pattern_matches(const struct fst_pattern *p, struct fst_view text);

#endif
