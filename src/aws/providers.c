#include "aws/providers.h"

#include "aws/sts.h"
#include "base/file.h"

enum { TOKEN_CEILING = 1 << 18, MAX_ROLES = 8 };

/* One profile on the way from role to role. */
struct way {
    struct fst_providers *p;
    const char           *seen[MAX_ROLES];
    size_t                count;
};

/* ---- keys in a file or in variables */

static enum fst_status take(struct fst_credentials **out, const char *id, const char *secret, const char *token, const char *origin,
                            struct fst_error *err)
{
    *out = NULL;
    if (!id || !secret)
        return FST_OK;
    *out = origin ? fst_credentials_new(fst_view_of(id), fst_view_of(secret), fst_view_of(token), 0, origin) : NULL;
    return *out ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static enum fst_status from_options(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    return take(out, p->access_key_id, p->secret_access_key, NULL, "the options", err);
}

static enum fst_status from_environment(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    const struct fst_settings *s = &p->settings;
    return take(out, fst_settings_variable(s, "AWS_ACCESS_KEY_ID"), fst_settings_variable(s, "AWS_SECRET_ACCESS_KEY"),
                fst_settings_variable(s, "AWS_SESSION_TOKEN"), "the environment", err);
}

/* A profile that was named comes before the environment. */
static enum fst_status from_environment_first(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    *out = NULL;
    return p->profile ? FST_OK : from_environment(p, out, err);
}

static enum fst_status from_file(struct fst_providers *p, const struct fst_profile_file *file, const char *section, const char *profile,
                                 struct fst_credentials **out, struct fst_error *err)
{
    return take(out, fst_profile_get(file, section, NULL, "aws_access_key_id"), fst_profile_get(file, section, NULL, "aws_secret_access_key"),
                fst_profile_get(file, section, NULL, "aws_session_token"), fst_arena_printf(p->settings.strings, "profile %s", profile), err);
}

static enum fst_status from_credentials_file(struct fst_providers *p, const char *profile, struct fst_credentials **out, struct fst_error *err)
{
    return from_file(p, &p->settings.credentials, profile, profile, out, err);
}

static enum fst_status from_config_file(struct fst_providers *p, const char *profile, struct fst_credentials **out, struct fst_error *err)
{
    const char *section = !strcmp(profile, "default") ? profile : fst_arena_printf(p->settings.strings, "profile %s", profile);

    if (!section)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    return from_file(p, &p->settings.config, section, profile, out, err);
}

/* ---- roles */

static enum fst_status find_in_profile(struct way *w, const char *profile, struct fst_credentials **out, struct fst_error *err);

static const char *session_name(struct fst_providers *p, const char *given)
{
    return given ? given : fst_arena_printf(p->settings.strings, "fhirstage-%lld", (long long)(p->env->now_ms(p->env->ctx) / 1000));
}

static enum fst_status from_named_source(struct fst_providers *p, const char *name, struct fst_credentials **out, struct fst_error *err)
{
    static const struct {
        const char *name;
        enum fst_status (*find)(struct fst_providers *, struct fst_credentials **, struct fst_error *);
    } sources[] = {
        { "Environment", from_environment },
        { "EcsContainer", fst_provider_container },
        { "Ec2InstanceMetadata", fst_provider_instance },
    };

    for (size_t i = 0; i < FST_COUNT(sources); i++)
        if (!strcmp(sources[i].name, name))
            return sources[i].find(p, out, err);
    return fst_fail(err, FST_ECONFIG, "credential_source %s: not Environment, EcsContainer or Ec2InstanceMetadata", name);
}

/* Those that take on the role: of another profile, or from where credential_source says. A profile that is its own source
 * has keys of its own. */
static enum fst_status find_source(struct way *w, const char *profile, const char *from, const char *source, struct fst_credentials **out,
                                   struct fst_error *err)
{
    enum fst_status st;

    if (!from)
        return from_named_source(w->p, source, out, err);
    if (!fst_settings_has_profile(&w->p->settings, from))
        return fst_fail(err, FST_ECONFIG, "source_profile %s: not in the shared config or credentials file", from);
    if (strcmp(from, profile) != 0)
        return find_in_profile(w, from, out, err);
    st = from_credentials_file(w->p, from, out, err);
    return st || *out ? st : from_config_file(w->p, from, out, err);
}

static enum fst_status from_role(struct way *w, const char *profile, struct fst_credentials **out, struct fst_error *err)
{
    const struct fst_settings *s = &w->p->settings;
    const char                *from = fst_settings_get(s, profile, "source_profile"), *source = fst_settings_get(s, profile, "credential_source");
    struct fst_sts_role        role = { .arn = fst_settings_get(s, profile, "role_arn"), .external_id = fst_settings_get(s, profile, "external_id"),
                                        .duration_s = fst_settings_get(s, profile, "duration_seconds") };
    struct fst_credentials    *by = NULL;
    enum fst_status            st;

