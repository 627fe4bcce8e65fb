/* The role and the key: their form, and what IAM and KMS say of them. */
#include <ctype.h>

#include "aws/query.h"
#include "base/xml.h"
#include "json/writer.h"
#include "pipeline/preflight-private.h"

enum { TEXT_CEILING = 1 << 18, ACCOUNT_DIGITS = 12 };
#define IAM_VERSION "2010-05-08"

/* ---- names */

struct arn {
    struct fst_view partition, service, region, account, resource;
};

static bool split_arn(struct arn *out, const char *text)
{
    struct fst_view *parts[] = { &out->partition, &out->service, &out->region, &out->account };
    struct fst_view  v = fst_view_of(text);

    *out = (struct arn){ 0 };
    if (!fst_view_starts(v, "arn:"))
        return false;
    v = fst_view_from(v, 4);
    for (size_t i = 0; i < FST_COUNT(parts); i++) {
        const char *colon = v.n ? memchr(v.p, ':', v.n) : NULL;
        if (!colon)
            return false;
        *parts[i] = fst_view_n(v.p, (size_t)(colon - v.p));
        v = fst_view_from(v, parts[i]->n + 1);
    }
    out->resource = v;
    return v.n != 0;
}

static bool is_account(struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!isdigit((unsigned char)v.p[i]))
            return false;
    return v.n == ACCOUNT_DIGITS;
}

/* "role/path/name" */
static struct fst_view role_name(const struct arn *role)
{
    const char *slash = memrchr(role->resource.p, '/', role->resource.n);
    return fst_view_from(role->resource, (size_t)(slash - role->resource.p) + 1);
}

static bool parse_role(struct arn *out, const char *text)
{
    return split_arn(out, text) && fst_view_is(out->service, "iam") && !out->region.n && is_account(out->account) &&
           fst_view_starts(out->resource, "role/") && role_name(out).n;
}

/* ---- the role */

enum fst_check_result fst_preflight_role(struct fst_preflight *p)
{
    struct arn role;

    if (!parse_role(&role, p->opts->role_arn)) {
        fst_buf_add_str(&p->remedy, "arn:aws:iam::ACCOUNT:role/NAME: of the role, not of an instance profile or a session");
        return fst_preflight_say(p, FST_CHECK_FAILED, "'%.200s' is no role's ARN", p->opts->role_arn);
    }
    if (p->partition && !fst_view_is(role.partition, p->partition->id))
        return fst_preflight_say(p, FST_CHECK_FAILED, "the role is in partition %.*s, the region in %s", FST_VIEW_ARGS(role.partition), p->partition->id);
    if (p->caller.account[0] && !fst_view_is(role.account, p->caller.account)) {
        fst_buf_add_str(&p->remedy, "name a role of the account that the data store is in: a role of another one cannot be passed");
        return fst_preflight_say(p, FST_CHECK_FAILED, "the role is in account %.*s, and who calls in %s", FST_VIEW_ARGS(role.account), p->caller.account);
    }
    return fst_preflight_say(p, FST_CHECK_PASSED, "%s is a role's ARN", p->opts->role_arn);
}

/* Does the role let HealthLake take it on? */
enum fst_check_result fst_preflight_trust(struct fst_preflight *p)
{
    struct arn             role;
    struct fst_buf         encoded, document;
    struct fst_query_param params[1] = { { "RoleName", { 0 } } };
    enum fst_check_result  r = FST_CHECK_PASSED;
    enum fst_status        st;

