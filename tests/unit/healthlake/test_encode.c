#include "test.h"

#include "healthlake/encode.h"

static void random_ones(void *ctx, void *out, size_t n)
{
    memset(out, 0x11, n);
}

static const struct fst_env env = { .random = random_ones };

static void requests(void **state)
{
    static const struct { const char *operation, *json, *body; } rows[] = {
        { "StartFHIRImportJob", "{ \"DatastoreId\" : \"a b\" , \"ClientToken\" : \"t\" }", "{\"DatastoreId\":\"a b\",\"ClientToken\":\"t\"}" },
        { "StartFHIRImportJob", "{\"DatastoreId\":\"a\"}", "{\"DatastoreId\":\"a\",\"ClientToken\":\"11111111-1111-4111-9111-111111111111\"}" },
        { "StartFHIRImportJob", "{\"ClientToken\":null}", "{\"ClientToken\":\"11111111-1111-4111-9111-111111111111\"}" },
        { "ListFHIRImportJobs", "{\"SubmittedAfter\":\"2026-11-23T10:00:00.5+01:00\",\"JobName\":null}", "{\"SubmittedAfter\":1795424400.500}" },
        { "ListFHIRImportJobs", "{\"SubmittedAfter\":1.5e9,\"SubmittedBefore\":\"2026-11-23\"}",
          "{\"SubmittedAfter\":1.5e9,\"SubmittedBefore\":1795392000}" },
        { "ListFHIRDatastores", "{\"Filter\":{\"CreatedAfter\":\"1970-01-01\",\"DatastoreName\":\"1970-01-01\"}}",
          "{\"Filter\":{\"CreatedAfter\":0,\"DatastoreName\":\"1970-01-01\"}}" },
        { "TagResource", "{\"Tags\":[ {\"Key\":\"a\\u0022\", \"Value\":\"\"}, {} ],\"New\":{ \"x\" : [ 1, null ] }}",
          "{\"Tags\":[{\"Key\":\"a\\u0022\",\"Value\":\"\"},{}],\"New\":{\"x\":[1,null]}}" },
        { "UpdateDataTransformationProfile", "{\"ProfileMapping\":{\"a\":\"2026-11-23\", \"b\":null}}",
          "{\"ProfileMapping\":{\"a\":\"2026-11-23\",\"b\":null}}" },
        { "ListFHIRDatastores", "{}", "{}" },
    };
    struct fst_tape       tape = { 0 };
    struct fst_buf        body;
    struct fst_json_error jerr;
    fst_buf_init(&body, 4096);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        assert_int_equal(fst_json_parse(&tape, fst_view_of(rows[i].json), &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
        fst_buf_reset(&body);
        fst_encode_request(&body, &tape, 0, fst_model_operation(fst_view_of(rows[i].operation)), &env);
        assert_string_equal(fst_buf_str(&body), rows[i].body);
    }
    fst_buf_clear(&body);
    fst_tape_clear(&tape);
}

static void times(void **state)
{
    static const struct { const char *json; bool ok; int64_t ms; const char *wire; } rows[] = {
        { "1606272542.161", true, 1606272542161, "1606272542.161" }, { "0", true, 0, "0" }, { "-0.5", true, -500, "-0.500" },
        { "1.606272542161E9", true, 1606272542161, "1606272542.161" }, { "\"1970-01-01T00:00:01Z\"", true, 1000, "1" },
        { "\"2026-11-23\"", true, 1795392000000, "1795392000" }, { "\"1606272542\"", true, 1606272542000, "1606272542" },
        { "\"now\"", false, 0, NULL }, { "\"\"", false, 0, NULL }, { "\"2026-13-01\"", false, 0, NULL }, { "true", false, 0, NULL },
        { "1e300", false, 0, NULL }, { "\"1 \"", false, 0, NULL },
    };
    char                  json[64];
    struct fst_tape       tape = { 0 };
    struct fst_buf        wire;
    struct fst_json_error jerr;
    fst_buf_init(&wire, 64);
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        int64_t ms = 0;
        snprintf(json, sizeof json, "[%s]", rows[i].json);
        assert_int_equal(fst_json_parse(&tape, fst_view_of(json), &(struct fst_json_opts){ 0 }, &jerr), FST_OK);
        if (fst_decode_time_ms(&ms, &tape, 1) != rows[i].ok || ms != rows[i].ms)
            fail_msg("%s: %lld", rows[i].json, (long long)ms);
        fst_buf_reset(&wire);
        fst_encode_time(&wire, ms);
        if (rows[i].ok)
            assert_string_equal(fst_buf_str(&wire), rows[i].wire);
    }
    int64_t ms;
    assert_false(fst_decode_time_ms(&ms, &tape, FST_NO_NODE));
    fst_buf_clear(&wire);
    fst_tape_clear(&tape);
}

static void uuids(void **state)
{
    char a[FST_UUID_SIZE], b[FST_UUID_SIZE];
    fst_uuid(a, NULL);
    fst_uuid(b, NULL);
    assert_int_equal(strlen(a), 36);
    assert_string_not_equal(a, b);
    assert_true(a[14] == '4' && strchr("89ab", a[19]));
}

FST_TESTS(cmocka_unit_test(requests), cmocka_unit_test(times), cmocka_unit_test(uuids))
