/* version: say which fhirstage this is. */
#include "cli/cmd.h"
#include "cli/commands.h"
#include "fhirstage/version.h"

static enum fst_status version_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,
                                   struct fst_error *err)
{
    printf("fhirstage %s\n", FST_VERSION);
    return FST_OK;
}

const struct fst_cmd fst_cmd_version = { .name = "version", .summary = "print the version", .run = version_run };
