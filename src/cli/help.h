/* cli/help.h — what the tables say, for people: help on the terminal, a man page, a page of reference.
 * Threads: thread-safe. May use: base. */
#ifndef FST_CLI_HELP_H
#define FST_CLI_HELP_H

#include "base/buf.h"
#include "cli/commands.h"

/* Help on the program (path->cmd NULL) or on a command. */
void fst_help_add(struct fst_buf *out, const struct fst_command_path *path);
/* The same to standard output. */
FST_MUST_USE enum fst_status fst_help_print(const struct fst_command_path *path, struct fst_error *err);
/* The same as a troff man page of section 1, and as a section of docs/commands.md. */
void fst_man_add(struct fst_buf *out, const struct fst_command_path *path);
void fst_reference_add(struct fst_buf *out, const struct fst_command_path *path);

/* "fhirstage prepare [OPTION]... INPUT... --out=DIR" */
void fst_usage_add(struct fst_buf *out, const struct fst_command_path *path);

/* The description, else the summary as a sentence. */
void fst_description_add(struct fst_buf *out, const struct fst_cmd *cmd);

#define FST_HELP_ABOUT "prepare FHIR data for AWS HealthLake, stage it on S3, import it, account for every resource"

/* The exit codes' meanings, in order; the last row is {0}. */
struct fst_exit_code {
    int         code;
    const char *meaning;
};
extern const struct fst_exit_code fst_exit_codes[];

/* A script that completes commands and options: "bash", "zsh" or "fish". */
void fst_complete_add(struct fst_buf *out, const char *shell);

#endif
