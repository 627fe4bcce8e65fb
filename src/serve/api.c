/* HealthLake's JSON API: a row for each operation that is answered; requests are checked against the model first. */
#include "serve/api.h"

#include <stdio.h>

#include "base/str.h"
#include "healthlake/check.h"
#include "healthlake/encode.h"
#include "healthlake/rules.h"
#include "serve/lake.h"

enum { MOST_RESULTS = 100 };

static const struct {
    const char           *name;
    fst_api_operation_fn *fn;
} operations[] = {
    { "CreateFHIRDatastore", fst_api_create_datastore },
    { "DescribeFHIRDatastore", fst_api_describe_datastore },
    { "ListFHIRDatastores", fst_api_list_datastores },
    { "UpdateFHIRDatastore", fst_api_update_datastore },
    { "DeleteFHIRDatastore", fst_api_delete_datastore },
    { "RestoreFHIRDatastore", fst_api_restore_datastore },
    { "StartFHIRImportJob", fst_api_start_import },
    { "DescribeFHIRImportJob", fst_api_describe_import },
    { "ListFHIRImportJobs", fst_api_list_imports },
    { "StartFHIRExportJob", fst_api_start_export },
    { "DescribeFHIRExportJob", fst_api_describe_export },
    { "ListFHIRExportJobs", fst_api_list_exports },
    { "TagResource", fst_api_tag },
    { "UntagResource", fst_api_untag },
    { "ListTagsForResource", fst_api_list_tags },
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

/* ---- reading requests, writing answers */

struct fst_view fst_api_string(struct fst_api_request *r, const char *name)
{
    return fst_tape_member_string(&r->tape, 0, name, &r->scratch);
}

bool fst_api_has(const struct fst_tape *t, uint32_t object, const char *name)
{
    uint32_t node = object == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(t, object, name);
    return node != FST_NO_NODE && fst_tape_kind(t, node) != FST_JSON_NULL;
}

int64_t fst_api_time_member(const struct fst_tape *t, uint32_t object, const char *name, int64_t otherwise)
{
    uint32_t node = object == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(t, object, name);
    int64_t  ms;
    return node != FST_NO_NODE && fst_decode_time_ms(&ms, t, node) ? ms : otherwise;
}

void fst_api_copy_member(struct fst_json_writer *w, const struct fst_tape *t, uint32_t object, const char *name)
{
    uint32_t        node;
    struct fst_view raw;

    if (!fst_api_has(t, object, name))
        return;
    node = fst_tape_member(t, object, name);
    raw = fst_tape_raw(t, node);
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

/* ---- tokens: the same request has the same members and values, in whatever order */

static bool same_value(const struct fst_tape *a, uint32_t i, const struct fst_tape *b, uint32_t k);

static bool same_members(const struct fst_tape *a, uint32_t i, const struct fst_tape *b, uint32_t k)
{
    struct fst_buf name;
    bool           same = fst_node_count(&a->nodes[i]) == fst_node_count(&b->nodes[k]);

    fst_buf_init(&name, FST_TEXT_CEILING);
    FST_EACH_MEMBER(a, i, member) {
        uint32_t other;
        if (!same)
            break;
        fst_buf_reset(&name);
        fst_json_unescape(&name, fst_tape_raw(a, member));
        other = fst_tape_member(b, k, fst_buf_str(&name));
        same = other != FST_NO_NODE && same_value(a, member + 1, b, other);
    }
    fst_buf_clear(&name);
    return same;
}

static bool same_value(const struct fst_tape *a, uint32_t i, const struct fst_tape *b, uint32_t k)
{
    enum fst_json_kind kind = fst_tape_kind(a, i);
    uint32_t           other;

    if (kind != fst_tape_kind(b, k))
        return false;
    if (kind == FST_JSON_OBJECT)
        return same_members(a, i, b, k);
    if (kind != FST_JSON_ARRAY)
        return fst_view_equal(fst_tape_raw(a, i), fst_tape_raw(b, k));
    other = fst_tape_first(b, k);
    FST_EACH_ELEMENT(a, i, item) {
        if (other == FST_NO_NODE || !same_value(a, item, b, other))
            return false;
        other = fst_tape_sibling(b, k, other);
    }
    return other == FST_NO_NODE;
}

void fst_api_same_init(struct fst_api_same *same)
{
    *same = (struct fst_api_same){ 0 };
    fst_buf_init(&same->id, FST_TEXT_CEILING);
    fst_buf_init(&same->status, FST_TEXT_CEILING);
}

void fst_api_same_clear(struct fst_api_same *same)
{
    fst_buf_clear(&same->id);
    fst_buf_clear(&same->status);
}

enum fst_status fst_api_take_same(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_api_same_search *search = ctx;
    struct fst_json_opts        opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error       jerr;
    struct fst_tape             t = { 0 };

    search->same->found = true;
    fst_buf_add_view(&search->same->id, fst_row_text(row, 0));
    fst_buf_add_view(&search->same->status, fst_row_text(row, 1));
    search->same->is_same = !fst_json_parse(&t, fst_row_text(row, 2), &opts, &jerr) && same_value(&t, 0, search->request, 0);
    fst_tape_clear(&t);
    return FST_OK;
}

/* ---- pages */

bool fst_api_paging_read(struct fst_api_paging *p, struct fst_api_request *r)
{
    uint64_t below;

    *p = (struct fst_api_paging){ .max = MOST_RESULTS, .below = INT64_MAX };
    if (!fst_parse_u64(&p->max, fst_tape_raw(&r->tape, fst_tape_member(&r->tape, 0, "MaxResults"))))
        p->max = MOST_RESULTS;
    if (!fst_api_string(r, "NextToken").n)
        return true;
    if (!fst_parse_u64(&below, fst_api_string(r, "NextToken")) || below > INT64_MAX) {
        fst_api_refuse(r, "ValidationException", "NextToken is not one that this operation gave.");
        return false;
    }
    p->below = (int64_t)below;
    return true;
}

bool fst_api_paging_take(struct fst_api_paging *p, int64_t number)
{
    p->more = p->count == p->max;
    if (p->more)
        return false;
    p->count++;
    p->last = number;
    return true;
}

void fst_api_paging_end(const struct fst_api_paging *p, struct fst_api_request *r)
{
    char token[32];

    if (!p->more)
        return;
    snprintf(token, sizeof token, "%lld", (long long)p->last);
    fst_json_member_str(&r->out, "NextToken", token);
}

/* ---- which operation */

/* What no model says: the rules between members. */
static bool check_rules(struct fst_api_request *r, struct fst_buf *message)
{
    if (fst_rules_check(&r->tape, message))
        return true;
    fst_api_refuse(r, "ValidationException", fst_buf_str(message));
    return false;
}

static void check_and_run(struct fst_serve *s, struct fst_api_request *r, fst_api_operation_fn *fn)
{
    struct fst_arena        arena;
    struct fst_check_report report = { .arena = &arena };
    struct fst_buf          message;

    fst_arena_init(&arena, 0);
    fst_buf_init(&message, FST_TEXT_CEILING);
    if (fst_check(&r->tape, 0, r->op->input, FST_CHECK_UNKNOWN_PASSES, &report)) {
        fst_api_refuse(r, "InternalServerException", "out of memory");
    } else if (report.count) {
        fst_check_message(&report, &message);
        fst_api_refuse(r, fst_check_code(&report), fst_buf_str(&message));
    } else if (check_rules(r, &message)) {
        fst_exchange_add_header(r->x, "Content-Type", "%s", FST_HEALTHLAKE_CONTENT_TYPE);
        fst_json_writer_init(&r->out, &r->x->out, 0);
        fn(s, r);
    }
    fst_buf_clear(&message);
    fst_arena_clear(&arena);
}

void fst_serve_api(struct fst_serve *s, struct fst_exchange *x, struct fst_view region)
{
    struct fst_api_request r = { .x = x, .region = region };
    struct fst_view        target = fst_exchange_header(x, "x-amz-target");
    struct fst_json_opts   opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error  jerr;
    struct fst_error       err = { 0 };
    size_t                 row = 0;

    fst_buf_init(&r.scratch, FST_TEXT_CEILING);
    if (fst_view_starts(target, FST_HEALTHLAKE_TARGET_PREFIX))
        r.op = fst_model_operation(fst_view_from(target, strlen(FST_HEALTHLAKE_TARGET_PREFIX)));
    while (r.op && row < FST_COUNT(operations) && strcmp(operations[row].name, r.op->name) != 0)
        row++;
    if (!r.op)
        fst_api_refuse(&r, "UnknownOperationException", "There is no such operation.");
    else if (row == FST_COUNT(operations))
        fst_api_refuse(&r, "ValidationException", "The local service does not support data transformation.");
    else if (fst_json_parse(&r.tape, fst_buf_view(&x->body), &opts, &jerr))
        fst_api_refuse(&r, "SerializationException", "The body is not JSON.");
    else if (fst_lake_settle(s, &err))
        fst_api_failed(&r, &err);
    else
        check_and_run(s, &r, operations[row].fn);
    fst_tape_clear(&r.tape);
    fst_buf_clear(&r.scratch);
}
