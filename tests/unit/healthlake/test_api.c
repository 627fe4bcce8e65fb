#include "test.h"

#include <signal.h>
#include <stdlib.h>

#include "fhirstage/api.h"

/* A service that gives the answers of a script, and keeps what it was sent. */
struct step {
    enum fst_status st;   /* FST_ESERVICE: `json` is the error's code */
    const char     *json;
};

struct script {
    const struct step *steps;
    size_t             count, at;
    char               sent[8][512];
    int64_t            now, slept;
    struct fst_meter  *meter;
    int                stop_at; /* sleeps until a signal comes; 0: none */
};

static enum fst_status send(void *ctx, const struct fst_model_operation *op, struct fst_view body, struct fst_api_answer *answer,
                            struct fst_error *err)
{
    struct script *s = ctx;
    assert_true(s->at < s->count);
    const struct step *step = &s->steps[s->at];
    snprintf(s->sent[s->at++ % FST_COUNT(s->sent)], sizeof s->sent[0], "%.*s", FST_VIEW_ARGS(body));
    if (step->st == FST_ESERVICE) {
        snprintf(answer->fault.code, sizeof answer->fault.code, "%s", step->json);
        answer->fault.http_status = strcmp(step->json, "InternalServerException") ? 400 : 500;
    } else if (!step->st) {
        answer->json = strdup(step->json);
        answer->length = strlen(step->json);
    }
    return step->st == FST_OK || step->st == FST_ESERVICE ? step->st : fst_fail(err, step->st, "no way there");
}

static int64_t now(void *ctx)
{
    return ((struct script *)ctx)->now;
}

static void sleep_ms(void *ctx, int64_t ms)
{
    struct script *s = ctx;
    s->now += ms;
    s->slept += ms;
    if (s->stop_at && !--s->stop_at)
        atomic_store(&s->meter->stop, SIGINT);
}

static void random_ones(void *ctx, void *out, size_t n)
{
    memset(out, 0x11, n);
}

struct fixture {
    struct script         script;
    struct fst_env        env;
    struct fst_meter      meter;
    struct fst_api        api;
    struct fst_api_answer answer;
    struct fst_error      err;
};

static void set_up(struct fixture *f, const struct step *steps, size_t count)
{
    fst_api_answer_clear(&f->answer);
    memset(f, 0, sizeof *f);
    f->script = (struct script){ .steps = steps, .count = count, .meter = &f->meter };
    f->env = (struct fst_env){ .mono_ms = now, .now_ms = now, .sleep_ms = sleep_ms, .random = random_ones, .ctx = &f->script };
    f->api = (struct fst_api){ .send = send, .ctx = &f->script, .env = &f->env, .meter = &f->meter };
}

static const struct fst_model_operation *operation(const char *name)
{
    return fst_model_operation(fst_view_of(name));
}

