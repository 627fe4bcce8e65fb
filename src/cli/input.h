/* cli/input.h — INPUTs on S3, for the commands that read. Threads: thread-safe. */
#ifndef FST_CLI_INPUT_H
#define FST_CLI_INPUT_H

#include "cli/cmd.h"
#include "fhirstage/store.h"

/* How much of the memory budget what is read ahead from S3 may have. */
enum { FST_INPUT_SHARE = 4 };

struct fst_input {
    const char *const *inputs;
    size_t             count;
    struct fst_remote  remote;
    const char        *skip;         /* the output's prefix on S3; NULL: it is elsewhere */
    uint64_t           memory_bytes; /* the whole budget; 0: the default's */
    uint64_t           jobs;         /* 0: one a processor */
};
/* The store for those of the INPUTs that are on S3; *out is NULL when there are none. */
FST_MUST_USE enum fst_status fst_input_open(struct fst_store **out, const struct fst_input *in, const struct fst_cli *cli, struct fst_error *err);

#endif
