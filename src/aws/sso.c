/* IAM Identity Center: the token that 'aws sso login' left behind is turned into credentials of a role.
 * Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider". */
#include "aws/metadata.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/str.h"
#include "json/tape.h"
#include "sign/sigv4.h"

enum { TEXT_CEILING = 1 << 18, TIMEOUT_MS = 30000, ATTEMPTS = 3, URL_CEILING = 4096 };

struct sso {
    const char *session, *start_url, *region, *account, *role;
};

/* Either in a section of its own, or in the profile. False: no SSO here. */
static bool find(struct fst_providers *p, const char *profile, struct sso *s)
{
    const struct fst_settings *f = &p->settings;

    s->session = fst_settings_get(f, profile, "sso_session");
    s->start_url = s->session ? fst_settings_section(f, "sso-session", s->session, NULL, "sso_start_url") : fst_settings_get(f, profile, "sso_start_url");
    s->region = s->session ? fst_settings_section(f, "sso-session", s->session, NULL, "sso_region") : fst_settings_get(f, profile, "sso_region");
    s->account = fst_settings_get(f, profile, "sso_account_id");
    s->role = fst_settings_get(f, profile, "sso_role_name");
    return s->session || s->start_url;
}

static enum fst_status log_in(struct fst_error *err, const char *profile, const char *what)
{
    (void)fst_fail(err, FST_ECONFIG, "SSO of profile %s: %s", profile, what);
    fst_error_hint(err, "aws sso login --profile %s", profile);
    return FST_ECONFIG;
}

/* The token's file is named after the SHA-1 of the session's name, or of the start URL. */
static const char *token_path(struct fst_providers *p, const struct sso *s)
{
    uint8_t hash[FST_SHA1_BYTES];
    char    hex[2 * FST_SHA1_BYTES + 1], file[sizeof hex + 32];

    fst_sha1(fst_view_of(s->session ? s->session : s->start_url), hash);
    fst_hex(hash, sizeof hash, hex);
    snprintf(file, sizeof file, "sso/cache/%s.json", hex);
    return fst_settings_home(&p->settings, file);
}

static enum fst_status read_token(struct fst_providers *p, const char *profile, const struct sso *s, const char **header, struct fst_error *err)
{
    const char           *path = token_path(p, s);
    struct fst_buf        text, scratch, when;
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    struct fst_view       token;
    int64_t               expires = 0;
    enum fst_status       st = FST_OK;

    fst_buf_init(&text, TEXT_CEILING);
    fst_buf_init(&scratch, TEXT_CEILING);
    fst_buf_init(&when, TEXT_CEILING);
    if (!path || fst_file_read(&text, path, NULL) || fst_json_parse(&t, fst_buf_view(&text), &opts, &jerr)) {
        st = log_in(err, profile, "nobody is logged in");
    } else {
        token = fst_tape_member_string(&t, 0, "accessToken", &scratch);
        if (!token.n || !fst_parse_time_ms(&expires, fst_tape_member_string(&t, 0, "expiresAt", &when)))
            st = log_in(err, profile, "the token's file is damaged");
        else if (expires <= p->env->now_ms(p->env->ctx))
            st = log_in(err, profile, "the login has expired");
        else if (!(*header = fst_arena_printf(p->settings.strings, "x-amz-sso_bearer_token: %.*s", FST_VIEW_ARGS(token))))
            st = fst_fail(err, FST_ENOMEM, "out of memory");
    }
    if (text.p)
        explicit_bzero(text.p, text.cap);
    fst_tape_clear(&t);
    fst_buf_clear(&text);
    fst_buf_clear(&scratch);
    fst_buf_clear(&when);
    return st;
}

static void add_url(struct fst_buf *url, const struct fst_providers *p, const struct sso *s)
{
    if (p->config->custom[FST_SERVICE_SSO])
        fst_buf_add_str(url, p->config->endpoint[FST_SERVICE_SSO]);
    else
        fst_endpoint_add(url, FST_SERVICE_SSO, s->region, &p->config->reach);
    fst_buf_add_str(url, "/federation/credentials?role_name=");
    fst_sign_encode(url, fst_view_of(s->role), false);
    fst_buf_add_str(url, "&account_id=");
    fst_sign_encode(url, fst_view_of(s->account), false);
}

static enum fst_status ask(struct fst_providers *p, const char *profile, const struct sso *s, const char *header, struct fst_credentials **out,
                           struct fst_error *err)
{
    static const struct fst_credentials_names names = { "accessKeyId", "secretAccessKey", "sessionToken", "expiration", true };
    struct fst_metadata_get  get = { .method = "GET", .headers = { header, "Accept: application/json" }, .timeout_ms = TIMEOUT_MS,
                                     .attempts = ATTEMPTS, .ca_bundle = p->config->ca_bundle, .proxied = true };
    const char              *origin = fst_arena_printf(p->settings.strings, "SSO of profile %s", profile);
    struct fst_http_response resp;
    struct fst_buf           url;
    enum fst_status          st;

    fst_buf_init(&url, URL_CEILING);
    add_url(&url, p, s);
    get.url = fst_buf_str(&url);
    st = fst_metadata_do(&get, p->env, &resp, err);
    if (!st && resp.status == 401)
        st = log_in(err, profile, "the login is no longer valid");
    else if (!st && resp.status != 200)
        st = fst_fail(err, FST_ECONFIG, "%s: HTTP status %d for role %s of account %s", origin, resp.status, s->role, s->account);
    if (!st)
        st = fst_credentials_parse(out, fst_buf_view(&resp.body), "roleCredentials", &names, origin ? origin : "SSO", err);
    fst_metadata_clear(&resp);
    fst_buf_clear(&url);
    return st;
}

enum fst_status fst_provider_sso(struct fst_providers *p, const char *profile, struct fst_credentials **out, struct fst_error *err)
{
    struct sso      s;
    const char     *header = NULL;
    enum fst_status st;

    *out = NULL;
    if (!find(p, profile, &s))
        return FST_OK;
    if (!s.start_url || !s.region || !s.account || !s.role)
        return fst_fail(err, FST_ECONFIG, "SSO of profile %s: sso_start_url, sso_region, sso_account_id and sso_role_name are needed", profile);
    if (!fst_region_is_valid(fst_view_of(s.region)))
        return fst_fail(err, FST_ECONFIG, "SSO of profile %s: sso_region is no region", profile);
    st = read_token(p, profile, &s, &header, err);
    return st ? st : ask(p, profile, &s, header, out, err);
}
