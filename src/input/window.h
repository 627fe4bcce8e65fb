/* input/window.h — a sliding view of one source's bytes, and the scan that finds where a JSON value ends without
 * parsing it. Places are offsets in the (inflated) source, so that they outlive the sliding.
 * Memory: as much as lies between `keep` and the end of what was read, at most `limit` bytes and a block.
 * Threads: one window per thread. May use: base. */
#ifndef FST_INPUT_WINDOW_H
#define FST_INPUT_WINDOW_H

#include "input/source.h"

enum { FST_SCAN_DEPTH = 1024 };

/* How far the scan of a value has come. */
struct fst_scan_state {
    unsigned depth;
    bool     string, escape, scalar;
    uint8_t  square[FST_SCAN_DEPTH / 8]; /* a bit for each open bracket: '[' or '{' */
};

struct fst_window {
    struct fst_reader reader;
    char    *data;
    size_t   cap;
    uint64_t limit;
    uint64_t base; /* offset of data[0] */
    uint64_t end;  /* offset behind the last byte held */
    uint64_t keep; /* bytes from here on stay */
    uint64_t at;   /* the cursor */
    uint64_t line, line_at; /* `line_at` is in line number `line` */
    bool     eof;
    struct fst_scan_state scan;
};

enum fst_scan {
    FST_SCAN_OK,
    FST_SCAN_END,       /* the source ends within the value */
    FST_SCAN_MALFORMED, /* brackets that do not match, a line break in a string */
    FST_SCAN_OVER,      /* longer than `limit`; the cursor stands where it was given up */
    FST_SCAN_FAILED     /* the source cannot be read: `err` says why */
};

FST_MUST_USE enum fst_status fst_window_open(struct fst_window *w, const struct fst_source *source, uint64_t offset,
                                             uint64_t line, uint64_t limit, struct fst_error *err);
void fst_window_close(struct fst_window *w);

static inline const char *fst_window_at(const struct fst_window *w, uint64_t offset)
{
    return w->data + (offset - w->base);
}
static inline struct fst_view fst_window_view(const struct fst_window *w, uint64_t from, uint64_t to)
{
    return fst_view_n(fst_window_at(w, from), (size_t)(to - from));
}

/* Read on. FST_SCAN_OK when there is more behind `end`, FST_SCAN_END at the source's end, _OVER when `limit` bytes
 * are kept already, _FAILED. */
enum fst_scan fst_window_fill(struct fst_window *w, struct fst_error *err);
/* The line that `offset` is in; offsets are asked for in ascending order, from `keep` on. */
uint64_t fst_window_line(struct fst_window *w, uint64_t offset);
/* Say that no line break stands between `offset`, the last one asked for, and `to`: they need not be counted. */
static inline void fst_window_same_line(struct fst_window *w, uint64_t offset, uint64_t to)
{
    if (w->line_at == offset)
        w->line_at = to;
}

/* Move the cursor to the next byte that is not white space; FST_SCAN_END when there is none. `hold` as below. */
enum fst_scan fst_window_blank(struct fst_window *w, bool hold, struct fst_error *err);
/* Move the cursor behind the value it stands at. With `hold` the value's bytes stay held, from `keep` on;
 * without, they slide away and any length will do. */
enum fst_scan fst_window_value(struct fst_window *w, bool hold, struct fst_error *err);
/* Go on with a value that was given up as _OVER. */
enum fst_scan fst_window_value_on(struct fst_window *w, bool hold, struct fst_error *err);
/* Move the cursor to the next line break, or the end. `hold` as above. */
enum fst_scan fst_window_to_newline(struct fst_window *w, bool hold, struct fst_error *err);

#endif
