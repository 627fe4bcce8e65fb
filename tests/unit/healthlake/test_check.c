#include "test.h"

#include "healthlake/check.h"

#include "sample.h"

struct fixture {
    struct fst_tape         tape;
    struct fst_arena        arena;
    struct fst_check_report report;
};

static void check(struct fixture *f, struct fst_view json, const struct fst_model_shape *shape, unsigned flags)
{
    struct fst_json_error jerr;
    fst_arena_clear(&f->arena);
    fst_arena_init(&f->arena, 0);
    f->report = (struct fst_check_report){ .arena = &f->arena };
    if (fst_json_parse(&f->tape, json, &(struct fst_json_opts){ 0 }, &jerr))
        fail_msg("%s: %.*s", jerr.what, FST_VIEW_ARGS(json));
    assert_int_equal(fst_check(&f->tape, 0, shape, flags, &f->report), FST_OK);
}

static void clear(struct fixture *f)
{
    fst_tape_clear(&f->tape);
    fst_arena_clear(&f->arena);
}

/* Every operation's request and answer with all their members pass. */
static void valid(void **state)
{
    struct fixture f = { 0 };
    struct fst_buf json;
    struct sample  x;
    fst_buf_init(&json, 1 << 20);
    for (size_t i = 0; i < fst_model_operation_count; i++)
        for (int output = 0; output < 2; output++) {
            const struct fst_model_operation *op = &fst_model_operations[i];
            sample_make(&x, &json, output ? op->output : op->input, FST_CHECK_RULE_COUNT, 0);
            check(&f, fst_buf_view(&json), output ? op->output : op->input, 0);
            if (f.report.count)
                fail_msg("%s: %s: %s", op->name, f.report.first->message, fst_buf_str(&json));
        }
    fst_buf_clear(&json);
    clear(&f);
}

/* Each constraint of each member of every request and answer, broken once, is found at its place and nowhere else. */
static void broken(void **state)
{
    struct fixture f = { 0 };
    struct fst_buf json;
    struct sample  x;
    size_t         found[FST_CHECK_RULE_COUNT] = { 0 };
    fst_buf_init(&json, 1 << 20);
    for (size_t i = 0; i < 2 * fst_model_operation_count; i++) {
        const struct fst_model_operation *op = &fst_model_operations[i / 2];
        const struct fst_model_shape     *shape = i % 2 ? op->output : op->input;
        for (enum fst_check_rule fault = 0; fault < FST_CHECK_RULE_COUNT; fault++)
            for (size_t target = 0; target == 0 || target < x.places; target++) {
                if (!sample_make(&x, &json, shape, fault, target))
                    continue;
                check(&f, fst_buf_view(&json), shape, 0);
                const struct fst_violation *v = f.report.first;
                while (v && (v->rule != fault || strcmp(v->path, x.target_path)))
                    v = v->next;
                if (!v || (f.report.count > 1 && fault != FST_CHECK_MIN && fault != FST_CHECK_MAX))
                    fail_msg("%s: fault %d at '%s': %zu found, first '%s': %s", op->name, fault, x.target_path, f.report.count,
                             f.report.first ? f.report.first->message : "", fst_buf_str(&json));
                found[fault]++;
            }
    }
    for (size_t i = 0; i < FST_CHECK_RULE_COUNT; i++)
        assert_true(found[i] > 0);
    fst_buf_clear(&json);
    clear(&f);
}

static void messages(void **state)
{
    static const struct { const char *shape, *json, *code, *message; } rows[] = {
        { "DescribeFHIRImportJobRequest", "{}", "ValidationException",
          "2 validation errors detected: Value null at 'datastoreId' failed to satisfy constraint: Member must not be null; "
          "Value null at 'jobId' failed to satisfy constraint: Member must not be null" },
        { "DescribeFHIRImportJobRequest", "{\"DatastoreId\":null,\"JobId\":\"\"}", "ValidationException",
          "2 validation errors detected: Value '' at 'jobId' failed to satisfy constraint: Member must have length greater than or "
          "equal to 1; Value null at 'datastoreId' failed to satisfy constraint: Member must not be null" },
        { "InputDataConfig", "{\"S3Uri\":\"x\"}", "ValidationException",
          "1 validation error detected: Value 'x' at 's3Uri' failed to satisfy constraint: Member must satisfy regular expression "
          "pattern: s3://[a-z0-9][\\.\\-a-z0-9]{1,61}[a-z0-9](/.*)?" },
        { "TagResourceRequest",
          "{\"ResourceARN\":\"arn:aws:healthlake:us-east-1:123456789012:datastore/fhir/0123456789abcdef0123456789abcdef\","
          "\"Tags\":[{\"Key\":\"a\",\"Value\":\"\"},{\"Key\":\"\",\"Value\":\"b\"}]}", "ValidationException",
          "1 validation error detected: Value '' at 'tags.2.member.key' failed to satisfy constraint: Member must have length "
          "greater than or equal to 1" },
        { "ListFHIRDatastoresRequest", "{\"MaxResults\":501}", "ValidationException",
          "1 validation error detected: Value '501' at 'maxResults' failed to satisfy constraint: Member must have value less than "
          "or equal to 500" },
        { "ListFHIRDatastoresRequest", "{\"MaxResults\":\"5\",\"Filter\":{\"DatastoreStatus\":\"GONE\"}}", "SerializationException",
          "STRING_VALUE cannot be converted to Integer at 'maxResults'" },
        { "ListFHIRDatastoresRequest", "{\"MaxResults\":1.5}", "SerializationException",
          "NUMBER_VALUE cannot be converted to Integer at 'maxResults'" },
        { "ListFHIRDatastoresRequest", "{\"MaxResults\":3000000000}", "SerializationException",
          "NUMBER_VALUE cannot be converted to Integer at 'maxResults'" },
        { "ListFHIRDatastoresRequest", "[]", "SerializationException", "Start of list found where not expected" },
        { "ListFHIRDatastoresRequest", "{\"Filter\":{\"DatastoreStatus\":\"GONE\"}}", "ValidationException",
          "1 validation error detected: Value 'GONE' at 'filter.datastoreStatus' failed to satisfy constraint: Member must satisfy "
          "enum value set: [CREATING, ACTIVE, DELETING, DELETED, CREATE_FAILED, UPDATING, UPDATE_FAILED]" },
        { "InputDataConfig", "{}", "ValidationException",
          "1 validation error detected: Value failed to satisfy constraint: Exactly one of its members must be set: S3Uri" },
        { "Tag", "{\"Key\":\"k\",\"Value\":\"v\",\"Valu\\u0065s\":1}", "ValidationException",
          "1 validation error detected: Unknown member 'Values': there are Key, Value" },
        { "AgentInputMessage", "{\"Body\":\"\",\"Type\":\"normal\"}", "ValidationException",
          "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length greater than or "
          "equal to 1" },
    };
    struct fixture f = { 0 };
    struct fst_buf text;
    fst_buf_init(&text, 4096);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        check(&f, fst_view_of(rows[i].json), fst_model_shape(rows[i].shape), 0);
        fst_buf_reset(&text);
        fst_check_message(&f.report, &text);
        assert_string_equal(fst_check_code(&f.report), rows[i].code);
        assert_string_equal(fst_buf_str(&text), rows[i].message);
    }
    fst_buf_clear(&text);
    clear(&f);
}

