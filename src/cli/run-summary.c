#include "cli/run-summary.h"

#include "base/str.h"
#include "cli/findings.h"

static void begin(struct fst_buf *out, const char *label)
{
    fst_buf_addf(out, "  %-11s ", label);
}

static void add_files(struct fst_buf *out, uint64_t files, uint64_t bytes)
{
    fst_add_count(out, files);
    fst_buf_add_str(out, files == 1 ? " file, " : " files, ");
    fst_add_size(out, bytes);
}

static void add_time(struct fst_buf *out, double seconds)
{
    fst_buf_add_str(out, " in ");
    fst_add_duration(out, (int64_t)(seconds * 1000));
    fst_buf_add_char(out, '\n');
}

static uint64_t skipped_of(const struct fst_figures *f)
{
    uint64_t n = 0;
    for (int i = 0; i < FST_SKIP_COUNT; i++)
        n += f->skipped[i];
    return n;
}

static void add_headline(struct fst_buf *out, const struct fst_outcome_doc *doc)
{
    const struct fst_run_result *r = doc->run;
    const struct fst_figures    *f = doc->figures;
    if (doc->status == FST_OK) {
        fst_buf_add_str(out, "Everything arrived: ");
        fst_add_count(out, f->resources);
        fst_buf_addf(out, " resources of %zu type%s are in the data store.\n\n", f->type_count, f->type_count == 1 ? "" : "s");
    } else if (doc->status == FST_EREJECTED) {
        fst_buf_add_str(out, "Done, but not everything was accepted.\n\n");
    } else if (doc->status == FST_ETIMEOUT) {
        const struct fst_run_job *job = fst_run_worst_job(r);
        fst_buf_addf(out, "The import job goes on (%s); the same command looks at it again.\n\n", job && *job->status ? job->status : "not started");
    } else {
        fst_buf_addf(out, "Not finished: %s.\n\n", fst_status_text(doc->status));
    }
}

static void add_prepared(struct fst_buf *out, const struct fst_figures *f)
{
    begin(out, "read");
    add_files(out, f->sources, f->input_bytes);
    fst_buf_add_str(out, ": ");
    fst_add_count(out, f->values);
    fst_buf_add_str(out, f->values == 1 ? " value\n" : " values\n");
    begin(out, "prepared");
    fst_add_count(out, f->resources);
    fst_buf_add_str(out, f->resources == 1 ? " resource, " : " resources, ");
    add_files(out, f->files, f->bytes);
    add_time(out, f->seconds);
    if (skipped_of(f)) {
        begin(out, "left out");
        fst_add_count(out, skipped_of(f));
        fst_buf_add_str(out, " (the report tells why)\n");
    }
    if (f->sources_unread) {
        begin(out, "not read");
        fst_add_count(out, f->sources_unread);
        fst_buf_add_str(out, " files\n");
    }
}

/* The time is that of all together. */
static void add_job(struct fst_buf *out, const struct fst_run_result *r, const struct fst_run_job *job)
{
    char label[24] = "import job";

    if (!*job->status)
        return;
    if (job->number)
        snprintf(label, sizeof label, "import %u", job->number);
    begin(out, label);
    fst_buf_addf(out, "%s%s%s%s", job->status, job->found ? ", started before" : "", *job->message ? ": " : "", job->message);
    if (job->number) {
        fst_buf_add_str(out, ", ");
        add_files(out, job->files, job->bytes);
    }
    if (job->found || job != &r->jobs[r->job_count - 1])
        fst_buf_add_char(out, '\n');
    else
        add_time(out, r->import_seconds);
}

static void add_sent(struct fst_buf *out, const struct fst_run_result *r)
{
    if (r->upload.files_sent + r->upload.files_kept) {
        begin(out, "uploaded");
        add_files(out, r->upload.files_sent, r->upload.bytes_sent);
        if (r->upload.files_kept) {
            fst_buf_add_str(out, ", ");
            fst_add_count(out, r->upload.files_kept);
            fst_buf_add_str(out, " were there already");
        }
        add_time(out, r->upload.seconds);
    }
    for (size_t i = 0; i < r->job_count && *r->jobs[i].id; i++)
        add_job(out, r, &r->jobs[i]);
}

static void add_reconciled(struct fst_buf *out, const struct fst_run_result *r)
{
    size_t told = 0, differ = 0;
    for (size_t i = 0; i < r->reconciled_count; i++) {
        told += r->reconciled[i].reported;
        differ += r->reconciled[i].differs;
    }
    if (!r->reconciled_count)
        return;
    begin(out, "reconciled");
    fst_buf_addf(out, "%zu of the %zu figures that the job%s reported agree with ours\n", told - differ, told, r->job_count > 1 ? "s" : "");
    for (size_t i = 0; i < r->reconciled_count; i++)
        if (r->reconciled[i].differs) {
            begin(out, "");
            fst_buf_addf(out, "%s: ours %.15g, the job's %.15g\n", r->reconciled[i].field, r->reconciled[i].ours,
                         r->reconciled[i].theirs);
        }
}

static void add_rejected(struct fst_buf *out, const struct fst_outcome_doc *doc, const char *dir)
{
    if (doc->figures->quarantined) {
        begin(out, "rejected");
        fst_add_count(out, doc->figures->quarantined);
        fst_buf_addf(out, " before anything was sent: see %s/quarantine\n", dir);
        fst_findings_add_text(out, doc->findings, "see the report");
    }
    if (doc->run->failures) {
        begin(out, "refused");
        fst_add_count(out, doc->run->failures);
        fst_buf_addf(out, " by the import job: see %s/failures.ndjson\n", dir);
    }
}

static void add_next(struct fst_buf *out, const struct fst_outcome_doc *doc, const struct fst_run_places *places)
{
    const struct fst_run_result *r = doc->run;
    bool done = doc->status == FST_OK || doc->status == FST_EREJECTED;
    if (!places->report && !done)
        return;
    fst_buf_add_str(out, "\nWhat to try next:\n");
    if (places->report)
        fst_buf_addf(out, "  open %s in a browser\n", places->report);
    if (r->failures)
        fst_buf_addf(out, "  fhirstage errors %s\n", places->out);
    if (done && places->local_dir && *r->datastore_id)
        fst_buf_addf(out,
                     "  fhirstage serve --dir %s --listen 127.0.0.1:8000 &   # and ask it for what was imported:\n"
                     "  curl --aws-sigv4 aws:amz:us-east-1:healthlake --user local:local-secret \\\n"
                     "       'http://127.0.0.1:8000/datastore/%s/r4/Patient?_summary=count'\n",
                     places->local_dir, r->datastore_id);
    if (done && places->local_dir)
        fst_buf_add_str(out, "  fhirstage run INPUT... --to s3://BUCKET/PREFIX …      # the same into HealthLake: fhirstage help run\n");
}

void fst_run_summary_add(struct fst_buf *out, const struct fst_outcome_doc *doc, const struct fst_run_places *places)
{
    add_headline(out, doc);
    add_prepared(out, doc->figures);
    add_rejected(out, doc, places->out);
    add_sent(out, doc->run);
    add_reconciled(out, doc->run);
    if (*doc->run->datastore_id) {
        begin(out, "data store");
        fst_buf_addf(out, "%s\n", doc->run->datastore_id);
    }
    if (places->report) {
        begin(out, "report");
        fst_buf_addf(out, "%s\n", places->report);
    }
    add_next(out, doc, places);
}
