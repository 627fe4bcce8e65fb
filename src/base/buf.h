/* base/buf.h — a growing byte buffer with a ceiling and a sticky failure.
 * Append freely and ask fst_buf_status() once at the end: after a failure appends do nothing.
 * Owns its bytes. Always NUL-terminated behind `len` once something was appended.
 * Threads: none share one. May use: libc. */
#ifndef FST_BASE_BUF_H
#define FST_BASE_BUF_H

#include <stdbool.h>
#include <stdint.h>

#include "fhirstage/status.h"
#include "fhirstage/view.h"

struct fst_buf {
    char           *p;
    size_t          len, cap;
    size_t          max; /* ceiling in bytes */
    enum fst_status failed; /* FST_OK, FST_ENOMEM, FST_ELIMIT */
};

void fst_buf_init(struct fst_buf *b, size_t max_bytes);
void fst_buf_clear(struct fst_buf *b); /* frees; leaves it as init did */
static inline void fst_buf_reset(struct fst_buf *b) /* len = 0, keeps the allocation */
{
    b->len = 0;
    b->failed = FST_OK;
}

bool fst_buf_reserve(struct fst_buf *b, size_t more); /* room for `more` bytes behind len */
void fst_buf_add(struct fst_buf *b, const void *p, size_t n);
void fst_buf_add_view(struct fst_buf *b, struct fst_view v);
void fst_buf_add_str(struct fst_buf *b, const char *s);
void fst_buf_add_char(struct fst_buf *b, char c);
void fst_buf_addf(struct fst_buf *b, const char *fmt, ...) FST_PRINTF(2, 3);
void fst_buf_vaddf(struct fst_buf *b, const char *fmt, va_list args);
/* Cut the first n bytes off. */
void fst_buf_consume(struct fst_buf *b, size_t n);

static inline struct fst_view fst_buf_view(const struct fst_buf *b) /* borrowed until b changes */
{
    return (struct fst_view){ b->p, b->len };
}
const char *fst_buf_str(struct fst_buf *b);              /* NUL-terminated, never NULL; borrowed */
char       *fst_buf_take(struct fst_buf *b, size_t *len); /* caller frees; b is empty again; NULL after a failure */

static inline enum fst_status fst_buf_status(const struct fst_buf *b)
{
    return b->failed;
}
/* As above with the fact written. */
FST_MUST_USE enum fst_status fst_buf_check(const struct fst_buf *b, struct fst_error *err);

#endif
