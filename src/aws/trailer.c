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
    free(c->chunk);
    fst_buf_clear(&c->text);
    fst_trailer_init(c);
}

const char *fst_trailer_payload(bool unsigned_payload)
{
    return unsigned_payload ? "STREAMING-UNSIGNED-PAYLOAD-TRAILER" : "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
}

/* ---- building */

/* Room for everything beforehand, so that pieces may point into the text. */
static enum fst_status reserve(struct fst_trailer *c, size_t chunks, size_t trailer, struct fst_error *err)
{
    size_t need = 3 * (chunks + 2);

    fst_buf_reset(&c->text);
    c->count = 0;
    c->bytes = 0;
    if (c->cap < need) {
        struct fst_body *pieces = realloc(c->pieces, need * sizeof *pieces);
        if (!pieces)
            return fst_fail(err, FST_ENOMEM, "out of memory");
        c->pieces = pieces;
        c->cap = need;
    }
    return fst_buf_reserve(&c->text, (chunks + 3) * FRAME + trailer) ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
}

static void add_piece(struct fst_trailer *c, const struct fst_body *piece)
{
    c->pieces[c->count++] = *piece;
    c->bytes += piece->n;
}

static void add_text(struct fst_trailer *c, size_t from)
{
    add_piece(c, &(struct fst_body){ .p = c->text.p + from, .n = c->text.len - from });
}

struct chain { /* of signatures */
    const struct fst_sign_scope *scope;
    uint8_t                      key[FST_SHA256_BYTES];
    char                         last[FST_HEX_SHA256];
};

static enum fst_status sign_chunk(struct fst_trailer *c, const struct fst_body *piece, struct chain *chain, struct fst_error *err)
{
    struct fst_view bytes = { piece->p, piece->n };
    enum fst_status st = FST_OK;

    if (!piece->p && piece->n) {
        if (!c->chunk && !(c->chunk = malloc(CHUNK)))
            return fst_fail(err, FST_ENOMEM, "out of memory");
        st = fst_body_read(piece, 0, c->chunk, piece->n, err);
        bytes.p = c->chunk;
    }
    if (st)
        return st;
    fst_sign_chunk(chain->last, chain->key, chain->scope, chain->last, bytes);
    fst_buf_addf(&c->text, ";chunk-signature=%s", chain->last);
    return FST_OK;
}

static void add_trailer(struct fst_trailer *c, struct fst_view trailer, struct chain *chain)
{
    size_t from = c->text.len;

    fst_buf_add_view(&c->text, trailer);
    if (chain) {
        fst_buf_add_char(&c->text, '\n');
        fst_sign_trailer(chain->last, chain->key, chain->scope, chain->last, fst_view_n(c->text.p + from, c->text.len - from));
        c->text.len--;
        fst_buf_addf(&c->text, "\r\nx-amz-trailer-signature:%s", chain->last);
    }
    fst_buf_add_str(&c->text, "\r\n\r\n");
    add_text(c, from);
}

static struct fst_body part_of(const struct fst_body *body, size_t at, size_t most)
{
    struct fst_body part = *body;

    part.n = body->n - at < most ? body->n - at : most;
    if (part.p)
        part.p += at;
    part.offset += at;
    return part;
}

/* `chain` NULL: unsigned. */
static enum fst_status build(struct fst_trailer *c, const struct fst_body *body, struct fst_view trailer, struct chain *chain,
                             struct fst_error *err)
{
    size_t          step = chain ? CHUNK : body->n ? body->n : 1, at = 0;
    enum fst_status st = reserve(c, body->n / step + 1, trailer.n, err);

    for (bool last = false; !last && !st;) { /* the last chunk is an empty one */
        struct fst_body chunk = part_of(body, at, step);
        size_t          from = c->text.len;
        last = !chunk.n;
        fst_buf_addf(&c->text, "%zx", chunk.n);
        if (chain)
            st = sign_chunk(c, &chunk, chain, err);
        fst_buf_add_str(&c->text, "\r\n");
        add_text(c, from);
        if (!last) {
            add_piece(c, &chunk);
            add_piece(c, &(struct fst_body){ .p = "\r\n", .n = 2 });
        }
        at += chunk.n;
    }
    if (st)
        return st;
    add_trailer(c, trailer, chain);
    return fst_buf_check(&c->text, err);
}

enum fst_status fst_trailer_build(struct fst_trailer *c, const struct fst_body *body, struct fst_view trailer, const struct fst_late *late,
                                  const struct fst_trailer_signing *signing, struct fst_error *err)
{
    struct chain    chain;
    enum fst_status st;

    c->late = late;
    if (!signing)
        return build(c, body, trailer, NULL, err);
    chain.scope = signing->scope;
    fst_sign_key(chain.key, signing->scope, signing->secret);
    memcpy(chain.last, signing->signature, sizeof chain.last);
    st = build(c, body, trailer, &chain, err);
    memset(chain.key, 0, sizeof chain.key);
    return st;
}

/* ---- reading */

enum { LATE_BODY = 1 /* behind its size */ };

/* Of one piece. */
static enum fst_status read_piece(struct fst_trailer *c, size_t piece, size_t at, char *out, size_t n, struct fst_error *err)
{
    const struct fst_body *b = &c->pieces[piece];
    enum fst_status        st = FST_OK;

    if (c->late && !at && piece == c->count - 1)
        st = c->late->end(c->late->ctx, c->text.p + (b->p - c->text.p), err);
    if (!st)
        st = fst_body_read(b, at, out, n, err);
    if (!st && c->late && piece == LATE_BODY && c->count > LATE_BODY + 1)
        c->late->add(c->late->ctx, fst_view_n(out, n));
    return st;
}

enum fst_status fst_trailer_read(void *ctx, uint64_t at, char *out, size_t n, struct fst_error *err)
{
    struct fst_trailer *c = ctx;
    enum fst_status     st = FST_OK;

    if (!at && c->late)
        c->late->begin(c->late->ctx);
    for (size_t i = 0; i < c->count && n && !st; i++) {
        size_t left = at < c->pieces[i].n ? (size_t)(c->pieces[i].n - at) : 0, some = left < n ? left : n;
        if (some)
            st = read_piece(c, i, (size_t)at, out, some, err);
        at -= left ? at : c->pieces[i].n;
        out += some;
        n -= some;
    }
    return st;
}
