/* FHIR REST on a data store: read. */
#include "json/writer.h"
#include "serve/api.h"
#include "sign/sigv4.h"

static void outcome(struct fst_exchange *x, int status, const char *code, const char *what)
{
    struct fst_json_writer w;

    x->status = status;
    fst_json_writer_init(&w, &x->out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "resourceType", "OperationOutcome");
    fst_json_name(&w, "issue");
    fst_json_begin_array(&w);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "severity", "error");
    fst_json_member_str(&w, "code", code);
    fst_json_member_str(&w, "diagnostics", what);
    fst_json_end_object(&w);
    fst_json_end_array(&w);
    fst_json_end_object(&w);
}

static enum fst_status take_body(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    return FST_OK;
}

/* "/datastore/ID/r4/Type/id" */
static size_t split_path(struct fst_view path, struct fst_view parts[], size_t most)
{
    size_t n = 0;

    while (path.n && n < most) {
        const char *slash = memchr(path.p, '/', path.n);
        size_t      len = slash ? (size_t)(slash - path.p) : path.n;
        if (len)
            parts[n++] = fst_view_n(path.p, len);
        path = fst_view_from(path, len + 1);
    }
    return n;
}

void fst_serve_fhir(struct fst_serve *s, struct fst_exchange *x)
{
    struct fst_view  parts[6];
    size_t           n = split_path(x->path, parts, FST_COUNT(parts));
    struct fst_error err = { 0 };
    int64_t          number = 0;

    fst_exchange_add_header(x, "Content-Type", "application/fhir+json");
    if (n > 2 && fst_api_datastore_number(s, parts[1], &number, &err))
        outcome(x, 500, "exception", err.text);
    else if (!number)
        outcome(x, 404, "not-found", "there is no such data store");
    else if (n != 5 || strcmp(x->method, "GET") != 0)
        outcome(x, 400, "not-supported", "the local service does not support this");
    else if (fst_db_run(s->db, take_body, &x->out, &err, "SELECT body FROM resource WHERE datastore = ? AND type = ? AND id = ?", "itt", number, parts[3], parts[4]))
        outcome(x, 500, "exception", err.text);
    else if (!x->out.len)
        outcome(x, 404, "not-found", "there is no such resource");
}
