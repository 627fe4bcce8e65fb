/* cli/options.h — from argv to an args struct, by a command's table and that of the global options.
 * A long option is written out (--opt VALUE, --opt=VALUE), letters may be joined (-qj4), "--" ends the options,
 * "-" is an operand. Threads: none share a parse. May use: base. */
#ifndef FST_CLI_OPTIONS_H
#define FST_CLI_OPTIONS_H

#include "base/buf.h"
#include "cli/cmd.h"

struct fst_globals {
    bool     help, version, quiet;
    unsigned verbose;
    int      log_format, progress;
};
extern const struct fst_opt fst_global_opts[];

struct fst_parse {
    const struct fst_opt *opts; /* the command's, or NULL */
    void                 *args; /* what they fill */
    struct fst_globals   *globals;
    const char           *command; /* for errors: "import start"; "" before one is known */
    bool                  stop_at_operand;
    const char          **operands; /* owned */
    size_t                count;
};

/* Reads argv[0 … argc). *used is how many were read: all, or up to the first operand with `stop_at_operand`. FST_EUSAGE. */
FST_MUST_USE enum fst_status fst_parse_args(struct fst_parse *p, const char *const *argv, size_t argc, size_t *used,
                                            struct fst_error *err);
/* Are the required options and enough operands there? For a command that is to run. */
FST_MUST_USE enum fst_status fst_parse_complete(const struct fst_parse *p, const struct fst_cmd *cmd, struct fst_error *err);
/* Frees the operands and the lists in `args`. */
void fst_parse_clear(struct fst_parse *p);

/* FST_EUSAGE in words: "COMMAND: WHAT", hint "fhirstage help COMMAND". Of the program itself with command "". */
enum fst_status fst_fail_usage(struct fst_error *err, const char *command, const char *fmt, ...) FST_PRINTF(3, 4);

/* Is a value expected of it? */
bool fst_opt_has_value(const struct fst_opt *opt);

/* "--local[=DIR]", "--jobs=N", "--level=strict|minimal", "--json". */
void fst_opt_add_synopsis(struct fst_buf *out, const struct fst_opt *opt);

/* The name that a word may be a slip of. Starts as {0}; offer it every name. */
struct fst_suggestion {
    const char *best; /* NULL: none is near */
    unsigned    distance;
};
void fst_suggest(struct fst_suggestion *s, const char *word, const char *name);

#endif
