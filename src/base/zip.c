#include "base/zip.h"

#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 }; /* zlib.h, inflateInit2: +16 takes a gzip header only */

static enum fst_status begin(struct fst_gunzip *z, struct fst_error *err)
{
    z_stream *s = calloc(1, sizeof *s);
    if (!s || inflateInit2(s, GZIP_WINDOW) != Z_OK) {
        free(s);
        return fst_fail(err, FST_ENOMEM, "out of memory");
    }
    z->state = s;
    return FST_OK;
}

enum fst_status fst_gunzip_step(struct fst_gunzip *z, struct fst_view *in, char *out, size_t *out_len,
                                struct fst_error *err)
{
    size_t          room = *out_len, take = in->n < UINT32_MAX ? in->n : UINT32_MAX;
    enum fst_status st = z->state ? FST_OK : begin(z, err);
    z_stream       *s = z->state;
    int             rc;

    *out_len = 0;
    if (st || !in->n)
        return st;
    if (z->ended && inflateReset(s) != Z_OK)
        return fst_fail(err, FST_EPARSE, "gzip: cannot start the next member");
    z->ended = false;
    s->next_in = (z_const Bytef *)in->p;
    s->avail_in = (uInt)take;
    s->next_out = (Bytef *)out;
    s->avail_out = (uInt)room;
    rc = inflate(s, Z_NO_FLUSH);
    *in = fst_view_from(*in, take - s->avail_in);
    *out_len = room - s->avail_out;
    if (rc == Z_STREAM_END)
        z->ended = true;
    else if (rc == Z_MEM_ERROR)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        return fst_fail(err, FST_EPARSE, "gzip: %s", s->msg ? s->msg : "damaged data");
    return FST_OK;
}

void fst_gunzip_clear(struct fst_gunzip *z)
{
    if (z->state)
        inflateEnd(z->state);
    free(z->state);
    *z = (struct fst_gunzip){ 0 };
}
