#include "test.h"

#include <stdlib.h>
#include <time.h>

#include "cli/api-show.h"

static const int64_t NOW = 1795424400000; /* 2026-11-23T09:00:00Z */

static void times(void **state)
{
    static const struct { int64_t ms; const char *text; } rows[] = {
        { 1795424400000, "2026-11-23 09:00:00 (0 s ago)" }, { 1795424400000 - 59999, "2026-11-23 08:59:00 (59 s ago)" },
        { 1795424400000 - 3 * 60000, "2026-11-23 08:57:00 (3 min ago)" }, { 1795424400000 - 7200000, "2026-11-23 07:00:00 (2 h ago)" },
        { 1795424400000 - 5LL * 86400000, "2026-11-18 09:00:00 (5 d ago)" }, { 1795424400000 + 90000, "2026-11-23 09:01:30 (in 1 min)" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_buf b;
        fst_buf_init(&b, 256);
        fst_add_local_time(&b, rows[i].ms, NOW);
        assert_string_equal(fst_buf_str(&b), rows[i].text);
        fst_buf_clear(&b);
    }
}

static void answers(void **state)
{
    static const struct { const char *operation, *json, *text; } rows[] = {
        { "ListFHIRImportJobs",
          "{\"ImportJobPropertiesList\":[{\"JobId\":\"old\",\"JobStatus\":\"FAILED\",\"SubmitTime\":1795424100.5,\"Message\":\"no\\u001b role\"},"
          "{\"JobId\":\"new\",\"JobStatus\":\"QUEUED\",\"SubmitTime\":1795424400,\"New\":1}]}",
          "JobId  JobStatus  SubmitTime                       Message\n"
          "new    QUEUED     2026-11-23 09:00:00 (0 s ago)    \n"
          "old    FAILED     2026-11-23 08:55:00 (4 min ago)  no  role\n" },
        { "ListFHIRDatastores", "{\"DatastorePropertiesList\":[]}", "" },
        { "ListFHIRDatastores", "{\"DatastorePropertiesList\":[{\"DatastoreId\":\"d\",\"CreatedAt\":\"soon\"}]}", "DatastoreId  CreatedAt\nd            soon\n" },
        { "ListTagsForResource", "{\"Tags\":[{\"Key\":\"b\",\"Value\":\"1\"},{\"Key\":\"a\",\"Value\":\"\xC3\xA9\"}]}", "Key  Value\na    \xC3\xA9\nb    1\n" },
        { "DescribeFHIRImportJob",
          "{\"ImportJobProperties\":{\"JobId\":\"j\",\"JobStatus\":\"COMPLETED\",\"EndTime\":1795424400,\"JobProgressReport\":{\"TotalNumberOfScannedFiles\":6,"
          "\"Throughput\":0.5},\"New\":{\"X\":[1, 2]},\"InputDataConfig\":{\"S3Uri\":\"s3://b/\"}}}",
          "JobId      j\nJobStatus  COMPLETED\nEndTime    2026-11-23 09:00:00 (0 s ago)\nJobProgressReport\n  TotalNumberOfScannedFiles  6\n"
          "  Throughput                 0.5\nNew\n  X  [1,2]\nInputDataConfig\n  S3Uri  s3://b/\n" },
        { "StartFHIRImportJob", "{\"JobId\":\"j\",\"JobStatus\":\"SUBMITTED\"}", "JobId      j\nJobStatus  SUBMITTED\n" },
        { "TagResource", "{}", "" },
    };
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        const struct fst_model_operation *op = fst_model_operation(fst_view_of(rows[i].operation));
        const struct fst_model_member    *items = fst_model_page_items(op);
        struct fst_error                  err = { 0 };
        struct fst_buf                    out;
        fst_buf_init(&out, 1 << 16);
        if (!strcmp(op->name, "ListTagsForResource"))
            items = fst_model_member(op->output, fst_view_of("Tags"));
        assert_int_equal(fst_api_show(&out, op->output, items, fst_view_of(rows[i].json), NOW, &err), FST_OK);
        assert_string_equal(fst_buf_str(&out), rows[i].text);
        fst_buf_clear(&out);
    }
}

FST_TESTS(cmocka_unit_test(answers), cmocka_unit_test(times))
