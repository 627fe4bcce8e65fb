#include "test.h"

#include "healthlake/fault.h"

static void parsed(void **state)
{
    static const struct { int status; const char *header, *body, *code, *message; } rows[] = {
        { 400, "", "{\"__type\":\"ValidationException\",\"Message\":\"no\"}", "ValidationException", "no" },
        { 400, "", "{\"__type\":\"com.amazonaws.healthlake#ThrottlingException\",\"message\":\"slow\\u0021\"}", "ThrottlingException", "slow!" },
        { 400, "", "{\"__type\":\"ConflictException:http://internal/\"}", "ConflictException", "" },
        { 400, "AccessDeniedException:http://internal/coral#x", "{\"__type\":\"Other\",\"Message\":\"m\"}", "AccessDeniedException", "m" },
        { 400, "", "{\"code\":\"X\",\"message\":\"\",\"Message\":\"second\"}", "X", "second" },
        { 503, "", "<html>", "HTTP 503", "" }, { 500, "", "", "HTTP 500", "" }, { 404, "UnknownOperationException", "", "UnknownOperationException", "" },
        { 400, "", "[1]", "HTTP 400", "" },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_api_fault f = { 0 };
        fst_fault_parse(&f, rows[i].status, fst_view_of(rows[i].header), fst_view_of(rows[i].body));
        assert_int_equal(f.http_status, rows[i].status);
        assert_string_equal(f.code, rows[i].code);
        assert_string_equal(f.message, rows[i].message);
    }
}

static void passing(void **state)
{
    static const struct { struct fst_api_fault fault; bool passes; } rows[] = {
        { { 400, "ThrottlingException", "", "" }, true }, { { 500, "InternalServerException", "", "" }, true },
        { { 400, "ValidationException", "", "" }, false }, { { 403, "AccessDeniedException", "", "" }, false },
        { { 429, "HTTP 429", "", "" }, true }, { { 400, "TooManyRequestsException", "", "" }, true },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        assert_int_equal(fst_fault_passes(&rows[i].fault), rows[i].passes);
}

static void words(void **state)
{
    struct fst_error     err = { 0 };
    struct fst_api_fault f = { 400, "ValidationException", "bad", "" }, bare = { 403, "ExpiredTokenException", "", "" };
    assert_int_equal(fst_fault_fail(&f, "StartFHIRImportJob", &err), FST_ESERVICE);
    assert_string_equal(err.text, "StartFHIRImportJob: ValidationException: bad");
    assert_string_equal(err.hint, "");
    assert_int_equal(fst_fault_fail(&bare, "TagResource", &err), FST_ESERVICE);
    assert_string_equal(err.text, "TagResource: ExpiredTokenException");
    assert_non_null(strstr(err.hint, "expired"));
}

FST_TESTS(cmocka_unit_test(parsed), cmocka_unit_test(passing), cmocka_unit_test(words))
