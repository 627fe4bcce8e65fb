/* prepare: turn FHIR input into a folder that HealthLake can import, or straight into a prefix on S3. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "cli/figures.h"
#include "cli/findings.h"
#include "cli/input.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/remote-opts.h"
#include "cli/say.h"
#include "cli/shape.h"

struct prepare_args {
    const char        *out, *keep;
    bool               json, quarantine, create_bucket;
    struct fst_shape   shape;
    struct fst_sending sending;
    struct fst_remote  remote;
};

static const struct fst_opt prepare_opts[] = {
    { 'o', "out", FST_OPT_STRING, offsetof(struct prepare_args, out), "DIR|s3://BUCKET/PREFIX",
      "the folder to write; a non-empty one that fhirstage did not make is refused. Or a prefix on S3: chunks are sent while "
      "they are made, without a staging disk", .required = true },
    { 0, "keep", FST_OPT_STRING, offsetof(struct prepare_args, keep), "DIR",
      "with --out=s3://...: a folder for quarantine, provenance and report (default: a temporary one)" },
    { 0, "send-quarantine", FST_OPT_FLAG, offsetof(struct prepare_args, quarantine), NULL,
      "with --out=s3://...: send what was rejected too, to PREFIX/quarantine/" },
    { 0, "create-bucket", FST_OPT_FLAG, offsetof(struct prepare_args, create_bucket), NULL, "create the bucket where it is missing" },
    { 0, "json", FST_OPT_FLAG, offsetof(struct prepare_args, json), NULL, "print the figures as JSON, as 'figures --json' does" },
    FST_SENDING_OPTS(offsetof(struct prepare_args, sending)),
    FST_REMOTE_OPTS(offsetof(struct prepare_args, remote)),
    FST_SHAPE_OPTS(offsetof(struct prepare_args, shape)),
    { 0 }
};

static bool is_remote(const struct prepare_args *a)
{
    return fst_view_starts(fst_view_of(a->out), "s3://");
}

static bool is_done(enum fst_status st, const struct fst_figures *figures)
{
    return st == FST_OK || ((st == FST_EREJECTED || st == FST_EINPUT) && figures->values);
}

/* Print the figures, and keep what was measured for the report in the folder `dir`. */
static enum fst_status tell(const struct fst_cli *cli, const struct prepare_args *a, const char *dir, enum fst_status st, int64_t begun_ms,
                            const struct fst_figures *figures, struct fst_findings *findings, const struct fst_trace *trace,
                            struct fst_error *err)
{
    const struct fst_outcome_doc doc = { .command = "prepare", .status = st, .begun_ms = begun_ms, .seconds = figures->seconds,
                                         .figures = figures, .trace = trace };
    struct fst_error             why = { 0 };
    enum fst_status              told = fst_outcome_write(dir, &doc, &why);
    if (!told)
        told = fst_figures_print(figures, a->json, dir, &why);
    if (!told && !a->json)
        told = fst_findings_print(findings, "see the folder's quarantine/*.issues.ndjson", &why);
    if (told)
        *err = why;
    else if (st != FST_EINPUT && figures->resources && !a->json && !is_remote(a))
        fst_say(FST_SAY_NOTE, NULL, "prepared %s; next: fhirstage upload %s s3://BUCKET/PREFIX", a->out, a->out);
    return told ? told : st;
}

/* A folder for what is not a chunk. */
static enum fst_status open_folder(const struct prepare_args *a, struct fst_buf *dir, struct fst_error *err)
{
    const char *tmp = a->shape.tmp_dir ? a->shape.tmp_dir : getenv("TMPDIR");

