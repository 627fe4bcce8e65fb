#include "aws/sts.h"

#include "aws/query.h"
#include "base/str.h"
#include "base/xml.h"

#define VERSION "2011-06-15"
enum { TEXT_CEILING = 1 << 16 };

static bool find(struct fst_buf *out, const struct fst_aws *a, const char *operation, const char *path)
{
    char whole[128];

    fst_buf_init(out, TEXT_CEILING);
    snprintf(whole, sizeof whole, "%sResponse/%sResult/%s", operation, operation, path);
    return fst_xml_find(fst_buf_view(&a->resp.body), whole, out) && out->len;
}

static enum fst_status read_credentials(const struct fst_aws *a, const char *operation, const char *origin, struct fst_credentials **out,
                                        struct fst_error *err)
{
    struct fst_buf  id, secret, token, expires;
    int64_t         until = 0;
    bool            ok = find(&id, a, operation, "Credentials/AccessKeyId");
    enum fst_status st = FST_OK;

    ok &= find(&secret, a, operation, "Credentials/SecretAccessKey");
    ok &= find(&token, a, operation, "Credentials/SessionToken");
    ok &= find(&expires, a, operation, "Credentials/Expiration");
    ok = ok && fst_parse_time_ms(&until, fst_buf_view(&expires));
    if (!ok)
        st = fst_fail(err, FST_EPARSE, "%s: no credentials in the answer", operation);
    else if (!(*out = fst_credentials_new(fst_buf_view(&id), fst_buf_view(&secret), fst_buf_view(&token), until, origin)))
        st = fst_fail(err, FST_ENOMEM, "out of memory");
    if (secret.p)
        explicit_bzero(secret.p, secret.cap);
    fst_buf_clear(&id);
    fst_buf_clear(&secret);
    fst_buf_clear(&token);
    fst_buf_clear(&expires);
    return st;
}

enum fst_status fst_sts_assume(const struct fst_aws_config *config, struct fst_credentials *source, const struct fst_sts_role *role,
                               const char *origin, const struct fst_env *env, struct fst_credentials **out, struct fst_error *err)
{
    bool                         web = role->web_token.n != 0;
    const char                  *operation = web ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    const struct fst_query_param params[] = {
        { "RoleArn", fst_view_of(role->arn) },         { "RoleSessionName", fst_view_of(role->session_name) },
        { "ExternalId", fst_view_of(role->external_id) }, { "DurationSeconds", fst_view_of(role->duration_s) },
        { "WebIdentityToken", role->web_token },
    };
    struct fst_aws_config c = *config;
    struct fst_aws       *a = NULL;
    enum fst_status       st;

    *out = NULL;
    c.credentials = NULL;
    st = web ? FST_OK : fst_credential_source_fixed(&c.credentials, source, err);
    if (!st)
        st = fst_aws_new(&a, &c, env, NULL, err);
    if (!st)
        st = fst_query_call(a, FST_SERVICE_STS, operation, VERSION, params, FST_COUNT(params), web, err);
    if (!st) {
        st = read_credentials(a, operation, origin, out, err);
        explicit_bzero(a->resp.body.p, a->resp.body.len);
    }
    fst_aws_free(a);
    fst_credential_source_free(c.credentials);
    return st;
}

enum fst_status fst_sts_who(struct fst_aws *a, struct fst_sts_caller *caller, struct fst_error *err)
{
    struct fst_buf  account, arn;
    enum fst_status st = fst_query_call(a, FST_SERVICE_STS, "GetCallerIdentity", VERSION, NULL, 0, false, err);
    bool            ok;

    *caller = (struct fst_sts_caller){ 0 };
    if (st)
        return st;
    ok = find(&account, a, "GetCallerIdentity", "Account");
    ok &= find(&arn, a, "GetCallerIdentity", "Arn");
    if (ok) {
        snprintf(caller->account, sizeof caller->account, "%s", account.p);
        snprintf(caller->arn, sizeof caller->arn, "%s", arn.p);
    } else {
        st = fst_fail(err, FST_EPARSE, "GetCallerIdentity: nobody in the answer");
    }
    fst_buf_clear(&account);
    fst_buf_clear(&arn);
    return st;
}
