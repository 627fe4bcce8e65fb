/* What staging does with the bucket, done once. */
#include "base/digest.h"
#include "base/xml.h"
#include "pipeline/preflight-private.h"

enum { TEXT_CEILING = 1 << 16 };

static const char probe_text[] = "fhirstage preflight\n";

/* "arn:aws:s3:::bucket/prefix/…" */
static void allow(struct fst_preflight *p, const char *actions, bool objects)
{
    char resource[2048];

    snprintf(resource, sizeof resource, "arn:%s:s3:::%.*s%s%.*s%s", p->partition->id, FST_VIEW_ARGS(p->bucket), objects ? "/" : "",
             objects ? (int)p->prefix.n : 0, objects && p->prefix.n ? p->prefix.p : "", objects ? p->prefix.n ? "/*" : "*" : "");
    fst_preflight_allow(p, actions, resource);
}

enum fst_check_result fst_preflight_bucket(struct fst_preflight *p)
{
    enum fst_status st = fst_s3_head_bucket(p->a, p->bucket, &p->err);
    struct fst_view region = fst_http_header(&p->a->resp, "x-amz-bucket-region");

    if (st == FST_ESERVICE && p->a->resp.status == 403) {
        allow(p, "s3:ListBucket", false);
        return fst_preflight_refused(p, FST_SERVICE_S3, st);
    }
    p->no_bucket = st != FST_OK;
    if (st == FST_ESERVICE && p->a->resp.status == 404) {
        fst_buf_addf(&p->remedy, "create it in %s, or name another", p->config.region);
        return fst_preflight_say(p, FST_CHECK_FAILED, "there is no bucket %.*s", FST_VIEW_ARGS(p->bucket));
    }
    if (st) {
        (void)fst_preflight_refused(p, FST_SERVICE_S3, st);
        return FST_CHECK_FAILED;
    }
    if (!region.n)
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "it is there, but in which region is not said");
    if (fst_view_is(region, p->config.region))
        return fst_preflight_say(p, FST_CHECK_PASSED, "s3://%.*s is in %s, as the data store", FST_VIEW_ARGS(p->bucket), p->config.region);
    fst_buf_addf(&p->remedy, "stage to a bucket in %s: HealthLake imports within its region", p->config.region);
    return fst_preflight_say(p, FST_CHECK_FAILED, "s3://%.*s is in %.*s, the data store in %s", FST_VIEW_ARGS(p->bucket), FST_VIEW_ARGS(region),
                             p->config.region);
}

/* ---- listing */

static enum fst_status stop_at_first(void *ctx, const struct fst_s3_object *o, struct fst_error *err)
{
    bool *found = ctx;
    *found = true;
    return FST_EBUSY;
}

enum fst_check_result fst_preflight_listing(struct fst_preflight *p)
{
    struct fst_buf  below;
    bool            found = false;
    enum fst_status st;

    if (p->no_bucket)
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "without the bucket there is nothing to list");
    fst_buf_init(&below, TEXT_CEILING);
    fst_buf_addf(&below, "%.*s%sinput/", FST_VIEW_ARGS(p->prefix), p->prefix.n ? "/" : "");
    st = fst_s3_list(p->a, p->bucket, fst_buf_view(&below), stop_at_first, &found, &p->err);
    fst_buf_clear(&below);
    if (st && !found) {
        if (fst_preflight_is_denied(p->a->code))
            allow(p, "s3:ListBucket\",\"s3:ListBucketMultipartUploads", false);
        (void)fst_preflight_refused(p, FST_SERVICE_S3, st);
        return st == FST_ESERVICE ? FST_CHECK_FAILED : FST_CHECK_CANT_TELL; /* resuming has to know what is there */
    }
    return fst_preflight_say(p, FST_CHECK_PASSED, found ? "there are objects below input/ already: a run of the same input goes on with them"
                                                        : "nothing is below input/ yet");
}

/* ---- write, read, delete */

static enum fst_check_result say_step(struct fst_preflight *p, enum fst_status st, const char *action)
{
    bool denied = st == FST_ESERVICE && fst_preflight_is_denied(p->a->code);

    if (denied && strstr(p->err.hint, "KMS key"))
        fst_buf_add_str(&p->remedy, p->err.hint);
    else if (denied)
        allow(p, action, true);
    (void)fst_preflight_refused(p, FST_SERVICE_S3, st);
    return st == FST_ENET ? FST_CHECK_CANT_TELL : FST_CHECK_FAILED;
}

static bool is_probe(const struct fst_aws *a)
{
    return fst_view_is(fst_buf_view(&a->resp.body), probe_text);
}

