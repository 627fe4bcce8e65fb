/* run: the whole job, against AWS or against the service in this process. */
#include "base/buf.h"
#include "cli/figures.h"
#include "cli/input.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/remote-opts.h"
#include "cli/report.h"
#include "cli/run-summary.h"
#include "cli/say.h"
#include "cli/shape.h"
#include "serve/serve.h"

#define DEFAULT_OUT       "fhirstage-out"
#define LOCAL_TO          "s3://fhirstage-local/run"
#define LOCAL_REGION      "us-east-1"
#define LOCAL_ROLE        "arn:aws:iam::000000000000:role/fhirstage-local"
#define LOCAL_KEY         "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
#define DATASTORE_NAME    "fhirstage"
enum { LOCAL_POLL_MS = 50 };

struct run_args {
    const char        *local, *to, *datastore, *role, *kms_key;
    const char        *out, *output, *job_name;
    int64_t            timeout_ms;
    bool               json, require_empty;
    struct fst_shape   shape;
    struct fst_sending sending;
    struct fst_remote  remote;
};

#define AT(field) offsetof(struct run_args, field)

static const struct fst_opt run_opts[] = {
    { 0, "Where to", FST_OPT_HEADING },
    { 0, "local", FST_OPT_STRING, AT(local), "DIR",
      "against the service in this program, on loopback; DIR keeps its state (default: that of --out, with -local)",
      .arg_optional = true },
    { 0, "to", FST_OPT_STRING, AT(to), "s3://BUCKET/PREFIX", "where the files are staged" },
    { 0, "datastore", FST_OPT_STRING, AT(datastore), "ID", "the HealthLake data store to import into" },
    { 0, "role", FST_OPT_STRING, AT(role), "ARN", "the role with which HealthLake reads and writes the bucket" },
    { 0, "kms-key", FST_OPT_STRING, AT(kms_key), "ARN", "the key with which the job's output is encrypted" },
    { 0, "output", FST_OPT_STRING, AT(output), "s3://BUCKET/PREFIX", "where the job writes its logs (default PREFIX/output/)" },
    { 0, "job-name", FST_OPT_STRING, AT(job_name), "NAME",
      "name of the import job (default fhirstage); a digest of what is imported comes behind it" },
    { 0, "timeout", FST_OPT_DURATION, AT(timeout_ms), "TIME", "longest wait for the job; it goes on after that (default: no limit)" },
    { 0, "require-empty", FST_OPT_FLAG, AT(require_empty), NULL,
      "refuse a data store that was imported into before (default: say so)" },
    { 'o', "out", FST_OPT_STRING, AT(out), "DIR", "for report, quarantine and provenance (default " DEFAULT_OUT ")" },
    { 0, "json", FST_OPT_FLAG, AT(json), NULL, "print the summary as JSON" },
    FST_SENDING_OPTS(AT(sending)),
    FST_REMOTE_OPTS(AT(remote)),
    FST_SHAPE_OPTS(AT(shape)),
    { 0 }
};

/* ---- is there a place to send it to */

static enum fst_status usage(struct fst_error *err, const char *what)
{
    (void)fst_fail(err, FST_EUSAGE, "run: %s", what);
    fst_error_hint(err, "fhirstage run INPUT... --local, or --to=s3://BUCKET/PREFIX --datastore=ID --role=ARN --kms-key=ARN");
    return FST_EUSAGE;
}

static enum fst_status check_target(const struct run_args *a, struct fst_error *err)
{
    if (!a->local && !a->to)
        return usage(err, "missing option: --local, or --to");
    if (a->local && a->to)
        return usage(err, "--local and --to exclude each other");
    if (a->local && (a->remote.endpoint_url || a->remote.region || a->remote.profile || a->role || a->kms_key))
        return usage(err, "--local has an endpoint, region, role and key of its own");
    if (a->to && (!a->datastore || !a->role || !a->kms_key))
        return usage(err, "missing option: --to needs --datastore, --role and --kms-key");
    return FST_OK;
}

/* ---- the service in this process */

struct local {
    struct fst_serve *service;
    struct fst_buf    dir;
};

static enum fst_status start_local(struct local *l, const struct run_args *a, const char *out, const struct fst_cli *cli,
                                   struct fst_run_opts *opts, struct fst_error *err)
{
    struct fst_serve_opts serve = { .env = cli->env };
    enum fst_status       st;
    if (*a->local)
        fst_buf_add_str(&l->dir, a->local);
    else
        fst_buf_addf(&l->dir, "%s-local", out);
    serve.dir = fst_buf_str(&l->dir);
    st = fst_serve_start(&l->service, &serve, err);
    if (st)
        return st;
    fst_say(FST_SAY_DETAIL, "local service", "listens on %s, keeps its state in %s", fst_serve_endpoint(l->service), serve.dir);
    opts->upload.to = LOCAL_TO;
    opts->upload.create_bucket = opts->upload.prune = true;
    opts->upload.remote = (struct fst_remote){ .endpoint_url = fst_serve_endpoint(l->service), .region = LOCAL_REGION,
                                               .access_key_id = FST_SERVE_KEY_ID, .secret_access_key = FST_SERVE_SECRET };
    opts->role_arn = LOCAL_ROLE;
    opts->kms_key = LOCAL_KEY;
    opts->poll_ms = LOCAL_POLL_MS;
    return FST_OK;
}

/* ---- what is told at the end */

