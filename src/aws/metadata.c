/* Containers (ECS, EKS) and instances (EC2).
 * Source: AWS SDKs and Tools Reference Guide, "Container credential provider" and "IMDS credential provider". */
#include "aws/metadata.h"

#include <arpa/inet.h>
#include <strings.h>

#include "base/file.h"
#include "base/str.h"

enum { ANSWER_CEILING = 1 << 18, CONTAINER_MS = 2000, INSTANCE_MS = 1000, CONTAINER_ATTEMPTS = 3, TOKEN_CEILING = 1 << 18,
       HEADER_MAX = TOKEN_CEILING + 64, PAUSE_MS = 200 };

static const struct fst_credentials_names names = { "AccessKeyId", "SecretAccessKey", "Token", "Expiration", false };

enum fst_status fst_metadata_do(const struct fst_metadata_get *get, const struct fst_env *env, struct fst_http_response *resp,
                                struct fst_error *err)
{
    struct fst_http_opts    opts = { .ca_bundle = get->ca_bundle, .connect_ms = get->timeout_ms, .no_proxy = !get->proxied };
    struct fst_http_request r = { .method = get->method, .url = get->url, .headers = get->headers, .deadline_ms = get->timeout_ms };
    struct fst_http        *h = NULL;
    enum fst_status         st;

    fst_http_response_init(resp, ANSWER_CEILING);
    while (r.header_count < FST_COUNT(get->headers) && get->headers[r.header_count])
        r.header_count++;
    st = fst_http_new(&h, &opts, err);
    if (st)
        return st;
    for (unsigned i = 0; i < get->attempts; i++) {
        if (i)
            env->sleep_ms(env->ctx, PAUSE_MS << i);
        st = fst_http_do(h, &r, resp, err);
        if (st != FST_ENET && (st || (resp->status < 500 && resp->status != 429)))
            break;
    }
    fst_http_free(h);
    return st;
}

void fst_metadata_clear(struct fst_http_response *resp)
{
    if (resp->body.p)
        explicit_bzero(resp->body.p, resp->body.cap);
    fst_http_response_clear(resp);
}

/* ---- containers */

/* Credentials may come unencrypted from the machine itself and from its agents alone. */
static bool host_is_allowed(struct fst_view host)
{
    static const char *const agents[] = { "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "[::1]", "localhost" };
    char                     text[64];
    struct in_addr           addr;

    for (size_t i = 0; i < FST_COUNT(agents); i++)
        if (fst_view_is(host, agents[i]))
            return true;
    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(host));
    return inet_pton(AF_INET, text, &addr) == 1 && (ntohl(addr.s_addr) >> 24) == 127;
}

static enum fst_status check_url(const char *url, struct fst_error *err)
{
    struct fst_view host;
    const char     *p;

    if (!strncmp(url, "https://", 8))
        return FST_OK;
    if (strncmp(url, "http://", 7) != 0)
        return fst_fail(err, FST_ECONFIG, "AWS_CONTAINER_CREDENTIALS_FULL_URI: not an http:// or https:// URL");
    p = url + 7;
    host = fst_view_n(p, *p == '[' ? strcspn(p, "]/") + 1 : strcspn(p, ":/?#"));
    if (!memchr(p, '@', strcspn(p, "/?#")) && host_is_allowed(host))
        return FST_OK;
    (void)fst_fail(err, FST_ECONFIG, "AWS_CONTAINER_CREDENTIALS_FULL_URI: %.*s may not be asked over plain http", FST_VIEW_ARGS(host));
    fst_error_hint(err, "https, or the loopback and container agents' addresses alone are trusted with credentials");
    return FST_ECONFIG;
}

