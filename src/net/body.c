#include "net/body.h"

#include <unistd.h>

struct fst_body fst_body_of(struct fst_view v)
{
    return (struct fst_body){ .p = v.p, .n = v.n };
}

enum fst_status fst_body_read(const struct fst_body *b, size_t at, char *out, size_t n, struct fst_error *err)
{
    for (size_t done = 0; !b->p && done < n;) {
        ssize_t got = pread(b->fd, out + done, n - done, (off_t)(b->offset + at + done));
        if (got < 0)
            return fst_fail_errno(err, "%s", b->name);
        if (!got) {
            (void)fst_fail(err, FST_EIO, "%s: it is shorter than it was", b->name);
            fst_error_hint(err, "it was changed while it was read: nothing may write to it");
            return FST_EIO;
        }
        done += (size_t)got;
    }
    if (b->p && n)
        memcpy(out, b->p + at, n);
    return FST_OK;
}

enum fst_status fst_body_each(const struct fst_body *b, fst_body_fn *fn, void *ctx, struct fst_error *err)
{
    char            block[FST_BODY_BLOCK];
    enum fst_status st = FST_OK;

    for (size_t at = 0; at < b->n && !st; at += FST_BODY_BLOCK) {
        size_t n = b->n - at < FST_BODY_BLOCK ? b->n - at : FST_BODY_BLOCK;
        if (!b->p)
            st = fst_body_read(b, at, block, n, err);
        if (!st)
            fn(ctx, fst_view_n(b->p ? b->p + at : block, n));
    }
    return st;
}
