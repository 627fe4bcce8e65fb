/* An import job: read every .ndjson object under its input, store each line's resource, write the logs that the live
 * service writes. It may be run again from the start: a resource of the same id is replaced. */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "fhir/types.h"
#include "input/window.h"
#include "json/writer.h"
#include "serve/api.h"
#include "serve/log.h"

enum { BATCH_LINES = 2000, BATCH_BYTES = 8 << 20 };
#define LONGEST_LINE ((uint64_t)256 << 20)

struct input {
    char *key, *file;
};

struct counts {
    uint64_t files, files_imported, files_with_error, bytes, bytes_imported, scanned, imported, refused;
};

struct import {
    struct fst_serve *s;
    const char       *id;
    int64_t           datastore;
    int64_t           begun_ms;
    struct fst_tape   request;
    struct fst_buf    datastore_id, bucket, prefix, out_bucket, out_prefix, scratch, key;
    struct input     *inputs;
    size_t            input_count, input_cap;
    struct counts     c;
    struct fst_tape   tape;
    struct fst_log    success, failure;
    uint64_t          line;
    bool              bad_file; /* the file at hand had a refused line */
};

/* ---- what the job is about */

static enum fst_status take_request(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct import *j = ctx;
    fst_buf_add_view(&j->datastore_id, fst_row_text(row, 0));
    fst_buf_add_view(&j->key, fst_row_text(row, 1));
    return FST_OK;
}

static enum fst_status split_uri(struct fst_view uri, struct fst_buf *bucket, struct fst_buf *prefix, struct fst_error *err)
{
    const char *slash;

    if (!fst_view_starts(uri, "s3://"))
        return fst_fail(err, FST_EUSAGE, "The S3Uri is not s3://bucket/prefix");
    uri = fst_view_from(uri, 5);
    slash = uri.n ? memchr(uri.p, '/', uri.n) : NULL;
    fst_buf_add_view(bucket, slash ? fst_view_n(uri.p, (size_t)(slash - uri.p)) : uri);
    if (slash)
        fst_buf_add_view(prefix, fst_view_from(uri, (size_t)(slash - uri.p) + 1));
    return FST_OK;
}

static enum fst_status read_request(struct import *j, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    struct fst_buf        text;
    uint32_t              s3;
    enum fst_status       st = fst_db_run(j->s->db, take_request, j, err, "SELECT datastore, request FROM job WHERE id = ?", "t", fst_view_of(j->id));

    if (!st && fst_json_parse(&j->request, fst_buf_view(&j->key), &opts, &jerr))
        st = fst_fail(err, FST_EPARSE, "The job's request is malformed");
    if (!st)
        st = fst_api_datastore_number(j->s, fst_buf_view(&j->datastore_id), &j->datastore, err);
    if (st)
        return st;
    fst_buf_init(&text, FST_TEXT_CEILING);
    fst_buf_add_view(&text, fst_tape_member_string(&j->request, fst_tape_member(&j->request, 0, "InputDataConfig"), "S3Uri", &j->scratch));
    st = split_uri(fst_buf_view(&text), &j->bucket, &j->prefix, err);
    s3 = fst_tape_member(&j->request, fst_tape_member(&j->request, 0, "JobOutputDataConfig"), "S3Configuration");
    fst_buf_reset(&text);
    fst_buf_add_view(&text, fst_tape_member_string(&j->request, s3, "S3Uri", &j->scratch));
    if (!st)
        st = split_uri(fst_buf_view(&text), &j->out_bucket, &j->out_prefix, err);
    if (!st && j->out_prefix.len && j->out_prefix.p[j->out_prefix.len - 1] != '/')
        fst_buf_add_char(&j->out_prefix, '/');
    fst_buf_addf(&j->out_prefix, "%.*s-FHIR_IMPORT-%s/", (int)j->datastore_id.len, j->datastore_id.p, j->id);
    fst_buf_clear(&text);
    return st;
}

