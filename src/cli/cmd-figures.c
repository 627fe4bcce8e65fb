/* figures: what the import job will report, before anything is sent. */
#include "base/buf.h"
#include "base/file.h"
#include "cli/figures.h"
#include "cli/findings.h"
#include "cli/input.h"
#include "cli/progress.h"
#include "cli/remote-opts.h"
#include "cli/shape.h"

struct figures_args {
    bool              json;
    struct fst_shape  shape;
    struct fst_remote remote;
};

static const struct fst_opt figures_opts[] = {
    { 0, "json", FST_OPT_FLAG, offsetof(struct figures_args, json), NULL, "print one JSON object with the API's names" },
    FST_SHAPE_OPTS(offsetof(struct figures_args, shape)),
    FST_REMOTE_OPTS(offsetof(struct figures_args, remote)),
    { 0 }
};

/* A folder that was prepared before: its manifest has the figures. */
static bool is_prepared(const char *dir)
{
    struct fst_buf path;
    bool           found;
    fst_buf_init(&path, 1 << 16);
    found = fst_file_exists(fst_path_join(&path, dir, "meta/manifest.json"));
    fst_buf_clear(&path);
    return found;
}

static enum fst_status figures_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                   struct fst_error *err)
{
    const struct figures_args *a = args;
    struct fst_prepare_opts    opts;
    struct fst_figures         figures = { 0 };
    struct fst_progress        progress;
    const struct fst_input     in = { operands, count, a->remote, NULL, a->shape.memory_bytes, a->shape.jobs };
    struct fst_store          *store = NULL;
    enum fst_status            st;
    if (count == 1 && is_prepared(operands[0])) {
        st = fst_figures_load(&figures, operands[0], err);
        return st ? st : fst_figures_print(&figures, a->json, operands[0], err);
    }
    st = fst_shape_apply(&a->shape, cli, operands, count, &opts, err);
    if (!st)
        st = fst_input_open(&store, &in, cli, err);
    if (st) {
        fst_shape_release(&opts);
        return st;
    }
    opts.store = store;
    opts.findings = fst_findings_new();
    fst_progress_start(&progress, cli);
    st = fst_prepare_figures(&opts, cli->env, &figures, err);
    fst_progress_stop(&progress);
    fst_figures_name_unread(st, &figures, err);
    if (st == FST_OK || ((st == FST_EREJECTED || st == FST_EINPUT) && figures.values)) {
        struct fst_error print_err = { 0 };
        enum fst_status  printed = fst_figures_print(&figures, a->json, NULL, &print_err);
        if (!printed && !a->json)
            printed = fst_findings_print(opts.findings, "fhirstage validate --verdicts FILE writes them all", &print_err);
        if (printed)
            *err = print_err;
        st = printed ? printed : st;
    }
    fst_findings_free(opts.findings);
    fst_s3_store_close(store);
    fst_shape_release(&opts);
    return st;
}

static const struct fst_example examples[] = {
    { "fhirstage figures exports/", "of files as they are" },
    { "fhirstage figures --json staged", "of a folder that was prepared" },
    { 0 }
};

const struct fst_cmd fst_cmd_figures = {
    .name = "figures", .args = "INPUT...", .summary = "the import job's figures, before anything is sent",
    .description =
        "Walk the input as 'prepare' does, write nothing, and print what the import job's progress report will say: files, "
        "megabytes (of 10^6 bytes) and resources as they would be staged; then how many resources of each type, and what would be "
        "rejected or left out.\n\n"
        "A single folder that 'prepare' wrote is not read again: its manifest has the figures.",
    .opts = figures_opts, .args_size = sizeof(struct figures_args), .min_args = 1, .max_args = SIZE_MAX, .run = figures_run,
    .examples = examples
};
