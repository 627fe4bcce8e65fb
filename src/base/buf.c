#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST = 64 };

void fst_buf_init(struct fst_buf *b, size_t max_bytes)
{
    *b = (struct fst_buf){ .max = max_bytes };
}

void fst_buf_clear(struct fst_buf *b)
{
    free(b->p);
    fst_buf_init(b, b->max);
}

bool fst_buf_reserve(struct fst_buf *b, size_t more)
{
    size_t need = b->len + more + 1, cap;
    char  *p;

    if (b->failed)
        return false;
    if (more > b->max || b->len > b->max - more) {
        b->failed = FST_ELIMIT;
        return false;
    }
    if (need <= b->cap)
        return true;
    cap = b->cap ? b->cap : BUF_FIRST;
    while (cap < need)
        cap += cap / 2 + 1;
    if (cap > b->max + 1)
        cap = b->max + 1;
    p = realloc(b->p, cap);
    if (!p) {
        b->failed = FST_ENOMEM;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void fst_buf_add(struct fst_buf *b, const void *p, size_t n)
{
    if (!fst_buf_reserve(b, n))
        return;
    if (n)
        memcpy(b->p + b->len, p, n);
    b->len += n;
    b->p[b->len] = '\0';
}

void fst_buf_add_view(struct fst_buf *b, struct fst_view v)
{
    fst_buf_add(b, v.p, v.n);
}

void fst_buf_add_str(struct fst_buf *b, const char *s)
{
    fst_buf_add(b, s, strlen(s));
}

void fst_buf_add_char(struct fst_buf *b, char c)
{
    fst_buf_add(b, &c, 1);
}

static void add_printf(struct fst_buf *b, const char *fmt, va_list args)
{
    va_list again;
    int     n;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0 || !fst_buf_reserve(b, (size_t)n))
        return;
    vsnprintf(b->p + b->len, (size_t)n + 1, fmt, args);
    b->len += (size_t)n;
}

static void add_number(struct fst_buf *b, int n)
{
    char     digits[12], *at = digits + sizeof digits;
    unsigned left = n < 0 ? 0u - (unsigned)n : (unsigned)n;

    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (n < 0)
        *--at = '-';
    fst_buf_add(b, at, (size_t)(digits + sizeof digits - at));
}

/* Text, strings and small numbers, of which most formats are made, are added here; from the first other conversion on libc does it. */
void fst_buf_vaddf(struct fst_buf *b, const char *fmt, va_list args)
{
    va_list rest;
    size_t  from = b->len;

    va_copy(rest, args);
    while (*fmt && !b->failed) {
        size_t text = strcspn(fmt, "%");
        fst_buf_add(b, fmt, text);
        fmt += text;
        if (!strncmp(fmt, "%.*s", 4)) {
            int         most = va_arg(rest, int);
            const char *s = va_arg(rest, const char *);
            fst_buf_add(b, s, most < 0 ? strlen(s) : strnlen(s, (size_t)most));
            fmt += 4;
        } else if (!strncmp(fmt, "%s", 2)) {
            fst_buf_add_str(b, va_arg(rest, const char *));
            fmt += 2;
        } else if (!strncmp(fmt, "%d", 2)) {
            add_number(b, va_arg(rest, int));
            fmt += 2;
        } else if (*fmt) {
            add_printf(b, fmt, rest);
            break;
        }
    }
    va_end(rest);
    if (b->failed && b->len > from) { /* all or nothing */
        b->len = from;
        b->p[from] = '\0';
    }
}

void fst_buf_addf(struct fst_buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fst_buf_vaddf(b, fmt, args);
    va_end(args);
}

void fst_buf_consume(struct fst_buf *b, size_t n)
{
    if (n >= b->len) {
        b->len = 0;
        return;
    }
    memmove(b->p, b->p + n, b->len - n);
    b->len -= n;
    b->p[b->len] = '\0';
}

const char *fst_buf_str(struct fst_buf *b)
{
    return b->p && b->len ? b->p : "";
}

char *fst_buf_take(struct fst_buf *b, size_t *len)
{
    char *p = NULL;
    if (fst_buf_reserve(b, 0)) {
        b->p[b->len] = '\0';
        p = b->p;
        if (len)
            *len = b->len;
        b->p = NULL;
    }
    fst_buf_clear(b);
    return p;
}

enum fst_status fst_buf_check(const struct fst_buf *b, struct fst_error *err)
{
    if (b->failed == FST_ELIMIT)
        return fst_fail(err, FST_ELIMIT, "more than %zu bytes", b->max);
    return b->failed ? fst_fail(err, b->failed, "out of memory") : FST_OK;
}
