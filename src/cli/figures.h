/* cli/figures.h — a preparation's figures, for people and as the document that `figures --json` promises.
 * Threads: thread-safe. May use: base, json. */
#ifndef FST_CLI_FIGURES_H
#define FST_CLI_FIGURES_H

#include "base/buf.h"
#include "fhirstage/prepare.h"

struct fst_json_writer;

/* The members of the document, into an object that is open. */
void fst_figures_add_json(struct fst_json_writer *w, const struct fst_figures *f);
/* The table by type, what was left out and why. `dir` is where rejected resources are, or NULL. */
void fst_figures_add_text(struct fst_buf *out, const struct fst_figures *f, const char *dir);
/* A preparation that left a source unread tells which in its notices: give its failure words. */
void fst_figures_name_unread(enum fst_status st, const struct fst_figures *f, struct fst_error *err);
/* Either to standard output. */
FST_MUST_USE enum fst_status fst_figures_print(const struct fst_figures *f, bool json, const char *dir, struct fst_error *err);

#endif