static enum fst_status check_buckets(struct import *j, struct fst_error *err)
{
    struct fst_buf *const buckets[] = { &j->bucket, &j->out_bucket };

    for (size_t i = 0; i < FST_COUNT(buckets); i++) {
        int64_t         n;
        enum fst_status st = fst_db_int(j->s->db, &n, 0, err, "SELECT count(*) FROM bucket WHERE name = ?", "t", fst_buf_view(buckets[i]));
        if (st)
            return st;
        if (!n)
            return fst_fail(err, FST_ENOENT, "The bucket %s does not exist", fst_buf_str(buckets[i]));
    }
    return FST_OK;
}

static bool ends_with(struct fst_view v, const char *end)
{
    size_t n = strlen(end);
    return v.n >= n && !memcmp(v.p + v.n - n, end, n);
}

static enum fst_status take_input(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct import  *j = ctx;
    struct fst_view key = fst_row_text(row, 0), file = fst_row_text(row, 1);
    struct input   *in;

    if (key.n < j->prefix.len || (j->prefix.len && memcmp(key.p, j->prefix.p, j->prefix.len) != 0))
        return FST_ELIMIT;
    if (!ends_with(key, ".ndjson"))
        return FST_OK;
    if (j->input_count == j->input_cap) {
        size_t        cap = j->input_cap ? j->input_cap * 2 : 64;
        struct input *grown = realloc(j->inputs, cap * sizeof *grown);
        if (!grown)
            return fst_fail(err, FST_ENOMEM, "out of memory");
        j->inputs = grown;
        j->input_cap = cap;
    }
    in = &j->inputs[j->input_count];
    in->key = strndup(key.p, key.n);
    in->file = strndup(file.p, file.n);
    j->input_count += in->key && in->file;
    return in->key && in->file ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static enum fst_status list_inputs(struct import *j, struct fst_error *err)
{
    enum fst_status st = fst_db_run(j->s->db, take_input, j, err, "SELECT key, file FROM object WHERE bucket = ? AND key >= ? ORDER BY key", "tt",
                                    fst_buf_view(&j->bucket), fst_buf_view(&j->prefix));
    if (st && st != FST_ELIMIT)
        return st;
    return j->input_count ? FST_OK : fst_fail(err, FST_ENOENT, "No .ndjson files were found in the input location");
}

/* ---- the report */

static void write_report(const struct import *j, struct fst_buf *out)
{
    const double values[] = { (double)j->c.files, (double)j->c.bytes / 1e6, (double)j->c.files_imported, (double)j->c.scanned,
                              (double)j->c.imported, (double)j->c.refused, (double)j->c.files_with_error };
    double                 seconds = (double)(j->s->env->mono_ms(j->s->env->ctx) - j->begun_ms) / 1000.0;
    struct fst_json_writer w;

    fst_json_writer_init(&w, out, 0);
    fst_json_begin_object(&w);
    for (size_t i = 0; i < FST_COUNT(values); i++) {
        enum fst_progress_field f = (enum fst_progress_field)(FST_PROGRESS_TotalNumberOfScannedFiles + i);
        fst_json_name(&w, fst_progress_field_name(f));
        fst_json_double(&w, values[i], fst_progress_field_is_double(f) ? 6 : 0);
    }
    fst_json_name(&w, fst_progress_field_name(FST_PROGRESS_Throughput));
    fst_json_double(&w, seconds > 0 ? (double)j->c.bytes / 1e6 / seconds : 0, 3);
    fst_json_end_object(&w);
}

static enum fst_status save_report(struct import *j, const char *status, int64_t ended, struct fst_error *err)
{
    struct fst_buf  report;
    enum fst_status st;

    fst_buf_init(&report, FST_TEXT_CEILING);
    write_report(j, &report);
    st = fst_db_run(j->s->db, NULL, NULL, err, "UPDATE job SET report = ?, status = ?, ended = ? WHERE id = ?", "ttit", fst_buf_view(&report),
                    fst_view_of(status), ended, fst_view_of(j->id));
    fst_buf_clear(&report);
    return st;
}

/* ---- lines */

static void begin_line(struct import *j, struct fst_log *log, struct fst_json_writer *w)
{
    fst_json_writer_init(w, &log->text, 0);
    fst_json_begin_object(w);
    fst_json_member_u64(w, "lineId", j->line);
    fst_json_name(w, "UpdateResourceResponse");
    fst_json_begin_object(w);
    fst_json_name(w, "jsonBlob");
}

static enum fst_status end_line(struct fst_log *log, struct fst_json_writer *w, unsigned status, struct fst_error *err)
{
    fst_json_member_u64(w, "statusCode", status);
    fst_json_end_object(w);
    fst_json_end_object(w);
    fst_buf_add_char(&log->text, '\n');
    return fst_log_added(log, err);
}

static enum fst_status refuse(struct import *j, const char *code, const char *what, const char *location, struct fst_error *err)
{
    struct fst_json_writer w;

    j->c.refused++;
    j->bad_file = true;
    begin_line(j, &j->failure, &w);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "resourceType", "OperationOutcome");
    fst_json_name(&w, "issue");
    fst_json_begin_array(&w);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "severity", "error");
    fst_json_member_str(&w, "code", code);
    fst_json_member_str(&w, "diagnostics", what);
    if (location) {
        fst_json_name(&w, "location");
        fst_json_begin_array(&w);
        fst_json_string(&w, fst_view_of(location));
        fst_json_end_array(&w);
    }
    fst_json_end_object(&w);
    fst_json_end_array(&w);
    fst_json_end_object(&w);
    return end_line(&j->failure, &w, 400, err);
}

