/* prepare/resolve.h — the second pass's questions to the index: what does this link mean, which id does an
 * anonymous resource have, and is this value the one that is staged where several claim to be it.
 * Threads: one resolver per thread. May use: fhir. */
#ifndef FST_PREPARE_RESOLVE_H
#define FST_PREPARE_RESOLVE_H

#include "prepare/collect.h"

/* What settling found about values that claim one id or fulfil one condition (prepare/settle.h). NULL indexes:
 * there are none. */
struct fst_settled {
    struct fst_index *contested; /* POSITION of each such value */
    struct fst_index *verdicts;  /* CLAIM, CREATE: extra as below; POSITION: extra is its line << 32 | entry + 1 */
    struct fst_index *losers;    /* POSITION of creates that come too late */
};
/* `extra` of a verdict: a claim's hash of the minified bytes or a create's heap handle, and the value's soundness. */
static inline uint64_t fst_verdict(uint64_t what, bool sound)
{
    return what << 1 | sound;
}

enum fst_fate {
    FST_FATE_STAGED,
    FST_FATE_REPEATED,       /* equal to the one that is staged */
    FST_FATE_CREATED_BEFORE, /* its condition was fulfilled before */
    FST_FATE_DUPLICATE       /* another has the id, and differs */
};

enum { FST_MEMO_SLOTS = 1024 };

struct fst_resolver {
    const struct fst_registry *registry;
    const struct fst_settled  *settled;
    struct fst_index_reader    index, contested, verdicts, losers;
    struct fst_heap_reader     heap;
    struct fst_query           query;
    struct fst_memo           *memo;
};

FST_MUST_USE enum fst_status fst_resolver_init(struct fst_resolver *r, const struct fst_registry *registry,
                                               const struct fst_settled *settled, struct fst_error *err);
void fst_resolver_clear(struct fst_resolver *r);

/* "Type/id" of an entry of `bundle` called `link` (without version and fragment); *n is 0 when there is none. */
FST_MUST_USE enum fst_status fst_resolve_link(struct fst_resolver *r, uint64_t bundle, struct fst_view link,
                                              char out[FST_TARGET_MAX], size_t *n, struct fst_error *err);
/* "Type/id" of the one resource that `Type?identifier=…` means; *n is 0 when it is none, or not one. */
FST_MUST_USE enum fst_status fst_resolve_query(struct fst_resolver *r, struct fst_view link, char out[FST_TARGET_MAX],
                                               size_t *n, struct fst_error *err);
/* The id of an anonymous resource. */
FST_MUST_USE enum fst_status fst_resolve_anonymous(struct fst_resolver *r, const uint8_t sha256[FST_SHA256_BYTES],
                                                   uint64_t pos, char id[FST_UUID_TEXT + 1], struct fst_error *err);
/* What becomes of the sound value at `pos`. *other: where the staged one is, of a duplicate. */
FST_MUST_USE enum fst_status fst_resolve_fate(struct fst_resolver *r, uint64_t pos, struct fst_hash128 claim,
                                              enum fst_fate *fate, uint64_t *other, struct fst_error *err);
/* Is there a record of exactly that key and position? */
FST_MUST_USE enum fst_status fst_index_has(struct fst_index_reader *r, struct fst_hash128 key, uint64_t pos, bool *has,
                                           struct fst_error *err);

#endif
