/* cli/api-run.h — run an API command: request from its options, call, answer for people or as JSON.
 * Threads: one command at a time. May use: json. */
#ifndef FST_CLI_API_RUN_H
#define FST_CLI_API_RUN_H

#include "cli/api-opts.h"
#include "fhirstage/api.h"
#include "json/tape.h"

/* A connection as the options say. */
FST_MUST_USE enum fst_status fst_api_connect(struct fst_api *api, struct fst_cli *cli, const struct fst_api_args *args, struct fst_error *err);

/* Call `operation`, over all pages where it has pages, and print the answer. */
FST_MUST_USE enum fst_status fst_api_run(struct fst_cli *cli, const struct fst_api_args *args, const char *operation,
                                         const char *const *operands, size_t count, struct fst_error *err);

/* Wait as the model's waiter says, show how it gets on, print the last answer. FST_EREJECTED: COMPLETED_WITH_ERRORS. */
FST_MUST_USE enum fst_status fst_api_wait_run(struct fst_cli *cli, const struct fst_api_args *args, const char *waiter, struct fst_error *err);

/* Append JSON with line breaks and indents; tokens stay as they are. */
void fst_add_pretty_json(struct fst_buf *out, const struct fst_tape *t, uint32_t node, unsigned depth);

/* What a wait's commands take beside the operation's members. */
extern const struct fst_opt fst_api_wait_opts[];

/* A command `symbol` for `operation`: its table of options, filled before main, and how it runs. */
#define FST_API_COMMAND(symbol, operation)                                                                                    \
    static struct fst_opt symbol##_opts[FST_API_OPTS_MAX];                                                                    \
    __attribute__((constructor)) static void symbol##_lay_out(void) { fst_api_opts(symbol##_opts, operation, NULL); }         \
    static enum fst_status symbol##_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count,           \
                                        struct fst_error *err)                                                                \
    {                                                                                                                         \
        return fst_api_run(cli, args, operation, operands, count, err);                                                       \
    }

#endif