static enum fst_status store(struct import *j, struct fst_view type, struct fst_view id, struct fst_view body, struct fst_error *err)
{
    struct fst_json_writer w;
    enum fst_status        st = fst_db_run(j->s->db, NULL, NULL, err,
                                           "INSERT INTO resource VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET version = version + 1,"
                                           " updated = excluded.updated, body = excluded.body", "ittib", j->datastore, type, id,
                                           fst_serve_now_ms(j->s), body);
    if (st)
        return st;
    j->c.imported++;
    j->c.bytes_imported += body.n;
    begin_line(j, &j->success, &w);
    fst_json_raw(&w, body);
    return end_line(&j->success, &w, 201, err);
}

static enum fst_status take_line(struct import *j, struct fst_view line, struct fst_error *err)
{
    struct fst_json_opts  opts = { .parser = FST_JSON_FAST };
    struct fst_json_error jerr;
    uint32_t              type, id;
    enum fst_status       st = fst_json_parse(&j->tape, line, &opts, &jerr);

    j->c.scanned++;
    if (st == FST_EPARSE)
        return refuse(j, "invalid", "Invalid JSON found in input file", NULL, err);
    if (st)
        return fst_fail(err, st, "out of memory");
    type = fst_tape_member(&j->tape, 0, "resourceType");
    id = fst_tape_member(&j->tape, 0, "id");
    if (type == FST_NO_NODE || fst_tape_kind(&j->tape, type) != FST_JSON_STRING || fst_type_find(fst_tape_raw(&j->tape, type)) == FST_NO_TYPE)
        return refuse(j, "processing", "1 validation error detected: Value at 'resourceType' is no resource type of FHIR R4", "resourceType", err);
    if (id == FST_NO_NODE)
        return refuse(j, "processing", "Missing required id field in resource json", "id", err);
    if (fst_tape_kind(&j->tape, id) != FST_JSON_STRING || !fst_id_is_valid(fst_tape_raw(&j->tape, id)))
        return refuse(j, "processing", "1 validation error detected: Value at 'id' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-.]{1,64}", "id", err);
    return store(j, fst_tape_raw(&j->tape, type), fst_tape_raw(&j->tape, id), line, err);
}

/* ---- files */

