/* net/body.h — what a request sends: bytes in memory, or a range of a file, which is read while it goes out.
 * Threads: a body may be read by many. May use: libc. */
#ifndef FST_NET_BODY_H
#define FST_NET_BODY_H

#include "base/buf.h"
#include "fhirstage/status.h"

/* Valid, and empty, when {0}. Borrows all that it names. */
struct fst_body {
    const char *p; /* NULL: in a file … */
    size_t      n;
    int         fd; /* … from `offset` on */
    uint64_t    offset;
    const char *name; /* of the file, for messages */
};

struct fst_body fst_body_of(struct fst_view v);
/* FST_EIO when the file is shorter than it was. */
FST_MUST_USE enum fst_status fst_body_read(const struct fst_body *b, size_t at, char *out, size_t n, struct fst_error *err);

enum { FST_BODY_BLOCK = 64 * 1024 /* stays in the processor's cache while it is looked at */ };
typedef void fst_body_fn(void *ctx, struct fst_view block);
/* All of it, block by block. */
FST_MUST_USE enum fst_status fst_body_each(const struct fst_body *b, fst_body_fn *fn, void *ctx, struct fst_error *err);

#endif
