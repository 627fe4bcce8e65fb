/* prepare: turn FHIR input into a folder that HealthLake can import. */
#include "cli/figures.h"
#include "cli/findings.h"
#include "cli/outcome.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/shape.h"

struct prepare_args {
    const char      *out;
    bool             json;
    struct fst_shape shape;
};

static const struct fst_opt prepare_opts[] = {
    { 'o', "out", FST_OPT_STRING, offsetof(struct prepare_args, out), "DIR",
      "the folder to write; a non-empty one that fhirstage did not make is refused", .required = true },
    { 0, "json", FST_OPT_FLAG, offsetof(struct prepare_args, json), NULL, "print the figures as JSON, as 'figures --json' does" },
    FST_SHAPE_OPTS(offsetof(struct prepare_args, shape)),
    { 0 }
};

static bool is_done(enum fst_status st, const struct fst_figures *figures)
{
    return st == FST_OK || ((st == FST_EREJECTED || st == FST_EINPUT) && figures->values);
}

/* Print the figures, and keep what was measured for the report. */
static enum fst_status tell(const struct fst_cli *cli, const struct prepare_args *a, enum fst_status st, int64_t begun_ms,
                            const struct fst_figures *figures, struct fst_findings *findings, const struct fst_trace *trace,
                            struct fst_error *err)
{
    const struct fst_outcome_doc doc = { .command = "prepare", .status = st, .begun_ms = begun_ms, .seconds = figures->seconds,
                                         .figures = figures, .trace = trace };
    struct fst_error             why = { 0 };
    enum fst_status              told = fst_outcome_write(a->out, &doc, &why);
    if (!told)
        told = fst_figures_print(figures, a->json, a->out, &why);
    if (!told && !a->json)
        told = fst_findings_print(findings, "see the folder's quarantine/*.issues.ndjson", &why);
    if (told)
        *err = why;
    else if (st != FST_EINPUT && !a->json)
        fst_say(FST_SAY_NOTE, NULL, "prepared %s; next: fhirstage upload %s s3://BUCKET/PREFIX", a->out, a->out);
    return told ? told : st;
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
    enum fst_status            st;
    fst_shape_apply(&a->shape, cli, operands, count, &opts);
    opts.out_dir = a->out;
    opts.findings = fst_findings_new();
    fst_trace_start(&trace, cli);
    fst_progress_start(&progress, cli);
    st = fst_prepare(&opts, cli->env, &figures, err);
    fst_progress_stop(&progress);
    fst_trace_stop(&trace);
    fst_figures_name_unread(st, &figures, err);
    if (is_done(st, &figures))
        st = tell(cli, a, st, begun_ms, &figures, opts.findings, &trace, err);
    fst_findings_free(opts.findings);
    return st;
}

static const struct fst_example examples[] = {
    { "fhirstage prepare exports/ --out staged", "all FHIR files under a folder" },
    { "zcat patients.ndjson.gz | fhirstage prepare - --out staged", "from standard input" },
    { "fhirstage prepare bundles/ --ids scope --out staged", "Bundles that each number their resources from 1" },
    { 0 }
};

const struct fst_cmd fst_cmd_prepare = {
    .name = "prepare", .args = "INPUT...", .summary = "turn FHIR input into a folder that HealthLake can import",
    .description =
        "Read FHIR R4 resources, whatever they are wrapped in, and write them as NDJSON files, one type a file, the way "
        "HealthLake imports them. Each resource gets an id, and references between resources are rewritten to those ids.\n\n"
        "INPUT is a file, a folder (searched through) or '-' for standard input: NDJSON, Bundles, single resources, any of "
        "them gzipped, told apart by content.\n\n"
        "What is rejected lies byte for byte under DIR/quarantine with its issues; then the exit code is 3. DIR/meta tells, "
        "for each line written, where it came from. The same input gives the same bytes, whatever the order of files or the "
        "number of threads.",
    .opts = prepare_opts, .args_size = sizeof(struct prepare_args), .min_args = 1, .max_args = SIZE_MAX, .run = prepare_run,
    .examples = examples
};
