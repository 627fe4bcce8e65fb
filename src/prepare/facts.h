/* prepare/facts.h — the few members of a value that its identity and its fate depend on.
 *
 * Read in two ways that agree on every valid value: by skimming the text (first pass) and from a tape (second).
 * Views are borrowed from the text, or from the facts' own buffers where escapes had to be undone.
 * Threads: one per thread. May use: json. */
#ifndef FST_PREPARE_FACTS_H
#define FST_PREPARE_FACTS_H

#include "json/tape.h"

enum fst_member { /* what became of a member that should be a string */
    FST_MEMBER_ABSENT,
    FST_MEMBER_STRING,
    FST_MEMBER_OTHER
};

enum fst_fact {
    FST_FACT_TYPE,      /* resource.resourceType */
    FST_FACT_ID,        /* resource.id */
    FST_FACT_FULL_URL,  /* of an entry */
    FST_FACT_METHOD,    /* of an entry's request */
    FST_FACT_URL,
    FST_FACT_IF_NONE_EXIST,
    FST_FACT_COUNT
};

struct fst_facts {
    struct fst_view text[FST_FACT_COUNT];
    enum fst_member member[FST_FACT_COUNT];
    struct fst_view resource;    /* the resource's text; empty when there is none */
    struct fst_view identifiers; /* the text of resource.identifier, an array or object; empty when there is none */
    struct fst_buf  undone[FST_FACT_COUNT];
};

void fst_facts_init(struct fst_facts *f);
void fst_facts_clear(struct fst_facts *f);

enum fst_skimmed {
    FST_SKIMMED,
    FST_SKIM_BAD, /* no object, or broken off */
    FST_SKIM_HARD /* escapes where it matters: ask a tape */
};
/* From the text of a resource, or of a Bundle's entry. */
enum fst_skimmed fst_facts_skim(struct fst_facts *f, struct fst_view text, bool is_entry);
/* From node `root` of a tape; `resource` is set to the resource's node, or FST_NO_NODE. */
void fst_facts_read(struct fst_facts *f, const struct fst_tape *t, uint32_t root, bool is_entry, uint32_t *resource);

/* Every identifier with a value that is a string. `system` is empty when there is none. */
typedef enum fst_status fst_identifier_fn(void *ctx, struct fst_view system, struct fst_view value, struct fst_error *err);
/* Escapes are undone with the help of `scratch`, two buffers. */
FST_MUST_USE enum fst_status fst_facts_each_identifier(const struct fst_facts *f, struct fst_buf scratch[2],
                                                       fst_identifier_fn *fn, void *ctx, struct fst_error *err);

#endif
