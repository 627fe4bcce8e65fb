#include "serve/body.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

enum { CEILING = 1 << 30 };

bool fst_body_init(struct fst_body *b, const struct fst_body_plan *plan, uint64_t expected, const char *dir)
{
    *b = (struct fst_body){ .plan = *plan, .fd = -1 };
    fst_buf_init(&b->bytes, CEILING);
    if (fst_sums_init(&b->sums, plan->discard ? 0 : plan->sums) || (plan->chunked && fst_chunked_init(&b->chunked, plan->is_signed)))
        return false;
    if (plan->discard || plan->in_memory || expected <= FST_BODY_IN_MEMORY)
        return true;
    snprintf(b->file, sizeof b->file, "%s/body.XXXXXX", dir);
    b->fd = mkostemp(b->file, O_CLOEXEC);
    if (b->fd < 0)
        b->file[0] = '\0';
    return b->fd >= 0;
}

static void keep(void *ctx, const char *p, size_t n)
{
    struct fst_body *b = ctx;

    b->size += n;
    if (b->plan.most && b->size > b->plan.most) {
        b->too_large = b->plan.discard = true;
        return;
    }
    fst_sums_add(&b->sums, p, n);
    if (b->fd < 0)
        fst_buf_add(&b->bytes, p, n);
    else if (!b->failed && fst_file_write_all(b->fd, p, n, b->file, NULL))
        b->failed = true;
}

void fst_body_add(struct fst_body *b, const char *p, size_t n)
{
    if (b->plan.discard)
        return;
    if (b->plan.chunked)
        fst_chunked_add(&b->chunked, p, n, keep, b);
    else
        keep(b, p, n);
}

void fst_body_finish(struct fst_body *b)
{
    fst_sums_finish(&b->sums);
    if (b->fd >= 0 && close(b->fd))
        b->failed = true;
    b->fd = -1;
    fst_buf_str(&b->bytes);
    b->failed |= fst_buf_status(&b->bytes) != FST_OK;
}

void fst_body_clear(struct fst_body *b)
{
    if (!b->bytes.max)
        return; /* never begun */
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
    if (b->file[0])
        unlink(b->file);
    b->file[0] = '\0';
    fst_sums_clear(&b->sums);
    fst_chunked_clear(&b->chunked);
    fst_buf_clear(&b->bytes);
}
