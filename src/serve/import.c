/* An import job: every .ndjson object under its input is read, its lines judged, what passes stored, and the logs written
 * that the live service writes. A run begins by removing what an earlier one wrote; a resource that it stored before is
 * stored again, and its version counts once. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/grow.h"
#include "base/str.h"
#include "base/thread.h"
#include "serve/api.h"
#include "serve/batch.h"
#include "serve/lake.h"
#include "serve/log.h"

/* A transaction is long enough that an index page is not written for every few resources, and no longer than others can
 * wait for the database. */
enum { BATCH_BYTES = 1 << 20, COMMIT_BYTES = 32 << 20, COMMIT_MS = 250 };
#define LONGEST_LINE ((size_t)192 << 20) /* of `prepare`'s --max-resource: the largest Binary that HealthLake imports is 164 MB */

struct input {
    char *key, *file;
};

struct counts {
    uint64_t files, files_with_error, bytes, bytes_imported, scanned, imported, refused;
};

/* The reader's place: a file, and what was read of it behind the last whole line. */
struct place {
    size_t         file;
    int            fd; /* -1: not open */
    uint64_t       line;
    struct fst_buf carry;
    bool           skipping; /* the rest of a line that was too long */
};

struct import {
    struct fst_job     *job;
    struct fst_serve   *s;
    int64_t             begun_ms;
    struct fst_buf      bucket, prefix, out_bucket, out_prefix, scratch, key;
    struct input       *inputs;
    size_t              input_count, input_cap;
    struct counts       c;
    struct fst_batches *ring;
    struct place        at;
    struct fst_log      success, failure, search; /* of the file at hand */
    bool                has_logs, bad_file;
};

/* ---- what the job is about */

static struct fst_view input_uri(struct import *j)
{
    return fst_tape_member_string(&j->job->tape, fst_tape_member(&j->job->tape, 0, "InputDataConfig"), "S3Uri", &j->scratch);
}