    if (!parse_role(&role, p->opts->role_arn))
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "there is no role to ask about");
    params[0].value = role_name(&role);
    st = fst_query_call(p->a, FST_SERVICE_IAM, "GetRole", IAM_VERSION, params, 1, false, &p->err);
    if (st == FST_ESERVICE && !strcmp(p->a->code, "NoSuchEntity"))
        return fst_preflight_say(p, FST_CHECK_FAILED, "there is no role of that name in the account");
    if (st) {
        if (fst_preflight_is_denied(p->a->code))
            fst_preflight_allow(p, "iam:GetRole", p->opts->role_arn);
        return fst_preflight_refused(p, FST_SERVICE_IAM, st);
    }
    fst_buf_init(&encoded, TEXT_CEILING);
    fst_buf_init(&document, TEXT_CEILING);
    if (fst_xml_find(fst_buf_view(&p->a->resp.body), "GetRoleResponse/GetRoleResult/Role/AssumeRolePolicyDocument", &encoded))
        fst_query_add_document(&document, fst_buf_view(&encoded));
    if (!document.len) {
        r = fst_preflight_say(p, FST_CHECK_CANT_TELL, "IAM does not say whom the role trusts");
    } else if (memmem(document.p, document.len, "\"healthlake.amazonaws.com\"", strlen("\"healthlake.amazonaws.com\""))) {
        (void)fst_preflight_say(p, r, "the role trusts healthlake.amazonaws.com");
    } else {
        fst_buf_add_str(&p->remedy, "add to the role's trust policy: {\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"healthlake.amazonaws.com\"},"
                                    "\"Action\":\"sts:AssumeRole\"}");
        r = fst_preflight_say(p, FST_CHECK_FAILED, "the role does not trust healthlake.amazonaws.com");
    }
    fst_buf_clear(&encoded);
    fst_buf_clear(&document);
    return r;
}

/* ---- IAM's simulation */

/* Whom policies belong to: of a session, its role. The role's path is not in a session's ARN; where it has one IAM does not
 * find it, and we cannot tell. */
static void add_principal(struct fst_buf *out, const struct fst_preflight *p)
{
    struct arn  who;
    const char *slash;

    if (!split_arn(&who, p->caller.arn) || !fst_view_starts(who.resource, "assumed-role/")) {
        fst_buf_add_str(out, p->caller.arn);
        return;
    }
    who.resource = fst_view_from(who.resource, strlen("assumed-role/"));
    slash = memchr(who.resource.p, '/', who.resource.n);
    fst_buf_addf(out, "arn:%.*s:iam::%.*s:role/%.*s", FST_VIEW_ARGS(who.partition), FST_VIEW_ARGS(who.account),
                 (int)(slash ? (size_t)(slash - who.resource.p) : who.resource.n), who.resource.p);
}

/* Every decision of the answer: *denied names the first action that is not allowed. */
struct decisions {
    char   action[128], denied[128];
    size_t count;
};

static bool on_decision(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct decisions *d = ctx;
    const char       *name = strrchr(path, '/');

    if (closed || !strstr(path, "/EvaluationResults/member/"))
        return true;
    if (!strcmp(name, "/EvalActionName"))
        snprintf(d->action, sizeof d->action, "%.*s", FST_VIEW_ARGS(text));
    if (strcmp(name, "/EvalDecision") != 0)
        return true;
    d->count++;
    if (!fst_view_is(text, "allowed") && !d->denied[0])
        snprintf(d->denied, sizeof d->denied, "%s", d->action);
    return true;
}

static enum fst_check_result simulate(struct fst_preflight *p, struct fst_view principal, const struct fst_query_param *params, size_t count,
                                      struct decisions *d)
{
    struct fst_query_param all[12] = { { "PolicySourceArn", principal } };
    enum fst_status        st;

    for (size_t i = 0; i < count; i++)
        all[i + 1] = params[i];
    *d = (struct decisions){ .count = 0 };
    st = fst_query_call(p->a, FST_SERVICE_IAM, "SimulatePrincipalPolicy", IAM_VERSION, all, count + 1, false, &p->err);
    if (st) {
        if (fst_preflight_is_denied(p->a->code))
            fst_preflight_allow(p, "iam:SimulatePrincipalPolicy", "*");
        return fst_preflight_refused(p, FST_SERVICE_IAM, st);
    }
    if (!fst_xml_walk(fst_buf_view(&p->a->resp.body), on_decision, d) || !d->count || (d->denied[0] == '\0' && !d->action[0]))
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "IAM's simulation decides nothing");
    return d->denied[0] ? FST_CHECK_FAILED : FST_CHECK_PASSED;
}

