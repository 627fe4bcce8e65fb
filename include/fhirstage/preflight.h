/* fhirstage/preflight.h — look, in seconds, at each thing that breaks an import hours later.
 * Nothing is left behind: a probe object is written below the prefix, read and deleted.
 * Threads: calls do not share state. */
#ifndef FHIRSTAGE_PREFLIGHT_H
#define FHIRSTAGE_PREFLIGHT_H

#include "fhirstage/run.h"

/* CANT_TELL: who calls may not ask, or the service has no answer; no failure. */
enum fst_check_result { FST_CHECK_PASSED, FST_CHECK_FAILED, FST_CHECK_CANT_TELL };
const char *fst_check_result_name(enum fst_check_result r); /* "passed", "failed", "can't tell" */

/* What came of one check. Strings die when the callback returns. */
struct fst_check {
    const char           *name; /* "bucket"; static */
    enum fst_check_result result;
    const char           *what;   /* what was found, or what is wrong */
    const char           *remedy; /* what to do; often the policy statement to add. NULL where nothing is to be done */
};
typedef void fst_check_fn(void *ctx, const struct fst_check *check);

struct fst_preflight_opts {
    const char               *to;     /* s3://BUCKET/PREFIX */
    const char               *output; /* of the job; NULL: below `to` */
    const char               *datastore_id, *role_arn, *kms_key;
    struct fst_storing        storing; /* of the uploads */
    struct fst_remote         remote;
    const struct fst_figures *figures; /* of what is to be imported; NULL: not known */
    uint64_t                  max_job_files, max_job_bytes; /* the account's quotas; 0: FST_JOB_FILES, FST_JOB_BYTES */
    struct fst_meter         *meter;   /* may be NULL */
};

/* Calls `fn` for each check, in order. FST_OK when none failed; FST_ECONFIG, without words in err, when one did; FST_EUSAGE;
 * FST_EINTR, FST_ETERM. */
FST_MUST_USE enum fst_status fst_preflight(const struct fst_preflight_opts *opts, const struct fst_env *env, fst_check_fn *fn, void *ctx,
                                           struct fst_error *err);

#endif
