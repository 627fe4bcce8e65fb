/* aws/metadata.h — plain HTTP exchanges with services that hand out credentials: unsigned, to addresses of this machine or
 * its host, past any proxy; and with SSO's portal.
 * Threads: thread-safe. May use: net. */
#ifndef FST_AWS_METADATA_H
#define FST_AWS_METADATA_H

#include "aws/providers.h"

struct fst_metadata_get {
    const char *method, *url;
    const char *headers[4];   /* NULL-terminated */
    int64_t     timeout_ms;
    unsigned    attempts;
    const char *ca_bundle;
    bool        proxied;
};
/* FST_OK with whatever status; the answer is to be cleared in any case. FST_ENET when none came. */
FST_MUST_USE enum fst_status fst_metadata_do(const struct fst_metadata_get *get, const struct fst_env *env, struct fst_http_response *resp,
                                             struct fst_error *err);
/* Clear it, and wipe what it held. */
void fst_metadata_clear(struct fst_http_response *resp);

#endif
