/* aws/config.h — which AWS, and as whom: region, endpoints and credentials as the AWS CLI finds them: what was given,
 * then the environment, then the shared files' profile.
 * Source: AWS SDKs and Tools Reference Guide. Secrets live in the struct until it is cleared, and reach no message.
 * Threads: read-only once loaded. May use: base. */
#ifndef FST_AWS_CONFIG_H
#define FST_AWS_CONFIG_H

#include "base/arena.h"
#include "fhirstage/env.h"
#include "fhirstage/run.h"

enum fst_service { FST_SERVICE_S3, FST_SERVICE_HEALTHLAKE, FST_SERVICE_COUNT };
const char *fst_service_name(enum fst_service s); /* as in the credential scope */

struct fst_credentials {
    const char *access_key_id, *secret_access_key, *token; /* token NULL: long-lived */
    const char *origin; /* for messages: "the environment", "profile staging" */
};

struct fst_aws_config {
    const char            *region, *profile;
    const char            *endpoint[FST_SERVICE_COUNT]; /* "https://host[:port]", no slash behind */
    bool                   custom[FST_SERVICE_COUNT];   /* given, not AWS's own */
    const char            *ca_bundle;
    unsigned               max_attempts;
    struct fst_credentials credentials;
    struct fst_arena       strings;
};

/* FST_ECONFIG when region or credentials cannot be found, with a hint. */
FST_MUST_USE enum fst_status fst_aws_config_load(struct fst_aws_config *c, const struct fst_remote *remote, const struct fst_env *env,
                                                 struct fst_error *err);
void fst_aws_config_clear(struct fst_aws_config *c);

#endif
