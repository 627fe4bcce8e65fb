/* cli/cmd.h — a subcommand owns its entry: name, options, help and what it does, in one file.
 * Parsing, --help, the man pages, docs/commands.md and the shell completions all come from these tables.
 * To add one: write src/cli/cmd-NAME.c, add its row to cli/commands.def, a test to tests/cli/NAME, run `make reference`. */
#ifndef FST_CLI_CMD_H
#define FST_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fhirstage/env.h"
#include "fhirstage/meter.h"
#include "fhirstage/status.h"

enum fst_opt_kind {
    FST_OPT_FLAG,     /* bool */
    FST_OPT_REPEATED, /* unsigned: how often it is given */
    FST_OPT_STRING,   /* const char *; with `choices`, one of them */
    FST_OPT_STRINGS,  /* struct fst_strings: may be repeated */
    FST_OPT_COUNT,    /* uint64_t */
    FST_OPT_SIZE,     /* uint64_t, in bytes: 64MiB */
    FST_OPT_DURATION, /* int64_t, in ms: 30s */
    FST_OPT_CHOICE,   /* int: the index into `choices` */
    FST_OPT_HEADING   /* no option: `name` heads the options that follow in the help */
};

struct fst_strings {
    const char **items;
    size_t       count;
};

/* One option. Only the last of a repeated one counts, but for FST_OPT_STRINGS. The last row is {0}. */
struct fst_opt {
    char              letter; /* 0: none */
    const char       *name;   /* without the dashes */
    enum fst_opt_kind kind;
    size_t            offset; /* of the field in the command's args struct */
    const char       *arg;    /* what the value is called: "N", "DIR"; NULL for a flag, and where `choices` say it */
    const char       *help;   /* one line, lower case, no full stop; says the default */
    const char *const *choices;  /* NULL-terminated, for FST_OPT_CHOICE and FST_OPT_STRING */
    bool              arg_optional; /* --local[=DIR]: without "=" the string is "" */
    bool              required;
    uint64_t          min, max; /* of a COUNT or a SIZE; max 0: none */
};

enum fst_progress_mode { FST_PROGRESS_AUTO, FST_PROGRESS_PLAIN, FST_PROGRESS_JSON, FST_PROGRESS_NONE };

/* What every command gets. */
struct fst_cli {
    int                   verbosity; /* -1 quiet, 0, 1 verbose, 2 with every request */
    bool                  log_json, color;
    int                   progress; /* enum fst_progress_mode */
    const struct fst_env *env;
    struct fst_meter     *meter; /* SIGINT and SIGTERM set its `stop`: wind up and return FST_EINTR or FST_ETERM */
};

struct fst_example {
    const char *line; /* "fhirstage validate patients.ndjson" */
    const char *what; /* one sentence fragment, lower case, no full stop */
};

struct fst_cmd {
    const char *name;    /* of a subcommand its own alone: "start" */
    const char *args;    /* "INPUT..." */
    const char *summary; /* one line, lower case, no full stop */
    const char *description; /* paragraphs, separated by an empty line, for the man page and --help */
    const struct fst_opt *opts;
    size_t      args_size; /* of the struct that `opts` fill; zeroed before */
    size_t      min_args, max_args; /* operands; max SIZE_MAX: any number */
    /* Returns a status; its exit code is the command's. What is in err is printed by main; a failure without words
     * is one that the command has told of already. */
    enum fst_status (*run)(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err);
    const struct fst_example *examples; /* may be NULL; the last row is {0} */
    const struct fst_cmd *const *subs; /* NULL-terminated: the first operand names one of them, and `run` is not called */
    bool        hidden; /* from help, man pages and completion */
};

#endif
