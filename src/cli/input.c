#include "cli/input.h"

enum fst_status fst_input_open(struct fst_store **out, const struct fst_input *in, const struct fst_cli *cli, struct fst_error *err)
{
    const struct fst_s3_store_opts opts = { .remote = in->remote, .skip = in->skip, .memory_bytes = in->memory_bytes / FST_INPUT_SHARE,
                                            .streams = (unsigned)in->jobs, .meter = cli->meter };

    *out = NULL;
    for (size_t i = 0; i < in->count; i++)
        if (fst_s3_store_claims(in->inputs[i]))
            return fst_s3_store_open(out, &opts, cli->env, err);
    return FST_OK;
}
