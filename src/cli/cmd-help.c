/* help: on the program, or on a command. */
#include "cli/help.h"

static enum fst_status help_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                struct fst_error *err)
{
    struct fst_command_path path;
    enum fst_status         st = fst_command_path(&path, operands, count, err);
    return st ? st : fst_help_print(&path, err);
}

const struct fst_cmd fst_cmd_help = {
    .name = "help", .args = "[COMMAND]", .summary = "tell how to use a command", .max_args = 2, .run = help_run
};
