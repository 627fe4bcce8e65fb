#include "serve/chunked.h"

#include <ctype.h>

#define SIGNATURE         ";chunk-signature="
#define TRAILER_SIGNATURE "x-amz-trailer-signature"

enum { MAX_LINE = 16 * 1024, MAX_NOTES = 64 << 20, MAX_TRAILER = 64 * 1024, NOTE_BYTES = 2 * FST_HEX_SHA256 };

enum fst_status fst_chunked_init(struct fst_chunked *c, bool is_signed)
{
    *c = (struct fst_chunked){ .is_signed = is_signed };
    fst_buf_init(&c->line, MAX_LINE);
    fst_buf_init(&c->notes, MAX_NOTES);
    fst_buf_init(&c->trailer, MAX_TRAILER);
    return FST_OK;
}

void fst_chunked_clear(struct fst_chunked *c)
{
    if (c->sha256.state)
        fst_digest_clear(&c->sha256);
    fst_buf_clear(&c->line);
    fst_buf_clear(&c->notes);
    fst_buf_clear(&c->trailer);
}

static bool parse_hex(uint64_t *out, struct fst_view v)
{
    *out = 0;
    if (!v.n || v.n > 15)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        int digit = v.p[i];
        if (!isxdigit((unsigned char)digit))
            return false;
        *out = *out << 4 | (uint64_t)(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
    }
    return true;
}

/* "400;chunk-signature=…" */
static bool begin_chunk(struct fst_chunked *c, struct fst_view line)
{
    const char     *semicolon = line.n ? memchr(line.p, ';', line.n) : NULL;
    struct fst_view size = semicolon ? fst_view_n(line.p, (size_t)(semicolon - line.p)) : line;
    struct fst_view extension = fst_view_from(line, size.n);

    if (!parse_hex(&c->left, size))
        return false;
    c->is_last = c->left == 0;
    if (!c->is_signed)
        return true;
    if (!fst_view_starts(extension, SIGNATURE) || extension.n != sizeof SIGNATURE - 1 + FST_HEX_SHA256 - 1)
        return false;
    if (fst_digest_init(&c->sha256, FST_SHA256))
        return false;
    /* The hash is filled in when the chunk ends. */
    fst_buf_add_str(&c->notes, FST_SIGN_EMPTY_SHA256);
    fst_buf_add(&c->notes, "", 1);
    fst_buf_add_view(&c->notes, fst_view_from(extension, sizeof SIGNATURE - 1));
    fst_buf_add(&c->notes, "", 1);
    return fst_buf_status(&c->notes) == FST_OK;
}

static void end_chunk(struct fst_chunked *c)
{
    uint8_t digest[FST_SHA256_BYTES];

    if (!c->is_signed)
        return;
    fst_digest_finish(&c->sha256, digest);
    fst_hex(digest, sizeof digest, c->notes.p + c->notes.len - NOTE_BYTES);
}

