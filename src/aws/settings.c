#include "aws/settings.h"

#include <strings.h>

const char *fst_settings_variable(const struct fst_settings *s, const char *name)
{
    const char *value = s->env->getenv(s->env->ctx, name);
    return value && *value ? value : NULL;
}

const char *fst_settings_home(const struct fst_settings *s, const char *file)
{
    const char *home = fst_settings_variable(s, "HOME");

    if (!strncmp(file, "~/", 2))
        return fst_arena_printf(s->strings, "%s/%s", home ? home : "", file + 2);
    return *file == '/' ? file : fst_arena_printf(s->strings, "%s/.aws/%s", home ? home : "", file);
}

/* The variable names a file, relative to where we are; else it is in ~/.aws. */
static enum fst_status read_file(struct fst_settings *s, struct fst_profile_file *f, const char *variable, const char *file, struct fst_error *err)
{
    const char *named = fst_settings_variable(s, variable), *path = named;

    if (!named || !strncmp(named, "~/", 2))
        path = fst_settings_home(s, named ? named : file);
    return path ? fst_profile_read(f, path, s->strings, err) : fst_fail(err, FST_ENOMEM, "out of memory");
}

/* In the config file "[default]", but "[profile NAME]". */
static const char *config_section(const struct fst_settings *s, const char *profile)
{
    return !strcmp(profile, "default") ? profile : fst_arena_printf(s->strings, "profile %s", profile);
}

bool fst_settings_has_profile(const struct fst_settings *s, const char *profile)
{
    const char *section = config_section(s, profile);
    return fst_profile_has(&s->credentials, profile) || (section && fst_profile_has(&s->config, section));
}

const char *fst_settings_get(const struct fst_settings *s, const char *profile, const char *key)
{
    const char *value = fst_profile_get(&s->credentials, profile, NULL, key), *section;

    if (value)
        return value;
    section = config_section(s, profile);
    return section ? fst_profile_get(&s->config, section, NULL, key) : NULL;
}

const char *fst_settings_nested(const struct fst_settings *s, const char *profile, const char *group, const char *key)
{
    const char *section = config_section(s, profile);
    return section ? fst_profile_get(&s->config, section, group, key) : NULL;
}

const char *fst_settings_section(const struct fst_settings *s, const char *kind, const char *name, const char *group, const char *key)
{
    const char *section = fst_arena_printf(s->strings, "%s %s", kind, name);
    return section ? fst_profile_get(&s->config, section, group, key) : NULL;
}

const char *fst_settings_either(const struct fst_settings *s, const char *variable, const char *key)
{
    const char *value = variable ? fst_settings_variable(s, variable) : NULL;
    return value || !key ? value : fst_settings_get(s, s->profile, key);
}

bool fst_settings_flag(const struct fst_settings *s, const char *variable, const char *key)
{
    const char *value = fst_settings_either(s, variable, key);
    return value && !strcasecmp(value, "true");
}

enum fst_status fst_settings_open(struct fst_settings *s, const char *profile, const struct fst_env *env, struct fst_arena *strings,
                                  struct fst_error *err)
{
    enum fst_status st;
    const char     *named;

    *s = (struct fst_settings){ .env = env, .strings = strings };
    named = profile ? profile : fst_settings_variable(s, "AWS_PROFILE");
    s->profile = fst_arena_strn(strings, fst_view_of(named ? named : "default"));
    if (!s->profile)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    st = read_file(s, &s->config, "AWS_CONFIG_FILE", "config", err);
    if (!st)
        st = read_file(s, &s->credentials, "AWS_SHARED_CREDENTIALS_FILE", "credentials", err);
    if (st || !named || fst_settings_has_profile(s, named))
        return st;
    fst_fail(err, FST_ECONFIG, "profile %s: not in the shared config or credentials file", named);
    fst_error_hint(err, "'aws configure list-profiles' shows those that are");
    return FST_ECONFIG;
}

void fst_settings_close(struct fst_settings *s)
{
    fst_profile_clear(&s->config);
    fst_profile_clear(&s->credentials);
}
