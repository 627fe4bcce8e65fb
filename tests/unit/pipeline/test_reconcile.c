#include "test.h"

#include "json/tape.h"
#include "pipeline/reconcile.h"

static const char report[] = "{\"TotalNumberOfScannedFiles\":2,\"TotalSizeOfScannedFilesInMB\":0.000123,\"TotalNumberOfImportedFiles\":2,"
                             "\"TotalNumberOfResourcesScanned\":7,\"TotalNumberOfResourcesImported\":6,"
                             "\"TotalNumberOfResourcesWithCustomerError\":1}";

static const struct fst_reconciled *row(const struct fst_reconciled *rows, size_t count, const char *field)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rows[i].field, field))
            return &rows[i];
    fail_msg("no %s", field);
    return NULL;
}

static void sums_jobs(void **state)
{
    struct fst_json_opts  how = { .parser = FST_JSON_YAJL };
    struct fst_json_error why;
    struct fst_tape       t = { 0 };
    struct fst_run_job    jobs[] = {
        { .number = 1, .files = 2, .bytes = 123, .resources = 7 },
        { .number = 2, .files = 2, .bytes = 123, .resources = 6 },
        { .number = 3, .files = 9, .bytes = 9, .resources = 9 }, /* did not end well */
    };
    struct fst_run_result        result = { .jobs = jobs, .job_count = FST_COUNT(jobs) };
    const struct fst_reconciled *r;

    assert_int_equal(fst_json_parse(&t, fst_view_of(report), &how, &why), FST_OK);
    fst_reconcile(&jobs[0], &t, 0);
    r = row(jobs[0].reconciled, jobs[0].reconciled_count, "TotalNumberOfResourcesImported");
    assert_true(r->differs && r->reported);
    r = row(jobs[0].reconciled, jobs[0].reconciled_count, "TotalNumberOfFilesReadWithCustomerError");
    assert_true(!r->differs && !r->reported);
    fst_reconcile(&jobs[1], &t, 0);
    assert_true(fst_reconcile_sum(&result));
    assert_int_equal(result.reconciled_count, jobs[0].reconciled_count);
    r = row(result.reconciled, result.reconciled_count, "TotalNumberOfResourcesScanned");
    assert_true(r->ours == 13 && r->theirs == 14 && r->differs);
    r = row(result.reconciled, result.reconciled_count, "TotalNumberOfScannedFiles");
    assert_true(r->ours == 4 && r->theirs == 4 && !r->differs && r->reported);
    fst_tape_clear(&t);
}

/* One too many here and one too few there is no agreement. */
static void differences_do_not_cancel_out(void **state)
{
    struct fst_run_job    jobs[] = { { .reconciled_count = 1, .reconciled = { { "F", 2, 1, true, true } } },
                                     { .reconciled_count = 1, .reconciled = { { "F", 1, 2, true, true } } } };
    struct fst_run_result result = { .jobs = jobs, .job_count = FST_COUNT(jobs) };

    assert_true(fst_reconcile_sum(&result));
    assert_true(result.reconciled[0].differs && result.reconciled[0].ours == result.reconciled[0].theirs);
}

FST_TESTS(cmocka_unit_test(sums_jobs), cmocka_unit_test(differences_do_not_cancel_out))
