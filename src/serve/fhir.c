/* FHIR REST on a data store's endpoint: which interaction is asked for; read. */
#include "serve/fhir.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "fhir/types.h"
#include "json/writer.h"
#include "serve/lake.h"
#include "serve/resource.h"
#include "sign/sigv4.h"

#define PREFIX "/datastore/"

static void begin(struct fst_exchange *x)
{
    fst_buf_reset(&x->out);
    fst_exchange_add_header(x, "Content-Type", "application/fhir+json");
}

void fst_fhir_begin(struct fst_fhir *f)
{
    begin(f->x);
}

void fst_serve_fhir_error(struct fst_exchange *x, int status, const char *code, const char *message)
{
    struct fst_json_writer w;

    x->status = status;
    begin(x);
    fst_json_writer_init(&w, &x->out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "resourceType", "OperationOutcome");
    fst_json_name(&w, "issue");
    fst_json_begin_array(&w);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "severity", "error");
    fst_json_member_str(&w, "code", code);
    fst_json_member_str(&w, "diagnostics", message);
    fst_json_end_object(&w);
    fst_json_end_array(&w);
    fst_json_end_object(&w);
}

void fst_fhir_refuse(struct fst_fhir *f, int status, const char *code, const char *fmt, ...)
{
    struct fst_buf text;
    va_list        args;

    fst_buf_init(&text, FST_TEXT_CEILING);
    va_start(args, fmt);
    fst_buf_vaddf(&text, fmt, args);
    va_end(args);
    fst_serve_fhir_error(f->x, status, code, fst_buf_str(&text));
    fst_buf_clear(&text);
}

void fst_fhir_failed(struct fst_fhir *f, const struct fst_error *err)
{
    fst_fhir_refuse(f, 500, "exception", "%s", err->text);
}

/* ---- read */

struct reading {
    struct fst_fhir *f;
    bool             found;
};

static enum fst_status write_resource(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct reading *r = ctx;
    struct fst_tape tape = { 0 };
    int64_t         version = fst_row_int(row, 0);
    enum fst_status st;

    r->found = true;
    fst_fhir_begin(r->f);
    fst_exchange_add_header(r->f->x, "ETag", "W/\"%lld\"", (long long)version);
    st = fst_resource_add(&r->f->x->out, &tape, fst_row_text(row, 2), version, fst_row_int(row, 1));
    fst_tape_clear(&tape);
    return st ? fst_fail(err, st, "a stored resource cannot be read") : FST_OK;
}

static void read_resource(struct fst_fhir *f, struct fst_view type, struct fst_view id)
{
    struct reading   r = { .f = f };
    struct fst_error err = { 0 };

    if (fst_db_run(f->s->db, write_resource, &r, &err, "SELECT version, updated, body FROM resource WHERE datastore = ? AND type = ? AND id = ?",
                   "itt", f->store, type, id))
        fst_fhir_failed(f, &err);
    else if (!r.found)
        fst_fhir_refuse(f, 404, "not-found", "Resource not found: %.*s/%.*s", FST_VIEW_ARGS(type), FST_VIEW_ARGS(id));
}

/* ---- which interaction */

/* Cut `v` at its first slash; `rest` is what is behind it. */
static struct fst_view first_segment(struct fst_view v, struct fst_view *rest)
{
    const char *slash = v.n ? memchr(v.p, '/', v.n) : NULL;
    size_t      n = slash ? (size_t)(slash - v.p) : v.n;

    *rest = fst_view_from(v, n + 1);
    return fst_view_n(v.p, n);
}

static void handle_type(struct fst_fhir *f, struct fst_view type, struct fst_view rest)
{
    bool            is_get = !strcmp(f->x->method, "GET");
    struct fst_view behind, id = first_segment(rest, &behind);
    fst_type        known = fst_type_find(type);

    if (known == FST_NO_TYPE || fst_type_support(known) != FST_TYPE_IMPORTED) {
        fst_fhir_refuse(f, 404, "not-supported", "The resource type is not supported: %.*s", FST_VIEW_ARGS(type));
    } else if (!strcmp(f->x->method, "POST") && fst_view_is(id, "_search") && !behind.n) {
        f->query = fst_buf_view(&f->x->body);
        fst_fhir_search(f, type);
    } else if (!is_get) {
        fst_fhir_refuse(f, 405, "not-supported", "The local service reads and searches; resources come in by import jobs.");
    } else if (!id.n) {
        fst_fhir_search(f, type);
    } else if (behind.n || !fst_id_is_valid(id)) {
        fst_fhir_refuse(f, 404, "not-supported", "The local service has no such interaction.");
    } else {
        read_resource(f, type, id);
    }
}

static bool ends_with(struct fst_view v, const char *end)
{
    size_t n = strlen(end);
    return v.n > n && !memcmp(v.p + v.n - n, end, n);
}

static void handle(struct fst_fhir *f)
{
    struct fst_view rest, first = first_segment(f->rest, &rest);

    if (fst_view_is(f->rest, "metadata"))
        fst_fhir_capabilities(f);
    else if (fst_view_is(f->rest, "$export"))
        fst_fhir_start_export(f, (struct fst_view){ 0 }, (struct fst_view){ 0 });
    else if (fst_view_is(f->rest, "Patient/$export"))
        fst_fhir_start_export(f, first, (struct fst_view){ 0 });
    else if (fst_view_is(first, "Group") && ends_with(rest, "/$export"))
        fst_fhir_start_export(f, first, fst_view_n(rest.p, rest.n - sizeof "/$export" + 1));
    else if (fst_view_is(first, "export") && rest.n)
        fst_fhir_export(f, rest);
    else
        handle_type(f, first, rest);
}

/* "/datastore/ID/r4/…"; false when it is not that. */
static bool parse_path(struct fst_fhir *f)
{
    struct fst_view rest, release;

    f->store_id = first_segment(fst_view_from(f->x->path, sizeof PREFIX - 1), &rest);
    release = first_segment(rest, &rest);
    fst_sign_decode(&f->decoded, rest);
    f->rest = fst_buf_view(&f->decoded);
    while (f->rest.n && f->rest.p[f->rest.n - 1] == '/')
        f->rest.n--;
    return f->store_id.n && fst_view_is(release, "r4");
}

void fst_serve_fhir(struct fst_serve *s, struct fst_exchange *x, struct fst_view region)
{
    struct fst_fhir  f = { .s = s, .x = x, .query = x->query, .region = region };
    struct fst_error err = { 0 };

    fst_buf_init(&f.base, FST_TEXT_CEILING);
    fst_buf_init(&f.decoded, FST_TEXT_CEILING);
    if (!parse_path(&f)) {
        fst_fhir_refuse(&f, 404, "not-found", "A data store's endpoint is /datastore/ID/r4/");
    } else if (fst_lake_settle(s, &err) || fst_db_int(s->db, &f.store, 0, &err, "SELECT number FROM datastore WHERE id = ? AND status IN ('ACTIVE', 'UPDATING', 'UPDATE_FAILED')",
                          "t", f.store_id)) {
        fst_fhir_failed(&f, &err);
    } else if (!f.store) {
        fst_fhir_refuse(&f, 404, "not-found", "There is no active data store with that id.");
    } else {
        fst_buf_addf(&f.base, "%s" PREFIX "%.*s/r4/", fst_serve_endpoint(s), FST_VIEW_ARGS(f.store_id));
        handle(&f);
    }
    fst_buf_clear(&f.base);
    fst_buf_clear(&f.decoded);
}
