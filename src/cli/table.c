#include "cli/table.h"

#include "base/str.h"

enum { TABLE_MAX_BYTES = 64 << 20 };

void fst_table_init(struct fst_table *t, const char *align)
{
    *t = (struct fst_table){ .align = align, .columns = strlen(align) };
    fst_buf_init(&t->cells, TABLE_MAX_BYTES);
}

void fst_table_clear(struct fst_table *t)
{
    fst_buf_clear(&t->cells);
}

/* Characters of a UTF-8 text. */
static size_t width_of(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

void fst_table_add(struct fst_table *t, const char *cell)
{
    size_t column = t->count++ % t->columns, n = width_of(cell);
    if (n > t->width[column])
        t->width[column] = n;
    fst_buf_add(&t->cells, cell, strlen(cell) + 1);
}

static void add_taken(struct fst_table *t, struct fst_buf *b)
{
    fst_table_add(t, fst_buf_str(b));
    fst_buf_clear(b);
}

void fst_table_add_count(struct fst_table *t, uint64_t n)
{
    struct fst_buf b;
    fst_buf_init(&b, 64);
    fst_add_count(&b, n);
    add_taken(t, &b);
}

void fst_table_add_size(struct fst_table *t, uint64_t bytes)
{
    struct fst_buf b;
    fst_buf_init(&b, 64);
    fst_add_size(&b, bytes);
    add_taken(t, &b);
}

void fst_table_write(const struct fst_table *t, struct fst_buf *out, unsigned indent)
{
    const char *cell = t->cells.p;
    for (size_t i = 0; !fst_buf_status(&t->cells) && i < t->count; i++) {
        size_t column = i % t->columns, pad = t->width[column] - width_of(cell);
        bool   last = column + 1 == t->columns;
        fst_buf_addf(out, "%*s", column ? 2 : (int)indent, "");
        if (t->align[column] == 'r')
            fst_buf_addf(out, "%*s%s", (int)pad, "", cell);
        else
            fst_buf_addf(out, "%s%*s", cell, last ? 0 : (int)pad, "");
        if (last)
            fst_buf_add_char(out, '\n');
        cell += strlen(cell) + 1;
    }
}