/* Some lines at a time, in one transaction. *more is false at the file's end. */
static enum fst_status take_batch(struct import *j, struct fst_window *w, bool *more, struct fst_error *err)
{
    uint64_t        begun = w->at;
    enum fst_status st = fst_db_begin(j->s->db, err);

    if (st)
        return st;
    for (int n = 0; n < BATCH_LINES && w->at - begun < BATCH_BYTES && !st; n++) {
        uint64_t      start = w->keep = w->at;
        enum fst_scan scan = fst_window_to_newline(w, true, err);
        bool          newline = w->at < w->end;
        *more = newline;
        if (scan == FST_SCAN_FAILED || scan == FST_SCAN_OVER) {
            st = scan == FST_SCAN_OVER ? fst_fail(err, FST_ELIMIT, "a line is too long") : FST_EIO;
        } else if (w->at > start || newline) {
            j->line++;
            if (w->at > start)
                st = take_line(j, fst_window_view(w, start, w->at), err);
        }
        if (!newline)
            break;
        w->at++;
    }
    return fst_db_end(j->s->db, st, err);
}

static enum fst_status take_file(struct import *j, const struct input *in, struct fst_error *err)
{
    struct fst_buf    path;
    struct fst_source source = { .shown = in->key, .rel = in->key, .spool = -1 };
    struct fst_window w;
    bool              more = true;
    enum fst_status   st;

    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(j->s, &path, fst_view_of(in->file));
    source.path = path.p;
    st = fst_window_open(&w, &source, 0, 1, LONGEST_LINE, err);
    j->line = 0;
    j->bad_file = false;
    while (!st && more) {
        st = j->s->stopping ? FST_EINTR : take_batch(j, &w, &more, err);
    }
    if (!st) {
        j->c.files++;
        j->c.files_imported++;
        j->c.bytes += w.end;
    }
    fst_window_close(&w);
    fst_buf_clear(&path);
    return st;
}

static struct fst_view log_key(struct import *j, const char *folder, const char *key)
{
    const char *rel = key + j->prefix.len;

    fst_buf_reset(&j->key);
    fst_buf_addf(&j->key, "%s%s/%s", fst_buf_str(&j->out_prefix), folder, *rel == '/' ? rel + 1 : rel);
    return fst_buf_view(&j->key);
}

static enum fst_status import_file(struct import *j, const struct input *in, struct fst_error *err)
{
    enum fst_status st;

    fst_log_begin(&j->success, fst_buf_view(&j->out_bucket), log_key(j, "SUCCESS", in->key));
    fst_log_begin(&j->failure, fst_buf_view(&j->out_bucket), log_key(j, "FAILURE", in->key));
    st = take_file(j, in, err);
    if (!st)
        st = fst_log_finish(&j->success, err);
    if (!st)
        st = fst_log_finish(&j->failure, err);
    return st ? st : save_report(j, "IN_PROGRESS", 0, err);
}

/* ---- the close */

static void member_uri(struct fst_json_writer *w, const char *name, struct import *j, const char *behind)
{
    fst_buf_reset(&j->key);
    fst_buf_addf(&j->key, "s3://%s/%s%s", fst_buf_str(&j->out_bucket), fst_buf_str(&j->out_prefix), behind);
    fst_json_member_string(w, name, fst_buf_view(&j->key));
}

static void member_mb(struct fst_json_writer *w, const char *name, uint64_t bytes)
{
    fst_json_name(w, name);
    fst_json_double(w, (double)bytes / 1e6, 6);
}

static enum fst_status write_manifest(struct import *j, struct fst_error *err)
{
    struct fst_log         log;
    struct fst_json_writer w;
    enum fst_status        st;
    uint32_t               s3 = fst_tape_member(&j->request, fst_tape_member(&j->request, 0, "JobOutputDataConfig"), "S3Configuration");

