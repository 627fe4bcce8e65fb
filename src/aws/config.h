/* aws/config.h — which AWS, and as whom: region, endpoints and credentials as the AWS CLI finds them: what was given,
 * then the environment, then the shared files' profile.
 * Source: AWS SDKs and Tools Reference Guide.
 * Threads: read-only once loaded; its source of credentials looks after itself. May use: base. */
#ifndef FST_AWS_CONFIG_H
#define FST_AWS_CONFIG_H

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/shared.h"
#include "base/arena.h"

struct fst_aws_config {
    const char                   *region, *profile;
    const char                   *endpoint[FST_SERVICE_COUNT]; /* "https://host[:port]", no slash behind */
    bool                          custom[FST_SERVICE_COUNT];   /* given, not AWS's own */
    struct fst_endpoint_opts      reach;
    bool                          path_style;   /* the bucket is in the path, never in the host's name */
    bool                          virtual_host; /* the bucket is in the host's name, with an endpoint of one's own too */
    const char                   *ca_bundle;
    unsigned                      max_attempts;
    const char                   *bucket_owner; /* account that buckets must belong to; NULL: any */
    bool                          requester_pays;
    struct fst_credential_source *credentials;
    struct fst_aws_shared        *shared; /* by this configuration's clients */
    struct fst_arena              strings;
};

/* FST_ECONFIG when region or credentials cannot be found, with a hint. */
FST_MUST_USE enum fst_status fst_aws_config_load(struct fst_aws_config *c, const struct fst_remote *remote, const struct fst_env *env,
                                                 struct fst_error *err);
void fst_aws_config_clear(struct fst_aws_config *c);

#endif
