/* pipeline/lines.h — cut a source into lines, or take it as one document, without asking what is in them.
 * Lines: when the first line that is not blank is a whole JSON value and more follows, or when both it and the next
 * one begin with '{'; else the whole source is one document.
 * Memory: one line, or one document, of at most max_bytes. Threads: none share one. May use: input, json. */
#ifndef FST_PIPELINE_LINES_H
#define FST_PIPELINE_LINES_H

#include "input/source.h"
#include "json/tape.h"

struct fst_lines_opts {
    bool     always_lines; /* also when the first line does not look like one of many */
    uint64_t max_bytes;
};

struct fst_line {
    struct fst_view text; /* borrowed until the next call; empty: the source has no value at all (told unless always_lines) */
    uint64_t        line; /* physical, from 1 */
    bool            too_long; /* and so cut off */
};

struct fst_lines {
    struct fst_reader     reader;
    struct fst_lines_opts opts;
    struct fst_buf        held;
    size_t                at;     /* of `held`, where the next line begins */
    uint64_t              line;   /* its number */
    bool                  ended, in_lines, any;
};

FST_MUST_USE enum fst_status fst_lines_open(struct fst_lines *l, const struct fst_source *source, const struct fst_lines_opts *opts,
                                            struct fst_error *err);
/* *more is false at the end. Blank lines are passed over. */
FST_MUST_USE enum fst_status fst_lines_next(struct fst_lines *l, struct fst_line *line, bool *more, struct fst_error *err);
void fst_lines_close(struct fst_lines *l);

#endif