    fst_log_init(&log, j->s);
    fst_buf_reset(&j->key);
    fst_buf_addf(&j->key, "%sManifest.json", fst_buf_str(&j->out_prefix));
    fst_log_begin(&log, fst_buf_view(&j->out_bucket), fst_buf_view(&j->key));
    fst_json_writer_init(&w, &log.text, 0);
    fst_json_begin_object(&w);
    fst_json_name(&w, "inputDataConfig");
    fst_json_begin_object(&w);
    fst_json_member_string(&w, "s3Uri", fst_tape_member_string(&j->request, fst_tape_member(&j->request, 0, "InputDataConfig"), "S3Uri", &j->scratch));
    fst_json_end_object(&w);
    fst_json_name(&w, "outputDataConfig");
    fst_json_begin_object(&w);
    member_uri(&w, "s3Uri", j, "");
    fst_json_member_string(&w, "encryptionKeyID", fst_tape_member_string(&j->request, s3, "KmsKeyId", &j->scratch));
    fst_json_end_object(&w);
    fst_json_name(&w, "successOutput");
    fst_json_begin_object(&w);
    member_uri(&w, "successOutputS3Uri", j, "SUCCESS/");
    fst_json_end_object(&w);
    fst_json_name(&w, "failureOutput");
    fst_json_begin_object(&w);
    member_uri(&w, "failureOutputS3Uri", j, "FAILURE/");
    fst_json_end_object(&w);
    fst_json_member_u64(&w, "numberOfScannedFiles", j->c.files);
    fst_json_member_u64(&w, "numberOfFilesImported", j->c.files_imported);
    fst_json_member_u64(&w, "numberOfFilesReadWithSuccess", j->c.files);
    fst_json_member_u64(&w, "numberOfFilesReadWithCustomerError", j->c.files_with_error);
    fst_json_member_u64(&w, "numberOfFilesReadWithServerError", 0);
    member_mb(&w, "sizeOfScannedFilesInMB", j->c.bytes);
    member_mb(&w, "sizeOfDataImportedSuccessfullyInMB", j->c.bytes_imported);
    fst_json_member_u64(&w, "numberOfResourcesScanned", j->c.scanned);
    fst_json_member_u64(&w, "numberOfResourcesImportedSuccessfully", j->c.imported);
    fst_json_member_u64(&w, "numberOfResourcesWithCustomerError", j->c.refused);
    fst_json_member_u64(&w, "numberOfResourcesWithServerError", 0);
    fst_json_end_object(&w);
    st = fst_log_finish(&log, err);
    fst_log_clear(&log);
    return st;
}

static enum fst_status run(struct import *j, struct fst_error *err)
{
    enum fst_status st = read_request(j, err);

    if (!st)
        st = check_buckets(j, err);
    if (!st)
        st = list_inputs(j, err);
    for (size_t i = 0; i < j->input_count && !st; i++)
        st = import_file(j, &j->inputs[i], err);
    if (!st)
        st = write_manifest(j, err);
    return st ? st : save_report(j, j->c.refused ? "COMPLETED_WITH_ERRORS" : "COMPLETED", fst_serve_now_ms(j->s), err);
}

enum fst_status fst_serve_import(struct fst_serve *s, const char *job_id, struct fst_error *err)
{
    struct import   j = { .s = s, .id = job_id, .begun_ms = s->env->mono_ms(s->env->ctx) };
    struct fst_buf *const bufs[] = { &j.datastore_id, &j.bucket, &j.prefix, &j.out_bucket, &j.out_prefix, &j.scratch, &j.key };
    enum fst_status st;

    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], FST_TEXT_CEILING);
    fst_log_init(&j.success, s);
    fst_log_init(&j.failure, s);
    st = run(&j, err);
    for (size_t i = 0; i < j.input_count; i++) {
        free(j.inputs[i].key);
        free(j.inputs[i].file);
    }
    free(j.inputs);
    fst_tape_clear(&j.request);
    fst_tape_clear(&j.tape);
    fst_log_clear(&j.success);
    fst_log_clear(&j.failure);
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_clear(bufs[i]);
    return st;
}
