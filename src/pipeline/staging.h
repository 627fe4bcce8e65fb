/* pipeline/staging.h — a prefix of a bucket while it is being staged: locked, listed, filled by a sender, closed by its
 * manifest. Chunks come as files of a prepared folder, or through a sink while they are made.
 * Threads: one staging per caller; the sink may be used by many. May use: prepare, aws. */
#ifndef FST_PIPELINE_STAGING_H
#define FST_PIPELINE_STAGING_H

#include "base/arena.h"
#include "fhirstage/run.h"
#include "pipeline/lock.h"
#include "pipeline/sender.h"
#include "prepare/manifest.h"

/* An object that was there at the beginning. */
struct fst_staged {
    char    *key; /* under the prefix */
    uint64_t size;
    bool     ours;
};

struct fst_staging { /* valid when {0} */
    const struct fst_upload_opts *opts;
    const struct fst_env         *env;
    struct fst_aws_config         config;
    struct fst_view               bucket, prefix;
    struct fst_sender            *sender;
    struct fst_lock               lock;
    struct fst_arena              strings;
    struct fst_staged            *staged; /* by key */
    size_t                        count, cap;
    bool                          manifest_there;
    bool                          again; /* only chunks that differed are sent now */
    struct fst_chunk_sink         sink;
};

/* Find the bucket, lock the prefix, list what is there. `counts`: the meter is told of what is sent. `largest`: no
 * object is larger. */
FST_MUST_USE enum fst_status fst_staging_open(struct fst_staging *s, const struct fst_upload_opts *opts, const struct fst_env *env,
                                              bool counts, uint64_t largest, struct fst_error *err);
void fst_staging_close(struct fst_staging *s);

/* Refuse what lies under input/ and is not in the manifest, or, where there is none yet (NULL), cannot be a chunk of ours:
 * before anything is sent. */
FST_MUST_USE enum fst_status fst_staging_refuse_foreign(struct fst_staging *s, const struct fst_manifest *m, struct fst_error *err);
/* Send a chunk from the folder `dir`. */
FST_MUST_USE enum fst_status fst_staging_file(struct fst_staging *s, const char *dir, const struct fst_sender_file *f, struct fst_error *err);
/* All chunks of `m` were handed over: wait for them, send the rest of `dir`, and at last the manifest. */
FST_MUST_USE enum fst_status fst_staging_finish(struct fst_staging *s, const char *dir, const struct fst_manifest *m,
                                                struct fst_upload_result *result, struct fst_error *err);

#endif
