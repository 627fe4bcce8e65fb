#include "fhirstage/findings.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"

enum { MAX_FINDINGS = 1024, SLOTS = 4096, TEXT_MAX = 64 << 10 };

struct fst_findings {
    struct fst_finding rows[MAX_FINDINGS];
    struct fst_hash128 keys[MAX_FINDINGS];
    uint16_t           slots[SLOTS]; /* 1 + the row */
    size_t             count;
    uint64_t           others;
    struct fst_arena   arena;
    struct fst_buf     key, where;
};

struct fst_findings *fst_findings_new(void)
{
    struct fst_findings *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    fst_arena_init(&f->arena, 0);
    fst_buf_init(&f->key, TEXT_MAX);
    fst_buf_init(&f->where, TEXT_MAX);
    return f;
}

void fst_findings_free(struct fst_findings *f)
{
    if (!f)
        return;
    fst_arena_clear(&f->arena);
    fst_buf_clear(&f->key);
    fst_buf_clear(&f->where);
    free(f);
}

/* The expression without its indexes. */
static void add_expression(struct fst_buf *out, struct fst_view expression)
{
    size_t at = 0;

    while (at < expression.n) {
        const char *open = memchr(expression.p + at, '[', expression.n - at);
        size_t      end = open ? (size_t)(open - expression.p) : expression.n;
        fst_buf_add(out, expression.p + at, end - at);
        at = end;
        while (at < expression.n && expression.p[at] != ']')
            at++;
        at += at < expression.n;
    }
}

/* The row of that text and rule, a new one if need be; NULL when there is no room. */
static struct fst_finding *find(struct fst_findings *f, struct fst_view text, const char *rule, enum fst_severity severity)
{
    struct fst_hash128 key = fst_hash128(text, fst_hash128(fst_view_of(rule), severity).lo);
    size_t             at = (size_t)key.lo % SLOTS;
    char              *own;

    for (; f->slots[at]; at = (at + 1) % SLOTS)
        if (!fst_hash128_compare(f->keys[f->slots[at] - 1], key))
            return &f->rows[f->slots[at] - 1];
    own = f->count < MAX_FINDINGS ? fst_arena_strn(&f->arena, text) : NULL;
    if (!own)
        return NULL;
    f->keys[f->count] = key;
    f->rows[f->count] = (struct fst_finding){ .severity = severity, .rule = rule, .text = own, .pos = UINT64_MAX, .where = "" };
    f->slots[at] = (uint16_t)++f->count;
    return &f->rows[f->count - 1];
}

static void set_first(struct fst_findings *f, struct fst_finding *row, uint64_t pos, struct fst_view where)
{
    char *own = fst_arena_strn(&f->arena, where);

    row->pos = pos;
    row->where = own ? own : "";
}

void fst_findings_add(struct fst_findings *f, const struct fst_issue *issue, uint64_t pos, fst_where_fn *where, void *ctx)
{
    struct fst_finding *row;

    if (!f)
        return;
    fst_buf_reset(&f->key);
    add_expression(&f->key, issue->expression);
    if (issue->expression.n)
        fst_buf_add_str(&f->key, ": ");
    fst_buf_add_view(&f->key, issue->text);
    row = find(f, fst_buf_view(&f->key), issue->rule, issue->severity);
    if (!row) {
        f->others++;
        return;
    }
    row->count++;
    if (pos >= row->pos)
        return;
    fst_buf_reset(&f->where);
    where(ctx, &f->where);
    set_first(f, row, pos, fst_buf_view(&f->where));
}

void fst_findings_merge(struct fst_findings *into, const struct fst_findings *from)
{
    if (!into || !from)
        return;
    into->others += from->others;
    for (size_t i = 0; i < from->count; i++) {
        const struct fst_finding *row = &from->rows[i];
        struct fst_finding       *own = find(into, fst_view_of(row->text), row->rule, row->severity);
        if (!own) {
            into->others += row->count;
            continue;
        }
        own->count += row->count;
        if (row->pos < own->pos)
            set_first(into, own, row->pos, fst_view_of(row->where));
    }
}

static int by_weight(const void *pa, const void *pb)
{
    const struct fst_finding *a = pa, *b = pb;

    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->pos < b->pos ? -1 : a->pos > b->pos ? 1 : strcmp(a->text, b->text);
}

const struct fst_finding *fst_findings_sorted(struct fst_findings *f, size_t *count)
{
    *count = f ? f->count : 0;
    if (!f)
        return NULL;
    qsort(f->rows, f->count, sizeof *f->rows, by_weight);
    return f->rows;
}

uint64_t fst_findings_others(const struct fst_findings *f)
{
    return f ? f->others : 0;
}
