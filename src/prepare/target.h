/* prepare/target.h — what a link leads to, as the heap keeps it: known at once, or only when all was seen.
 * Threads: thread-safe. May use: fhir. */
#ifndef FST_PREPARE_TARGET_H
#define FST_PREPARE_TARGET_H

#include "prepare/identity.h"

enum fst_target_kind {
    FST_TARGET_KNOWN,     /* type and id */
    FST_TARGET_ANONYMOUS, /* type, content and position: the id counts the equals before it */
    FST_TARGET_CREATE     /* whoever was created first under that condition */
};

struct fst_target {
    enum fst_target_kind kind;
    fst_type             type;
    char                 id[FST_ID_MAX + 1];
    uint8_t              sha256[FST_SHA256_BYTES];
    uint64_t             pos;
    struct fst_hash128   create;
};

enum { FST_TARGET_BYTES = 2 + FST_ID_MAX };
size_t fst_target_pack(uint8_t out[FST_TARGET_BYTES], const struct fst_target *t);
void   fst_target_unpack(struct fst_target *t, const uint8_t *bytes, size_t n);

#endif