static enum fst_check_result probe(struct fst_preflight *p, struct fst_view key)
{
    struct fst_s3_put put = { .bucket = p->bucket, .key = key, .body = fst_body_of(fst_view_of(probe_text)), .content_type = "text/plain",
                              .sum.kind = FST_S3_SUM_CRC32 };
    struct fst_s3_storing storing;
    const char       *sse = p->opts->storing.sse;
    enum fst_status   st, removed;
    bool              same;

    if (fst_s3_storing_build(&storing, &p->opts->storing, &p->config.strings, &p->err))
        return fst_preflight_say(p, FST_CHECK_FAILED, "%s", p->err.text);
    put.storing = &storing;
    fst_s3_sum_add(&put.sum, fst_view_of(probe_text));
    st = fst_s3_put(p->a, &put, &p->err);
    if (st)
        return say_step(p, st, "s3:PutObject\",\"s3:AbortMultipartUpload\",\"s3:ListMultipartUploadParts");
    st = fst_s3_get(p->a, p->bucket, key, NULL, NULL, &p->err);
    same = !st && is_probe(p->a);
    if (st)
        (void)say_step(p, st, "s3:GetObject");
    removed = fst_s3_delete(p->a, p->bucket, key, &p->err);
    if (st)
        return FST_CHECK_FAILED;
    if (!same)
        return fst_preflight_say(p, FST_CHECK_FAILED, "what was read back is not what was written");
    if (removed)
        return say_step(p, removed, "s3:DeleteObject");
    return fst_preflight_say(p, FST_CHECK_PASSED, "an object was written%s%s, read and deleted below s3://%.*s/%.*s", sse ? " with " : "", sse ? sse : "",
                             FST_VIEW_ARGS(p->bucket), FST_VIEW_ARGS(p->prefix));
}

enum fst_check_result fst_preflight_write(struct fst_preflight *p)
{
    uint8_t               random[8];
    char                  name[2 * sizeof random + 1];
    struct fst_buf        key;
    enum fst_check_result r;

    if (p->no_bucket)
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "without the bucket there is nowhere to write");
    p->env->random(p->env->ctx, random, sizeof random);
    fst_hex(random, sizeof random, name);
    fst_buf_init(&key, TEXT_CEILING);
    fst_buf_addf(&key, "%.*s%smeta/preflight-%s", FST_VIEW_ARGS(p->prefix), p->prefix.n ? "/" : "", name);
    r = probe(p, fst_buf_view(&key));
    fst_buf_clear(&key);
    return r;
}

/* ---- public access, as HealthLake wants the bucket of its output */

static void look_at_switch(struct fst_view answer, const char *name, size_t *said, size_t *on)
{
    struct fst_buf text;
    char           path[128];

    fst_buf_init(&text, TEXT_CEILING);
    snprintf(path, sizeof path, "PublicAccessBlockConfiguration/%s", name);
    if (fst_xml_find(answer, path, &text)) {
        ++*said;
        *on += fst_view_is(fst_buf_view(&text), "true");
    }
    fst_buf_clear(&text);
}

enum fst_check_result fst_preflight_public(struct fst_preflight *p)
{
    static const char *const switches[] = { "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets" };
    struct fst_view          bucket = p->bucket, prefix;
    struct fst_aws_request   r = { .operation = "GetPublicAccessBlock", .method = "GET", .query = fst_view_of("publicAccessBlock=") };
    enum fst_status          st = p->opts->output ? fst_s3_parse_url(&bucket, &prefix, p->opts->output, &p->err) : FST_OK;
    size_t                   said = 0, on = 0;

    if (st)
        return fst_preflight_say(p, FST_CHECK_FAILED, "%s", p->err.text);
    r.bucket = bucket;
    st = fst_aws_send(p->a, &r, &p->err);
    if (st && !(st == FST_ESERVICE && !strcmp(p->a->code, "NoSuchPublicAccessBlockConfiguration"))) {
        if (fst_preflight_is_denied(p->a->code))
            allow(p, "s3:GetBucketPublicAccessBlock", false);
        return fst_preflight_refused(p, FST_SERVICE_S3, st);
    }
    for (size_t i = 0; i < FST_COUNT(switches) && !st; i++)
        look_at_switch(fst_buf_view(&p->a->resp.body), switches[i], &said, &on);
    if (!st && !said)
        return fst_preflight_say(p, FST_CHECK_CANT_TELL, "the service does not say whether public access is blocked");
    if (on == FST_COUNT(switches))
        return fst_preflight_say(p, FST_CHECK_PASSED, "all of it is blocked for s3://%.*s", FST_VIEW_ARGS(bucket));
    fst_buf_addf(&p->remedy, "aws s3api put-public-access-block --bucket %.*s --public-access-block-configuration "
                             "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true", FST_VIEW_ARGS(bucket));
    return fst_preflight_say(p, FST_CHECK_FAILED, "public access is not blocked for s3://%.*s, where the job writes", FST_VIEW_ARGS(bucket));
}
