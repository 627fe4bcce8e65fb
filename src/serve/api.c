/* HealthLake's JSON API: a row for each operation that is answered; requests are checked against the model first. */
#include <stdio.h>

#include "base/str.h"
#include "healthlake/check.h"
#include "json/writer.h"
#include "serve/api.h"

static const struct {
    const char           *name;
    fst_api_operation_fn *fn;
} operations[] = {
    { "CreateFHIRDatastore", fst_api_create_datastore },
    { "DescribeFHIRDatastore", fst_api_describe_datastore },
    { "ListFHIRDatastores", fst_api_list_datastores },
    { "StartFHIRImportJob", fst_api_start_import },
    { "DescribeFHIRImportJob", fst_api_describe_import },
    { "ListFHIRImportJobs", fst_api_list_imports },
};

void fst_serve_api_error(struct fst_exchange *x, int status, const char *code, const char *message)
{
    struct fst_json_writer w;

    x->status = status;
    fst_exchange_add_header(x, "Content-Type", "%s", FST_HEALTHLAKE_CONTENT_TYPE);
    fst_exchange_add_header(x, "x-amzn-errortype", "%s", code);
    fst_buf_reset(&x->out);
    fst_json_writer_init(&w, &x->out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "__type", code);
    fst_json_member_str(&w, "Message", message);
    fst_json_member_str(&w, "message", message);
    fst_json_end_object(&w);
}

void fst_api_refuse(struct fst_api_request *r, const char *code, const char *message)
{
    const struct fst_model_error *e = fst_model_error(fst_view_of(code));
    fst_serve_api_error(r->x, e ? e->status : 400, code, message);
}

void fst_api_failed(struct fst_api_request *r, const struct fst_error *err)
{
    fst_api_refuse(r, "InternalServerException", err->text);
}

struct fst_view fst_api_string(struct fst_api_request *r, const char *name)
{
    return fst_tape_member_string(&r->tape, 0, name, &r->scratch);
}

void fst_api_copy_member(struct fst_json_writer *w, const struct fst_tape *t, uint32_t object, const char *name)
{
    uint32_t node = fst_tape_member(t, object, name);
    struct fst_view raw = fst_tape_raw(t, node);

    if (node == FST_NO_NODE || fst_tape_kind(t, node) == FST_JSON_NULL)
        return;
    if (fst_tape_kind(t, node) == FST_JSON_STRING)
        raw = fst_view_n(raw.p - 1, raw.n + 2);
    fst_json_name(w, name);
    fst_json_raw(w, raw);
}

void fst_api_time(struct fst_json_writer *w, const char *name, int64_t ms)
{
    fst_json_name(w, name);
    fst_json_double(w, (double)ms / 1000.0, 3);
}

static void check_and_run(struct fst_serve *s, struct fst_api_request *r, const struct fst_model_operation *op, fst_api_operation_fn *fn)
{
    struct fst_arena        arena;
    struct fst_check_report report = { .arena = &arena };
    struct fst_buf          message;

    fst_arena_init(&arena, 0);
    fst_buf_init(&message, FST_TEXT_CEILING);
    if (fst_check(&r->tape, 0, op->input, FST_CHECK_UNKNOWN_PASSES, &report)) {
        fst_api_refuse(r, "InternalServerException", "out of memory");
    } else if (report.count) {
        fst_check_message(&report, &message);
        fst_api_refuse(r, fst_check_code(&report), fst_buf_str(&message));
    } else {
        fst_exchange_add_header(r->x, "Content-Type", "%s", FST_HEALTHLAKE_CONTENT_TYPE);
        fst_json_writer_init(&r->out, &r->x->out, 0);
        fn(s, r);
    }
    fst_buf_clear(&message);
    fst_arena_clear(&arena);
}

void fst_serve_api(struct fst_serve *s, struct fst_exchange *x, struct fst_view region)
{
    struct fst_api_request            r = { .x = x, .region = region };
    struct fst_view                   target = fst_exchange_header(x, "x-amz-target");
    const struct fst_model_operation *op = NULL;
    struct fst_json_opts              opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error             jerr;
    size_t                            row = 0;

    fst_buf_init(&r.scratch, FST_TEXT_CEILING);
    if (fst_view_starts(target, FST_HEALTHLAKE_TARGET_PREFIX))
        op = fst_model_operation(fst_view_from(target, strlen(FST_HEALTHLAKE_TARGET_PREFIX)));
    while (op && row < FST_COUNT(operations) && strcmp(operations[row].name, op->name) != 0)
        row++;
    if (!op)
        fst_api_refuse(&r, "UnknownOperationException", "There is no such operation.");
    else if (row == FST_COUNT(operations))
        fst_api_refuse(&r, "ValidationException", "The local service does not support this operation.");
    else if (fst_json_parse(&r.tape, fst_buf_view(&x->body), &opts, &jerr))
        fst_api_refuse(&r, "SerializationException", "The body is not JSON.");
    else
        check_and_run(s, &r, op, operations[row].fn);
    fst_tape_clear(&r.tape);
    fst_buf_clear(&r.scratch);
}
