/* cli/say.h — everything that goes to standard error: errors, warnings, notes and the progress line, so that none
 * writes into another. Text or JSON lines, as --log-format says.
 * Threads: thread-safe after fst_say_setup(). */
#ifndef FST_CLI_SAY_H
#define FST_CLI_SAY_H

#include "cli/cmd.h"

enum fst_say_level { FST_SAY_ERROR, FST_SAY_WARNING, FST_SAY_NOTE, FST_SAY_DETAIL };

/* `cli` must live on. */
void fst_say_setup(const struct fst_cli *cli);

/* One line. --quiet leaves errors alone, details are for --verbose. */
void fst_say(enum fst_say_level level, const char *where, const char *fmt, ...) FST_PRINTF(3, 4);
/* The error line and its hint; nothing when err has no words. */
void fst_say_error(const struct fst_error *err);
/* A fst_notice_fn: a warning. */
void fst_say_notice(void *ctx, const char *where, const char *what);

/* As fst_env's `requested`: a line, for --verbose given twice. */
void fst_say_request(void *ctx, const struct fst_request_note *note);

/* Draw `line` over the one drawn before; "" takes it away. For terminals. */
void fst_say_redraw(const char *line);
/* A line of its own, as it is. */
void fst_say_line(const char *line);

#endif
