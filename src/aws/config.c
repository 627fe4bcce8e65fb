#include "aws/config.h"

#include "aws/settings.h"
#include "base/str.h"

enum { DEFAULT_ATTEMPTS = 10, MAX_ATTEMPTS = 100, ACCOUNT_DIGITS = 12, HOST_CEILING = 1024 };

/* What a load works with. */
struct load {
    struct fst_aws_config   *c;
    const struct fst_remote *remote;
    struct fst_settings      settings;
    struct fst_error        *err;
};

static const char *keep(struct load *l, const char *s)
{
    return s ? fst_arena_strn(&l->c->strings, fst_view_of(s)) : NULL;
}

static enum fst_status find_region(struct load *l)
{
    const char *region = l->remote->region;

    region = region ? region : fst_settings_variable(&l->settings, "AWS_REGION");
    region = region ? region : fst_settings_either(&l->settings, "AWS_DEFAULT_REGION", "region");
    if (!region) {
        fst_fail(l->err, FST_ECONFIG, "region: none given");
        fst_error_hint(l->err, "give --region, or set AWS_REGION, or a region in the profile");
        return FST_ECONFIG;
    }
    if (!fst_region_is_valid(fst_view_of(region)))
        return fst_fail(l->err, FST_ECONFIG, "region '%s': letters, digits and '-' alone", region);
    l->c->region = keep(l, region);
    return l->c->region ? FST_OK : fst_fail(l->err, FST_ENOMEM, "out of memory");
}

/* ---- endpoints */

static const char *configured_url(struct load *l, enum fst_service s)
{
    const struct fst_service_row *row = fst_service_row(s);
    const struct fst_settings    *set = &l->settings;
    const char                   *url, *name;

    if (l->remote->endpoint_url)
        return l->remote->endpoint_url;
    if (fst_settings_flag(set, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
        return NULL;
    url = fst_settings_variable(set, row->variable);
    url = url ? url : fst_settings_variable(set, "AWS_ENDPOINT_URL");
    if (url)
        return url;
    name = fst_settings_get(set, l->c->profile, "services");
    url = name ? fst_settings_section(set, "services", name, row->key, "endpoint_url") : NULL;
    return url ? url : fst_settings_get(set, l->c->profile, "endpoint_url");
}

static enum fst_status set_endpoint(struct load *l, enum fst_service s, struct fst_buf *host)
{
    struct fst_aws_config *c = l->c;
    const char            *url = configured_url(l, s);
    size_t                 n;

    c->custom[s] = url != NULL;
    if (url && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return fst_fail(l->err, FST_ECONFIG, "endpoint %s: not an http:// or https:// URL", url);
    if (url && (c->reach.fips || c->reach.dual_stack)) {
        fst_fail(l->err, FST_ECONFIG, "endpoint %s: FIPS and dual-stack are for AWS's own endpoints", url);
        fst_error_hint(l->err, "unset AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, or leave the endpoint to the region");
        return FST_ECONFIG;
    }
    fst_buf_reset(host);
    if (!url)
        fst_endpoint_add(host, s, c->region, &c->reach);
    url = url ? url : fst_buf_str(host);
    n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    c->endpoint[s] = fst_arena_strn(&c->strings, fst_view_n(url, n));
    return c->endpoint[s] ? FST_OK : fst_fail(l->err, FST_ENOMEM, "out of memory");
}

static enum fst_status find_endpoints(struct load *l)
{
    struct fst_aws_config *c = l->c;
    const char            *style = fst_settings_nested(&l->settings, c->profile, "s3", "addressing_style");
    struct fst_buf         host;
    enum fst_status        st = FST_OK;

    if (!l->remote->access_key_id) { /* the service in this program is nobody's but ours */
        c->reach.fips = fst_settings_flag(&l->settings, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
        c->reach.dual_stack = fst_settings_flag(&l->settings, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    }
    c->path_style = style && !strcmp(style, "path");
    c->virtual_host = style && !strcmp(style, "virtual");
    fst_buf_init(&host, HOST_CEILING);
    for (int s = 0; s < FST_SERVICE_COUNT && !st; s++)
        st = set_endpoint(l, (enum fst_service)s, &host);
    fst_buf_clear(&host);
    return st;
}

/* ---- the whole */

static enum fst_status find_owner(struct load *l)
{
    const char *owner = l->remote->bucket_owner;
    size_t      n = owner ? strspn(owner, "0123456789") : 0;

    if (owner && (n != ACCOUNT_DIGITS || owner[n]))
        return fst_fail(l->err, FST_EUSAGE, "bucket owner '%s': an account has %d digits", owner, ACCOUNT_DIGITS);
    l->c->bucket_owner = keep(l, owner);
    l->c->requester_pays = l->remote->requester_pays;
    return FST_OK;
}

static enum fst_status load(struct load *l, const struct fst_env *env)
{
    struct fst_aws_config *c = l->c;
    const char            *attempts;
    uint64_t               n = 0;
    enum fst_status        st = fst_settings_open(&l->settings, l->remote->profile, env, &c->strings, l->err);

    if (st)
        return st;
    c->profile = l->settings.profile;
    st = find_region(l);
    if (st)
        return st;
    c->ca_bundle = keep(l, fst_settings_either(&l->settings, "AWS_CA_BUNDLE", "ca_bundle"));
    attempts = fst_settings_either(&l->settings, "AWS_MAX_ATTEMPTS", "max_attempts");
    c->max_attempts = attempts && fst_parse_u64(&n, fst_view_of(attempts)) && n && n < MAX_ATTEMPTS ? (unsigned)n : DEFAULT_ATTEMPTS;
    st = find_endpoints(l);
    if (!st)
        st = find_owner(l);
    if (l->remote->max_attempts)
        c->max_attempts = l->remote->max_attempts;
    if (!st)
        st = fst_aws_shared_new(&c->shared, c->max_attempts, l->err);
    return st ? st : fst_credential_source_new(&c->credentials, c, l->remote, env, l->err);
}

enum fst_status fst_aws_config_load(struct fst_aws_config *c, const struct fst_remote *remote, const struct fst_env *env,
                                    struct fst_error *err)
{
    struct load     l = { .c = c, .remote = remote, .err = err };
    enum fst_status st;

    *c = (struct fst_aws_config){ 0 };
    fst_arena_init(&c->strings, 0);
    st = load(&l, env ? env : fst_env_real());
    fst_settings_close(&l.settings);
    if (st)
        fst_aws_config_clear(c);
    return st;
}

void fst_aws_config_clear(struct fst_aws_config *c)
{
    fst_credential_source_free(c->credentials);
    fst_aws_shared_free(c->shared);
    fst_arena_clear(&c->strings);
    *c = (struct fst_aws_config){ 0 };
}
