/* aws/credentials.h — as whom: key pairs that are handed from thread to thread, and the source that gets new ones before
 * those at hand expire. Where they come from, in order, is in aws/providers.c.
 * Secrets are wiped when they are let go, and reach no message.
 * Threads: a source is shared by all; so is what it gives. May use: net, json. */
#ifndef FST_AWS_CREDENTIALS_H
#define FST_AWS_CREDENTIALS_H

#include <stdatomic.h>

#include "base/buf.h"
#include "fhirstage/env.h"
#include "fhirstage/remote.h"

/* Never changes once made. */
struct fst_credentials {
    const char      *access_key_id, *secret_access_key, *token; /* token NULL: long-lived */
    const char      *origin;     /* for messages: "the environment", "profile staging" */
    int64_t          expires_ms; /* wall clock; 0: not known, or never */
    _Atomic unsigned refs;
    char             text[];
};

/* NULL when out of memory. */
struct fst_credentials *fst_credentials_new(struct fst_view id, struct fst_view secret, struct fst_view token, int64_t expires_ms,
                                            const char *origin);
struct fst_credentials *fst_credentials_ref(struct fst_credentials *c);
void                    fst_credentials_unref(struct fst_credentials *c); /* NULL is fine */

/* How a JSON document names the parts. */
struct fst_credentials_names {
    const char *id, *secret, *token, *expires;
    bool        in_ms; /* `expires` is a number of milliseconds, not RFC 3339 */
};
/* `inside`: the member that holds them; NULL: the document itself. FST_ECONFIG when they are not there. */
FST_MUST_USE enum fst_status fst_credentials_parse(struct fst_credentials **out, struct fst_view json, const char *inside,
                                                   const struct fst_credentials_names *names, const char *origin, struct fst_error *err);

struct fst_credential_source;
struct fst_aws_config;

/* `config` is copied; its strings must live on. FST_ECONFIG when there are no credentials anywhere, with a hint. */
FST_MUST_USE enum fst_status fst_credential_source_new(struct fst_credential_source **out, const struct fst_aws_config *config,
                                                       const struct fst_remote *remote, const struct fst_env *env, struct fst_error *err);
/* Always these. */
FST_MUST_USE enum fst_status fst_credential_source_fixed(struct fst_credential_source **out, struct fst_credentials *credentials,
                                                         struct fst_error *err);
void fst_credential_source_free(struct fst_credential_source *s);

/* *out is a reference. `refused`: those that the service called expired, else NULL; the source then looks for others. */
FST_MUST_USE enum fst_status fst_credential_source_get(struct fst_credential_source *s, const struct fst_credentials *refused,
                                                       struct fst_credentials **out, struct fst_error *err);

#endif
