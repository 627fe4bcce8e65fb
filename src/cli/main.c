#include "cli/commands.h"
#include "fhirstage/env.h"
#include "fhirstage/view.h"

static const struct fst_cmd *const commands[] = {
#define FST_CMD(symbol) &fst_cmd_##symbol,
#include "cli/commands.def"
#undef FST_CMD
};

int main(int argc, char **argv)
{
    struct fst_cli   cli = { .env = fst_env_real() };
    struct fst_error err = { 0 };
    for (size_t i = 0; argc > 1 && i < FST_COUNT(commands); i++)
        if (!strcmp(argv[1], commands[i]->name))
            return fst_status_exit_code(commands[i]->run(&cli, NULL, NULL, 0, &err));
    return fst_status_exit_code(FST_EUSAGE);
}
