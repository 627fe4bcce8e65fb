#include "input/window.h"

#include <stdlib.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK = 256 * 1024 };

enum fst_status fst_window_open(struct fst_window *w, const struct fst_source *source, uint64_t offset, uint64_t line,
                                uint64_t limit, struct fst_error *err)
{
    enum fst_status st;

    *w = (struct fst_window){ .limit = limit, .base = offset, .end = offset, .keep = offset, .at = offset,
                              .line = line, .line_at = offset };
    st = fst_reader_open(&w->reader, source, offset, err);
    if (st)
        return st;
    w->cap = BLOCK;
    w->data = malloc(w->cap);
    if (w->data)
        return FST_OK;
    fst_reader_close(&w->reader);
    return fst_fail(err, FST_ENOMEM, "out of memory");
}

void fst_window_close(struct fst_window *w)
{
    fst_reader_close(&w->reader);
    free(w->data);
    *w = (struct fst_window){ .reader = { .fd = -1 } };
}

static uint64_t count_newlines(const char *p, const char *end)
{
    uint64_t n = 0;

#if defined(__SSE2__)
    const __m128i newline = _mm_set1_epi8('\n'), zero = _mm_setzero_si128();
    while (end - p >= 16) {
        __m128i some = zero; /* a byte counts up to 255 */
        __m128i sum;
        for (int i = 0; i < 255 && end - p >= 16; i++, p += 16)
            some = _mm_sub_epi8(some, _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), newline));
        sum = _mm_sad_epu8(some, zero);
        n += (uint64_t)_mm_cvtsi128_si64(sum) + (uint64_t)_mm_cvtsi128_si64(_mm_srli_si128(sum, 8));
    }
#endif
    for (; p < end; p++)
        n += *p == '\n';
    return n;
}

uint64_t fst_window_line(struct fst_window *w, uint64_t offset)
{
    if (offset > w->line_at) {
        w->line += count_newlines(fst_window_at(w, w->line_at), fst_window_at(w, offset));
        w->line_at = offset;
    }
    return w->line;
}

static enum fst_scan make_room(struct fst_window *w, struct fst_error *err)
{
    size_t held = (size_t)(w->end - w->keep);
    size_t cap;
    char  *grown;

    fst_window_line(w, w->keep);
    if (held <= w->cap / 2) {
        memmove(w->data, fst_window_at(w, w->keep), held);
        w->base = w->keep;
        return FST_SCAN_OK;
    }
    if (held >= w->limit)
        return FST_SCAN_OVER;
    cap = w->cap * 2;
    if (cap > w->limit + BLOCK)
        cap = (size_t)w->limit + BLOCK;
    if (cap > w->cap) {
        grown = realloc(w->data, cap);
        if (!grown) {
            fst_fail(err, FST_ENOMEM, "out of memory");
            return FST_SCAN_FAILED;
        }
        w->data = grown;
        w->cap = cap;
    }
    memmove(w->data, fst_window_at(w, w->keep), held);
    w->base = w->keep;
    return FST_SCAN_OK;
}

enum fst_scan fst_window_fill(struct fst_window *w, struct fst_error *err)
{
    size_t n;

    if (w->eof)
        return FST_SCAN_END;
    if (w->end - w->base == w->cap) {
        enum fst_scan room = make_room(w, err);
        if (room)
            return room;
    }
    if (fst_reader_read(&w->reader, w->data + (w->end - w->base), w->cap - (size_t)(w->end - w->base), &n, err))
        return FST_SCAN_FAILED;
    w->end += n;
    w->eof = n == 0;
    return n ? FST_SCAN_OK : FST_SCAN_END;
}

/* More bytes behind the cursor, which stands at `end`. */
static enum fst_scan go_on(struct fst_window *w, bool hold, struct fst_error *err)
{
    if (!hold)
        w->keep = w->at;
    return fst_window_fill(w, err);
}

