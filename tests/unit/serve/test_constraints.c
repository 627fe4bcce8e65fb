#include "test.h"

#include <stdlib.h>

#include "base/file.h"
#include "fhirstage/api.h"
#include "serve/serve.h"

#include "healthlake/sample.h"

static const char *no_variable(void *ctx, const char *name)
{
    return NULL;
}

struct fixture {
    char              dir[64];
    struct fst_serve *service;
    struct fst_env    env;
    struct fst_api    api;
};

static void set_up(struct fixture *f)
{
    struct fst_error      err = { 0 };
    struct fst_serve_opts opts = { .dir = f->dir, .env = &f->env };
    snprintf(f->dir, sizeof f->dir, "/tmp/fhirstage-constraints-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->env = *fst_env_real();
    f->env.getenv = no_variable;
    if (fst_serve_start(&f->service, &opts, &err))
        fail_msg("%s", err.text);
    struct fst_remote remote = { .endpoint_url = fst_serve_endpoint(f->service), .region = "us-east-1", .access_key_id = FST_SERVE_KEY_ID,
                                 .secret_access_key = FST_SERVE_SECRET };
    if (fst_api_open(&f->api, &remote, &f->env, NULL, &err))
        fail_msg("%s", err.text);
}

static void tear_down(struct fixture *f)
{
    struct fst_error err = { 0 };
    fst_api_close(&f->api);
    fst_serve_stop(f->service);
    assert_int_equal(fst_file_remove_tree(f->dir, &err), FST_OK);
}

/* The client refuses it before anything is sent, in the words in which the service refuses it when it is. */
static void refused_by_both(struct fixture *f, const struct fst_model_operation *op, enum fst_check_rule fault, struct fst_view json,
                            const char *path)
{
    struct fst_api_answer answer = { 0 };
    struct fst_error      ours = { 0 }, theirs = { 0 };
    const char           *code = fault == FST_CHECK_TYPE ? "SerializationException" : "ValidationException";
    f->api.no_check = false;
    if (fst_api_call(&f->api, op, json, &answer, &ours) != FST_EUSAGE)
        fail_msg("%s, fault %d at %s: not refused by the client", op->name, fault, path);
    f->api.no_check = true;
    if (fst_api_call(&f->api, op, json, &answer, &theirs) != FST_ESERVICE || strcmp(answer.fault.code, code))
        fail_msg("%s, fault %d at %s: answered %s %s", op->name, fault, path, answer.fault.code, theirs.text);
    if (!strstr(answer.fault.message, fault == FST_CHECK_TYPE ? "at '" : "failed to satisfy constraint") && strlen(json.p) > 2)
        fail_msg("%s, fault %d at %s: answered '%s'", op->name, fault, path, answer.fault.message);
    fst_api_answer_clear(&answer);
}

/* Data transformation is handed on by the client, and told by the service that it has none, whatever is sent. */
static void not_supported(struct fixture *f, const struct fst_model_operation *op)
{
    struct fst_api_answer answer = { 0 };
    struct fst_error      err = { 0 };
    f->api.no_check = true;
    if (fst_api_call(&f->api, op, fst_view_of("{}"), &answer, &err) != FST_ESERVICE || strcmp(answer.fault.code, "ValidationException") ||
        !strstr(answer.fault.message, "does not support data transformation"))
        fail_msg("%s: answered %s %s", op->name, answer.fault.code, answer.fault.message);
    fst_api_answer_clear(&answer);
}

static size_t break_each(struct fixture *f, const struct fst_model_operation *op, struct fst_buf *json)
{
    struct sample x;
    size_t        count = 0;
    for (enum fst_check_rule fault = 0; fault < FST_CHECK_UNKNOWN; fault++)
        for (size_t target = fault == FST_CHECK_TYPE; target <= 1 || target < x.places; target++)
            if (sample_make(&x, json, op->input, fault, target)) {
                fst_buf_str(json);
                refused_by_both(f, op, fault, fst_buf_view(json), x.target_path);
                count++;
            }
    return count;
}

/* Each constraint of each member of the requests, broken once. */
static void every_constraint(void **state)
{
    struct fixture f = { 0 };
    struct fst_buf json;
    size_t         count = 0, served = 0, transform = 0;
    set_up(&f);
    fst_buf_init(&json, 1 << 20);
    for (size_t i = 0; i < fst_model_operation_count; i++) {
        const struct fst_model_operation *op = &fst_model_operations[i];
        if (op->flags & FST_MODEL_TRANSFORM) {
            not_supported(&f, op);
            transform++;
        } else {
            count += break_each(&f, op, &json);
            served++;
        }
    }
    print_message("%zu operations, %zu requests\n", served, count);
    assert_int_equal(served, 15);
    assert_int_equal(transform, 11);
    assert_true(count > 300);
    fst_buf_clear(&json);
    tear_down(&f);
}

FST_TESTS(cmocka_unit_test(every_constraint))
