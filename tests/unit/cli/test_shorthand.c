#include "test.h"

#include "cli/shorthand.h"

static void forms(void **state)
{
    static const struct { const char *shape, *text, *json; } rows[] = {
        { "OutputDataConfig", "S3Configuration={S3Uri=s3://b/out/,KmsKeyId=alias/k}", "{\"S3Configuration\":{\"S3Uri\":\"s3://b/out/\",\"KmsKeyId\":\"alias/k\"}}" },
        { "OutputDataConfig", "{\"S3Configuration\": {}}", "{\"S3Configuration\": {}}" },
        { "OutputDataConfig", "S3Configuration={}", "{\"S3Configuration\":{}}" },
        { "InputDataConfig", "S3Uri=s3://b/a=b/", "{\"S3Uri\":\"s3://b/a=b/\"}" }, { "InputDataConfig", "s3://b/in/", "{\"S3Uri\":\"s3://b/in/\"}" },
        { "InputDataConfig", "{S3Uri=x}", "{\"S3Uri\":\"x\"}" }, { "InputDataConfig", "S3Uri='a,\\'b}'", "{\"S3Uri\":\"a,'b}\"}" },
        { "Tag", "Key=team,Value=\"a \\\"b\\\"\"", "{\"Key\":\"team\",\"Value\":\"a \\\"b\\\"\"}" }, { "Tag", "Key=,Value=", "{\"Key\":\"\",\"Value\":\"\"}" },
        { "ProfileConfiguration", "DefaultProfiles=a,b", "{\"DefaultProfiles\":[\"a\",\"b\"]}" },
        { "ProfileConfiguration", "DefaultProfiles=[]", "{\"DefaultProfiles\":[]}" },
        { "ProfileConfiguration", "DefaultProfiles=[a,'b,c']", "{\"DefaultProfiles\":[\"a\",\"b,c\"]}" },
        { "TagKeyList", "a,b", "[\"a\",\"b\"]" }, { "TagList", "[{Key=a,Value=b},{Key=c,Value=}]", "[{\"Key\":\"a\",\"Value\":\"b\"},{\"Key\":\"c\",\"Value\":\"\"}]" },
        { "BackupConfiguration", "Status=ENABLED,RetentionPeriodInDays=7,BackupTagsEnabled=true", "{\"Status\":\"ENABLED\",\"RetentionPeriodInDays\":7,\"BackupTagsEnabled\":true}" },
        { "BackupConfiguration", "RetentionPeriodInDays=seven,BackupTagsEnabled=yes", "{\"RetentionPeriodInDays\":\"seven\",\"BackupTagsEnabled\":\"yes\"}" },
        { "BackupConfiguration", "RetentionPeriodInDays=07", "{\"RetentionPeriodInDays\":\"07\"}" },
        { "BackupConfiguration", "New=x", "{\"New\":\"x\"}" }, { "StringMap", "a=1,b c=2", "{\"a\":\"1\",\"b c\":\"2\"}" },
        { "DatastoreFilter", "CreatedAfter=2026-11-23,DatastoreStatus=ACTIVE", "{\"CreatedAfter\":\"2026-11-23\",\"DatastoreStatus\":\"ACTIVE\"}" },
        { "JobName", "a,b={\"}", "\"a,b={\\\"}\"" }, { "MaxResultsInteger", "5", "5" }, { "MaxResultsInteger", "-5", "-5" },
        { "GenericDouble", "0.5", "0.5" }, { "HealthLakeBoolean", "false", "false" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_buf         out;
        struct fst_json_writer w;
        struct fst_error       err = { 0 };
        fst_buf_init(&out, 4096);
        fst_json_writer_init(&w, &out, 0);
        if (fst_shorthand(&w, fst_model_shape(rows[i].shape), rows[i].text, &err))
            fail_msg("%s: %s", rows[i].text, err.text);
        assert_string_equal(fst_buf_str(&out), rows[i].json);
        fst_buf_clear(&out);
    }
}

static void malformed(void **state)
{
    static const struct { const char *shape, *text, *why; } rows[] = {
        { "Tag", "", "NAME= is missing at the end" }, { "Tag", "Key", "NAME= is missing before 'Key'" }, { "Tag", "Key=a,", "NAME= is missing at the end" },
        { "Tag", "Key='a", "a closing ' is missing at the end" }, { "Tag", "Key=\"a", "a closing \" is missing at the end" },
        { "Tag", "Key='a'b", "unexpected 'b'" }, { "Tag", "{Key=a", "'}' is missing at the end" }, { "Tag", "{\"Key\":}", "not JSON" },
        { "OutputDataConfig", "S3Configuration={S3Uri=a", "'}' is missing at the end" }, { "ProfileConfiguration", "DefaultProfiles=[a", "']' is missing at the end" },
        { "OutputDataConfig", "S3Configuration={S3Uri=a}}", "unexpected '}'" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_buf         out;
        struct fst_json_writer w;
        struct fst_error       err = { 0 };
        fst_buf_init(&out, 4096);
        fst_json_writer_init(&w, &out, 0);
        enum fst_status st = fst_shorthand(&w, fst_model_shape(rows[i].shape), rows[i].text, &err);
        if (st != FST_EUSAGE || strncmp(err.text, rows[i].why, strlen(rows[i].why)))
            fail_msg("%s: %d, %s", rows[i].text, st, err.text);
        fst_buf_clear(&out);
    }
}

FST_TESTS(cmocka_unit_test(forms), cmocka_unit_test(malformed))
