/* report: one self-contained page about a prepared folder or a run. */
#include "base/buf.h"
#include "base/file.h"
#include "cli/cmd.h"
#include "cli/report.h"

struct report_args {
    const char *output;
};

static const struct fst_opt report_opts[] = {
    { 'o', "output", FST_OPT_STRING, offsetof(struct report_args, output), "FILE", "where the page goes (default DIR/report.html)" },
    { 0 }
};

static enum fst_status report_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                  struct fst_error *err)
{
    const struct report_args *a = args;
    struct fst_buf            path;
    enum fst_status           st;
    fst_buf_init(&path, 1 << 16);
    if (a->output)
        fst_buf_add_str(&path, a->output);
    else
        fst_path_join(&path, operands[0], "report.html");
    st = fst_report_write(operands[0], fst_buf_str(&path), err);
    if (!st)
        printf("%s\n", fst_buf_str(&path));
    fst_buf_clear(&path);
    return st;
}

static const struct fst_example examples[] = { { "fhirstage report fhirstage-out", "write fhirstage-out/report.html" }, { 0 } };

const struct fst_cmd fst_cmd_report = {
    .name = "report", .args = "DIR", .summary = "write one page about a prepared folder or a run",
    .description =
        "Write an HTML page about the folder that 'prepare' or 'run' left: figures, resources by type, throughput over time, "
        "what was rejected and where it came from, and how our figures compare with the job's. The page stands alone: it has "
        "no scripts and fetches nothing. Its path is printed.",
    .opts = report_opts, .args_size = sizeof(struct report_args), .min_args = 1, .max_args = 1, .run = report_run,
    .examples = examples
};