static void flags(void **state)
{
    static const struct { const char *json; unsigned flags; size_t count; } rows[] = {
        { "{\"DatastoreId\":\"a\",\"New\":{\"x\":1}}", 0, 1 }, { "{\"DatastoreId\":\"a\",\"New\":{\"x\":1}}", FST_CHECK_UNKNOWN_PASSES, 0 },
        { "{\"DatastoreId\":\"a\",\"SubmittedAfter\":\"2026-11-23T10:00:00Z\"}", 0, 1 },
        { "{\"DatastoreId\":\"a\",\"SubmittedAfter\":\"2026-11-23T10:00:00Z\"}", FST_CHECK_TIME_TEXT, 0 },
        { "{\"DatastoreId\":\"a\",\"SubmittedAfter\":\"yesterday\"}", FST_CHECK_TIME_TEXT, 1 },
        { "{\"DatastoreId\":\"a\",\"SubmittedAfter\":1606272542.161}", 0, 0 }, { "{\"DatastoreId\":\"a\",\"JobName\":null}", 0, 0 },
        { "{\"Datastore\\u0049d\":\"\\u00e4\"}", 0, 0 },
    };
    struct fixture f = { 0 };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        check(&f, fst_view_of(rows[i].json), fst_model_shape("ListFHIRImportJobsRequest"), rows[i].flags);
        if (f.report.count != rows[i].count)
            fail_msg("%s: %zu", rows[i].json, f.report.count);
    }
    clear(&f);
}

/* A long value is shown in part, whole characters alone; lengths count characters, not bytes. */
static void long_values(void **state)
{
    struct fixture f = { 0 };
    struct fst_buf json;
    fst_buf_init(&json, 4096);
    fst_buf_add_str(&json, "{\"DatastoreId\":\"a\",\"JobName\":\"x");
    for (int i = 0; i < 150; i++)
        fst_buf_add_str(&json, "\u00e9");
    fst_buf_add_str(&json, "\"}");
    check(&f, fst_buf_view(&json), fst_model_shape("ListFHIRImportJobsRequest"), 0);
    assert_int_equal(f.report.count, 1);
    assert_int_equal(f.report.first->rule, FST_CHECK_MAX);
    assert_non_null(strstr(f.report.first->message, "\u00e9...' at 'jobName'"));
    assert_string_equal(f.report.first->path, "JobName");

    fst_buf_reset(&json);
    fst_buf_add_str(&json, "{\"DatastoreId\":\"a\",\"JobName\":\"");
    for (int i = 0; i < 64; i++)
        fst_buf_add_str(&json, "\u00e9");
    fst_buf_add_str(&json, "\"}");
    check(&f, fst_buf_view(&json), fst_model_shape("ListFHIRImportJobsRequest"), 0);
    assert_int_equal(f.report.count, 0);
    fst_buf_clear(&json);
    clear(&f);
}

static void no_memory(void **state)
{
    struct fst_tape         tape = { 0 };
    struct fst_arena        arena;
    struct fst_check_report report = { .arena = &arena };
    struct fst_json_error   jerr;
    fst_arena_init(&arena, 16);
    assert_int_equal(fst_json_parse(&tape, fst_view_of("{}"), &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
    assert_int_equal(fst_check(&tape, 0, fst_model_shape("Tag"), 0, &report), FST_ENOMEM);
    fst_arena_clear(&arena);
    fst_tape_clear(&tape);
}

FST_TESTS(cmocka_unit_test(valid), cmocka_unit_test(broken), cmocka_unit_test(messages), cmocka_unit_test(flags),
          cmocka_unit_test(long_values), cmocka_unit_test(no_memory))