static struct fst_view trim(struct fst_view v)
{
    while (v.n && (*v.p == ' ' || *v.p == '\t'))
        v = fst_view_from(v, 1);
    while (v.n && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    return v;
}

static bool add_trailer(struct fst_chunked *c, struct fst_view line)
{
    const char     *colon = memchr(line.p, ':', line.n);
    struct fst_view name, value;

    if (!colon)
        return false;
    name = fst_view_n(line.p, (size_t)(colon - line.p));
    value = trim(fst_view_from(line, name.n + 1));
    if (fst_view_is(name, TRAILER_SIGNATURE)) {
        snprintf(c->trailer_signature, sizeof c->trailer_signature, "%.*s", FST_VIEW_ARGS(value));
        return value.n == FST_HEX_SHA256 - 1;
    }
    for (size_t i = 0; i < name.n; i++)
        fst_buf_add_char(&c->trailer, (char)tolower((unsigned char)name.p[i]));
    fst_buf_addf(&c->trailer, ":%.*s\n", FST_VIEW_ARGS(value));
    return fst_buf_status(&c->trailer) == FST_OK;
}

/* A line is whole: what comes next? */
static enum fst_chunked_state take_line(struct fst_chunked *c, struct fst_view line)
{
    switch (c->state) {
    case FST_CHUNKED_SIZE:
        if (!begin_chunk(c, line))
            return FST_CHUNKED_MALFORMED;
        if (!c->is_last)
            return FST_CHUNKED_BYTES;
        end_chunk(c);
        return FST_CHUNKED_TRAILER;
    case FST_CHUNKED_BEHIND:
        return line.n ? FST_CHUNKED_MALFORMED : FST_CHUNKED_SIZE;
    default:
        if (!line.n)
            return FST_CHUNKED_ENDED;
        return add_trailer(c, line) ? FST_CHUNKED_TRAILER : FST_CHUNKED_MALFORMED;
    }
}

/* Consumes up to a line's end; some clients end trailers with "\n" alone. */
static size_t add_to_line(struct fst_chunked *c, const char *p, size_t n)
{
    const char *end = memchr(p, '\n', n);
    size_t      used = end ? (size_t)(end - p) + 1 : n;

    fst_buf_add(&c->line, p, end ? used - 1 : used);
    if (fst_buf_status(&c->line)) {
        c->state = FST_CHUNKED_MALFORMED;
    } else if (end) {
        struct fst_view line = fst_buf_view(&c->line);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        c->state = take_line(c, line);
        fst_buf_reset(&c->line);
    }
    return used;
}

static size_t add_bytes(struct fst_chunked *c, const char *p, size_t n, fst_chunked_fn *fn, void *ctx)
{
    size_t used = n < c->left ? n : (size_t)c->left;

    if (c->is_signed)
        fst_digest_add(&c->sha256, p, used);
    fn(ctx, p, used);
    c->bytes += used;
    c->left -= used;
    if (!c->left) {
        end_chunk(c);
        c->state = FST_CHUNKED_BEHIND;
    }
    return used;
}

void fst_chunked_add(struct fst_chunked *c, const char *p, size_t n, fst_chunked_fn *fn, void *ctx)
{
    while (n && c->state != FST_CHUNKED_MALFORMED) {
        size_t used = 0;
        if (c->state == FST_CHUNKED_ENDED)
            c->state = FST_CHUNKED_MALFORMED;
        else if (c->state == FST_CHUNKED_BYTES)
            used = add_bytes(c, p, n, fn, ctx);
        else
            used = add_to_line(c, p, n);
        p += used;
        n -= used;
    }
}

struct fst_view fst_chunked_trailer(const struct fst_chunked *c, const char *name)
{
    struct fst_view rest = fst_buf_view(&c->trailer);
    size_t          n = strlen(name);

    while (rest.n) {
        size_t length = (size_t)((const char *)memchr(rest.p, '\n', rest.n) - rest.p);
        if (length > n && rest.p[n] == ':' && !memcmp(rest.p, name, n))
            return fst_view_n(rest.p + n + 1, length - n - 1);
        rest = fst_view_from(rest, length + 1);
    }
    return (struct fst_view){ 0 };
}

bool fst_chunked_verify(const struct fst_chunked *c, const uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *scope,
                        struct fst_view seed, bool has_trailer)
{
    char previous[FST_HEX_SHA256], signature[FST_HEX_SHA256];

    if (!c->is_signed)
        return true;
    snprintf(previous, sizeof previous, "%.*s", FST_VIEW_ARGS(seed));
    for (size_t at = 0; at < c->notes.len; at += NOTE_BYTES) {
        const char *hash = c->notes.p + at, *claimed = hash + FST_HEX_SHA256;
        fst_sign_chunk_hash(signature, key, scope, previous, hash);
        if (!fst_sign_equal(fst_view_of(claimed), signature))
            return false;
        snprintf(previous, sizeof previous, "%s", signature);
    }
    if (!has_trailer)
        return !c->trailer.len && !c->trailer_signature[0];
    fst_sign_trailer(signature, key, scope, previous, fst_buf_view(&c->trailer));
    return fst_sign_equal(fst_view_of(c->trailer_signature), signature);
}
