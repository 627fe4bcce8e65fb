/* An export job: the data store's resources as NDJSON by type, in the live service's layout. */
#include "serve/export.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/str.h"
#include "fhir/types.h"
#include "json/writer.h"
#include "serve/api.h"
#include "serve/lake.h"
#include "serve/log.h"
#include "serve/resource.h"

enum { ROWS = 500, ROW_BYTES = 4 << 20, DIGITS = 19 };
#define PART_BYTES ((uint64_t)100 << 20) /* how large an exported file gets is not documented */

/* ---- what was asked for */

static const char *const levels[] = { "System", "Patient", "Group" };

void fst_export_init(struct fst_export *e)
{
    *e = (struct fst_export){ 0 };
    fst_buf_init(&e->group, FST_TEXT_CEILING);
    fst_buf_init(&e->types, FST_TEXT_CEILING);
    fst_buf_init(&e->request, FST_TEXT_CEILING);
}

void fst_export_clear(struct fst_export *e)
{
    fst_buf_clear(&e->group);
    fst_buf_clear(&e->types);
    fst_buf_clear(&e->request);
}

void fst_export_write(const struct fst_export *e, struct fst_buf *json)
{
    struct fst_json_writer w;

    fst_json_writer_init(&w, json, 0);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "level", levels[e->level]);
    fst_json_member_string(&w, "group", fst_buf_view(&e->group));
    fst_json_member_string(&w, "types", fst_buf_view(&e->types));
    fst_json_member_string(&w, "request", fst_buf_view(&e->request));
    fst_json_member_u64(&w, "since", (uint64_t)e->since_ms);
    fst_json_member_u64(&w, "until", (uint64_t)e->until_ms);
    fst_json_member_bool(&w, "fetched", e->fetched);
    fst_json_end_object(&w);
}

static int64_t number_member(const struct fst_tape *t, const char *name)
{
    uint64_t n;
    return fst_parse_u64(&n, fst_tape_raw(t, fst_tape_member(t, 0, name))) ? (int64_t)n : 0;
}

bool fst_export_read(struct fst_export *e, struct fst_view json)
{
    struct fst_tape       t = { 0 };
    struct fst_json_error jerr;
    struct fst_buf        scratch;
    bool                  ok = json.n && !fst_json_parse(&t, json, &(struct fst_json_opts){ .parser = FST_JSON_YAJL }, &jerr);

    fst_buf_init(&scratch, FST_TEXT_CEILING);
    for (int i = 0; ok && i < 3; i++)
        if (fst_view_is(fst_tape_member_string(&t, 0, "level", &scratch), levels[i]))
            e->level = (enum fst_export_level)i;
    if (ok) {
        uint32_t fetched = fst_tape_member(&t, 0, "fetched");
        fst_buf_add_view(&e->group, fst_tape_member_string(&t, 0, "group", &scratch));
        fst_buf_add_view(&e->types, fst_tape_member_string(&t, 0, "types", &scratch));
        fst_buf_add_view(&e->request, fst_tape_member_string(&t, 0, "request", &scratch));
        e->since_ms = number_member(&t, "since");
        e->until_ms = number_member(&t, "until");
        e->fetched = fetched != FST_NO_NODE && fst_tape_kind(&t, fetched) == FST_JSON_TRUE;
    }
    fst_buf_clear(&scratch);
    fst_tape_clear(&t);
    return ok;
}

bool fst_export_has_type(const struct fst_export *e, struct fst_view type)
{
    struct fst_view rest = fst_buf_view(&e->types);

    if (!rest.n)
        return true;
    while (rest.n) {
        const char     *comma = memchr(rest.p, ',', rest.n);
        struct fst_view one = comma ? fst_view_n(rest.p, (size_t)(comma - rest.p)) : rest;
        if (fst_view_equal(one, type))
            return true;
        rest = fst_view_from(rest, one.n + 1);
    }
    return false;
}

/* ---- the job */

struct export {
    struct fst_job        *job;
    struct fst_serve      *s;
    struct fst_export      asked;
    struct fst_buf         bucket, prefix, key, type, last, scratch, patients; /* patients: "id\n" each, of a Group */
    struct fst_tape        tape;
    struct fst_log         log;
    struct fst_json_writer w;  /* the list of files */
    char                   digits[DIGITS + 1];
    unsigned               part;
    uint64_t               in_part, rows, bytes; /* lines of the part; of the query at hand */
    bool                   open;
};

