/* cli/report.h — one self-contained page about a prepared folder or a run: no scripts, nothing fetched.
 * Threads: thread-safe. May use: base, json. */
#ifndef FST_CLI_REPORT_H
#define FST_CLI_REPORT_H

#include "base/buf.h"
#include "fhirstage/prepare.h"
#include "json/tape.h"

/* What the page is made of. Owns the buffers. */
struct fst_report {
    const char        *dir;
    struct fst_figures figures;
    struct fst_buf     text;    /* of meta/outcome.json; the tape borrows it */
    struct fst_tape    outcome; /* count 0: there is none */
};

/* Read the folder, and write the page to `path`. FST_ENOENT when nothing was prepared there. */
FST_MUST_USE enum fst_status fst_report_write(const char *dir, const char *path, struct fst_error *err);

/* ---- shared by the page's parts */

extern const char fst_report_style[];

/* A member of the outcome: FST_NO_NODE, 0 and "" where there is none. `scratch` holds the text. */
uint32_t        fst_report_node(const struct fst_report *r, const char *name);
double          fst_report_number(const struct fst_report *r, uint32_t object, const char *name);
struct fst_view fst_report_text(const struct fst_report *r, uint32_t object, const char *name, struct fst_buf *scratch);

/* The chart of throughput over time; nothing when there is no trace worth drawing. */
void fst_report_add_trace(struct fst_buf *out, const struct fst_report *r);
/* The lists of what was rejected, by us and by the job. */
FST_MUST_USE enum fst_status fst_report_add_rejected(struct fst_buf *out, const struct fst_report *r, struct fst_error *err);

#endif
