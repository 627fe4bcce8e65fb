/* cli/table.h — columns for people: gathered row by row, then written aligned, numbers to the right. No escapes.
 * Threads: none share one. May use: base. */
#ifndef FST_CLI_TABLE_H
#define FST_CLI_TABLE_H

#include "base/buf.h"

enum { FST_TABLE_COLUMNS = 12 };

struct fst_table {
    const char    *align; /* a letter a column: 'l' or 'r' */
    struct fst_buf cells; /* NUL-terminated, row after row */
    size_t         columns, count;
    size_t         width[FST_TABLE_COLUMNS];
};

void fst_table_init(struct fst_table *t, const char *align);
void fst_table_clear(struct fst_table *t);
void fst_table_add(struct fst_table *t, const char *cell);
void fst_table_add_count(struct fst_table *t, uint64_t n);
void fst_table_add_size(struct fst_table *t, uint64_t bytes);
/* Append the aligned lines, `indent` spaces before each. */
void fst_table_write(const struct fst_table *t, struct fst_buf *out, unsigned indent);

#endif
