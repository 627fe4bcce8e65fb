#include "test.h"

#include "healthlake/model.h"

static void sizes(void **state)
{
    size_t members = 0, structures = 0;
    for (size_t i = 0; i < fst_model_shape_count; i++) {
        members += fst_model_shapes[i].member_count;
        structures += fst_model_shapes[i].kind == FST_MODEL_STRUCTURE;
    }
    assert_int_equal(fst_model_operation_count, 26);
    assert_int_equal(fst_model_shape_count, 184);
    assert_int_equal(structures, 101);
    assert_int_equal(members, 343);
    assert_int_equal(fst_model_waiter_count, 5);
}

/* Each shape is found by its name, and points to shapes of the table alone. */
static void shapes(void **state)
{
    for (size_t i = 0; i < fst_model_shape_count; i++) {
        const struct fst_model_shape *s = &fst_model_shapes[i];
        if (fst_model_shape(s->name) != s)
            fail_msg("%s: not found", s->name);
        if (s->min > s->max || (s->kind == FST_MODEL_ENUM) != (s->values != NULL) || (s->kind == FST_MODEL_MAP) != (s->key != NULL) ||
            (s->kind == FST_MODEL_MAP || s->kind == FST_MODEL_LIST) != (s->element != NULL))
            fail_msg("%s: inconsistent", s->name);
    }
    assert_null(fst_model_shape("Jobname"));
}

/* Each member is found by its name and path, and says in a line what it is. */
static void members(void **state)
{
    for (size_t i = 0; i < fst_model_shape_count; i++) {
        const struct fst_model_shape *s = &fst_model_shapes[i];
        for (size_t j = 0; j < s->member_count; j++) {
            const struct fst_model_member *m = &s->members[j];
            if (fst_model_member(s, fst_view_of(m->name)) != m || fst_model_member_at(s, m->name) != m)
                fail_msg("%s.%s: not found", s->name, m->name);
            size_t n = strlen(m->doc);
            if (n < 5 || n > 90 || m->doc[n - 1] == '.')
                fail_msg("%s.%s: no documentation line: '%s'", s->name, m->name, m->doc);
        }
    }
    const struct fst_model_shape *out = fst_model_operation(fst_view_of("DescribeFHIRImportJob"))->output;
    assert_string_equal(fst_model_member_at(out, "ImportJobProperties.JobProgressReport.Throughput")->shape->name, "GenericDouble");
    assert_null(fst_model_member_at(out, "ImportJobProperties.JobName.Length"));
    assert_null(fst_model_member(NULL, fst_view_of("JobName")));
}

static void operations(void **state)
{
    for (size_t i = 0; i < fst_model_operation_count; i++) {
        const struct fst_model_operation *op = &fst_model_operations[i];
        assert_ptr_equal(fst_model_operation(fst_view_of(op->name)), op);
        if (i && strcmp(op[-1].name, op->name) >= 0)
            fail_msg("%s: out of order", op->name);
        if (strlen(op->doc) < 10 || op->input->kind != FST_MODEL_STRUCTURE || op->output->kind != FST_MODEL_STRUCTURE)
            fail_msg("%s: no documentation line, or no structures", op->name);
        if (!fst_model_operation_has_error(op, "ValidationException") || fst_model_operation_has_error(op, "InternalFailure"))
            fail_msg("%s: errors", op->name);
        if (!strncmp(op->name, "List", 4) != (fst_model_page_items(op) != NULL) && strcmp(op->name, "ListTagsForResource"))
            fail_msg("%s: pages", op->name);
    }
    assert_null(fst_model_operation(fst_view_of("startFHIRImportJob")));
    assert_true(fst_model_operation_has_error(fst_model_operation(fst_view_of("StartFHIRImportJob")), "FailedDependencyException"));
    assert_false(fst_model_operation_has_error(fst_model_operation(fst_view_of("StartFHIRImportJob")), "ConflictException"));
}

static void details(void **state)
{
    static const struct { const char *operation, *items, *token; } rows[] = {
        { "ListFHIRDatastores", "DatastorePropertiesList", NULL }, { "ListFHIRImportJobs", "ImportJobPropertiesList", NULL },
        { "ListDataTransformationJobs", "Items", NULL }, { "StartFHIRExportJob", NULL, "ClientToken" },
        { "CreateFHIRDatastore", NULL, "ClientToken" }, { "StartDataTransformationJob", NULL, NULL },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        const struct fst_model_operation *op = fst_model_operation(fst_view_of(rows[i].operation));
        const struct fst_model_member    *items = fst_model_page_items(op), *token = fst_model_token(op);
        if (!items != !rows[i].items || (items && strcmp(items->name, rows[i].items)) || !token != !rows[i].token ||
            (token && strcmp(token->name, rows[i].token)))
            fail_msg("%s", rows[i].operation);
    }
}