static bool is_member(void *ctx, struct fst_view id)
{
    struct export *x = ctx;
    const char    *at = x->patients.p, *end = at + x->patients.len;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (fst_view_equal(fst_view_n(at, (size_t)(newline - at)), id))
            return true;
        at = newline + 1;
    }
    return false;
}

static bool is_any(void *ctx, struct fst_view id)
{
    return true;
}

static bool add_member(void *ctx, struct fst_view id)
{
    struct export *x = ctx;
    fst_buf_addf(&x->patients, "%.*s\n", FST_VIEW_ARGS(id));
    return false;
}

static enum fst_status take_group(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct export        *x = ctx;
    struct fst_json_opts  opts = { .allow_duplicates = true };
    struct fst_json_error jerr;

    if (fst_json_parse(&x->tape, fst_row_text(row, 0), &opts, &jerr))
        return fst_fail(err, FST_EPARSE, "The Group cannot be read");
    fst_resource_each_member(&x->tape, &x->scratch, add_member, x);
    return FST_OK;
}

/* Is the resource in x->tape among those that were asked for? */
static bool is_wanted(struct export *x, struct fst_view id)
{
    fst_patient_fn *fn = x->asked.level == FST_EXPORT_GROUP ? is_member : is_any;

    if (x->asked.level == FST_EXPORT_SYSTEM)
        return true;
    if (x->asked.level == FST_EXPORT_GROUP && fst_view_is(fst_buf_view(&x->type), "Group"))
        return fst_view_equal(id, fst_buf_view(&x->asked.group));
    return (fst_view_is(fst_buf_view(&x->type), "Patient") && fn(x, id)) ||
           fst_resource_any_patient(&x->tape, FST_PATIENT_COMPARTMENT, &x->scratch, fn, x);
}

/* ---- files */

static enum fst_status end_part(struct export *x, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    if (x->open) {
        st = fst_log_finish(&x->log, err);
        fst_json_begin_object(&x->w);
        fst_json_member_string(&x->w, "type", fst_buf_view(&x->type));
        fst_json_member_string(&x->w, "key", fst_buf_view(&x->key));
        fst_json_member_u64(&x->w, "count", x->in_part);
        fst_json_end_object(&x->w);
    }
    x->open = false;
    x->in_part = 0;
    return st;
}

static void begin_part(struct export *x)
{
    fst_buf_reset(&x->key);
    fst_buf_addf(&x->key, "%.*s%.*s/%.*s-%s-%u-0.ndjson", (int)x->prefix.len, x->prefix.p ? x->prefix.p : "", (int)x->type.len, x->type.p,
                 (int)x->type.len, x->type.p, x->digits, x->part++);
    fst_log_begin(&x->log, fst_buf_view(&x->bucket), fst_buf_view(&x->key));
    x->open = true;
}

/* id, version, updated, body */
static enum fst_status take_row(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct export        *x = ctx;
    struct fst_view       id = fst_row_text(row, 0), body = fst_row_text(row, 3);
    struct fst_json_opts  opts = { .allow_duplicates = true };
    struct fst_json_error jerr;

    x->rows++;
    x->bytes += body.n;
    fst_buf_reset(&x->last);
    fst_buf_add_view(&x->last, id);
    if (x->asked.level != FST_EXPORT_SYSTEM) {
        if (fst_json_parse(&x->tape, body, &opts, &jerr))
            return fst_fail(err, FST_EPARSE, "A stored resource cannot be read");
        if (!is_wanted(x, id))
            return FST_OK;
    }
    if (!x->open)
        begin_part(x);
    if (fst_resource_add(&x->log.text, &x->tape, body, fst_row_int(row, 1), fst_row_int(row, 2)))
        return fst_fail(err, FST_EPARSE, "A stored resource cannot be read");
    fst_buf_add_char(&x->log.text, '\n');
    x->in_part++;
    return fst_log_added(&x->log, err);
}

/* A type's resources, some at a time, so that others get at the database between. */
static enum fst_status export_type(struct export *x, struct fst_error *err)
{
    int64_t         since = x->asked.since_ms, until = x->asked.until_ms ? x->asked.until_ms : INT64_MAX;
    enum fst_status st = FST_OK;