static void calls(void **state)
{
    static const struct {
        const char *operation, *request; bool no_check; struct step step; enum fst_status st; const char *sent, *answer, *text;
    } rows[] = {
        { "DescribeFHIRDatastore", "{ \"DatastoreId\": \"a\" }", false, { FST_OK, "{\"New\":1}" }, FST_OK, "{\"DatastoreId\":\"a\"}", "{\"New\":1}", "" },
        { "ListFHIRDatastores", "", false, { FST_OK, "{}" }, FST_OK, "{}", "{}", "" },
        { "StartFHIRExportJob", "{}", true, { FST_OK, "{}" }, FST_OK, "{\"ClientToken\":\"11111111-1111-4111-9111-111111111111\"}", "{}", "" },
        { "DescribeFHIRDatastore", "{}", false, { 0 }, FST_EUSAGE, "", NULL,
          "DescribeFHIRDatastore: Value null at 'datastoreId' failed to satisfy constraint: Member must not be null" },
        { "DescribeFHIRImportJob", "{}", false, { 0 }, FST_EUSAGE, "", NULL,
          "DescribeFHIRImportJob: 2 validation errors detected: Value null at 'datastoreId' failed to satisfy constraint: Member must "
          "not be null; Value null at 'jobId' failed to satisfy constraint: Member must not be null" },
        { "DescribeFHIRDatastore", "{\"DatastoreId\":\"a\",\"Foo\":1}", false, { 0 }, FST_EUSAGE, "", NULL,
          "DescribeFHIRDatastore: Unknown member 'Foo': there are DatastoreId" },
        { "DescribeFHIRDatastore", "{\n\"DatastoreId\"", false, { 0 }, FST_EUSAGE, "", NULL, NULL },
        { "DescribeFHIRDatastore", "[]", true, { 0 }, FST_EUSAGE, "", NULL, "DescribeFHIRDatastore: the request is not a JSON object" },
        { "DescribeFHIRDatastore", "{}", true, { FST_ESERVICE, "ValidationException" }, FST_ESERVICE, "{}", NULL,
          "DescribeFHIRDatastore: ValidationException" },
        { "DescribeFHIRDatastore", "{}", true, { FST_ENET, NULL }, FST_ENET, "{}", NULL, "no way there" },
    };
    struct fixture f = { 0 };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        set_up(&f, &rows[i].step, 1);
        f.api.no_check = rows[i].no_check;
        enum fst_status st = fst_api_call(&f.api, operation(rows[i].operation), fst_view_of(rows[i].request), &f.answer, &f.err);
        if (st != rows[i].st || strcmp(f.script.sent[0], rows[i].sent) || (rows[i].text && strcmp(f.err.text, rows[i].text)) ||
            !rows[i].answer != !f.answer.json || (f.answer.json && strcmp(f.answer.json, rows[i].answer)))
            fail_msg("row %zu: %d, sent %s, got %s, %s", i, st, f.script.sent[0], f.answer.json, f.err.text);
        if (!rows[i].no_check) {
            struct fst_error err = { 0 };
            assert_int_equal(fst_api_check(operation(rows[i].operation), fst_view_of(rows[i].request), &err), rows[i].st);
            assert_string_equal(err.text, f.err.text);
        }
    }
    fst_api_answer_clear(&f.answer);
}

static void pages(void **state)
{
    static const struct step three[] = {
        { FST_OK, "{\"ImportJobPropertiesList\":[{\"a\": 1},{\"a\":2}],\"New\":[ ],\"NextToken\":\"t\\u0031\"}" },
        { FST_OK, "{\"NextToken\":\"t2\",\"ImportJobPropertiesList\":[]}" },
        { FST_OK, "{\"ImportJobPropertiesList\":[{\"a\":3}],\"New\":2,\"NextToken\":null}" },
    }, same[] = { { FST_OK, "{\"ImportJobPropertiesList\":[1],\"NextToken\":\"t\"}" }, { FST_OK, "{\"NextToken\":\"t\"}" } },
       none[] = { { FST_OK, "{\"ImportJobPropertiesList\":[]}" } },
       refused[] = { three[0], { FST_ESERVICE, "ThrottlingException" } };
    static const struct {
        const struct step *steps; size_t count; const char *request; uint64_t max; enum fst_status st; const char *sent[3], *answer;
    } rows[] = {
        { three, 3, "{\"DatastoreId\":\"d\"}", 0, FST_OK,
          { "{\"DatastoreId\":\"d\"}", "{\"DatastoreId\":\"d\",\"NextToken\":\"t\\u0031\"}", "{\"DatastoreId\":\"d\",\"NextToken\":\"t2\"}" },
          "{\"ImportJobPropertiesList\":[{\"a\":1},{\"a\":2},{\"a\":3}],\"New\":[]}" },
        { three, 3, "{\"MaxResults\":2,\"NextToken\":\"t0\",\"DatastoreId\":\"d\"}", 2, FST_OK,
          { "{\"DatastoreId\":\"d\",\"MaxResults\":2,\"NextToken\":\"t0\"}" },
          "{\"ImportJobPropertiesList\":[{\"a\":1},{\"a\":2}],\"New\":[],\"NextToken\":\"t\\u0031\"}" },
        { three, 3, "{\"DatastoreId\":\"d\"}", 3, FST_OK,
          { "{\"DatastoreId\":\"d\",\"MaxResults\":3}", "{\"DatastoreId\":\"d\",\"MaxResults\":1,\"NextToken\":\"t\\u0031\"}",
            "{\"DatastoreId\":\"d\",\"MaxResults\":1,\"NextToken\":\"t2\"}" },
          "{\"ImportJobPropertiesList\":[{\"a\":1},{\"a\":2},{\"a\":3}],\"New\":[]}" },
        { three, 3, "{\"DatastoreId\":\"d\"}", 1, FST_OK, { "{\"DatastoreId\":\"d\",\"MaxResults\":1}" },
          "{\"ImportJobPropertiesList\":[{\"a\":1}],\"New\":[],\"NextToken\":\"t\\u0031\"}" },
        { none, 1, "{\"DatastoreId\":\"d\"}", 0, FST_OK, { "{\"DatastoreId\":\"d\"}" }, "{\"ImportJobPropertiesList\":[]}" },
        { same, 2, "{\"DatastoreId\":\"d\"}", 0, FST_EPARSE, { 0 }, NULL },
        { refused, 2, "{\"DatastoreId\":\"d\"}", 0, FST_ESERVICE, { 0 }, NULL },
        { three, 3, "{\"MaxResults\":501,\"DatastoreId\":\"d\"}", 0, FST_EUSAGE, { 0 }, NULL },
        { three, 3, "{", 0, FST_EUSAGE, { 0 }, NULL },
    };
    struct fixture f = { 0 };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        set_up(&f, rows[i].steps, rows[i].count);
        enum fst_status st = fst_api_pages(&f.api, operation("ListFHIRImportJobs"), fst_view_of(rows[i].request), rows[i].max, &f.answer, &f.err);
        if (st != rows[i].st || (rows[i].answer && strcmp(f.answer.json, rows[i].answer)))
            fail_msg("row %zu: %d, %s, %s", i, st, f.answer.json, f.err.text);
        for (size_t k = 0; k < 3 && rows[i].sent[k]; k++)
            assert_string_equal(f.script.sent[k], rows[i].sent[k]);
    }
    fst_api_answer_clear(&f.answer);
}

