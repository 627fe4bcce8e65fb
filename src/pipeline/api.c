/* fhirstage/api.h over HTTPS: a signed client for HealthLake's host, and one for the host of data transformation, made
 * when first needed. */
#include "fhirstage/api.h"

#include "aws/client.h"
#include "healthlake/fault.h"
#include "healthlake/model.h"
#include "pipeline/ask.h"

struct remote {
    struct fst_aws_config config, transform; /* transform borrows from config, but its endpoint */
    struct fst_aws       *main, *other;
    const struct fst_env *env;
    struct fst_meter     *meter;
};

/* "https://host" → "https://datatransformation.host"; an endpoint of one's own stays. */
static const char *transform_endpoint(struct fst_aws_config *c)
{
    const char *endpoint = c->endpoint[FST_SERVICE_HEALTHLAKE], *host = strstr(endpoint, "://");
    if (c->custom[FST_SERVICE_HEALTHLAKE] || !host)
        return endpoint;
    host += 3;
    return fst_arena_printf(&c->strings, "%.*s" FST_HEALTHLAKE_TRANSFORM_HOST "%s", (int)(host - endpoint), endpoint, host);
}

static enum fst_status client_for(struct remote *r, const struct fst_model_operation *op, struct fst_aws **out, struct fst_error *err)
{
    bool             transform = op->flags & FST_MODEL_TRANSFORM;
    struct fst_aws **slot = transform ? &r->other : &r->main;
    enum fst_status  st = FST_OK;
    if (transform && !*slot) {
        r->transform = r->config;
        r->transform.endpoint[FST_SERVICE_HEALTHLAKE] = transform_endpoint(&r->config);
        if (!r->transform.endpoint[FST_SERVICE_HEALTHLAKE])
            return fst_fail(err, FST_ENOMEM, "out of memory");
    }
    if (!*slot)
        st = fst_aws_new(slot, transform ? &r->transform : &r->config, r->env, r->meter ? &r->meter->stop : NULL, err);
    *out = *slot;
    return st;
}

static void take_fault(struct fst_api_fault *fault, const struct fst_aws *a)
{
    struct fst_view id = fst_http_header(&a->resp, "x-amzn-requestid");
    fst_fault_parse(fault, a->resp.status, fst_view_of(a->code), fst_buf_view(&a->resp.body));
    snprintf(fault->request_id, sizeof fault->request_id, "%.*s", FST_VIEW_ARGS(id));
}

/* What is handed on as it is must at least be JSON. */
static enum fst_status check_json(const struct fst_aws *a, const struct fst_model_operation *op, struct fst_error *err)
{
    struct fst_tape t = { 0 };
    enum fst_status st = fst_answer_parse(&t, fst_buf_view(&a->resp.body), op->name, err);
    fst_tape_clear(&t);
    return st;
}

static enum fst_status send_over_https(void *ctx, const struct fst_model_operation *op, struct fst_view body,
                                       struct fst_api_answer *answer, struct fst_error *err)
{
    char                   target[128];
    const char *const      headers[] = { "content-type: " FST_HEALTHLAKE_CONTENT_TYPE, target };
    struct fst_aws_request q = { .service = FST_SERVICE_HEALTHLAKE, .operation = op->name, .method = "POST", .headers = headers,
                                 .header_count = FST_COUNT(headers), .body = fst_body_of(body) };
    struct fst_aws        *a = NULL;
    enum fst_status        st = client_for(ctx, op, &a, err);
    snprintf(target, sizeof target, "x-amz-target: " FST_HEALTHLAKE_TARGET_PREFIX "%s", op->name);
    if (!st)
        st = fst_aws_send(a, &q, err);
    if (st == FST_ESERVICE)
        take_fault(&answer->fault, a);
    if (!st)
        st = check_json(a, op, err);
    if (st)
        return st;
    fst_buf_str(&a->resp.body);
    answer->json = fst_buf_take(&a->resp.body, &answer->length);
    return answer->json ? FST_OK : fst_fail(err, FST_ENOMEM, "%s: out of memory", op->name);
}

enum fst_status fst_api_open(struct fst_api *api, const struct fst_remote *remote, const struct fst_env *env, struct fst_meter *meter,
                             struct fst_error *err)
{
    struct remote  *r = calloc(1, sizeof *r);
    enum fst_status st;
    *api = (struct fst_api){ .send = send_over_https, .ctx = r, .env = env, .meter = meter };
    if (!r)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    r->env = env;
    r->meter = meter;
    st = fst_aws_config_load(&r->config, remote, env, err);
    if (st)
        fst_api_close(api);
    return st;
}

void fst_api_close(struct fst_api *api)
{
    struct remote *r = api->ctx;
    api->ctx = NULL;
    if (!r)
        return;
    fst_aws_free(r->main);
    fst_aws_free(r->other);
    fst_aws_config_clear(&r->config);
    free(r);
}