enum fst_check_result fst_preflight_pass(struct fst_preflight *p)
{
    const struct fst_query_param params[] = {
        { "ActionNames.member.1", fst_view_of("iam:PassRole") },
        { "ResourceArns.member.1", fst_view_of(p->opts->role_arn) },
        { "ContextEntries.member.1.ContextKeyName", fst_view_of("iam:PassedToService") },
        { "ContextEntries.member.1.ContextKeyType", fst_view_of("string") },
        { "ContextEntries.member.1.ContextKeyValues.member.1", fst_view_of("healthlake.amazonaws.com") },
    };
    struct fst_buf        principal;
    struct decisions      d;
    enum fst_check_result r;

    if (!p->caller.arn[0])
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "who calls is not known");
    fst_buf_init(&principal, TEXT_CEILING);
    add_principal(&principal, p);
    r = simulate(p, fst_buf_view(&principal), params, FST_COUNT(params), &d);
    if (r == FST_CHECK_PASSED) {
        (void)fst_preflight_say(p, r, "%.*s may pass the role to HealthLake", FST_VIEW_ARGS(fst_buf_view(&principal)));
    } else if (r == FST_CHECK_FAILED && d.denied[0]) {
        fst_preflight_allow(p, "iam:PassRole", p->opts->role_arn);
        (void)fst_preflight_say(p, r, "%.*s may not pass the role to HealthLake", FST_VIEW_ARGS(fst_buf_view(&principal)));
    }
    fst_buf_clear(&principal);
    return r;
}

enum fst_check_result fst_preflight_access(struct fst_preflight *p)
{
    static const char *const actions[] = { "s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetEncryptionConfiguration",
                                           "s3:GetBucketPublicAccessBlock" };
    static const char *const names[] = { "ActionNames.member.1", "ActionNames.member.2", "ActionNames.member.3", "ActionNames.member.4",
                                         "ActionNames.member.5" };
    struct fst_query_param   params[FST_COUNT(actions) + 2];
    char                     bucket[256], objects[2048];
    struct decisions         d;
    enum fst_check_result    r;

    snprintf(bucket, sizeof bucket, "arn:%s:s3:::%.*s", p->partition->id, FST_VIEW_ARGS(p->bucket));
    snprintf(objects, sizeof objects, "%s/%.*s%s*", bucket, FST_VIEW_ARGS(p->prefix), p->prefix.n ? "/" : "");
    for (size_t i = 0; i < FST_COUNT(actions); i++)
        params[i] = (struct fst_query_param){ names[i], fst_view_of(actions[i]) };
    params[FST_COUNT(actions)] = (struct fst_query_param){ "ResourceArns.member.1", fst_view_of(bucket) };
    params[FST_COUNT(actions) + 1] = (struct fst_query_param){ "ResourceArns.member.2", fst_view_of(objects) };
    r = simulate(p, fst_view_of(p->opts->role_arn), params, FST_COUNT(params), &d);
    if (r == FST_CHECK_PASSED)
        return fst_preflight_say(p, r, "the role may read and write s3://%.*s/%.*s", FST_VIEW_ARGS(p->bucket), FST_VIEW_ARGS(p->prefix));
    if (r == FST_CHECK_FAILED && d.denied[0]) {
        fst_buf_reset(&p->remedy);
        fst_buf_addf(&p->remedy, "add to the role's policy: {\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\",\"s3:ListBucket\","
                                 "\"s3:GetBucketPublicAccessBlock\",\"s3:GetEncryptionConfiguration\"],\"Resource\":[\"%s\",\"%s\"]}", bucket, objects);
        (void)fst_preflight_say(p, r, "the role may not %s", d.denied);
    }
    return r;
}

/* ---- the key */