#define JOB(state) "{\"ImportJobProperties\":{\"JobStatus\":\"" state "\"}}"
#define STORE(state) "{\"DatastoreProperties\":{\"DatastoreStatus\":\"" state "\"}}"

static void count_look(void *ctx, const char *state, struct fst_view answer)
{
    assert_true(*state && answer.n);
    ++*(size_t *)ctx;
}

static void waits(void **state)
{
    static const struct { const char *waiter; struct step steps[8]; enum fst_status st; size_t seen; const char *text; } rows[] = {
        { "FHIRImportJobCompleted", { { FST_OK, JOB("SUBMITTED") }, { FST_OK, JOB("IN_PROGRESS") }, { FST_OK, JOB("COMPLETED") } }, FST_OK, 3, "" },
        { "FHIRImportJobCompleted", { { FST_OK, JOB("COMPLETED_WITH_ERRORS") } }, FST_OK, 1, "" },
        { "FHIRImportJobCompleted", { { FST_OK, JOB("QUEUED") }, { FST_OK, JOB("FAILED") } }, FST_EJOB, 2, "DescribeFHIRImportJob: it is FAILED" },
        { "FHIRImportJobCompleted", { { FST_OK, "{\"ImportJobProperties\":{\"JobStatus\":\"FAILED\",\"Message\":\"no role\"}}" } }, FST_EJOB, 1,
          "DescribeFHIRImportJob: it is FAILED: no role" },
        { "FHIRDatastoreActive", { { FST_OK, "{\"DatastoreProperties\":{\"DatastoreStatus\":\"CREATE_FAILED\",\"ErrorCause\":{\"ErrorMessage\":\"no key\"}}}" } },
          FST_EJOB, 1, "DescribeFHIRDatastore: it is CREATE_FAILED: no key" },
        { "FHIRImportJobCompleted", { { FST_OK, JOB("CANCEL_COMPLETED") } }, FST_EJOB, 1, "DescribeFHIRImportJob: it is CANCEL_COMPLETED" },
        { "FHIRImportJobCompleted", { { FST_OK, JOB("SOMETHING_NEW") }, { FST_OK, JOB("COMPLETED") } }, FST_OK, 2, "" },
        { "FHIRImportJobCompleted", { { FST_ESERVICE, "ThrottlingException" }, { FST_ESERVICE, "InternalServerException" }, { FST_ENET, NULL },
          { FST_OK, JOB("COMPLETED") } }, FST_OK, 1, NULL },
        { "FHIRImportJobCompleted", { { FST_ESERVICE, "ResourceNotFoundException" } }, FST_ESERVICE, 0, NULL },
        { "FHIRImportJobCompleted", { { FST_ECONFIG, NULL } }, FST_ECONFIG, 0, "no way there" },
        { "FHIRImportJobCompleted", { { FST_OK, "nothing" } }, FST_EPARSE, 0, NULL },
        { "FHIRDatastoreActive", { { FST_OK, STORE("CREATING") }, { FST_OK, STORE("ACTIVE") } }, FST_OK, 2, "" },
        { "FHIRDatastoreActive", { { FST_OK, STORE("CREATE_FAILED") } }, FST_EJOB, 1, NULL },
        { "FHIRDatastoreActive", { { FST_OK, STORE("UPDATE_FAILED") } }, FST_EJOB, 1, NULL },
        { "FHIRDatastoreDeleted", { { FST_OK, STORE("ACTIVE") }, { FST_OK, STORE("DELETING") }, { FST_OK, STORE("DELETED") } }, FST_OK, 3, "" },
        { "FHIRDatastoreDeleted", { { FST_OK, STORE("DELETING") }, { FST_ESERVICE, "ResourceNotFoundException" } }, FST_OK, 1, "" },
        { "FHIRDatastoreDeleted", { { FST_ESERVICE, "ResourceNotFoundException" } }, FST_ESERVICE, 0, NULL },
    };
    struct fixture f = { 0 };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        size_t              seen = 0;
        struct fst_api_wait wait = { .waiter = fst_model_waiter(rows[i].waiter), .seen = count_look, .ctx = &seen };
        bool                store = !strncmp(rows[i].waiter, "FHIRDatastore", 13);
        set_up(&f, rows[i].steps, FST_COUNT(rows[i].steps));
        enum fst_status st = fst_api_wait(&f.api, &wait, fst_view_of(store ? "{\"DatastoreId\":\"d\"}" : "{\"DatastoreId\":\"d\",\"JobId\":\"j\"}"),
                                          &f.answer, &f.err);
        if (st != rows[i].st || seen != rows[i].seen || (rows[i].text && strcmp(f.err.text, rows[i].text)))
            fail_msg("row %zu: %d, %zu seen, %s", i, st, seen, f.err.text);
    }
    fst_api_answer_clear(&f.answer);
}

