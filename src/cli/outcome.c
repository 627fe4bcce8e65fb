#include "cli/outcome.h"

#include <math.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/figures.h"
#include "fhirstage/version.h"
#include "json/writer.h"

enum { DOC_MAX_BYTES = 16 << 20 };

static void add_double(struct fst_json_writer *w, const char *name, double n, int decimals)
{
    fst_json_name(w, name);
    fst_json_double(w, n, decimals);
}

/* A count without decimals, megabytes with theirs. */
static void add_figure(struct fst_json_writer *w, const char *name, double n)
{
    add_double(w, name, n, n == floor(n) ? 0 : 6);
}

static void add_filled(struct fst_json_writer *w, const char *name, const char *text)
{
    if (*text)
        fst_json_member_str(w, name, text);
}

static void add_upload(struct fst_json_writer *w, const struct fst_upload_result *u)
{
    fst_json_name(w, "Upload");
    fst_json_begin_object(w);
    fst_json_member_u64(w, "FilesSent", u->files_sent);
    fst_json_member_u64(w, "BytesSent", u->bytes_sent);
    fst_json_member_u64(w, "FilesKept", u->files_kept);
    fst_json_member_u64(w, "BytesKept", u->bytes_kept);
    fst_json_member_u64(w, "FilesPruned", u->files_pruned);
    add_double(w, "Seconds", u->seconds, 3);
    fst_json_end_object(w);
}

static void add_reconciled(struct fst_json_writer *w, const struct fst_reconciled *rows, size_t count)
{
    fst_json_name(w, "Reconciled");
    fst_json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct fst_reconciled *f = &rows[i];
        fst_json_begin_object(w);
        fst_json_member_str(w, "Field", f->field);
        add_figure(w, "Ours", f->ours);
        if (f->reported)
            add_figure(w, "Theirs", f->theirs);
        fst_json_member_bool(w, "Differs", f->differs);
        fst_json_end_object(w);
    }
    fst_json_end_array(w);
}

static void add_job(struct fst_json_writer *w, const struct fst_run_job *job)
{
    add_filled(w, "JobId", job->id);
    add_filled(w, "JobStatus", job->status);
    add_filled(w, "Message", job->message);
    add_filled(w, "OutputUri", job->output_uri);
    fst_json_member_bool(w, "JobFound", job->found);
}

/* What is said of all: the status of the one that fared worst; they are listed below. */
static void add_jobs(struct fst_json_writer *w, const struct fst_run_result *r)
{
    const struct fst_run_job *worst = fst_run_worst_job(r);
    bool                      found = true;

    add_filled(w, "JobStatus", worst ? worst->status : "");
    for (size_t i = 0; i < r->job_count; i++)
        found &= r->jobs[i].found;
    fst_json_member_bool(w, "JobFound", found);
    fst_json_name(w, "Jobs");
    fst_json_begin_array(w);
    for (size_t i = 0; i < r->job_count; i++) {
        const struct fst_run_job *job = &r->jobs[i];
        fst_json_begin_object(w);
        fst_json_member_str(w, "Input", job->input);
        fst_json_member_u64(w, "Files", job->files);
        fst_json_member_u64(w, "Bytes", job->bytes);
        fst_json_member_u64(w, "Resources", job->resources);
        add_job(w, job);
        fst_json_member_u64(w, "Failures", job->failures);
        add_reconciled(w, job->reconciled, job->reconciled_count);
        fst_json_end_object(w);
    }
    fst_json_end_array(w);
}

static void add_run(struct fst_json_writer *w, const struct fst_run_result *r)
{
    static const struct fst_run_job none;

    add_upload(w, &r->upload);
    add_filled(w, "DatastoreId", r->datastore_id);
    add_filled(w, "DatastoreEndpoint", r->datastore_endpoint);
    if (r->job_count > 1)
        add_jobs(w, r);
    else
        add_job(w, r->job_count ? &r->jobs[0] : &none);
    add_double(w, "ImportSeconds", r->import_seconds, 3);
    fst_json_member_u64(w, "Failures", r->failures);
    add_reconciled(w, r->reconciled, r->reconciled_count);
}

static void add_trace(struct fst_json_writer *w, const struct fst_trace *t)
{
    fst_json_name(w, "Trace");
    fst_json_begin_array(w);
    for (size_t i = 0; i < t->count; i++) {
        fst_json_begin_object(w);
        fst_json_member_str(w, "Stage", fst_stage_name(t->samples[i].stage));
        add_double(w, "Seconds", (double)t->samples[i].at_ms / 1000, 3);
        fst_json_member_u64(w, "Bytes", t->samples[i].bytes);
        fst_json_member_u64(w, "Resources", t->samples[i].resources);
        fst_json_end_object(w);
    }
    fst_json_end_array(w);
}

void fst_outcome_add(struct fst_buf *out, const struct fst_outcome_doc *doc)
{
    struct fst_json_writer w;
    char                   begun[FST_TIME_ISO];
    fst_format_time_iso(begun, doc->begun_ms);
    fst_json_writer_init(&w, out, doc->trace ? 0 : 2);
    fst_json_begin_object(&w);
    fst_json_member_str(&w, "Version", FST_VERSION);
    fst_json_member_str(&w, "Command", doc->command);
    fst_json_member_u64(&w, "ExitCode", (uint64_t)fst_status_exit_code(doc->status));
    fst_json_member_str(&w, "Outcome", fst_status_text(doc->status));
    fst_json_member_str(&w, "Begun", begun);
    add_double(&w, "Seconds", doc->seconds, 3);
    fst_json_name(&w, "Figures");
    fst_json_begin_object(&w);
    fst_figures_add_json(&w, doc->figures);
    fst_json_end_object(&w);
    if (doc->run)
        add_run(&w, doc->run);
    if (doc->trace)
        add_trace(&w, doc->trace);
    fst_json_end_object(&w);
    fst_buf_add_char(out, '\n');
}

enum fst_status fst_outcome_write(const char *dir, const struct fst_outcome_doc *doc, struct fst_error *err)
{
    struct fst_buf  path, text;
    enum fst_status st = FST_OK;
    fst_buf_init(&path, 1 << 16);
    fst_buf_init(&text, DOC_MAX_BYTES);
    if (fst_file_is_dir(fst_path_join(&path, dir, "meta"))) {
        fst_outcome_add(&text, doc);
        st = fst_buf_check(&text, err);
        if (!st)
            st = fst_file_replace(fst_path_join(&path, dir, FST_OUTCOME_FILE), fst_buf_view(&text), err);
    }
    fst_buf_clear(&path);
    fst_buf_clear(&text);
    return st;
}