enum fst_scan fst_window_blank(struct fst_window *w, bool hold, struct fst_error *err)
{
    for (;;) {
        const char *p = fst_window_at(w, w->at), *e = fst_window_at(w, w->end), *from = p;
        enum fst_scan more;
        while (p < e && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
            p++;
        w->at += (uint64_t)(p - from);
        if (p < e)
            return FST_SCAN_OK;
        more = go_on(w, hold, err);
        if (more)
            return more;
    }
}

enum fst_scan fst_window_to_newline(struct fst_window *w, bool hold, struct fst_error *err)
{
    for (;;) {
        const char   *p = fst_window_at(w, w->at);
        const char   *newline = w->end > w->at ? memchr(p, '\n', (size_t)(w->end - w->at)) : NULL;
        enum fst_scan more;
        if (newline) {
            w->at += (uint64_t)(newline - p);
            return FST_SCAN_OK;
        }
        w->at = w->end;
        more = go_on(w, hold, err);
        if (more)
            return more == FST_SCAN_END ? FST_SCAN_OK : more;
    }
}

/* The first quote, backslash or line break. */
static const char *find_in_string(const char *p, const char *e)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), newline = _mm_set1_epi8('\n');
    for (; e - p >= 16; p += 16) {
        __m128i  v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned hit = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash)), _mm_cmpeq_epi8(v, newline)));
        if (hit)
            return p + __builtin_ctz(hit);
    }
#endif
    while (p < e && *p != '"' && *p != '\\' && *p != '\n')
        p++;
    return p;
}

/* The first quote or bracket. */
static const char *find_outside(const char *p, const char *e)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), open = _mm_set1_epi8('{'), close = _mm_set1_epi8('}'),
                  bit = _mm_set1_epi8(0x20); /* '[' | 0x20 is '{', ']' | 0x20 is '}' */
    for (; e - p >= 16; p += 16) {
        __m128i  v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i  u = _mm_or_si128(v, bit);
        unsigned hit = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(u, open), _mm_cmpeq_epi8(u, close)), _mm_cmpeq_epi8(v, quote)));
        if (hit)
            return p + __builtin_ctz(hit);
    }
#endif
    while (p < e && *p != '"' && (*p | 0x20) != '{' && (*p | 0x20) != '}')
        p++;
    return p;
}

static bool ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool push(struct fst_scan_state *s, bool square)
{
    if (s->depth == FST_SCAN_DEPTH)
        return false;
    if (square)
        s->square[s->depth / 8] |= (uint8_t)(1u << s->depth % 8);
    else
        s->square[s->depth / 8] &= (uint8_t)~(1u << s->depth % 8);
    s->depth++;
    return true;
}

static bool pop(struct fst_scan_state *s, bool square)
{
    if (!s->depth)
        return false;
    s->depth--;
    return (s->square[s->depth / 8] >> s->depth % 8 & 1) == square;
}

enum step { STEP_MORE, STEP_DONE, STEP_BAD };

/* Scan what is held; *pp is moved. */
static enum step scan_some(struct fst_scan_state *s, const char **pp, const char *e)
{
    const char *p = *pp;
    enum step   step = STEP_MORE;

    while (p < e && step == STEP_MORE) {
        if (s->escape) {
            s->escape = false;
            p++;
        } else if (s->string) {
            p = find_in_string(p, e);
            if (p == e)
                break;
            s->escape = *p == '\\';
            s->string = s->escape;
            step = *p == '\n' ? STEP_BAD : *p == '"' && !s->depth ? STEP_DONE : STEP_MORE;
            p++;
        } else if (s->scalar) {
            while (p < e && !ends_scalar(*p))
                p++;
            if (p < e)
                step = STEP_DONE;
        } else {
            p = s->depth ? find_outside(p, e) : p;
            if (p == e)
                break;
            if (*p == '"')
                s->string = true;
            else if (*p == '{' || *p == '[')
                step = push(s, *p == '[') ? STEP_MORE : STEP_BAD;
            else if (*p == '}' || *p == ']')
                step = !pop(s, *p == ']') ? STEP_BAD : s->depth ? STEP_MORE : STEP_DONE;
            else
                s->scalar = true;
            p++;
        }
    }
    *pp = p;
    return step;
}

enum fst_scan fst_window_value(struct fst_window *w, bool hold, struct fst_error *err)
{
    w->scan.depth = 0;
    w->scan.string = w->scan.escape = w->scan.scalar = false;
    return fst_window_value_on(w, hold, err);
}

enum fst_scan fst_window_value_on(struct fst_window *w, bool hold, struct fst_error *err)
{
    for (;;) {
        const char   *p = fst_window_at(w, w->at), *from = p;
        enum step     step = scan_some(&w->scan, &p, fst_window_at(w, w->end));
        enum fst_scan more;
        w->at += (uint64_t)(p - from);
        if (step != STEP_MORE)
            return step == STEP_DONE ? FST_SCAN_OK : FST_SCAN_MALFORMED;
        more = go_on(w, hold, err);
        if (more == FST_SCAN_END && w->scan.scalar)
            return FST_SCAN_OK;
        if (more)
            return more;
    }
}