    if (a->keep || !is_remote(a)) {
        fst_buf_add_str(dir, a->keep ? a->keep : a->out);
        return fst_buf_check(dir, err);
    }
    fst_buf_addf(dir, "%s/fhirstage-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    return mkdtemp((char *)fst_buf_str(dir)) ? FST_OK : fst_fail_errno(err, "%s", fst_buf_str(dir));
}

static enum fst_status prepare_to(const struct prepare_args *a, const struct fst_prepare_opts *opts, const struct fst_cli *cli,
                                  struct fst_figures *figures, struct fst_error *err)
{
    struct fst_upload_result result;
    struct fst_upload_opts   upload = { .to = a->out, .remote = a->remote, .create_bucket = a->create_bucket, .quarantine = a->quarantine,
                                        .memory_bytes = opts->memory_bytes / 2, .tmp_dir = opts->tmp_dir, .meter = cli->meter,
                                        .notice = fst_say_notice };
    fst_sending_apply(&a->sending, &upload);
    return fst_stage(opts, &upload, cli->env, figures, &result, err);
}

static enum fst_status check_args(const struct prepare_args *a, struct fst_error *err)
{
    if (is_remote(a) || (!a->keep && !a->quarantine && !a->create_bucket))
        return FST_OK;
    (void)fst_fail(err, FST_EUSAGE, "prepare: --keep, --send-quarantine and --create-bucket go with --out=s3://BUCKET/PREFIX");
    return FST_EUSAGE;
}

/* What was rejected is nowhere else, unless it was sent. */
static void remove_folder(const struct prepare_args *a, const char *dir, const struct fst_figures *figures)
{
    if (figures->quarantined && !a->quarantine)
        fst_say(FST_SAY_NOTE, NULL, "what was rejected is kept in %s", dir);
    else if (fst_file_remove_tree(dir, NULL))
        fst_say(FST_SAY_WARNING, dir, "could not be removed");
}

static enum fst_status prepare_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                   struct fst_error *err)
{
    const struct prepare_args *a = args;
    struct fst_prepare_opts    opts;
    struct fst_figures         figures = { 0 };
    struct fst_progress        progress;
    struct fst_trace           trace;
    int64_t                    begun_ms = cli->env->now_ms(cli->env->ctx);
    struct fst_buf             dir;
    const struct fst_input     in = { operands, count, a->remote, is_remote(a) ? a->out : NULL, a->shape.memory_bytes, a->shape.jobs };
    struct fst_store          *store = NULL;
    enum fst_status            st = check_args(a, err);
    if (st)
        return st;
    st = fst_shape_apply(&a->shape, cli, operands, count, &opts, err);
    fst_buf_init(&dir, 1 << 16);
    if (!st)
        st = fst_input_open(&store, &in, cli, err);
    opts.store = store;
    if (!st)
        st = open_folder(a, &dir, err);
    if (st) {
        fst_s3_store_close(store);
        fst_shape_release(&opts);
        fst_buf_clear(&dir);
        return st;
    }
    opts.out_dir = fst_buf_str(&dir);
    opts.findings = fst_findings_new();
    fst_trace_start(&trace, cli);
    fst_progress_start(&progress, cli);
    st = is_remote(a) ? prepare_to(a, &opts, cli, &figures, err) : fst_prepare(&opts, cli->env, &figures, err);
    fst_progress_stop(&progress);
    fst_trace_stop(&trace);
    fst_figures_name_unread(st, &figures, err);
    if (is_done(st, &figures))
        st = tell(cli, a, opts.out_dir, st, begun_ms, &figures, opts.findings, &trace, err);
    fst_findings_free(opts.findings);
    fst_s3_store_close(store);
    fst_shape_release(&opts);
    if (is_remote(a) && !a->keep)
        remove_folder(a, opts.out_dir, &figures);
    fst_buf_clear(&dir);
    return st;
}

static const struct fst_example examples[] = {
    { "fhirstage prepare exports/ --out staged", "all FHIR files under a folder" },
    { "zcat patients.ndjson.gz | fhirstage prepare - --out staged", "from standard input" },
    { "fhirstage prepare exports/ --out s3://my-bucket/2026-11", "straight to S3" },
    { "fhirstage prepare bundles/ --ids scope --out staged", "Bundles that each number their resources from 1" },
    { 0 }
};

const struct fst_cmd fst_cmd_prepare = {
    .name = "prepare", .args = "INPUT...", .summary = "turn FHIR input into a folder that HealthLake can import",
    .description =
        "Read FHIR R4 resources, whatever they are wrapped in, and write them as NDJSON files, one type a file, the way "
        "HealthLake imports them. Each resource gets an id, and references between resources are rewritten to those ids.\n\n"
        "INPUT is a file, a folder (searched through), '-' for standard input, or s3://BUCKET/PREFIX: NDJSON, Bundles, single resources, any of "
        "them gzipped, told apart by content.\n\n"
        "What is rejected lies byte for byte under DIR/quarantine with its issues; then the exit code is 3. DIR/meta tells, "
        "for each line written, where it came from. The same input gives the same bytes, whatever the order of files or the "
        "number of threads.",
    .opts = prepare_opts, .args_size = sizeof(struct prepare_args), .min_args = 1, .max_args = SIZE_MAX, .run = prepare_run,
    .examples = examples
};
