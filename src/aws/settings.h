/* aws/settings.h — what environment variables and the shared config and credentials files say.
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
 * Threads: read-only once opened. May use: base. */
#ifndef FST_AWS_SETTINGS_H
#define FST_AWS_SETTINGS_H

#include "aws/profile.h"
#include "fhirstage/env.h"

struct fst_settings {
    const struct fst_env   *env;
    struct fst_arena       *strings; /* borrowed: holds all that is handed out */
    struct fst_profile_file config, credentials;
    const char             *profile; /* "default" when none was named */
};

/* `profile`: named by an option; NULL: AWS_PROFILE, or default. FST_ECONFIG: one that was named is in neither file, or a
 * file is malformed. */
FST_MUST_USE enum fst_status fst_settings_open(struct fst_settings *s, const char *profile, const struct fst_env *env,
                                               struct fst_arena *strings, struct fst_error *err);
void fst_settings_close(struct fst_settings *s);

/* NULL when unset or empty. */
const char *fst_settings_variable(const struct fst_settings *s, const char *name);
bool        fst_settings_has_profile(const struct fst_settings *s, const char *profile);
/* A profile's key: the credentials file's, else the config file's; NULL when in neither. */
const char *fst_settings_get(const struct fst_settings *s, const char *profile, const char *key);
/* A key under another: "s3 =\n  addressing_style = path" is ("s3", "addressing_style"). */
const char *fst_settings_nested(const struct fst_settings *s, const char *profile, const char *group, const char *key);
/* A key of "[KIND NAME]" in the config file; `group` may be NULL. */
const char *fst_settings_section(const struct fst_settings *s, const char *kind, const char *name, const char *group, const char *key);
/* The variable, else the profile's key; either may be NULL. */
const char *fst_settings_either(const struct fst_settings *s, const char *variable, const char *key);
/* "true", or what `key` says of it. */
bool fst_settings_flag(const struct fst_settings *s, const char *variable, const char *key);

/* ~/.aws/FILE, or "~" before a path undone. NULL when out of memory. */
const char *fst_settings_home(const struct fst_settings *s, const char *file);

#endif
