#include "aws/trailer.h"

#include <stdlib.h>

enum { CHUNK = 1 << 20, TEXT_CEILING = 16 << 20, FRAME = 128 /* the most that is written round a chunk */ };

void fst_trailer_init(struct fst_trailer *c)
{
    *c = (struct fst_trailer){ 0 };
    fst_buf_init(&c->text, TEXT_CEILING);
}

void fst_trailer_clear(struct fst_trailer *c)
{
    free(c->pieces);
    fst_buf_clear(&c->text);
    fst_trailer_init(c);
}

const char *fst_trailer_payload(bool unsigned_payload)
{
    return unsigned_payload ? "STREAMING-UNSIGNED-PAYLOAD-TRAILER" : "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
}

/* Room for everything beforehand, so that pieces may point into the text. */
static enum fst_status reserve(struct fst_trailer *c, size_t chunks, size_t trailer, struct fst_error *err)
{
    size_t need = 3 * (chunks + 2);

    fst_buf_reset(&c->text);
    c->count = 0;
    if (c->cap < need) {
        struct fst_view *pieces = realloc(c->pieces, need * sizeof *pieces);
        if (!pieces)
            return fst_fail(err, FST_ENOMEM, "out of memory");
        c->pieces = pieces;
        c->cap = need;
    }
    return fst_buf_reserve(&c->text, (chunks + 3) * FRAME + trailer) ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static void add_text(struct fst_trailer *c, size_t from)
{
    c->pieces[c->count++] = fst_view_n(c->text.p + from, c->text.len - from);
}

static void add_trailer(struct fst_trailer *c, struct fst_view trailer, const struct fst_sign_scope *scope, const uint8_t *key, char *signature)
{
    size_t from = c->text.len;

    fst_buf_add_view(&c->text, trailer);
    fst_buf_add_str(&c->text, scope ? "\n" : "");
    if (scope) {
        fst_sign_trailer(signature, key, scope, signature, fst_view_n(c->text.p + from, c->text.len - from));
        c->text.len--;
        fst_buf_addf(&c->text, "\r\nx-amz-trailer-signature:%s", signature);
    }
    fst_buf_add_str(&c->text, "\r\n\r\n");
    add_text(c, from);
}

enum fst_status fst_trailer_build(struct fst_trailer *c, struct fst_view body, struct fst_view trailer,
                                  const struct fst_sign_scope *scope, struct fst_view secret, const char *signature, struct fst_error *err)
{
    size_t          step = scope ? CHUNK : body.n ? body.n : 1;
    uint8_t         key[FST_SHA256_BYTES];
    char            previous[FST_HEX_SHA256];
    enum fst_status st = reserve(c, body.n / step + 1, trailer.n, err);

    if (st)
        return st;
    memcpy(previous, signature, sizeof previous);
    if (scope)
        fst_sign_key(key, scope, secret);
    for (bool last = false; !last;) { /* the last chunk is an empty one */
        struct fst_view chunk = body.n > step ? fst_view_n(body.p, step) : body;
        size_t          from = c->text.len;
        last = !chunk.n;
        fst_buf_addf(&c->text, "%zx", chunk.n);
        if (scope) {
            fst_sign_chunk(previous, key, scope, previous, chunk);
            fst_buf_addf(&c->text, ";chunk-signature=%s", previous);
        }
        fst_buf_add_str(&c->text, "\r\n");
        add_text(c, from);
        if (!last) {
            c->pieces[c->count++] = chunk;
            c->pieces[c->count++] = fst_view_of("\r\n");
        }
        body = fst_view_from(body, chunk.n);
    }
    add_trailer(c, trailer, scope, key, previous);
    memset(key, 0, sizeof key);
    return fst_buf_check(&c->text, err);
}
