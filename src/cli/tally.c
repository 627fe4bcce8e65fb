#include "cli/tally.h"

#include "base/grow.h"

static struct fst_tally_row *find(const struct fst_tally *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++) /* static names: mostly the same pointer */
        if (t->rows[i].name == name || !strcmp(t->rows[i].name, name))
            return &t->rows[i];
    return NULL;
}

enum fst_status fst_tally_add(struct fst_tally *t, const char *name, uint64_t n, uint64_t bad, struct fst_error *err)
{
    struct fst_tally_row *row = find(t, name);
    if (!row) {
        if (!fst_grow(&t->rows, t->count, &t->cap, sizeof *t->rows))
            return fst_fail(err, FST_ENOMEM, "out of memory");
        row = &t->rows[t->count++];
        *row = (struct fst_tally_row){ .name = name };
    }
    row->n += n;
    row->bad += bad;
    return FST_OK;
}

static int compare(const void *x, const void *y)
{
    const struct fst_tally_row *a = x, *b = y;
    if (a->bad != b->bad)
        return a->bad < b->bad ? 1 : -1;
    return strcmp(a->name, b->name);
}

void fst_tally_sort(struct fst_tally *t)
{
    if (t->count)
        qsort(t->rows, t->count, sizeof *t->rows, compare);
}

void fst_tally_clear(struct fst_tally *t)
{
    free(t->rows);
    *t = (struct fst_tally){ 0 };
}
