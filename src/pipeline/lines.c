#include "pipeline/lines.h"

enum { BLOCK = 256 << 10 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Hold one block more. */
static enum fst_status fill(struct fst_lines *l, struct fst_error *err)
{
    size_t          n = 0;
    enum fst_status st;
    if (l->ended)
        return FST_OK;
    if (!fst_buf_reserve(&l->held, BLOCK))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    st = fst_reader_read(&l->reader, l->held.p + l->held.len, BLOCK, &n, err);
    l->held.len += st ? 0 : n;
    l->ended = st || n == 0;
    return st;
}

/* Cut what was read off, and pass over blanks. */
static enum fst_status skip_blanks(struct fst_lines *l, struct fst_error *err)
{
    enum fst_status st = FST_OK;
    for (;;) {
        while (l->at < l->held.len && is_blank(l->held.p[l->at]))
            l->line += l->held.p[l->at++] == '\n';
        if (st || l->at < l->held.len || l->ended)
            return st;
        fst_buf_consume(&l->held, l->at);
        l->at = 0;
        st = fill(l, err);
    }
}

/* Hold the line at the cursor. *n is its length without the break; `max_bytes` and a block at most are held. */
static enum fst_status hold_line(struct fst_lines *l, size_t *n, struct fst_error *err)
{
    size_t seen = l->at;
    for (;;) {
        const char     *newline = l->held.len > seen ? memchr(l->held.p + seen, '\n', l->held.len - seen) : NULL;
        enum fst_status st;
        *n = (newline ? (size_t)(newline - l->held.p) : l->held.len) - l->at;
        if (newline || l->ended || *n > l->opts.max_bytes)
            return FST_OK;
        if (l->at > BLOCK) {
            fst_buf_consume(&l->held, l->at);
            l->at = 0;
        }
        seen = l->held.len;
        st = fill(l, err);
        if (st)
            return st;
    }
}

static bool is_json(struct fst_view text)
{
    struct fst_tape             t = { 0 };
    struct fst_json_error       why;
    const struct fst_json_opts  opts = { .allow_duplicates = true };
    bool                        whole = fst_json_parse(&t, text, &opts, &why) == FST_OK;
    fst_tape_clear(&t);
    return whole;
}

/* With the cursor at the first value: is it a line of many? */
static enum fst_status decide(struct fst_lines *l, struct fst_error *err)
{
    size_t          n, next;
    enum fst_status st = hold_line(l, &n, err);
    if (st || n > l->opts.max_bytes)
        return st;
    next = l->at + n;
    while (!st) {
        while (next < l->held.len && is_blank(l->held.p[next]))
            next++;
        if (next < l->held.len || l->ended || l->held.len - l->at > l->opts.max_bytes)
            break;
        st = fill(l, err);
    }
    if (!st && next < l->held.len)
        l->in_lines = (l->held.p[l->at] == '{' && l->held.p[next] == '{') || is_json(fst_view_n(l->held.p + l->at, n));
    return st;
}

static enum fst_status begin(struct fst_lines *l, struct fst_error *err)
{
    static const char mark[3] = { '\xef', '\xbb', '\xbf' };
    enum fst_status   st = FST_OK;
    while (!st && !l->ended && l->held.len < sizeof mark)
        st = fill(l, err);
    if (l->held.len >= sizeof mark && !memcmp(l->held.p, mark, sizeof mark))
        l->at = sizeof mark;
    if (!st)
        st = skip_blanks(l, err);
    l->in_lines = l->opts.always_lines;
    return st || l->in_lines || l->at == l->held.len ? st : decide(l, err);
}

enum fst_status fst_lines_open(struct fst_lines *l, const struct fst_source *source, const struct fst_lines_opts *opts,
                               struct fst_error *err)
{
    enum fst_status st;
    *l = (struct fst_lines){ .opts = *opts, .line = 1 };
    st = fst_reader_open(&l->reader, source, 0, err);
    if (st)
        return st;
    fst_buf_init(&l->held, opts->max_bytes + 4 * (size_t)BLOCK);
    st = begin(l, err);
    if (st)
        fst_lines_close(l);
    return st;
}

/* Too long to hold: go to its end, holding nothing. */
static enum fst_status skip_line(struct fst_lines *l, struct fst_error *err)
{
    enum fst_status st = FST_OK;
    for (;;) {
        const char *newline = l->in_lines ? memchr(l->held.p + l->at, '\n', l->held.len - l->at) : NULL;
        l->at = newline ? (size_t)(newline - l->held.p) : l->held.len;
        if (st || newline || l->ended)
            return st;
        fst_buf_consume(&l->held, l->at);
        l->at = 0;
        st = fill(l, err);
    }
}

static enum fst_status hold_document(struct fst_lines *l, size_t *n, struct fst_error *err)
{
    enum fst_status st = FST_OK;
    while (!st && !l->ended && l->held.len - l->at <= l->opts.max_bytes)
        st = fill(l, err);
    *n = l->held.len - l->at;
    return st;
}

enum fst_status fst_lines_next(struct fst_lines *l, struct fst_line *line, bool *more, struct fst_error *err)
{
    size_t          n;
    enum fst_status st = skip_blanks(l, err);
    *line = (struct fst_line){ .line = l->at < l->held.len ? l->line : 1 };
    *more = !st && (l->at < l->held.len || !(l->any || l->opts.always_lines));
    l->any = true;
    if (st || l->at == l->held.len)
        return st;
    st = l->in_lines ? hold_line(l, &n, err) : hold_document(l, &n, err);
    if (st)
        return st;
    if (n > l->opts.max_bytes) {
        line->too_long = true;
        line->text = (struct fst_view)FST_VIEW("?");
        return skip_line(l, err);
    }
    line->text = fst_view_n(l->held.p + l->at, n);
    for (size_t i = 0; !l->in_lines && i < n; i++)
        l->line += l->held.p[l->at + i] == '\n';
    l->at += n;
    return FST_OK;
}

void fst_lines_close(struct fst_lines *l)
{
    fst_reader_close(&l->reader);
    fst_buf_clear(&l->held);
}
