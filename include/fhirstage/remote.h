/* fhirstage/remote.h — which AWS to talk to. */
#ifndef FHIRSTAGE_REMOTE_H
#define FHIRSTAGE_REMOTE_H

#include <stdbool.h>

/* Which AWS, and as whom. NULL fields come from the environment and the shared files, as in the AWS CLI. */
struct fst_remote {
    const char *endpoint_url; /* for all services */
    const char *region, *profile;
    const char *access_key_id, *secret_access_key; /* both or neither; not kept */
    const char *bucket_owner;   /* account that every bucket must belong to; NULL: any */
    unsigned    max_attempts;   /* of one request; 0: as the environment says */
    bool        requester_pays; /* agree to be charged for buckets of others */
};

#endif