static enum fst_status read_request(struct import *j, struct fst_error *err)
{
    enum fst_status st = fst_lake_split_uri(input_uri(j), &j->bucket, &j->prefix, err);
    return st ? st : fst_job_output(j->job, &j->out_bucket, &j->out_prefix, err);
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

/* key, file, size */
static enum fst_status take_input(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct import  *j = ctx;
    struct fst_view key = fst_row_text(row, 0), file = fst_row_text(row, 1);
    struct input   *in;

    if (key.n < j->prefix.len || (j->prefix.len && memcmp(key.p, j->prefix.p, j->prefix.len) != 0))
        return FST_ELIMIT;
    if (!ends_with(key, ".ndjson"))
        return FST_OK;
    if (fst_row_int(row, 2) > j->s->quota[FST_QUOTA_FILE_SIZE])
        return fst_fail(err, FST_EINPUT, "An input file is larger than a file may be");
    if (!fst_grow(&j->inputs, j->input_count, &j->input_cap, sizeof *j->inputs))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    in = &j->inputs[j->input_count];
    in->key = strndup(key.p, key.n);
    in->file = strndup(file.p, file.n);
    j->input_count++;
    j->c.bytes += (uint64_t)fst_row_int(row, 2);
    return in->key && in->file ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static enum fst_status list_inputs(struct import *j, struct fst_error *err)
{
    enum fst_status st = fst_db_run(j->s->db, take_input, j, err, "SELECT key, file, size FROM object WHERE bucket = ? AND key >= ? ORDER BY key", "tt",
                                    fst_buf_view(&j->bucket), fst_buf_view(&j->prefix));
    uint64_t        bytes = j->c.bytes;

    j->c.bytes = 0; /* it is counted as it is read */
    if (st && st != FST_ELIMIT)
        return st;
    if ((int64_t)j->input_count > j->s->quota[FST_QUOTA_FILES])
        return fst_fail(err, FST_EINPUT, "The input has more files than an import may have");
    if ((int64_t)bytes > j->s->quota[FST_QUOTA_IMPORT_SIZE])
        return fst_fail(err, FST_EINPUT, "The input is larger than an import may be");
    return j->input_count ? FST_OK : fst_fail(err, FST_ENOENT, "No .ndjson files were found in the input location");
}

/* ---- the report */

static void write_report(struct import *j)
{
    const double values[] = { (double)j->c.files, (double)j->c.bytes / 1e6, (double)j->c.files, (double)j->c.scanned,
                              (double)j->c.imported, (double)j->c.refused, (double)j->c.files_with_error };
    double                 seconds = (double)(j->s->env->mono_ms(j->s->env->ctx) - j->begun_ms) / 1000.0;
    struct fst_json_writer w;

    fst_buf_reset(&j->job->report);
    fst_json_writer_init(&w, &j->job->report, 0);
    fst_json_begin_object(&w);
    for (enum fst_progress_field f = 0; f < FST_PROGRESS_FIELD_COUNT; f++) {
        double value = f < FST_COUNT(values) ? values[f] : 0; /* nothing is converted: the rest is 0 */
        if (f == FST_PROGRESS_Throughput)
            value = seconds > 0 ? (double)j->c.bytes / 1e6 / seconds : 0;
        fst_json_name(&w, fst_progress_field_name(f));
        fst_json_double(&w, value, fst_progress_field_is_double(f) ? 6 : 0);
    }
    fst_json_end_object(&w);
}

/* ---- reading: batches of whole lines */

static enum fst_status open_file(struct import *j, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st;

    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(j->s, &path, fst_view_of(j->inputs[j->at.file].file));
    j->at.fd = open(path.p, O_RDONLY | O_CLOEXEC);
    st = j->at.fd < 0 ? fst_fail(err, FST_EIO, "An input file went away while it was imported: %s", strerror(errno)) : FST_OK;
    fst_buf_clear(&path);
    j->at.line = 1;
    j->at.skipping = false;
    fst_buf_reset(&j->at.carry);
    return st;
}

/* One read, behind what is there. False at the file's end; failures stick in the buffer or in *st. */
static bool read_some(struct import *j, struct fst_buf *text, enum fst_status *st, struct fst_error *err)
{
    ssize_t n;

    if (!fst_buf_reserve(text, BATCH_BYTES)) {
        *st = fst_buf_check(text, err);
        return false;
    }
    n = read(j->at.fd, text->p + text->len, BATCH_BYTES);
    if (n < 0)
        *st = fst_fail_errno(err, "An input file");
    if (n <= 0)
        return false;
    text->len += (size_t)n;
    j->c.bytes += (uint64_t)n;
    return true;
}

/* The rest of a line that is not kept. */
static bool skip_line(struct import *j, struct fst_batch *b, enum fst_status *st, struct fst_error *err)
{
    while (j->at.skipping && !*st) {
        const char *newline;
        fst_buf_reset(&b->text);
        if (!read_some(j, &b->text, st, err))
            return false;
        newline = memchr(b->text.p, '\n', b->text.len);
        if (newline) {
            fst_buf_consume(&b->text, (size_t)(newline - b->text.p) + 1);
            j->at.skipping = false;
        }
    }
    return true;
}

static uint64_t count_lines(struct fst_view v)
{
    uint64_t n = 0;
    for (const char *p = v.p, *end = v.p + v.n; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

/* Fill a batch with the next lines of the file; what is behind the last newline is carried to the next. */
static enum fst_status fill(struct import *j, struct fst_batch *b, struct fst_error *err)
{
    enum fst_status st = j->at.fd < 0 ? open_file(j, err) : FST_OK;
    const char     *last = NULL;
    bool            more = !st && skip_line(j, b, &st, err);

    if (st)
        return st;
    b->file = j->at.file;
    b->first_line = j->at.line;
    fst_buf_add_view(&b->text, fst_buf_view(&j->at.carry));
    fst_buf_reset(&j->at.carry);
    while (more && !last && b->text.len <= LONGEST_LINE) {
        size_t before = b->text.len;
        more = read_some(j, &b->text, &st, err);
        last = more ? memrchr(b->text.p + before, '\n', b->text.len - before) : NULL;
    }
    if (st)
        return st;
    if (last) {
        size_t whole = (size_t)(last - b->text.p) + 1;
        fst_buf_add(&j->at.carry, b->text.p + whole, b->text.len - whole);
        b->text.len = whole;
    } else if (more) {
        b->is_over = j->at.skipping = true;
        fst_buf_reset(&b->text);
    }
    j->at.line += count_lines(fst_buf_view(&b->text)) + b->is_over;
    b->is_last = !more;
    if (b->is_last) {
        close(j->at.fd);
        j->at.fd = -1;
        j->at.file++;
    }
    return fst_buf_check(&j->at.carry, err);
}

/* ---- storing */

static enum fst_status store_lines(struct import *j, const struct fst_batch *b, struct fst_error *err)
{
    int64_t         now = fst_serve_now_ms(j->s), job = j->job->number;
    enum fst_status st = FST_OK;

    for (size_t i = 0; i < b->count && !st; i++) {
        const struct fst_batch_line *l = &b->lines[i];
        st = fst_db_run(j->s->db, NULL, NULL, err, "INSERT INTO resource VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                        " version = version + (job <> excluded.job), updated = excluded.updated, job = excluded.job, body = excluded.body",
                        "ittiib", j->job->store, fst_view_of(fst_type_name(l->type)), l->id, now, job, l->body);
    }
    return st;
}

static struct fst_view log_key(struct import *j, const char *folder, const char *key)
{
    const char *rel = key + j->prefix.len;

    fst_buf_reset(&j->key);
    fst_buf_addf(&j->key, "%s%s/%s", fst_buf_str(&j->out_prefix), folder, *rel == '/' ? rel + 1 : rel);
    return fst_buf_view(&j->key);
}

static void begin_logs(struct import *j, size_t file)
{
    const char *key = j->inputs[file].key;

    fst_log_begin(&j->success, fst_buf_view(&j->out_bucket), log_key(j, "SUCCESS", key));
    fst_log_begin(&j->failure, fst_buf_view(&j->out_bucket), log_key(j, "FAILURE", key));
    fst_log_begin(&j->search, fst_buf_view(&j->out_bucket), log_key(j, "SUCCESS_WITH_SEARCH_VALIDATION_FAILURES", key));
    j->has_logs = true;
    j->bad_file = false;
}

static enum fst_status write_logs(struct import *j, const struct fst_batch *b, struct fst_error *err)
{
    enum fst_status st = fst_log_write(&j->success, fst_buf_view(&b->success), err);

    if (!st)
        st = fst_log_write(&j->failure, fst_buf_view(&b->failure), err);
    if (!st)
        st = fst_log_write(&j->search, fst_buf_view(&b->search), err);
    if (st || !b->is_last)
        return st;
    st = fst_log_finish(&j->success, err);
    if (!st)
        st = fst_log_finish(&j->failure, err);
    if (!st)
        st = fst_log_finish(&j->search, err);
    j->has_logs = false;
    j->c.files++;
    j->c.files_with_error += j->bad_file;
    return st;
}

static enum fst_status take_batch(struct import *j, const struct fst_batch *b, struct fst_error *err)
{
    enum fst_status st = b->st ? fst_fail(err, b->st, "%s", fst_status_text(b->st)) : store_lines(j, b, err);

    if (st)
        return st;
    if (!j->has_logs)
        begin_logs(j, b->file);
    j->bad_file |= b->refused > 0;
    j->c.scanned += b->scanned;
    j->c.refused += b->refused;
    j->c.imported += b->count;
    j->c.bytes_imported += b->stored_bytes;
    return write_logs(j, b, err);
}

static enum fst_status fill_ring(struct import *j, struct fst_error *err)
{
    struct fst_batch *b;
    enum fst_status   st = FST_OK;

    while (!st && j->at.file < j->input_count && (b = fst_batches_empty(j->ring))) {
        st = fill(j, b, err);
        if (!st)
            fst_batches_submit(j->ring);
    }
    return st;
}

/* Take judged batches, in one transaction. */
static enum fst_status take_batches(struct import *j, struct fst_error *err)
{
    int64_t           begun = j->s->env->mono_ms(j->s->env->ctx);
    uint64_t          bytes = 0;
    struct fst_batch *b = fst_batches_take(j->ring, true);
    enum fst_status   st = fst_db_begin(j->s->db, err);

    if (st)
        return st;
    while (b && !st) {
        bytes += b->stored_bytes;
        st = take_batch(j, b, err);
        fst_batches_done(j->ring);
        if (!st)
            st = fill_ring(j, err);
        b = bytes < COMMIT_BYTES && j->s->env->mono_ms(j->s->env->ctx) - begun < COMMIT_MS ? fst_batches_take(j->ring, true) : NULL;
    }
    if (!st) {
        write_report(j);
        st = fst_job_save(j->job, err);
    }
    return fst_db_end(j->s->db, st, err);
}

static enum fst_status import_files(struct import *j, struct fst_error *err)
{
    enum fst_status st = fill_ring(j, err);

    while (!st && fst_batches_pending(j->ring)) {
        st = fst_job_stopped(j->job) ? FST_EINTR : take_batches(j, err);
        fst_db_yield(j->s->db);
    }
    return st;
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

static void write_locations(struct import *j, struct fst_json_writer *w)
{
    uint32_t s3 = fst_tape_member(&j->job->tape, fst_tape_member(&j->job->tape, 0, "JobOutputDataConfig"), "S3Configuration");

    fst_json_name(w, "inputDataConfig");
    fst_json_begin_object(w);
    fst_json_member_string(w, "s3Uri", input_uri(j));
    fst_json_end_object(w);
    fst_json_name(w, "outputDataConfig");
    fst_json_begin_object(w);
    member_uri(w, "s3Uri", j, "");
    fst_json_member_string(w, "encryptionKeyID", fst_tape_member_string(&j->job->tape, s3, "KmsKeyId", &j->scratch));
    fst_json_end_object(w);
    fst_json_name(w, "successOutput");
    fst_json_begin_object(w);
    member_uri(w, "successOutputS3Uri", j, "SUCCESS/");
    fst_json_end_object(w);
    fst_json_name(w, "failureOutput");
    fst_json_begin_object(w);
    member_uri(w, "failureOutputS3Uri", j, "FAILURE/");
    fst_json_end_object(w);
}

static enum fst_status write_manifest(struct import *j, struct fst_error *err)
{
    struct fst_log         log;
    struct fst_json_writer w;
    enum fst_status        st;

    fst_log_init(&log, j->s);
    fst_buf_reset(&j->key);
    fst_buf_addf(&j->key, "%sManifest.json", fst_buf_str(&j->out_prefix));
    fst_log_begin(&log, fst_buf_view(&j->out_bucket), fst_buf_view(&j->key));
    fst_json_writer_init(&w, &log.text, 0);
    fst_json_begin_object(&w);
    write_locations(j, &w);
    fst_json_member_u64(&w, "numberOfScannedFiles", j->c.files);
    fst_json_member_u64(&w, "numberOfFilesImported", j->c.files);
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

static enum fst_level level_of(struct import *j)
{
    enum fst_level level = FST_LEVEL_STRICT;
    return fst_level_parse(&level, fst_tape_member_string(&j->job->tape, 0, "ValidationLevel", &j->scratch)) ? level : FST_LEVEL_STRICT;
}

static enum fst_status run(struct import *j, struct fst_error *err)
{
    enum fst_status st = read_request(j, err);

    if (!st)
        st = check_buckets(j, err);
    if (!st)
        st = fst_lake_remove_objects(j->s, fst_buf_view(&j->out_bucket), fst_buf_view(&j->out_prefix), err);
    if (!st)
        st = list_inputs(j, err);
    if (!st)
        st = fst_batches_open(&j->ring, level_of(j), fst_cpu_count(), err);
    if (!st)
        st = import_files(j, err);
    if (!st)
        st = write_manifest(j, err);
    write_report(j);
    j->job->end = j->c.refused ? FST_JOB_COMPLETED_WITH_ERRORS : FST_JOB_COMPLETED;
    return st;
}

enum fst_status fst_job_import(struct fst_job *job, struct fst_error *err)
{
    struct fst_serve     *s = job->s;
    struct import         j = { .job = job, .s = s, .begun_ms = s->env->mono_ms(s->env->ctx), .at = { .fd = -1 } };
    struct fst_buf *const bufs[] = { &j.bucket, &j.prefix, &j.out_bucket, &j.out_prefix, &j.scratch, &j.key };
    enum fst_status       st;

    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_init(bufs[i], FST_TEXT_CEILING);
    fst_buf_init(&j.at.carry, (size_t)1 << 30);
    fst_log_init(&j.success, s);
    fst_log_init(&j.failure, s);
    fst_log_init(&j.search, s);
    st = run(&j, err);
    fst_batches_close(j.ring);
    if (j.at.fd >= 0)
        close(j.at.fd);
    for (size_t i = 0; i < j.input_count; i++) {
        free(j.inputs[i].key);
        free(j.inputs[i].file);
    }
    free(j.inputs);
    fst_log_clear(&j.success);
    fst_log_clear(&j.failure);
    fst_log_clear(&j.search);
    fst_buf_clear(&j.at.carry);
    for (size_t i = 0; i < FST_COUNT(bufs); i++)
        fst_buf_clear(bufs[i]);
    return st;
}
