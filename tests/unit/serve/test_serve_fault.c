#include "test.h"

#include "serve/fault.h"

enum { LATENCY = 1 << FST_FAULT_LATENCY, ERROR = 1 << FST_FAULT_ERROR, DENIED = 1 << FST_FAULT_DENIED };

static void due(void **state)
{
    static const struct { const char *why, *faults[3], *op; struct { int64_t at_ms; unsigned due; int64_t delay_ms; } calls[5]; size_t count; } rows[] = {
        { "always", { "error", NULL }, "PutObject", { { 0, ERROR, 0 }, { 1, ERROR, 0 } }, 2 },
        { "another operation", { "error,op=GetObject", NULL }, "PutObject", { { 0, 0, 0 } }, 1 },
        { "by a glob", { "error,op=Put*", NULL }, "PutObject", { { 0, ERROR, 0 } }, 1 },
        { "after one, twice", { "error,after=1,count=2", NULL }, "x", { { 0, 0, 0 }, { 0, ERROR, 0 }, { 0, ERROR, 0 }, { 0, 0, 0 } }, 4 },
        { "two that add up", { "latency=20ms", "latency=30ms", NULL }, "x", { { 0, LATENCY, 50 } }, 1 },
        { "two kinds", { "latency=1s", "error", NULL }, "x", { { 0, LATENCY | ERROR, 1000 } }, 1 },
        { "denied for a while", { "denied=2s", NULL }, "x", { { 5000, DENIED, 0 }, { 6999, DENIED, 0 }, { 7000, 0, 0 } }, 3 },
        { "a job's is none of a request's", { "job-fails", NULL }, "StartFHIRImportJob", { { 0, 0, 0 } }, 1 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct fst_faults f = { 0 };
        struct fst_error  err;
        for (const char *const *fault = rows[i].faults; *fault; fault++)
            assert_int_equal(fst_faults_add(&f, *fault, &err), FST_OK);
        for (size_t k = 0; k < rows[i].count; k++) {
            int64_t  delay_ms;
            unsigned got = fst_faults_due(&f, rows[i].op, rows[i].calls[k].at_ms, &delay_ms);
            if (got != rows[i].calls[k].due || delay_ms != rows[i].calls[k].delay_ms)
                fail_msg("%s: call %zu: %x, %lld ms", rows[i].why, k, got, (long long)delay_ms);
        }
        fst_faults_clear(&f);
    }
}

/* As often as it is said, and alike on every run. */
static void rate(void **state)
{
    struct fst_faults f = { 0 }, again = { 0 };
    struct fst_error  err;
    int64_t           delay_ms;
    int               count = 0;
    assert_int_equal(fst_faults_add(&f, "error,rate=0.05", &err), FST_OK);
    assert_int_equal(fst_faults_add(&again, "error,rate=0.05", &err), FST_OK);
    for (int i = 0; i < 10000; i++) {
        unsigned got = fst_faults_due(&f, "x", 0, &delay_ms);
        assert_int_equal(got, fst_faults_due(&again, "x", 0, &delay_ms));
        count += got != 0;
    }
    assert_in_range(count, 400, 600);
    fst_faults_clear(&f);
    fst_faults_clear(&again);
}

static void jobs(void **state)
{
    struct fst_faults f = { 0 };
    struct fst_error  err;
    assert_int_equal(fst_faults_add(&f, "job-fails=why,op=StartFHIRImportJob,count=1", &err), FST_OK);
    assert_null(fst_faults_job(&f, FST_FAULT_JOB_FAILS, "StartFHIRExportJob"));
    assert_null(fst_faults_job(&f, FST_FAULT_JOB_STAYS, "StartFHIRImportJob"));
    assert_string_equal(fst_faults_job(&f, FST_FAULT_JOB_FAILS, "StartFHIRImportJob"), "why");
    assert_null(fst_faults_job(&f, FST_FAULT_JOB_FAILS, "StartFHIRImportJob"));
    fst_faults_clear(&f);
}

FST_TESTS(cmocka_unit_test(due), cmocka_unit_test(rate), cmocka_unit_test(jobs))