    *out = NULL;
    if (!role.arn || (!from && !source))
        return FST_OK;
    if (from && source)
        return fst_fail(err, FST_ECONFIG, "source_profile and credential_source exclude each other");
    if (fst_settings_get(s, profile, "mfa_serial")) {
        (void)fst_fail(err, FST_ECONFIG, "the role asks for a code of an MFA device, which cannot be typed in here");
        fst_error_hint(err, "use a profile with credential_process = aws configure export-credentials --profile %s --format process", profile);
        return FST_ECONFIG;
    }
    st = find_source(w, profile, from, source, &by, err);
    if (!st && !by)
        st = fst_fail(err, FST_ECONFIG, "no credentials to take on the role with");
    role.session_name = session_name(w->p, fst_settings_get(s, profile, "role_session_name"));
    if (!st)
        st = fst_sts_assume(w->p->config, by, &role, fst_arena_printf(s->strings, "the role of profile %s", profile), w->p->env, out, err);
    fst_credentials_unref(by);
    return st;
}

static enum fst_status with_web_token(struct fst_providers *p, struct fst_sts_role *role, const char *file, const char *origin,
                                      struct fst_credentials **out, struct fst_error *err)
{
    struct fst_buf  text;
    enum fst_status st;

    fst_buf_init(&text, TOKEN_CEILING);
    st = fst_file_read(&text, file, err);
    role->session_name = session_name(p, role->session_name);
    role->web_token = fst_buf_view(&text);
    while (role->web_token.n && strchr(" \r\n\t", role->web_token.p[role->web_token.n - 1]))
        role->web_token.n--;
    if (!st && !role->web_token.n)
        st = fst_fail(err, FST_ECONFIG, "%s: empty", file);
    if (!st)
        st = fst_sts_assume(p->config, NULL, role, origin, p->env, out, err);
    if (text.p)
        explicit_bzero(text.p, text.cap);
    fst_buf_clear(&text);
    return st;
}

static enum fst_status from_web_identity(struct fst_providers *p, const char *profile, struct fst_credentials **out, struct fst_error *err)
{
    const struct fst_settings *s = &p->settings;
    const char                *file = fst_settings_get(s, profile, "web_identity_token_file");
    struct fst_sts_role        role = { .arn = fst_settings_get(s, profile, "role_arn"), .session_name = fst_settings_get(s, profile, "role_session_name") };

    *out = NULL;
    if (!file)
        return FST_OK;
    if (!role.arn)
        return fst_fail(err, FST_ECONFIG, "web_identity_token_file without role_arn");
    return with_web_token(p, &role, file, "the web identity's role", out, err);
}

static enum fst_status from_web_variables(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    const struct fst_settings *s = &p->settings;
    const char                *file = fst_settings_variable(s, "AWS_WEB_IDENTITY_TOKEN_FILE");
    struct fst_sts_role        role = { .arn = fst_settings_variable(s, "AWS_ROLE_ARN"), .session_name = fst_settings_variable(s, "AWS_ROLE_SESSION_NAME") };
    enum fst_status            st;

    *out = NULL;
    if (!file || p->profile)
        return FST_OK;
    if (!role.arn)
        return fst_fail(err, FST_ECONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN");
    st = with_web_token(p, &role, file, "the web identity's role", out, err);
    return st ? fst_fail_while(err, st, "AWS_WEB_IDENTITY_TOKEN_FILE") : FST_OK;
}

/* ---- profiles */

static enum fst_status refuse_login(struct fst_providers *p, const char *profile, struct fst_credentials **out, struct fst_error *err)
{
    *out = NULL;
    if (!fst_settings_get(&p->settings, profile, "login_session"))
        return FST_OK;
    (void)fst_fail(err, FST_ECONFIG, "credentials of 'aws login' cannot be read here");
    fst_error_hint(err, "use a profile with credential_process = aws configure export-credentials --profile %s --format process", profile);
    return FST_ECONFIG;
}

static enum fst_status find_in_profile(struct way *w, const char *profile, struct fst_credentials **out, struct fst_error *err)
{
    static enum fst_status (*const places[])(struct fst_providers *, const char *, struct fst_credentials **, struct fst_error *) = {
        from_web_identity, fst_provider_sso, refuse_login, from_credentials_file, fst_provider_process, from_config_file,
    };
    enum fst_status st = FST_OK;

    *out = NULL;
    for (size_t i = 0; i < w->count && !st; i++)
        if (!strcmp(w->seen[i], profile))
            st = fst_fail(err, FST_ECONFIG, "source_profile leads in a circle");
    if (!st && w->count == MAX_ROLES)
        st = fst_fail(err, FST_ECONFIG, "more than %d roles one after another", MAX_ROLES);
    if (!st) {
        w->seen[w->count++] = profile;
        st = from_role(w, profile, out, err);
    }
    for (size_t i = 0; i < FST_COUNT(places) && !st && !*out; i++)
        st = places[i](w->p, profile, out, err);
    return st ? fst_fail_while(err, st, "profile %s", profile) : FST_OK;
}

static enum fst_status from_profile(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    struct way w = { .p = p };
    return find_in_profile(&w, p->settings.profile, out, err);
}

/* ---- one after another */

/* The last place: where there is no instance, no one answers, and that is nothing to speak of. */
static enum fst_status from_instance(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    enum fst_status st = fst_provider_instance(p, out, NULL);
    return st == FST_ENOMEM ? fst_fail(err, st, "out of memory") : FST_OK;
}

enum fst_status fst_providers_find(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    static enum fst_status (*const places[])(struct fst_providers *, struct fst_credentials **, struct fst_error *) = {
        from_options, from_environment_first, from_web_variables, from_profile, fst_provider_container, from_instance,
    };

    for (size_t i = 0; i < FST_COUNT(places); i++) {
        enum fst_status st = places[i](p, out, err);
        if (st || *out)
            return st;
    }
    (void)fst_fail(err, FST_ECONFIG, "credentials: none in the environment, none in profile %s", p->settings.profile);
    fst_error_hint(err, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    return FST_ECONFIG;
}
