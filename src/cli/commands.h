/* cli/commands.h — every command's entry, from commands.def. */
#ifndef FST_CLI_COMMANDS_H
#define FST_CLI_COMMANDS_H

#include "cli/cmd.h"

#define FST_CMD(symbol) extern const struct fst_cmd fst_cmd_##symbol;
#include "cli/commands.def"
#undef FST_CMD

/* NULL-terminated, in the order of the help. */
extern const struct fst_cmd *const fst_commands[];

/* The command `name` of a NULL-terminated list, or NULL. */
const struct fst_cmd *fst_command_find(const struct fst_cmd *const *list, const char *name);
/* FST_EUSAGE: there is no command `name`, below `parent` ("" at the top); with a suggestion. */
enum fst_status fst_command_unknown(const struct fst_cmd *const *list, const char *parent, const char *name, struct fst_error *err);

/* A command and those above it, for help on it. */
struct fst_command_path {
    const struct fst_cmd *cmd; /* NULL: the program itself */
    char                  name[64]; /* "import start" */
};
/* Follow `words` down; FST_EUSAGE when one of them is no command. */
FST_MUST_USE enum fst_status fst_command_path(struct fst_command_path *path, const char *const *words, size_t count,
                                              struct fst_error *err);
/* One step down. */
void fst_command_path_add(struct fst_command_path *path, const struct fst_cmd *cmd);
/* `fn` on every command that is not hidden, parents before their subcommands. */
typedef void fst_command_fn(void *ctx, const struct fst_command_path *path);
void fst_commands_each(fst_command_fn *fn, void *ctx);

#endif
