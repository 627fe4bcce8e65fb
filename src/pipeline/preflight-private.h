/* pipeline/preflight-private.h — what the checks of preflight*.c share.
 * Threads: none share one. May use: aws, healthlake. */
#ifndef FST_PIPELINE_PREFLIGHT_PRIVATE_H
#define FST_PIPELINE_PREFLIGHT_PRIVATE_H

#include "aws/s3.h"
#include "aws/sts.h"
#include "fhirstage/api.h"
#include "fhirstage/preflight.h"
#include "json/tape.h"

struct fst_preflight {
    const struct fst_preflight_opts *opts;
    const struct fst_env            *env;
    struct fst_remote                remote;
    struct fst_aws_config            config;
    struct fst_aws                  *a;   /* NULL: there are no credentials, and nothing can be asked */
    struct fst_api                   api;
    struct fst_view                  bucket, prefix;
    const struct fst_partition      *partition;
    struct fst_sts_caller            caller; /* empty when not known */
    bool                             no_bucket; /* there is none, or none that we may look at */
    struct fst_buf                   what, remedy; /* of the check that is made */
    struct fst_error                 err;
};

typedef enum fst_check_result fst_preflight_fn(struct fst_preflight *p);

/* Into p->what, and the result. */
enum fst_check_result fst_preflight_say(struct fst_preflight *p, enum fst_check_result r, const char *fmt, ...) FST_PRINTF(3, 4);
/* The policy statement to add, into p->remedy. `actions` and `resource` as JSON strings without their outer quotes. */
void fst_preflight_allow(struct fst_preflight *p, const char *actions, const char *resource);
/* A call came to nothing: what it means. A refusal that says who calls is unknown is a failure, one to look is not; nor is
 * any of an endpoint of one's own that need not have that service. */
enum fst_check_result fst_preflight_refused(struct fst_preflight *p, enum fst_service service, enum fst_status st);
/* Was the last refusal one of access, or of an operation that is not known there? */
bool fst_preflight_is_denied(const char *code);

fst_preflight_fn fst_preflight_bucket, fst_preflight_listing, fst_preflight_write, fst_preflight_public, fst_preflight_key, fst_preflight_role,
    fst_preflight_trust, fst_preflight_pass, fst_preflight_access;

#endif