static void errors(void **state)
{
    static const struct { const char *code; int status; } rows[] = {
        { "ValidationException", 400 }, { "InternalServerException", 500 }, { "UnknownOperationException", 404 },
        { "ExpiredTokenException", 403 }, { "RequestEntityTooLargeException", 413 },
    };
    for (size_t i = 0; i < FST_COUNT(rows); i++)
        assert_int_equal(fst_model_error(fst_view_of(rows[i].code))->status, rows[i].status);
    for (size_t i = 0; i < fst_model_error_count; i++) {
        const struct fst_model_shape *body = fst_model_shape(fst_model_errors[i].code);
        if (fst_model_errors[i].common != (body == NULL) || (body && !(body->flags & FST_MODEL_EXCEPTION)))
            fail_msg("%s: listed in the model or common, not both", fst_model_errors[i].code);
    }
    assert_null(fst_model_error(fst_view_of("InvalidInput")));
}

static void waiters(void **state)
{
    for (size_t i = 0; i < fst_model_waiter_count; i++) {
        const struct fst_model_waiter *w = &fst_model_waiters[i];
        const struct fst_model_member *m = fst_model_member_at(w->operation->output, w->path);
        assert_ptr_equal(fst_model_waiter(w->name), w);
        assert_non_null(m);
        for (size_t j = 0; j < w->acceptor_count; j++) {
            bool known = w->acceptors[j].is_error && fst_model_error(fst_view_of(w->acceptors[j].expected));
            for (size_t k = 0; !w->acceptors[j].is_error && m->shape->values[k]; k++)
                known = known || !strcmp(m->shape->values[k], w->acceptors[j].expected);
            if (!known)
                fail_msg("%s: %s", w->name, w->acceptors[j].expected);
        }
    }
    assert_int_equal(fst_model_waiter("FHIRImportJobCompleted")->acceptor_count, 3);
    assert_int_equal(fst_model_waiter("FHIRExportJobCompleted")->acceptors[2].state, FST_WAIT_FAILURE);
}

/* The states and the report's fields are the model's, in its order. */
static void states(void **state)
{
    const char *const *jobs = fst_model_shape("JobStatus")->values, *const *stores = fst_model_shape("DatastoreStatus")->values;
    for (int i = 0; i < FST_JOB_STATUS_COUNT; i++) {
        enum fst_job_status s;
        assert_string_equal(fst_job_status_name((enum fst_job_status)i), jobs[i]);
        assert_true(fst_job_status_parse(&s, fst_view_of(jobs[i])) && (int)s == i);
    }
    assert_null(jobs[FST_JOB_STATUS_COUNT]);
    for (int i = 0; i < FST_DATASTORE_STATUS_COUNT; i++) {
        enum fst_datastore_status s;
        assert_string_equal(fst_datastore_status_name((enum fst_datastore_status)i), stores[i]);
        assert_true(fst_datastore_status_parse(&s, fst_view_of(stores[i])) && (int)s == i);
    }
    assert_null(stores[FST_DATASTORE_STATUS_COUNT]);
    enum fst_job_status s;
    assert_false(fst_job_status_parse(&s, fst_view_of("DONE")));
    assert_true(fst_job_status_is_final(FST_JOB_COMPLETED_WITH_ERRORS) && !fst_job_status_is_final(FST_JOB_QUEUED));
    assert_true(fst_datastore_status_is_final(FST_DATASTORE_DELETED) && !fst_datastore_status_is_final(FST_DATASTORE_CREATING));

    const struct fst_model_shape *report = fst_model_shape("JobProgressReport");
    assert_int_equal(report->member_count, FST_PROGRESS_FIELD_COUNT);
    for (int i = 0; i < FST_PROGRESS_FIELD_COUNT; i++)
        assert_string_equal(fst_progress_field_name((enum fst_progress_field)i), report->members[i].name);
    assert_true(fst_progress_field_is_double(FST_PROGRESS_Throughput));
    assert_false(fst_progress_field_is_double(FST_PROGRESS_TotalNumberOfScannedFiles));
}

FST_TESTS(cmocka_unit_test(sizes), cmocka_unit_test(shapes), cmocka_unit_test(members), cmocka_unit_test(operations),
          cmocka_unit_test(details), cmocka_unit_test(errors), cmocka_unit_test(waiters), cmocka_unit_test(states))
