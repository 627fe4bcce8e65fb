/* completion: a script that makes a shell complete commands, options and values. */
#include "cli/help.h"
#include "cli/options.h"
#include "fhirstage/view.h"

static const char *const shells[] = { "bash", "zsh", "fish" };

static enum fst_status completion_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                      struct fst_error *err)
{
    struct fst_buf  out;
    enum fst_status st;
    size_t          i = 0;
    while (i < FST_COUNT(shells) && strcmp(shells[i], operands[0]))
        i++;
    if (i == FST_COUNT(shells)) {
        (void)fst_fail_usage(err, "completion", "unknown shell '%.100s'", operands[0]);
        fst_error_hint(err, "it knows bash, zsh and fish");
        return FST_EUSAGE;
    }
    fst_buf_init(&out, 1 << 20);
    fst_complete_add(&out, shells[i]);
    fputs(fst_buf_str(&out), stdout);
    st = fst_buf_check(&out, err);
    fst_buf_clear(&out);
    return st;
}

static const struct fst_example examples[] = {
    { "source <(fhirstage completion bash)", "for this shell" },
    { "fhirstage completion fish > ~/.config/fish/completions/fhirstage.fish", "for good, with fish" },
    { 0 }
};

const struct fst_cmd fst_cmd_completion = {
    .name = "completion", .args = "bash|zsh|fish", .summary = "print a completion script for a shell",
    .description = "Print a script that lets the shell complete fhirstage's commands, options and their values.",
    .min_args = 1, .max_args = 1, .run = completion_run, .examples = examples
};