    x->part = 0;
    fst_buf_reset(&x->last);
    do {
        x->rows = x->bytes = 0;
        if (fst_job_stopped(x->job))
            return FST_EINTR;
        st = fst_db_run(x->s->db, take_row, x, err, "SELECT id, version, updated, body FROM resource WHERE datastore = ? AND type = ? AND id > ?"
                        " AND updated >= ? AND updated <= ? ORDER BY id LIMIT ?", "ittiii", x->job->store, fst_buf_view(&x->type),
                        fst_buf_view(&x->last), since, until, (int64_t)ROWS);
        if (!st && x->log.size + x->log.text.len >= PART_BYTES)
            st = end_part(x, err);
    } while (!st && x->rows);
    return st ? st : end_part(x, err);
}

static enum fst_status take_text(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    return FST_OK;
}

static enum fst_status export_types(struct export *x, struct fst_error *err)
{
    struct fst_buf  next;
    enum fst_status st;

    fst_buf_init(&next, FST_TEXT_CEILING);
    do {
        fst_buf_reset(&next);
        st = fst_db_run(x->s->db, take_text, &next, err, "SELECT type FROM resource WHERE datastore = ? AND type > ? ORDER BY type LIMIT 1", "it",
                        x->job->store, fst_buf_view(&x->type));
        fst_buf_reset(&x->type);
        fst_buf_add_view(&x->type, fst_buf_view(&next));
        if (!st && next.len && fst_export_has_type(&x->asked, fst_buf_view(&next)))
            st = export_type(x, err);
    } while (!st && next.len);
    fst_buf_clear(&next);
    return st;
}

/* ---- where to */

/* 19 digits that are the job's: a run that was broken off and its repeat use the same names. */
static void make_digits(struct export *x)
{
    struct fst_hash128 h = fst_hash128(fst_view_of(x->job->id), 0);
    snprintf(x->digits, sizeof x->digits, "%0*llu", DIGITS, (unsigned long long)(h.lo % UINT64_C(10000000000000000000)));
}

static enum fst_status find_output(struct export *x, struct fst_error *err)
{
    int64_t         n;
    enum fst_status st;

    if (x->asked.fetched) {
        fst_buf_add_str(&x->bucket, FST_EXPORT_BUCKET);
        fst_buf_addf(&x->prefix, "%s/", x->job->id);
        return FST_OK;
    }
    st = fst_job_output(x->job, &x->bucket, &x->prefix, err);
    if (!st)
        st = fst_db_int(x->s->db, &n, 0, err, "SELECT count(*) FROM bucket WHERE name = ?", "t", fst_buf_view(&x->bucket));
    if (!st && !n)
        st = fst_fail(err, FST_ENOENT, "The bucket %s does not exist", fst_buf_str(&x->bucket));
    return st;
}

static enum fst_status find_group(struct export *x, struct fst_error *err)
{
    if (x->asked.level != FST_EXPORT_GROUP)
        return FST_OK;
    return fst_db_run(x->s->db, take_group, x, err, "SELECT body FROM resource WHERE datastore = ? AND type = 'Group' AND id = ?", "it",
                      x->job->store, fst_buf_view(&x->asked.group));
}

static enum fst_status run(struct export *x, struct fst_error *err)
{
    enum fst_status st;

    if (x->job->rest.len && !fst_export_read(&x->asked, fst_buf_view(&x->job->rest)))
        return fst_fail(err, FST_EPARSE, "The job's request is malformed");
    make_digits(x);
    st = find_output(x, err);
    if (!st)
        st = fst_lake_remove_objects(x->s, fst_buf_view(&x->bucket), fst_buf_view(&x->prefix), err);
    if (!st)
        st = find_group(x, err);
    fst_json_writer_init(&x->w, &x->job->manifest, 0);
    fst_json_begin_array(&x->w);
    if (!st)
        st = export_types(x, err);
    fst_json_end_array(&x->w);
    return st;
}

enum fst_status fst_job_export(struct fst_job *job, struct fst_error *err)
{
    struct export         x = { .job = job, .s = job->s };
    struct fst_buf *const bufs[] = { &x.bucket, &x.prefix, &x.key, &x.type, &x.last, &x.scratch, &x.patients };
    enum fst_status       st;

    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], FST_TEXT_CEILING);
    fst_export_init(&x.asked);
    fst_log_init(&x.log, job->s);
    st = run(&x, err);
    fst_log_clear(&x.log);
    fst_export_clear(&x.asked);
    fst_tape_clear(&x.tape);
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_clear(bufs[i]);
    return st;
}
