/* cli/cmd.h — a subcommand owns its entry: name, options, help and what it does, in one file.
 * To add one: write src/cli/cmd-NAME.c, add its row to cli/commands.def, a page to docs/man, a test to tests/cli. */
#ifndef FST_CLI_CMD_H
#define FST_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fhirstage/status.h"

enum fst_opt_kind {
    FST_OPT_FLAG,     /* bool */
    FST_OPT_STRING,   /* const char * */
    FST_OPT_STRINGS,  /* struct fst_strings: may be repeated */
    FST_OPT_COUNT,    /* uint64_t */
    FST_OPT_SIZE,     /* uint64_t, in bytes: 64MiB */
    FST_OPT_DURATION, /* int64_t, in ms: 30s */
    FST_OPT_CHOICE    /* int: the index into `choices` */
};

struct fst_strings {
    const char **items;
    size_t       count;
};

/* One option: parsing, -h, man page and completion come from this. The last row is {0}. */
struct fst_opt {
    char              letter; /* 0: none */
    const char       *name;   /* without the dashes */
    enum fst_opt_kind kind;
    size_t            offset; /* of the field in the command's args struct */
    const char       *arg;    /* what the value is called: "N", "DIR"; NULL for a flag */
    const char       *help;   /* one line, lower case, no full stop; says the default */
    const char *const *choices;  /* NULL-terminated, for FST_OPT_CHOICE */
    bool              arg_optional; /* --local[=DIR]: without "=" the string is "" */
};

/* What every command gets. */
struct fst_cli {
    int         verbosity; /* -1 quiet, 0, 1 verbose */
    bool        log_json, color;
    int         progress; /* enum fst_progress_mode */
    const struct fst_env *env;
};

struct fst_cmd {
    const char *name;
    const char *args;    /* "INPUT..." */
    const char *summary; /* one line, lower case, no full stop */
    const char *description; /* paragraphs for the man page and --help */
    const struct fst_opt *opts;
    size_t      args_size; /* of the struct that `opts` fill; zeroed before */
    size_t      min_args, max_args; /* operands; max SIZE_MAX: any number */
    /* Returns a status; its exit code is the command's. What is in err is printed by main. */
    enum fst_status (*run)(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err);
};

#endif
