/* aws/sts.h — the Security Token Service: take on a role, ask who one is.
 * Source: AWS Security Token Service API Reference. Threads: thread-safe. May use: net, sign. */
#ifndef FST_AWS_STS_H
#define FST_AWS_STS_H

#include "aws/client.h"

struct fst_sts_role {
    const char      *arn, *session_name, *external_id; /* NULL: left out */
    const char      *duration_s;                       /* likewise */
    struct fst_view  web_token;                        /* AssumeRoleWithWebIdentity when there is one, else AssumeRole */
};
/* `config` says where; `source`: as whom, of no matter with a web token. */
FST_MUST_USE enum fst_status fst_sts_assume(const struct fst_aws_config *config, struct fst_credentials *source,
                                            const struct fst_sts_role *role, const char *origin, const struct fst_env *env,
                                            struct fst_credentials **out, struct fst_error *err);

struct fst_sts_caller {
    char account[16], arn[2049];
};
FST_MUST_USE enum fst_status fst_sts_who(struct fst_aws *a, struct fst_sts_caller *caller, struct fst_error *err);

#endif