/* The file wins over the variable, and is read each time: it is rotated. */
static enum fst_status add_token(struct fst_providers *p, struct fst_metadata_get *get, struct fst_error *err)
{
    const char     *file = fst_settings_variable(&p->settings, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char     *token = fst_settings_variable(&p->settings, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    struct fst_buf  text;
    enum fst_status st = FST_OK;

    fst_buf_init(&text, TOKEN_CEILING);
    if (file) {
        st = fst_file_read(&text, file, err);
        while (text.len && (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r'))
            text.len--;
        token = fst_buf_str(&text);
        text.p ? (void)(text.p[text.len] = '\0') : (void)0;
    }
    if (st)
        st = fst_fail_while(err, FST_ECONFIG, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    else if (token && strpbrk(token, "\r\n"))
        st = fst_fail(err, FST_ECONFIG, "AWS_CONTAINER_AUTHORIZATION_TOKEN: more than one line");
    else if (token && *token && !(get->headers[1] = fst_arena_printf(p->settings.strings, "Authorization: %s", token)))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    fst_buf_clear(&text);
    return st;
}

enum fst_status fst_provider_container(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    const char              *relative = fst_settings_variable(&p->settings, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char              *full = fst_settings_variable(&p->settings, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct fst_metadata_get  get = { .method = "GET", .headers = { "Accept: application/json" }, .timeout_ms = CONTAINER_MS,
                                     .attempts = CONTAINER_ATTEMPTS, .ca_bundle = p->config->ca_bundle };
    struct fst_http_response resp;
    enum fst_status          st = FST_OK;

    *out = NULL;
    if (!relative && !full)
        return FST_OK;
    get.url = relative ? fst_arena_printf(p->settings.strings, "http://169.254.170.2%s%s", *relative == '/' ? "" : "/", relative) : full;
    if (!get.url)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    if (!relative)
        st = check_url(full, err);
    if (!st)
        st = add_token(p, &get, err);
    if (st)
        return st;
    st = fst_metadata_do(&get, p->env, &resp, err);
    if (!st && resp.status != 200)
        st = fst_fail(err, FST_ECONFIG, "the container's credentials: HTTP status %d", resp.status);
    if (!st)
        st = fst_credentials_parse(out, fst_buf_view(&resp.body), NULL, &names, "the container's credentials", err);
    fst_metadata_clear(&resp);
    return st ? fst_fail_while(err, st, "credentials") : FST_OK;
}

/* ---- instances */

struct imds {
    struct fst_providers    *p;
    struct fst_metadata_get  get;
    const char              *base;
    char                     token_header[HEADER_MAX];
    struct fst_http_response resp;
    enum fst_status          st;
};

static const char *imds_base(struct fst_providers *p)
{
    const char *url = fst_settings_either(&p->settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode = fst_settings_either(&p->settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    size_t      n;

    if (!url)
        return mode && !strcasecmp(mode, "ipv6") ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    return fst_arena_strn(p->settings.strings, fst_view_n(url, n));
}

static enum fst_status ask(struct imds *m, const char *method, const char *path, struct fst_error *err)
{
    fst_metadata_clear(&m->resp);
    m->get.method = method;
    m->get.url = fst_arena_printf(m->p->settings.strings, "%s/latest/%s", m->base, path);
    return m->get.url ? fst_metadata_do(&m->get, m->p->env, &m->resp, err) : fst_fail(err, FST_ENOMEM, "out of memory");
}

/* A token first: version 2. Where the service knows none, version 1 does without, unless that is forbidden. */
static enum fst_status get_token(struct imds *m, struct fst_error *err)
{
    enum fst_status st;

    m->get.headers[0] = "x-aws-ec2-metadata-token-ttl-seconds: 21600";
    st = ask(m, "PUT", "api/token", err);
    m->get.headers[0] = NULL;
    if (st)
        return st;
    if (m->resp.status == 200 && m->resp.body.len < TOKEN_CEILING && !memchr(fst_buf_str(&m->resp.body), '\n', m->resp.body.len)) {
        snprintf(m->token_header, sizeof m->token_header, "x-aws-ec2-metadata-token: %s", fst_buf_str(&m->resp.body));
        m->get.headers[0] = m->token_header;
        return FST_OK;
    }
    if (fst_settings_flag(&m->p->settings, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled") ||
        (m->resp.status != 403 && m->resp.status != 404 && m->resp.status != 405))
        return fst_fail(err, FST_ENET, "no token: HTTP status %d", m->resp.status);
    return FST_OK;
}

static enum fst_status get_role(struct imds *m, struct fst_credentials **out, struct fst_error *err)
{
    static const char roles[] = "meta-data/iam/security-credentials/";
    char              path[256];
    size_t            n;
    enum fst_status   st = get_token(m, err);

    if (!st)
        st = ask(m, "GET", roles, err);
    if (st || m->resp.status != 200)
        return st ? st : fst_fail(err, FST_ENET, "no role: HTTP status %d", m->resp.status);
    n = strcspn(fst_buf_str(&m->resp.body), "\r\n");
    snprintf(path, sizeof path, "%s%.*s", roles, (int)(n < 128 ? n : 128), m->resp.body.p ? m->resp.body.p : "");
    st = ask(m, "GET", path, err);
    if (st || m->resp.status != 200)
        return st ? st : fst_fail(err, FST_ENET, "no credentials: HTTP status %d", m->resp.status);
    return fst_credentials_parse(out, fst_buf_view(&m->resp.body), NULL, &names, "the instance's role", err);
}

enum fst_status fst_provider_instance(struct fst_providers *p, struct fst_credentials **out, struct fst_error *err)
{
    const char     *attempts = fst_settings_either(&p->settings, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts");
    const char     *seconds = fst_settings_either(&p->settings, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout");
    struct imds    *m;
    uint64_t        n;
    enum fst_status st;

    *out = NULL;
    if (fst_settings_flag(&p->settings, "AWS_EC2_METADATA_DISABLED", NULL))
        return FST_OK;
    m = calloc(1, sizeof *m);
    if (!m)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    m->p = p;
    m->get.timeout_ms = seconds && fst_parse_u64(&n, fst_view_of(seconds)) && n && n < 3600 ? (int64_t)n * 1000 : INSTANCE_MS;
    m->get.attempts = attempts && fst_parse_u64(&n, fst_view_of(attempts)) && n && n < 100 ? (unsigned)n : 1;
    m->base = imds_base(p);
    st = m->base ? get_role(m, out, err) : fst_fail(err, FST_ENOMEM, "out of memory");
    fst_metadata_clear(&m->resp);
    explicit_bzero(m->token_header, sizeof m->token_header);
    free(m);
    return st ? fst_fail_while(err, st == FST_ENOMEM ? st : FST_ECONFIG, "the instance's role") : FST_OK;
}
