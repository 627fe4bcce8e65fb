/* prepare/collect.h — the first pass's work on a value: put into the index who it is and how it can be pointed at.
 * Threads: one collector per thread, over one index and heap. May use: fhir, json. */
#ifndef FST_PREPARE_COLLECT_H
#define FST_PREPARE_COLLECT_H

#include <stdatomic.h>

#include "prepare/heap.h"
#include "prepare/index.h"
#include "prepare/target.h"
#include "prepare/value.h"

/* What the collectors share, and the second pass asks. Made once, read by all. */
struct fst_registry {
    struct fst_index           *index; /* CLAIM, LINK, IDENTIFIER, CREATE, ANONYMOUS */
    struct fst_heap            *heap;  /* fst_target of links, identifiers and creates */
    const struct fst_selection *selection;
    enum fst_json_parser        parser;
    enum fst_ids                ids;
    bool                        claims;         /* who claims one id twice is to be found */
    _Atomic bool                relative_links; /* some link reads "Type/id": references of that form may change */
    _Atomic bool                absolute_links; /* some link is no urn: */
    _Atomic bool                creates;
};

struct fst_collector {
    struct fst_registry *registry;
    unsigned             writer;
    struct fst_facts     facts;
    struct fst_tape      tape;
    struct fst_buf       line, scratch[2];
};

void fst_collector_init(struct fst_collector *c, struct fst_registry *registry, unsigned writer);
void fst_collector_clear(struct fst_collector *c);
FST_MUST_USE enum fst_status fst_collect(struct fst_collector *c, const struct fst_value *v, struct fst_error *err);

/* The value's scope under --ids scope, else NULL. `scope` is where it is put. */
const struct fst_scope *fst_value_scope(const struct fst_registry *r, const struct fst_value *v, struct fst_scope *scope);

#endif