static enum fst_check_result judge_key(struct fst_preflight *p, const struct fst_tape *t)
{
    uint32_t              about = fst_tape_member(t, 0, "KeyMetadata");
    struct fst_buf        scratch[2];
    struct fst_view       state, usage;
    enum fst_check_result r = FST_CHECK_PASSED;

    for (size_t i = 0; i < FST_COUNT(scratch); i++)
        fst_buf_init(&scratch[i], TEXT_CEILING);
    state = fst_tape_member_string(t, about, "KeyState", &scratch[0]);
    usage = fst_tape_member_string(t, about, "KeyUsage", &scratch[1]);
    if (!state.n)
        r = fst_preflight_say(p, FST_CHECK_CANT_TELL, "KMS does not say what state the key is in");
    else if (!fst_view_is(state, "Enabled") || (usage.n && !fst_view_is(usage, "ENCRYPT_DECRYPT"))) {
        fst_buf_add_str(&p->remedy, "enable the key, or name a symmetric one that is");
        r = fst_preflight_say(p, FST_CHECK_FAILED, "the key is %.*s, for %.*s", FST_VIEW_ARGS(state), FST_VIEW_ARGS(usage));
    } else {
        (void)fst_preflight_say(p, r, "the key is enabled");
    }
    for (size_t i = 0; i < FST_COUNT(scratch); i++)
        fst_buf_clear(&scratch[i]);
    return r;
}

static enum fst_check_result describe_key(struct fst_preflight *p)
{
    static const char *const headers[] = { "content-type: application/x-amz-json-1.1", "x-amz-target: TrentService.DescribeKey" };
    struct fst_aws_request   r = { .service = FST_SERVICE_KMS, .operation = "DescribeKey", .method = "POST", .headers = headers,
                                   .header_count = FST_COUNT(headers) };
    struct fst_json_opts     opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error    jerr;
    struct fst_json_writer   w;
    struct fst_buf           body;
    struct fst_tape          t = { 0 };
    enum fst_check_result    result;
    enum fst_status          st;

    fst_buf_init(&body, TEXT_CEILING);
    fst_json_writer_init(&w, &body, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "KeyId", p->opts->kms_key);
    fst_json_end_object(&w);
    r.body = fst_body_of(fst_buf_view(&body));
    st = fst_aws_send(p->a, &r, &p->err);
    if (st == FST_ESERVICE && !strcmp(p->a->code, "NotFoundException"))
        result = fst_preflight_say(p, FST_CHECK_FAILED, "%s", p->err.text);
    else if (st) {
        if (fst_preflight_is_denied(p->a->code))
            fst_preflight_allow(p, "kms:DescribeKey\",\"kms:GenerateDataKey\",\"kms:Decrypt", p->opts->kms_key);
        result = fst_preflight_refused(p, FST_SERVICE_KMS, st);
    } else if (fst_json_parse(&t, fst_buf_view(&p->a->resp.body), &opts, &jerr)) {
        result = fst_preflight_say(p, FST_CHECK_CANT_TELL, "DescribeKey: the answer is no JSON");
    } else {
        result = judge_key(p, &t);
    }
    fst_tape_clear(&t);
    fst_buf_clear(&body);
    return result;
}

enum fst_check_result fst_preflight_key(struct fst_preflight *p)
{
    struct arn key;

    if (!strncmp(p->opts->kms_key, "arn:", 4) && (!split_arn(&key, p->opts->kms_key) || !fst_view_is(key.service, "kms") || !is_account(key.account)))
        return fst_preflight_say(p, FST_CHECK_FAILED, "'%.200s' is no key's ARN", p->opts->kms_key);
    if (!strncmp(p->opts->kms_key, "arn:", 4) && !fst_view_is(key.region, p->config.region)) {
        fst_buf_addf(&p->remedy, "name a key in %s", p->config.region);
        return fst_preflight_say(p, FST_CHECK_FAILED, "the key is in %.*s, the data store in %s", FST_VIEW_ARGS(key.region), p->config.region);
    }
    return describe_key(p);
}