/* The pause grows to its longest; a limit of time and a signal end the wait; errors are not sat out for ever. */
static void ends(void **state)
{
    static struct step  going[64], failing[64];
    struct fixture      f = { 0 };
    struct fst_view     request = fst_view_of("{\"DatastoreId\":\"d\",\"JobId\":\"j\"}");
    struct fst_api_wait wait = { .waiter = fst_model_waiter("FHIRImportJobCompleted"), .timeout_ms = 60000, .poll_ms = 10000 };
    for (size_t i = 0; i < FST_COUNT(going); i++) {
        going[i] = (struct step){ FST_OK, JOB("IN_PROGRESS") };
        failing[i] = (struct step){ FST_ESERVICE, "ThrottlingException" };
    }
    set_up(&f, going, FST_COUNT(going));
    assert_int_equal(fst_api_wait(&f.api, &wait, request, &f.answer, &f.err), FST_ETIMEOUT);
    assert_int_equal(f.script.slept, 60000);
    assert_int_equal(f.script.at, 12); /* after 0, 0.25, 0.75, 1.75, 3.75, 7.75, 15.75, 25.75, …, 55.75, 60 s */
    assert_string_equal(f.err.text, "DescribeFHIRImportJob: still IN_PROGRESS after 60.0 s");

    set_up(&f, going, FST_COUNT(going));
    f.script.stop_at = 7;
    wait.timeout_ms = 0;
    assert_int_equal(fst_api_wait(&f.api, &wait, request, &f.answer, &f.err), FST_EINTR);

    set_up(&f, failing, FST_COUNT(failing));
    assert_int_equal(fst_api_wait(&f.api, &wait, request, &f.answer, &f.err), FST_ESERVICE);
    assert_int_equal(f.script.at, 10);
    fst_api_answer_clear(&f.answer);
}

FST_TESTS(cmocka_unit_test(calls), cmocka_unit_test(pages), cmocka_unit_test(waits), cmocka_unit_test(ends))
