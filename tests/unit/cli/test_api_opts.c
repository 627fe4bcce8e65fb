#include "test.h"

#include "cli/api-opts.h"
#include "cli/options.h"

static void names(void **state)
{
    static const struct { const char *member, *option; } rows[] = {
        { "DatastoreId", "datastore-id" }, { "ResourceARN", "resource-arn" }, { "S3Uri", "s3-uri" }, { "DataAccessRoleArn", "data-access-role-arn" },
        { "JobOutputDataConfig", "job-output-data-config" }, { "SseConfiguration", "sse-configuration" }, { "FHIRVersion", "fhir-version" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_buf b;
        fst_buf_init(&b, 256);
        fst_api_option_name(&b, rows[i].member);
        assert_string_equal(fst_buf_str(&b), rows[i].option);
        fst_buf_clear(&b);
    }
}

static const struct fst_opt *find(const struct fst_opt *opts, const char *name)
{
    for (; opts->name; opts++)
        if (!strcmp(opts->name, name))
            return opts;
    return NULL;
}

/* Every member of every operation's request has its option; paging has its own beside; no name comes twice. */
static void every_member(void **state)
{
    static struct fst_opt opts[FST_API_OPTS_MAX];
    for (size_t i = 0; i < fst_model_operation_count; i++) {
        const struct fst_model_operation *op = &fst_model_operations[i];
        assert_true(op->input->member_count <= FST_API_MEMBERS_MAX);
        fst_api_opts(opts, op->name, NULL);
        for (size_t k = 0; k < op->input->member_count; k++) {
            const struct fst_model_member *m = &op->input->members[k];
            struct fst_buf                 b;
            fst_buf_init(&b, 256);
            fst_api_option_name(&b, m->name);
            const struct fst_opt *o = find(opts, fst_buf_str(&b));
            if (!o || strlen(o->help) < 5 || (o->required && !(m->flags & FST_MODEL_REQUIRED)))
                fail_msg("%s --%s", op->name, fst_buf_str(&b));
            fst_buf_clear(&b);
        }
        for (const struct fst_opt *o = opts; o->name; o++)
            if (!*o->name || find(opts, o->name) != o)
                fail_msg("%s --%s", op->name, o->name);
        assert_int_equal(find(opts, "page-size") != NULL, fst_model_page_items(op) != NULL);
        assert_non_null(find(opts, "endpoint-url"));
    }
}

enum { WORDS = 12 };

static void requests(void **state)
{
    static const struct { const char *operation, *words[WORDS]; enum fst_status st; const char *json; } rows[] = {
        { "StartFHIRImportJob", { "--datastore-id", "d", "--data-access-role-arn=r", "--input-data-config", "S3Uri=s3://b/in/", "--job-output-data-config",
          "S3Configuration={S3Uri=s3://b/out/,KmsKeyId=k}", "--validation-level", "minimal", "--no-provenance-enabled", "--drift-detection-enabled" }, FST_OK,
          "{\"InputDataConfig\":{\"S3Uri\":\"s3://b/in/\"},\"JobOutputDataConfig\":{\"S3Configuration\":{\"S3Uri\":\"s3://b/out/\",\"KmsKeyId\":\"k\"}},"
          "\"DatastoreId\":\"d\",\"DataAccessRoleArn\":\"r\",\"ValidationLevel\":\"minimal\",\"DriftDetectionEnabled\":true,\"ProvenanceEnabled\":false}" },
        { "StartFHIRImportJob", { "--datastore-id", "d" }, FST_EUSAGE, NULL },
        { "StartFHIRImportJob", { "--validation-level", "lax" }, FST_EUSAGE, NULL },
        { "ListFHIRImportJobs", { "--datastore-id", "d", "--page-size", "5", "--starting-token", "t", "--submitted-after", "2026-11-23" }, FST_OK,
          "{\"DatastoreId\":\"d\",\"SubmittedAfter\":\"2026-11-23\",\"MaxResults\":5,\"NextToken\":\"t\"}" },
        { "ListFHIRImportJobs", { "--datastore-id", "d", "--page-size", "501" }, FST_EUSAGE, NULL },
        { "CreateFHIRDatastore", { "--datastore-name", "{x", "--preload-data-config", "SYNTHEA", "--tags", "Key=a,Value=b", "Key=c,Value=" }, FST_OK,
          "{\"DatastoreName\":\"{x\",\"DatastoreTypeVersion\":\"R4\",\"PreloadDataConfig\":{\"PreloadDataType\":\"SYNTHEA\"},"
          "\"Tags\":[{\"Key\":\"a\",\"Value\":\"b\"},{\"Key\":\"c\",\"Value\":\"\"}]}" },
        { "CreateFHIRDatastore", { "--tags", "[{\"Key\":\"a\",\"Value\":\"b\"}]" }, FST_OK,
          "{\"DatastoreTypeVersion\":\"R4\",\"Tags\":[{\"Key\":\"a\",\"Value\":\"b\"}]}" },
        { "CreateFHIRDatastore", { "--tags", "Key" }, FST_EUSAGE, NULL },
        { "UntagResource", { "--resource-arn", "a", "--tag-keys", "x", "--tag-keys", "y,z" }, FST_OK, "{\"ResourceARN\":\"a\",\"TagKeys\":[\"x\",\"y,z\"]}" },
        { "TagResource", { "--resource-arn", "a", "--tags", "file:///nowhere.json" }, FST_ENOENT, NULL },
        { "ListFHIRDatastores", { 0 }, FST_OK, "{}" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        const struct fst_model_operation *op = fst_model_operation(fst_view_of(rows[i].operation));
        struct fst_opt      opts[FST_API_OPTS_MAX];
        struct fst_api_args args = { 0 };
        struct fst_globals  globals = { 0 };
        struct fst_error    err = { 0 };
        struct fst_parse    p = { .opts = opts, .args = &args, .globals = &globals, .command = "x" };
        struct fst_cmd      cmd = { .opts = opts, .max_args = SIZE_MAX };
        struct fst_buf      json;
        size_t              count = 0, used;
        while (count < WORDS && rows[i].words[count])
            count++;
        fst_buf_init(&json, 4096);
        fst_api_opts(opts, op->name, NULL);
        enum fst_status st = fst_parse_args(&p, rows[i].words, count, &used, &err);
        if (!st)
            st = fst_parse_complete(&p, &cmd, &err);
        if (!st)
            st = fst_api_request(&json, op, &args, p.operands, p.count, &err);
        if (st != rows[i].st || (!st && strcmp(fst_buf_str(&json), rows[i].json)))
            fail_msg("row %zu: %d, %s, %s", i, st, fst_buf_str(&json), err.text);
        fst_parse_clear(&p);
        fst_buf_clear(&json);
    }
}

FST_TESTS(cmocka_unit_test(names), cmocka_unit_test(every_member), cmocka_unit_test(requests))
