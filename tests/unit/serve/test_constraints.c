#include "serve/local_service.h"

#include "healthlake/sample.h"

/* The client refuses it before anything is sent, in the words in which the service refuses it when it is. */
static void refused_by_both(struct local_service *f, const struct fst_model_operation *op, enum fst_check_rule fault, struct fst_view json,
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
static void not_supported(struct local_service *f, const struct fst_model_operation *op)
{
    struct fst_api_answer answer = { 0 };
    struct fst_error      err = { 0 };
    f->api.no_check = true;
    if (fst_api_call(&f->api, op, fst_view_of("{}"), &answer, &err) != FST_ESERVICE || strcmp(answer.fault.code, "ValidationException") ||
        !strstr(answer.fault.message, "does not support data transformation"))
        fail_msg("%s: answered %s %s", op->name, answer.fault.code, answer.fault.message);
    fst_api_answer_clear(&answer);
}

static size_t break_each(struct local_service *f, const struct fst_model_operation *op, struct fst_buf *json)
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
    struct local_service f = { 0 };
    struct fst_buf json;
    size_t         count = 0, served = 0, transform = 0;
    local_service_start(&f);
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
    local_service_stop(&f);
}

FST_TESTS(cmocka_unit_test(every_constraint))
