/* FHIR REST: search by _id, _lastUpdated, identifier and patient; pages; the CapabilityStatement that says so. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "fhir/types.h"
#include "json/writer.h"
#include "serve/fhir.h"
#include "serve/resource.h"
#include "sign/sigv4.h"

enum { DEFAULT_COUNT = 100, MOST_COUNT = 100, MOST_FILTERS = 32 };

enum filter_kind { BY_ID, BY_TIME, BY_IDENTIFIER, BY_PATIENT };

/* One parameter of the search; a resource must pass them all. */
struct filter {
    enum filter_kind kind;
    struct fst_buf   value; /* alternatives, separated by commas */
};

struct search {
    struct fst_fhir *f;
    struct fst_view  type;
    struct filter    filters[MOST_FILTERS];
    size_t           filter_count;
    bool             reads_body;   /* a filter looks into the resource */
    bool             counts_only;
    uint64_t         page_size, total, written;
    struct fst_buf   after;        /* the last id of the page before */
    struct fst_buf   last, scratch, name, item;
    struct fst_tape  tape;
    struct fst_json_writer w;
    bool             more;
};

/* ---- _lastUpdated: a prefix and a time of any precision, which is a span */

struct span {
    char    op[3]; /* eq, ne, gt, lt, ge, le */
    int64_t from, to; /* to: not included */
};

static int64_t ms_of(int year, int month, int day)
{
    char    text[40];
    int64_t ms = 0;

    snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year + (month - 1) / 12, (month - 1) % 12 + 1, day);
    return fst_parse_time_ms(&ms, fst_view_of(text)) ? ms : 0;
}

static bool parse_span(struct span *s, struct fst_view v)
{
    char text[64];
    int  year, month = 1, day = 1, end = 0;

    snprintf(s->op, sizeof s->op, "eq");
    if (v.n > 2 && isalpha((unsigned char)*v.p)) {
        snprintf(s->op, sizeof s->op, "%.2s", v.p);
        v = fst_view_from(v, 2);
    }
    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(v));
    if (v.n > 10) {
        bool has_fraction = memchr(v.p, '.', v.n) != NULL;
        if (!fst_parse_time_ms(&s->from, v))
            return false;
        s->to = s->from + (has_fraction ? 1 : 1000);
        return true;
    }
    if (v.n != 4 && v.n != 7 && v.n != 10)
        return false;
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) < 1 || year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    s->from = ms_of(year, month, day);
    s->to = v.n == 4 ? ms_of(year + 1, 1, 1) : v.n == 7 ? ms_of(year, month + 1, 1) : s->from + 86400000;
    return true;
}

static bool in_span(const struct span *s, int64_t at)
{
    switch (s->op[0] << 8 | s->op[1]) {
    case 'n' << 8 | 'e': return at < s->from || at >= s->to;
    case 'g' << 8 | 't': return at >= s->to;
    case 'l' << 8 | 't': return at < s->from;
    case 'g' << 8 | 'e': return at >= s->from;
    case 'l' << 8 | 'e': return at < s->to;
    default: return at >= s->from && at < s->to;
    }
}

/* ---- does a resource pass */

static bool passes_one(struct search *q, enum filter_kind kind, struct fst_view value, const struct fst_row *row)
{
    struct span span;

    switch (kind) {
    case BY_ID: return fst_view_equal(fst_row_text(row, 0), value);
    case BY_TIME: return parse_span(&span, value) && in_span(&span, fst_row_int(row, 2));
    case BY_IDENTIFIER: return fst_resource_has_identifier(&q->tape, value, &q->scratch);
    case BY_PATIENT: return fst_resource_is_of_patient(&q->tape, value, &q->scratch);
    }
    return false;
}

/* Cut the next alternative off. */
static struct fst_view next_value(const struct filter *filter, struct fst_view *rest)
{
    const char     *comma = memchr(rest->p, ',', rest->n);
    struct fst_view value = comma ? fst_view_n(rest->p, (size_t)(comma - rest->p)) : *rest;

    *rest = fst_view_from(*rest, value.n + 1);
    return filter->kind == BY_PATIENT && fst_view_starts(value, "Patient/") ? fst_view_from(value, 8) : value;
}

static bool passes(struct search *q, const struct filter *filter, const struct fst_row *row)
{
    struct fst_view rest = fst_buf_view(&filter->value);

    while (rest.n)
        if (passes_one(q, filter->kind, next_value(filter, &rest), row))
            return true;
    return false;
}

