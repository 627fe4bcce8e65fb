#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BLOCK = 16 * 1024, ARENA_ALIGN = 16 };

struct fst_arena_block {
    struct fst_arena_block *next;
    size_t                  size;
    _Alignas(16) char       bytes[];
};

void fst_arena_init(struct fst_arena *a, size_t max_bytes)
{
    *a = (struct fst_arena){ .max_bytes = max_bytes };
}

void fst_arena_clear(struct fst_arena *a)
{
    struct fst_arena_block *b = a->first;
    while (b) {
        struct fst_arena_block *next = b->next;
        free(b);
        b = next;
    }
    fst_arena_init(a, a->max_bytes);
}

void fst_arena_reset(struct fst_arena *a)
{
    a->current = a->first;
    a->used = 0;
}

/* Make a block current that has room for n bytes: one kept from before, or a new one behind the current. */
static struct fst_arena_block *next_block(struct fst_arena *a, size_t n)
{
    struct fst_arena_block *b = a->current ? a->current->next : a->first;
    size_t                  size = n > ARENA_BLOCK ? n : ARENA_BLOCK;

    if (!b || b->size < n) {
        if (a->max_bytes && (size > a->max_bytes || a->total > a->max_bytes - size))
            return NULL;
        b = malloc(sizeof *b + size);
        if (!b)
            return NULL;
        b->size = size;
        a->total += size;
        if (a->current) {
            b->next = a->current->next;
            a->current->next = b;
        } else {
            b->next = a->first;
            a->first = b;
        }
    }
    a->current = b;
    a->used = 0;
    return b;
}

void *fst_arena_alloc(struct fst_arena *a, size_t n)
{
    void *p;

    if (n > SIZE_MAX - ARENA_ALIGN)
        return NULL;
    n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (!a->current || a->current->size - a->used < n) {
        if (!next_block(a, n))
            return NULL;
    }
    p = a->current->bytes + a->used;
    a->used += n;
    return p;
}

void *fst_arena_zalloc(struct fst_arena *a, size_t n)
{
    void *p = fst_arena_alloc(a, n);
    return p ? memset(p, 0, n) : NULL;
}

char *fst_arena_strn(struct fst_arena *a, struct fst_view v)
{
    char *p = fst_arena_alloc(a, v.n + 1);
    if (p) {
        if (v.n)
            memcpy(p, v.p, v.n);
        p[v.n] = '\0';
    }
    return p;
}

char *fst_arena_printf(struct fst_arena *a, const char *fmt, ...)
{
    va_list args, again;
    int     n;
    char   *p = NULL;

    va_start(args, fmt);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    if (n >= 0 && (p = fst_arena_alloc(a, (size_t)n + 1)))
        vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    return p;
}
