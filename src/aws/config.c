#include "aws/config.h"

#include <stdlib.h>

#include "aws/profile.h"
#include "base/str.h"

enum { DEFAULT_ATTEMPTS = 3 };

static const struct { const char *name, *url_variable, *key; } services[] = {
    [FST_SERVICE_S3] = { "s3", "AWS_ENDPOINT_URL_S3", "s3" },
    [FST_SERVICE_HEALTHLAKE] = { "healthlake", "AWS_ENDPOINT_URL_HEALTHLAKE", "healthlake" },
};

const char *fst_service_name(enum fst_service s)
{
    return services[s].name;
}

/* What a load works with. */
struct load {
    struct fst_aws_config   *c;
    const struct fst_remote *remote;
    const struct fst_env    *env;
    struct fst_profile_file  config, credentials;
    const char              *section; /* of the profile in the config file */
    struct fst_error        *err;
};

static const char *variable(const struct load *l, const char *name)
{
    const char *value = l->env->getenv(l->env->ctx, name);
    return value && *value ? value : NULL;
}

static const char *keep(struct load *l, const char *s)
{
    return s ? fst_arena_strn(&l->c->strings, fst_view_of(s)) : NULL;
}

/* ~/.aws/NAME unless a variable names the file. */
static enum fst_status read_file(struct load *l, struct fst_profile_file *f, const char *name, const char *file)
{
    const char *path = variable(l, name), *home = variable(l, "HOME");

    if (!path)
        path = fst_arena_printf(&l->c->strings, "%s/.aws/%s", home ? home : "", file);
    if (!path)
        return fst_fail(l->err, FST_ENOMEM, "out of memory");
    return fst_profile_read(f, path, &l->c->strings, l->err);
}

static const char *from_profile(const struct load *l, const char *key)
{
    return fst_profile_get(&l->config, l->section, NULL, key);
}

static enum fst_status find_profile(struct load *l)
{
    struct fst_aws_config *c = l->c;
    const char            *named = l->remote->profile ? l->remote->profile : variable(l, "AWS_PROFILE");
    enum fst_status        st = read_file(l, &l->config, "AWS_CONFIG_FILE", "config");

    if (!st)
        st = read_file(l, &l->credentials, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    if (st)
        return st;
    c->profile = keep(l, named ? named : "default");
    l->section = !strcmp(c->profile, "default") ? "default" : fst_arena_printf(&c->strings, "profile %s", c->profile);
    if (!l->section)
        return fst_fail(l->err, FST_ENOMEM, "out of memory");
    if (named && !fst_profile_has(&l->config, l->section) && !fst_profile_has(&l->credentials, c->profile)) {
        fst_fail(l->err, FST_ECONFIG, "profile %s: not in the shared config or credentials file", c->profile);
        fst_error_hint(l->err, "'aws configure list-profiles' shows those that are");
        return FST_ECONFIG;
    }
    return FST_OK;
}

static void find_region(struct load *l)
{
    const char *region = l->remote->region;

    region = region ? region : variable(l, "AWS_REGION");
    region = region ? region : variable(l, "AWS_DEFAULT_REGION");
    region = region ? region : from_profile(l, "region");
    l->c->region = keep(l, region);
}

/* ---- endpoints */

static const char *configured_url(struct load *l, enum fst_service s)
{
    const char *ignore = variable(l, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), *url, *name, *section;

    if (l->remote->endpoint_url)
        return l->remote->endpoint_url;
    if (ignore && !strcmp(ignore, "true"))
        return NULL;
    url = variable(l, services[s].url_variable);
    url = url ? url : variable(l, "AWS_ENDPOINT_URL");
    if (url)
        return url;
    name = from_profile(l, "services");
    section = name ? fst_arena_printf(&l->c->strings, "services %s", name) : NULL;
    url = section ? fst_profile_get(&l->config, section, services[s].key, "endpoint_url") : NULL;
    return url ? url : from_profile(l, "endpoint_url");
}

static enum fst_status find_endpoints(struct load *l)
{
    struct fst_aws_config *c = l->c;

