/* fhirstage/remote.h — which AWS to talk to. */
#ifndef FHIRSTAGE_REMOTE_H
#define FHIRSTAGE_REMOTE_H

/* Which AWS, and as whom. NULL fields come from the environment and the shared files, as in the AWS CLI. */
struct fst_remote {
    const char *endpoint_url; /* for both services */
    const char *region, *profile;
    const char *access_key_id, *secret_access_key; /* both or neither; not kept */
};

#endif