/* The report is of use whatever became of the run, as long as there is a folder to report on. */
static void write_report(const char *out, const struct fst_outcome_doc *doc, struct fst_buf *path)
{
    struct fst_error err = { 0 };
    fst_buf_addf(path, "%s/report.html", out);
    if (fst_outcome_write(out, doc, &err) || fst_report_write(out, fst_buf_str(path), &err)) {
        fst_say(FST_SAY_WARNING, "report", "%s", err.text);
        fst_buf_reset(path);
    }
}

static enum fst_status tell(const struct run_args *a, const struct fst_outcome_doc *doc, const char *out, const struct local *l,
                            struct fst_error *err)
{
    struct fst_buf  report, text;
    enum fst_status st;
    fst_buf_init(&report, 1 << 16);
    fst_buf_init(&text, 1 << 20);
    write_report(out, doc, &report);
    if (a->json) {
        struct fst_outcome_doc brief = *doc;
        brief.trace = NULL;
        fst_outcome_add(&text, &brief);
    } else {
        const struct fst_run_places places = { .out = out, .report = report.len ? fst_buf_str(&report) : NULL,
                                               .local_dir = l->service ? l->dir.p : NULL };
        fst_run_summary_add(&text, doc, &places);
    }
    st = fst_buf_check(&text, err);
    fputs(fst_buf_str(&text), stdout);
    fst_buf_clear(&report);
    fst_buf_clear(&text);
    return st ? st : doc->status;
}

static enum fst_status run_job(struct fst_cli *cli, const struct run_args *a, const struct fst_run_opts *opts, const struct local *l,
                               struct fst_error *err)
{
    struct fst_run_result *result = calloc(1, sizeof *result);
    struct fst_trace      *trace = calloc(1, sizeof *trace);
    struct fst_progress    progress;
    struct fst_outcome_doc doc = { .command = "run", .begun_ms = cli->env->now_ms(cli->env->ctx), .run = result, .trace = trace };
    enum fst_status        st;
    if (!result || !trace) {
        free(result);
        free(trace);
        return fst_fail(err, FST_ENOMEM, "out of memory");
    }
    fst_trace_start(trace, cli);
    fst_progress_start(&progress, cli);
    doc.status = st = fst_run(opts, cli->env, result, err);
    fst_progress_stop(&progress);
    fst_trace_stop(trace);
    fst_figures_name_unread(st, &result->figures, err);
    doc.figures = &result->figures;
    doc.findings = opts->prepare.findings;
    doc.seconds = result->seconds;
    if (result->figures.values)
        st = tell(a, &doc, opts->prepare.out_dir, l, err);
    fst_run_result_clear(result);
    free(result);
    free(trace);
    return st;
}

static enum fst_status run_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    const struct run_args *a = args;
    const char            *out = a->out ? a->out : DEFAULT_OUT;
    struct fst_run_opts    opts = {
        .datastore_id = a->datastore, .datastore_name = DATASTORE_NAME, .role_arn = a->role, .kms_key = a->kms_key,
        .output_uri = a->output, .job_name = a->job_name, .timeout_ms = a->timeout_ms, .require_empty = a->require_empty,
        .upload = { .to = a->to, .remote = a->remote },
    };
    const struct fst_input in = { operands, count, a->remote, a->to, a->shape.memory_bytes, a->shape.jobs };
    struct fst_store      *store = NULL;
    struct local           l = { 0 };
    enum fst_status        st = check_target(a, err);
    if (!st)
        st = fst_input_open(&store, &in, cli, err);
    if (st)
        return st;
    fst_buf_init(&l.dir, 1 << 16);
    fst_sending_apply(&a->sending, &opts.upload);
    st = fst_shape_apply(&a->shape, cli, operands, count, &opts.prepare, err);
    opts.prepare.out_dir = out;
    opts.prepare.store = store;
    opts.prepare.findings = fst_findings_new();
    if (!st && a->local)
        st = start_local(&l, a, out, cli, &opts, err);
    if (!st)
        st = run_job(cli, a, &opts, &l, err);
    if (l.service)
        fst_serve_stop(l.service);
    fst_buf_clear(&l.dir);
    fst_findings_free(opts.prepare.findings);
    fst_s3_store_close(store);
    fst_shape_release(&opts.prepare);
    return st;
}

static const struct fst_example examples[] = {
    { "fhirstage run bundles/ --local", "see it all work, without an AWS account" },
    { "fhirstage run bundles/ --to s3://my-bucket/2026-11 --datastore 0123456789abcdef0123456789abcdef "
      "--role arn:aws:iam::111122223333:role/HealthLakeImport --kms-key arn:aws:kms:us-east-1:111122223333:key/ID",
      "into HealthLake" },
    { 0 }
};

const struct fst_cmd fst_cmd_run = {
    .name = "run", .args = "INPUT... (--local[=DIR] | --to=s3://BUCKET/PREFIX --datastore=ID --role=ARN --kms-key=ARN)",
    .summary = "the whole job: prepare, upload, import, reconcile, report",
    .description =
        "Prepare the input, stage it on S3, start HealthLake's import job, follow it to its end, compare its report with our "
        "figures, take each failure back to the line or entry it came from, and write a report.\n\n"
        "With --local the service is one that this program brings: it listens on loopback for the time of the run, and keeps "
        "what was imported.\n\n"
        "What is more than an import job may hold becomes several, which are imported one after another.\n\n"
        "Broken off, the same command goes on: what is staged already is not sent again, and a job that was started is found. "
        "Exit code 3: done, but resources were rejected or the figures differ; 5: the wait timed out, the job goes on.",
    .opts = run_opts, .args_size = sizeof(struct run_args), .min_args = 1, .max_args = SIZE_MAX, .run = run_run,
    .examples = examples
};