    for (int s = 0; s < FST_SERVICE_COUNT; s++) {
        const char *url = configured_url(l, (enum fst_service)s);
        size_t      n;
        c->custom[s] = url != NULL;
        if (url && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
            return fst_fail(l->err, FST_ECONFIG, "endpoint %s: not an http:// or https:// URL", url);
        if (!url)
            url = fst_arena_printf(&c->strings, "https://%s.%s.amazonaws.com%s", services[s].name, c->region,
                                   strncmp(c->region, "cn-", 3) ? "" : ".cn");
        n = url ? strlen(url) : 0;
        while (n && url[n - 1] == '/')
            n--;
        c->endpoint[s] = fst_arena_strn(&c->strings, fst_view_n(url, n));
        if (!c->endpoint[s])
            return fst_fail(l->err, FST_ENOMEM, "out of memory");
    }
    return FST_OK;
}

/* ---- credentials: the first provider that has some */

static bool take(struct load *l, const char *id, const char *secret, const char *token, const char *origin)
{
    if (!id || !secret)
        return false;
    l->c->credentials = (struct fst_credentials){ keep(l, id), keep(l, secret), keep(l, token), origin };
    return true;
}

static bool from_options(struct load *l)
{
    return take(l, l->remote->access_key_id, l->remote->secret_access_key, NULL, "the options");
}

/* A profile that was named comes before the environment. */
static bool from_environment(struct load *l)
{
    return !l->remote->profile && take(l, variable(l, "AWS_ACCESS_KEY_ID"), variable(l, "AWS_SECRET_ACCESS_KEY"),
                                       variable(l, "AWS_SESSION_TOKEN"), "the environment");
}

static bool from_files(struct load *l)
{
    const struct { const struct fst_profile_file *file; const char *section; } places[] = {
        { &l->credentials, l->c->profile }, { &l->config, l->section },
    };
    for (size_t i = 0; i < FST_COUNT(places); i++)
        if (take(l, fst_profile_get(places[i].file, places[i].section, NULL, "aws_access_key_id"),
                 fst_profile_get(places[i].file, places[i].section, NULL, "aws_secret_access_key"),
                 fst_profile_get(places[i].file, places[i].section, NULL, "aws_session_token"),
                 fst_arena_printf(&l->c->strings, "profile %s", l->c->profile)))
            return true;
    return false;
}

static bool (*const providers[])(struct load *) = { from_options, from_environment, from_files };

static enum fst_status find_credentials(struct load *l)
{
    for (size_t i = 0; i < FST_COUNT(providers); i++)
        if (providers[i](l))
            return FST_OK;
    fst_fail(l->err, FST_ECONFIG, "credentials: none in the environment, none in profile %s", l->c->profile);
    fst_error_hint(l->err, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    return FST_ECONFIG;
}

/* ---- the whole */

static enum fst_status load(struct load *l)
{
    struct fst_aws_config *c = l->c;
    const char            *attempts;
    uint64_t               n = 0;
    enum fst_status        st = find_profile(l);

    if (st)
        return st;
    find_region(l);
    if (!c->region) {
        fst_fail(l->err, FST_ECONFIG, "region: none given");
        fst_error_hint(l->err, "give --region, or set AWS_REGION, or a region in the profile");
        return FST_ECONFIG;
    }
    c->ca_bundle = keep(l, variable(l, "AWS_CA_BUNDLE") ? variable(l, "AWS_CA_BUNDLE") : from_profile(l, "ca_bundle"));
    attempts = variable(l, "AWS_MAX_ATTEMPTS") ? variable(l, "AWS_MAX_ATTEMPTS") : from_profile(l, "max_attempts");
    c->max_attempts = attempts && fst_parse_u64(&n, fst_view_of(attempts)) && n && n < 100 ? (unsigned)n : DEFAULT_ATTEMPTS;
    st = find_endpoints(l);
    return st ? st : find_credentials(l);
}

enum fst_status fst_aws_config_load(struct fst_aws_config *c, const struct fst_remote *remote, const struct fst_env *env,
                                    struct fst_error *err)
{
    struct load     l = { .c = c, .remote = remote, .env = env ? env : fst_env_real(), .err = err };
    enum fst_status st;

    *c = (struct fst_aws_config){ 0 };
    fst_arena_init(&c->strings, 0);
    st = load(&l);
    fst_profile_clear(&l.config);
    fst_profile_clear(&l.credentials);
    if (st)
        fst_aws_config_clear(c);
    return st;
}

void fst_aws_config_clear(struct fst_aws_config *c)
{
    if (c->credentials.secret_access_key)
        explicit_bzero((char *)c->credentials.secret_access_key, strlen(c->credentials.secret_access_key));
    fst_arena_clear(&c->strings);
    *c = (struct fst_aws_config){ 0 };
}
