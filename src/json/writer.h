/* json/writer.h — JSON out: values written one after another, commas and quotes looked after; and minifying.
 * Failures stick in the buffer. Threads: none share one. May use: base. */
#ifndef FST_JSON_WRITER_H
#define FST_JSON_WRITER_H

#include "json/tape.h"

struct fst_json_writer {
    struct fst_buf *out;
    unsigned        indent; /* spaces a level; 0: compact */
    unsigned        depth;
    uint64_t        has_items[4]; /* a bit per level up to 255: something was written there */
    bool            after_name;
};

void fst_json_writer_init(struct fst_json_writer *w, struct fst_buf *out, unsigned indent);
void fst_json_begin_object(struct fst_json_writer *w);
void fst_json_end_object(struct fst_json_writer *w);
void fst_json_begin_array(struct fst_json_writer *w);
void fst_json_end_array(struct fst_json_writer *w);
void fst_json_name(struct fst_json_writer *w, const char *name);
void fst_json_string(struct fst_json_writer *w, struct fst_view v); /* bytes that are not UTF-8 become U+FFFD */
void fst_json_u64(struct fst_json_writer *w, uint64_t n);
void fst_json_i64(struct fst_json_writer *w, int64_t n);
void fst_json_double(struct fst_json_writer *w, double n, int fraction_digits);
void fst_json_bool(struct fst_json_writer *w, bool b);
void fst_json_null(struct fst_json_writer *w);
void fst_json_raw(struct fst_json_writer *w, struct fst_view json); /* an already written value */

/* name + value in one call, for the common shapes */
void fst_json_member_string(struct fst_json_writer *w, const char *name, struct fst_view v);
void fst_json_member_str(struct fst_json_writer *w, const char *name, const char *s); /* NULL: left out */
void fst_json_member_u64(struct fst_json_writer *w, const char *name, uint64_t n);
void fst_json_member_bool(struct fst_json_writer *w, const char *name, bool b);

/* Append "…" with quotes and escapes. */
void fst_json_quote(struct fst_buf *out, struct fst_view v);
/* Append the text of node `i` with the white space between tokens left out, every token byte for byte. */
void fst_json_minify(struct fst_buf *out, const struct fst_tape *t, uint32_t i);

#endif
