/* aws/providers.h — the places where credentials can be, asked one after another.
 * Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers"; the order is botocore's.
 * Threads: thread-safe. May use: net, json. */
#ifndef FST_AWS_PROVIDERS_H
#define FST_AWS_PROVIDERS_H

#include "aws/config.h"
#include "aws/settings.h"
#include "net/http.h"

/* What the places are asked with. */
struct fst_providers {
    const struct fst_aws_config *config; /* regions and endpoints; its credentials are not looked at */
    const struct fst_env        *env;
    const char                  *profile; /* named by an option: it comes before the environment then */
    const char                  *access_key_id, *secret_access_key; /* given */
    struct fst_settings          settings;
};

/* The first that has some. FST_ECONFIG when none has, or when one that is told to has none. */
FST_MUST_USE enum fst_status fst_providers_find(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err);

/* The single places: FST_OK with *out NULL when they are not asked for. */
enum fst_status fst_provider_process(struct fst_providers *p, const char *profile, struct fst_credentials **out, struct fst_error *err);
enum fst_status fst_provider_sso(struct fst_providers *p, const char *profile, struct fst_credentials **out, struct fst_error *err);
enum fst_status fst_provider_container(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err);
enum fst_status fst_provider_instance(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err);

#endif
