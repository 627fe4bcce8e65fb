/* base/zip.h — zlib's part: reading gzip as a stream.
 * Threads: one reader per thread. May use: zlib. */
#ifndef FST_BASE_ZIP_H
#define FST_BASE_ZIP_H

#include <stdint.h>

#include "base/buf.h"

struct fst_gunzip { /* valid when {0} */
    void *state;
    bool  ended; /* a whole member was read and nothing follows yet */
};

/* Inflate from *in (moves on) into out[0 … *out_len), setting *out_len to what was written. Concatenated
 * members are one stream. FST_EPARSE when the bytes are not gzip or are damaged. */
FST_MUST_USE enum fst_status fst_gunzip_step(struct fst_gunzip *z, struct fst_view *in, char *out, size_t *out_len,
                                             struct fst_error *err);
void fst_gunzip_clear(struct fst_gunzip *z);

#endif
