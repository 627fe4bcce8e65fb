/* prepare/rewrite.h — a resource's tape to its output line: minified, with its id and its links put right.
 * What is not patched comes out byte for byte.
 * Threads: one rewriter per thread. May use: fhir, json. */
#ifndef FST_PREPARE_REWRITE_H
#define FST_PREPARE_REWRITE_H

#include "prepare/resolve.h"

struct fst_patch;

/* Entries of meta.profile that are taken out: those that `keeps` says no to. */
typedef bool fst_keeps_profile_fn(void *ctx, struct fst_view canonical);
struct fst_strip {
    fst_keeps_profile_fn *keeps;
    void                 *ctx;
};

struct fst_rewriter {
    struct fst_resolver *resolver;
    struct fst_patch    *patches;
    size_t               patch_count, patch_cap;
    struct fst_buf       text;    /* the patches' */
    struct fst_buf       scratch, inner_text;
    const struct fst_strip *strip; /* NULL: nothing is taken out */
    bool                 is_bundle;
    struct fst_hash128  *inner;   /* hash set: how the entries of a Bundle that stays whole are called */
    size_t               inner_cap;
    const struct fst_tape *tape;
    uint32_t             root;
    uint64_t             bundle;
};

/* A reference that leads nowhere: `node` is its string in the tape. */
typedef enum fst_status fst_unresolved_fn(void *ctx, uint32_t node, struct fst_error *err);

void fst_rewriter_init(struct fst_rewriter *w, struct fst_resolver *resolver);
void fst_rewriter_clear(struct fst_rewriter *w);

/* Find what is to change in the resource at `root`, an entry of `bundle` (or FST_NO_BUNDLE), whose id is to be
 * `id`. `fn` is told of every reference that cannot be resolved. */
FST_MUST_USE enum fst_status fst_rewrite_scan(struct fst_rewriter *w, const struct fst_tape *t, uint32_t root,
                                              uint64_t bundle, const char *id, fst_unresolved_fn *fn, void *ctx,
                                              struct fst_error *err);
/* Append the resource scanned last, rewritten, without a newline. */
void fst_rewrite_write(struct fst_rewriter *w, struct fst_buf *out);

#endif
