/* cli/commands.h — every command's entry, from commands.def. */
#ifndef FST_CLI_COMMANDS_H
#define FST_CLI_COMMANDS_H

#include "cli/cmd.h"

#define FST_CMD(symbol) extern const struct fst_cmd fst_cmd_##symbol;
#include "cli/commands.def"
#undef FST_CMD

#endif