/* What is not in the resource's text is not in the resource: most need not be parsed. */
static bool may_pass(const struct filter *filter, struct fst_view body)
{
    struct fst_view rest = fst_buf_view(&filter->value);

    if (filter->kind == BY_ID || filter->kind == BY_TIME || memchr(body.p, '\\', body.n))
        return true; /* a backslash may hide it */
    while (rest.n) {
        struct fst_view value = next_value(filter, &rest);
        const char     *bar = filter->kind == BY_IDENTIFIER && value.n ? memchr(value.p, '|', value.n) : NULL;
        struct fst_view sought = bar ? fst_view_from(value, (size_t)(bar - value.p) + 1) : value;
        if (bar && !sought.n)
            sought = fst_view_n(value.p, (size_t)(bar - value.p));
        if (memmem(body.p, body.n, sought.p ? sought.p : "", sought.n))
            return true;
    }
    return false;
}

/* ---- the answer */

static void write_entry(struct search *q, const struct fst_row *row)
{
    fst_buf_reset(&q->item);
    if (fst_resource_add(&q->item, &q->tape, fst_row_text(row, 3), fst_row_int(row, 1), fst_row_int(row, 2)))
        return;
    fst_json_begin_object(&q->w);
    fst_buf_reset(&q->name);
    fst_buf_addf(&q->name, "%s%.*s/%.*s", q->f->base.p, FST_VIEW_ARGS(q->type), FST_VIEW_ARGS(fst_row_text(row, 0)));
    fst_json_member_string(&q->w, "fullUrl", fst_buf_view(&q->name));
    fst_json_name(&q->w, "resource");
    fst_json_raw(&q->w, fst_buf_view(&q->item));
    fst_json_name(&q->w, "search");
    fst_json_raw(&q->w, (struct fst_view)FST_VIEW("{\"mode\":\"match\"}"));
    fst_json_end_object(&q->w);
}

/* Rows come by id: what is up to `after` counts, and is on a page before. */
static enum fst_status visit(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct search        *q = ctx;
    struct fst_json_opts  opts = { .allow_duplicates = true };
    struct fst_json_error jerr;
    struct fst_view       id = fst_row_text(row, 0);

    for (size_t i = 0; i < q->filter_count && q->reads_body; i++)
        if (!may_pass(&q->filters[i], fst_row_text(row, 3)))
            return FST_OK;
    if (q->reads_body && fst_json_parse(&q->tape, fst_row_text(row, 3), &opts, &jerr))
        return fst_fail(err, FST_EPARSE, "a stored resource cannot be read");
    for (size_t i = 0; i < q->filter_count; i++)
        if (!passes(q, &q->filters[i], row))
            return FST_OK;
    q->total++;
    if (q->counts_only || strcmp(id.p, fst_buf_str(&q->after)) <= 0)
        return FST_OK;
    if (q->written == q->page_size) {
        q->more = true;
        return FST_OK;
    }
    if (!q->written++) {
        fst_json_name(&q->w, "entry");
        fst_json_begin_array(&q->w);
    }
    fst_buf_reset(&q->last);
    fst_buf_add_view(&q->last, id);
    write_entry(q, row);
    return FST_OK;
}

static void write_link(struct search *q, const char *relation, bool next)
{
    struct fst_buf *url = &q->name;

    fst_buf_reset(url);
    fst_buf_addf(url, "%s%.*s", q->f->base.p, FST_VIEW_ARGS(q->type));
    if (q->f->query.n)
        fst_buf_addf(url, "?%.*s", FST_VIEW_ARGS(q->f->query));
    if (next) { /* the parameters without the page, and the new page behind them */
        char *page = strstr(fst_buf_str(url), "page=");
        if (page && (page[-1] == '?' || page[-1] == '&'))
            url->len = (size_t)(page - url->p) - 1;
        fst_buf_add_str(url, memchr(url->p, '?', url->len) ? "&page=" : "?page=");
        fst_base64(url, q->last.p, q->last.len);
    }
    fst_json_begin_object(&q->w);
    fst_json_member_str(&q->w, "relation", relation);
    fst_json_member_string(&q->w, "url", fst_buf_view(url));
    fst_json_end_object(&q->w);
}

#define ROWS "SELECT id, version, updated, body FROM resource WHERE datastore = ? AND type = ?"

/* Without a filter the index alone knows how many there are, and a page is read from where it begins. */
static enum fst_status read_page(struct search *q, struct fst_error *err)
{
    struct fst_db  *db = q->f->s->db;
    int64_t         total = 0;
    enum fst_status st = fst_db_int(db, &total, 0, err, "SELECT count(*) FROM resource WHERE datastore = ? AND type = ?", "it", q->f->store, q->type);

    if (!st && !q->counts_only)
        st = fst_db_run(db, visit, q, err, ROWS " AND id > ? ORDER BY id LIMIT ?", "itti", q->f->store, q->type, fst_buf_view(&q->after),
                        (int64_t)q->page_size + 1);
    q->total = (uint64_t)total;
    return st;
}

/* The one id that is asked for; empty when it is not one. */
static struct fst_view only_id(const struct search *q)
{
    for (size_t i = 0; i < q->filter_count; i++)
        if (q->filters[i].kind == BY_ID && q->filters[i].value.len && !memchr(q->filters[i].value.p, ',', q->filters[i].value.len))
            return fst_buf_view(&q->filters[i].value);
    return (struct fst_view){ 0 };
}

static enum fst_status read_rows(struct search *q, struct fst_error *err)
{
    struct fst_db  *db = q->f->s->db;
    struct fst_view id = q->filter_count ? only_id(q) : (struct fst_view){ 0 };

    if (!q->filter_count)
        return read_page(q, err);
    if (id.n)
        return fst_db_run(db, visit, q, err, ROWS " AND id = ?", "itt", q->f->store, q->type, id);
    return fst_db_run(db, visit, q, err, ROWS " ORDER BY id", "it", q->f->store, q->type);
}

static void run(struct search *q)
{
    struct fst_error err = { 0 };

    fst_fhir_begin(q->f);
    fst_json_writer_init(&q->w, &q->f->x->out, 0);
    fst_json_begin_object(&q->w);
    fst_json_member_str(&q->w, "resourceType", "Bundle");
    fst_json_member_str(&q->w, "type", "searchset");
    if (read_rows(q, &err)) {
        fst_fhir_failed(q->f, &err);
        return;
    }
    if (q->written) /* FHIR has no empty arrays */
        fst_json_end_array(&q->w);
    fst_json_member_u64(&q->w, "total", q->total);
    fst_json_name(&q->w, "link");
    fst_json_begin_array(&q->w);
    write_link(q, "self", false);
    if (q->more)
        write_link(q, "next", true);
    fst_json_end_array(&q->w);
    fst_json_end_object(&q->w);
}

/* ---- the question */

static bool add_filter(struct search *q, enum filter_kind kind, struct fst_view value)
{
    struct filter *filter = &q->filters[q->filter_count];

    if (q->filter_count == MOST_FILTERS) {
        fst_fhir_refuse(q->f, 400, "too-costly", "There are too many parameters.");
        return false;
    }
    q->filter_count++;
    filter->kind = kind;
    fst_buf_init(&filter->value, FST_TEXT_CEILING);
    fst_buf_add_view(&filter->value, value);
    q->reads_body |= kind == BY_IDENTIFIER || kind == BY_PATIENT;
    return true;
}

static bool add_time(struct search *q, struct fst_view value)
{
    static const char *const ops[] = { "eq", "ne", "gt", "lt", "ge", "le" };
    struct span              span;
    bool                     known = false;

    if (!parse_span(&span, value)) {
        fst_fhir_refuse(q->f, 400, "invalid", "_lastUpdated takes a date or time, such as ge2026-01-31T00:00:00Z");
        return false;
    }
    for (size_t i = 0; i < FST_COUNT(ops); i++)
        known |= !strcmp(ops[i], span.op);
    if (!known)
        fst_fhir_refuse(q->f, 400, "invalid", "_lastUpdated's prefixes are eq, ne, gt, lt, ge and le");
    return known && add_filter(q, BY_TIME, value);
}

static bool add_count(struct search *q, struct fst_view value)
{
    if (!fst_parse_u64(&q->page_size, value) || q->page_size > MOST_COUNT) {
        fst_fhir_refuse(q->f, 400, "invalid", "_count is from 0 to %d", MOST_COUNT);
        return false;
    }
    q->counts_only |= q->page_size == 0;
    return true;
}

static bool add_page(struct search *q, struct fst_view value)
{
    fst_buf_reset(&q->after);
    if (fst_base64_decode(&q->after, value))
        return true;
    fst_fhir_refuse(q->f, 400, "invalid", "page is not one that this search gave");
    return false;
}

static bool add_parameter(struct search *q, struct fst_view name, struct fst_view value)
{
    if (fst_view_is(name, "_id"))
        return add_filter(q, BY_ID, value);
    if (fst_view_is(name, "_lastUpdated"))
        return add_time(q, value);
    if (fst_view_is(name, "identifier"))
        return add_filter(q, BY_IDENTIFIER, value);
    if (fst_view_is(name, "patient") && fst_resource_names_patient(q->type))
        return add_filter(q, BY_PATIENT, value);
    if (fst_view_is(name, "_count"))
        return add_count(q, value);
    if (fst_view_is(name, "page"))
        return add_page(q, value);
    if (fst_view_is(name, "_format") || fst_view_is(name, "_total"))
        return true;
    if (fst_view_is(name, "_summary") && (fst_view_is(value, "count") || fst_view_is(value, "false"))) {
        q->counts_only |= fst_view_is(value, "count");
        return true;
    }
    fst_fhir_refuse(q->f, 400, "not-supported", "The local service does not search by %.*s", FST_VIEW_ARGS(name));
    return false;
}

static bool read_parameters(struct search *q)
{
    struct fst_view rest = q->f->query;

    while (rest.n) {
        const char     *and = memchr(rest.p, '&', rest.n);
        struct fst_view one = and ? fst_view_n(rest.p, (size_t)(and - rest.p)) : rest;
        const char     *equals = one.n ? memchr(one.p, '=', one.n) : NULL;

        rest = fst_view_from(rest, one.n + 1);
        if (!one.n || fst_view_starts(one, "X-Amz-")) /* of a presigned request */
            continue;
        fst_buf_reset(&q->name);
        fst_buf_reset(&q->item);
        fst_sign_decode(&q->name, equals ? fst_view_n(one.p, (size_t)(equals - one.p)) : one);
        if (equals)
            fst_sign_decode(&q->item, fst_view_from(one, (size_t)(equals - one.p) + 1));
        if (!add_parameter(q, fst_buf_view(&q->name), fst_buf_view(&q->item)))
            return false;
    }
    return true;
}

void fst_fhir_search(struct fst_fhir *f, struct fst_view type)
{
    struct search   q = { .f = f, .type = type, .page_size = DEFAULT_COUNT };
    struct fst_buf *const bufs[] = { &q.after, &q.last, &q.scratch, &q.name, &q.item };

    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], FST_TEXT_CEILING);
    if (read_parameters(&q))
        run(&q);
    for (size_t i = 0; i < q.filter_count; i++)
        fst_buf_clear(&q.filters[i].value);
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_clear(bufs[i]);
    fst_tape_clear(&q.tape);
}

/* ---- metadata */

static void write_search_parameter(struct fst_json_writer *w, const char *name, const char *type)
{
    fst_json_begin_object(w);
    fst_json_member_str(w, "name", name);
    fst_json_member_str(w, "type", type);
    fst_json_end_object(w);
}

#define EXPORT "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/"

static void write_operation(struct fst_json_writer *w, const char *definition)
{
    fst_json_name(w, "operation");
    fst_json_begin_array(w);
    fst_json_begin_object(w);
    fst_json_member_str(w, "name", "export");
    fst_json_member_str(w, "definition", definition);
    fst_json_end_object(w);
    fst_json_end_array(w);
}

static void write_type(struct fst_json_writer *w, fst_type type)
{
    struct fst_view name = fst_view_of(fst_type_name(type));

    fst_json_begin_object(w);
    fst_json_member_string(w, "type", name);
    fst_json_name(w, "interaction");
    fst_json_raw(w, (struct fst_view)FST_VIEW("[{\"code\":\"read\"},{\"code\":\"search-type\"}]"));
    fst_json_name(w, "searchParam");
    fst_json_begin_array(w);
    write_search_parameter(w, "_id", "token");
    write_search_parameter(w, "_lastUpdated", "date");
    write_search_parameter(w, "identifier", "token");
    if (fst_resource_names_patient(name))
        write_search_parameter(w, "patient", "reference");
    fst_json_end_array(w);
    if (fst_view_is(name, "Patient"))
        write_operation(w, EXPORT "patient-export");
    if (fst_view_is(name, "Group"))
        write_operation(w, EXPORT "group-export");
    fst_json_end_object(w);
}

void fst_fhir_capabilities(struct fst_fhir *f)
{
    struct fst_json_writer w;
    char                   date[FST_TIME_ISO];

    fst_format_time_iso(date, fst_serve_now_ms(f->s));
    fst_fhir_begin(f);
    fst_json_writer_init(&w, &f->x->out, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "resourceType", "CapabilityStatement");
    fst_json_member_str(&w, "status", "active");
    fst_json_member_str(&w, "date", date);
    fst_json_member_str(&w, "kind", "instance");
    fst_json_name(&w, "software");
    fst_json_raw(&w, (struct fst_view)FST_VIEW("{\"name\":\"fhirstage serve\"}"));
    fst_json_name(&w, "implementation");
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "description", "a data store of the local service");
    fst_json_member_string(&w, "url", fst_buf_view(&f->base));
    fst_json_end_object(&w);
    fst_json_member_str(&w, "fhirVersion", "4.0.1");
    fst_json_name(&w, "format");
    fst_json_raw(&w, (struct fst_view)FST_VIEW("[\"json\"]"));
    fst_json_name(&w, "rest");
    fst_json_begin_array(&w);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "mode", "server");
    fst_json_name(&w, "resource");
    fst_json_begin_array(&w);
    for (fst_type type = 0; type < FST_TYPE_COUNT; type++)
        if (fst_type_support(type) == FST_TYPE_IMPORTED)
            write_type(&w, type);
    fst_json_end_array(&w);
    write_operation(&w, EXPORT "export");
    fst_json_end_object(&w);
    fst_json_end_array(&w);
    fst_json_end_object(&w);
}
