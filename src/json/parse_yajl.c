/* yajl behind the tape: the reference that the fast parser is held against. What yajl 2.1 lets pass is
 * refused here: ill-formed UTF-8 and lone surrogate escapes, endless nesting, repeated names. */
#include <yajl/yajl_parse.h>

#include "json/parse.h"

struct yajl_run {
    struct fst_tape            *t;
    const struct fst_json_opts *opts;
    struct fst_json_error      *jerr;
    yajl_handle                 handle;
    enum fst_status             st;
    bool                        at_end;
    unsigned                    depth;
    struct { uint32_t node, count; } open[FST_JSON_MAX_DEPTH + 1];
};

enum { GO_ON = 1, STOP = 0 }; /* what yajl callbacks return */

static struct fst_view whole_text(const struct yajl_run *r)
{
    return fst_view_n(r->t->text, r->t->text_len);
}

static int refuse(struct yajl_run *r, size_t offset, const char *rule, const char *what)
{
    r->st = fst_json_refuse(r->jerr, whole_text(r), offset, rule, what);
    return STOP;
}

static int add_node(struct yajl_run *r, enum fst_json_kind kind, unsigned flags, size_t off, size_t len)
{
    struct fst_tape *t = r->t;
    if (t->count == t->cap && !fst_tape_grow(t)) {
        r->st = FST_ENOMEM;
        return STOP;
    }
    if (!(flags & FST_JSON_NAME) && r->depth && r->open[r->depth].count < FST_JSON_MAX_COUNT)
        r->open[r->depth].count++;
    t->nodes[t->count] = (struct fst_node){ (uint32_t)off, (uint32_t)len, t->count + 1, flags << 4 | kind };
    t->count++;
    return GO_ON;
}

/* The byte behind the token that the callback is about. */
static size_t token_end(const struct yajl_run *r)
{
    return yajl_get_bytes_consumed(r->handle);
}

static int on_null(void *ctx)
{
    struct yajl_run *r = ctx;
    return add_node(r, FST_JSON_NULL, 0, token_end(r) - 4, 4);
}

static int on_boolean(void *ctx, int value)
{
    struct yajl_run *r = ctx;
    size_t           n = value ? 4 : 5;
    return add_node(r, value ? FST_JSON_TRUE : FST_JSON_FALSE, 0, token_end(r) - n, n);
}

static int on_number(void *ctx, const char *text, size_t n)
{
    struct yajl_run *r = ctx;
    /* A number that the text ends with is known to be whole in yajl_complete_parse() only, and lent from a copy. */
    return add_node(r, FST_JSON_NUMBER, 0, (r->at_end ? r->t->text_len : token_end(r)) - n, n);
}

/* The opening quote of the string that ends at `close`: the last quote before it with an even number of
 * backslashes in front. */
static size_t opening_quote(const char *text, size_t close)
{
    for (size_t at = close; at-- > 0;) {
        size_t slashes = 0;
        if (text[at] != '"')
            continue;
        while (slashes < at && text[at - 1 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return at;
    }
    return 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Is there a \u escape at `at` whose first three digits say surrogate? 1: high, 2: low, 0: neither. */
static int surrogate_at(struct fst_view v, size_t at)
{
    int third;
    if (at + 6 > v.n || v.p[at] != '\\' || v.p[at + 1] != 'u' || (v.p[at + 2] | 32) != 'd')
        return 0;
    third = hex_digit(v.p[at + 3]);
    return third < 8 ? 0 : third < 12 ? 1 : 2;
}

/* The offset of a surrogate escape without its other half, or v.n. */
static size_t lone_surrogate(struct fst_view v)
{
    for (size_t i = 0; i + 1 < v.n; i++) {
        int half;
        if (v.p[i] != '\\')
            continue;
        half = surrogate_at(v, i);
        if (half == 2 || (half == 1 && surrogate_at(v, i + 6) != 2))
            return i;
        i += half == 1 ? 11 : 1;
    }
    return v.n;
}

static int add_string(struct yajl_run *r, const unsigned char *value, size_t n, unsigned flags)
{
    const char     *text = r->t->text;
    size_t          close = token_end(r) - 1, open = close - n - 1, lone;
    struct fst_view raw;

    /* yajl lends its decoded copy when there were escapes, else the text itself. */
    if (n && (const char *)value != text + open + 1) {
        open = opening_quote(text, close);
        flags |= FST_JSON_ESCAPED;
    }
    raw = fst_view_n(text + open + 1, close - open - 1);
    if (flags & FST_JSON_ESCAPED) {
        lone = lone_surrogate(raw);
        if (lone < raw.n)
            return refuse(r, open + 1 + lone, "json-utf8", "half a surrogate pair in an escape");
    }
    return add_node(r, FST_JSON_STRING, flags, open + 1, raw.n);
}

static int on_string(void *ctx, const unsigned char *value, size_t n)
{
    return add_string(ctx, value, n, 0);
}

static int on_name(void *ctx, const unsigned char *value, size_t n)
{
    return add_string(ctx, value, n, FST_JSON_NAME);
}

static int begin(struct yajl_run *r, enum fst_json_kind kind)
{
    size_t at = token_end(r) - 1;
    if (r->depth == r->opts->max_depth)
        return refuse(r, at, "json-depth", "nested too deeply");
    if (add_node(r, kind, 0, at, 0) == STOP)
        return STOP;
    r->depth++;
    r->open[r->depth].node = r->t->count - 1;
    r->open[r->depth].count = 0;
    return GO_ON;
}

static int end(struct yajl_run *r)
{
    uint32_t         node = r->open[r->depth].node, count = r->open[r->depth].count;
    struct fst_node *n = &r->t->nodes[node];

    n->len = (uint32_t)token_end(r) - n->off;
    n->next = r->t->count;
    n->count_kind_flags |= count << 8;
    r->depth--;
    if (fst_node_kind(n) == FST_JSON_OBJECT && !r->opts->allow_duplicates)
        r->st = fst_tape_refuse_duplicates(r->t, node, count, r->jerr);
    return r->st ? STOP : GO_ON;
}

static int on_begin_object(void *ctx) { return begin(ctx, FST_JSON_OBJECT); }
static int on_begin_array(void *ctx) { return begin(ctx, FST_JSON_ARRAY); }
static int on_end(void *ctx) { return end(ctx); }

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_begin_object,
    .yajl_map_key = on_name,
    .yajl_end_map = on_end,
    .yajl_start_array = on_begin_array,
    .yajl_end_array = on_end,
};

/* The offset of what stands behind the value and is no white space, or the text's end: yajl lets a token begin there. */
static size_t trailing(const struct fst_tape *t)
{
    const struct fst_node *n = &t->nodes[0];
    size_t                 at = (size_t)n->off + n->len + (fst_node_kind(n) == FST_JSON_STRING);

    while (at < t->text_len && strchr(" \t\n\r", t->text[at]))
        at++;
    return at;
}

enum fst_status fst_json_parse_yajl(struct fst_tape *t, struct fst_view text, const struct fst_json_opts *opts,
                                    struct fst_json_error *jerr)
{
    struct yajl_run r = { .t = t, .opts = opts, .jerr = jerr };
    size_t          bad;
    yajl_status     status;

    if (fst_json_refuse_bytes(jerr, text)) /* yajl takes form feeds for white space */
        return FST_EPARSE;
    r.handle = yajl_alloc(&callbacks, NULL, &r);
    if (!r.handle)
        return FST_ENOMEM;
    yajl_config(r.handle, yajl_dont_validate_strings, 1);
    status = yajl_parse(r.handle, (const unsigned char *)text.p, text.n);
    bad = status == yajl_status_ok ? text.n : token_end(&r);
    r.at_end = true;
    if (status == yajl_status_ok)
        status = yajl_complete_parse(r.handle);
    if (!r.st && (status != yajl_status_ok || !t->count)) {
        size_t at = bad < text.n ? bad : text.n;
        (void)refuse(&r, at, "json-syntax", fst_json_syntax_error(text, at));
    }
    if (!r.st && trailing(t) < text.n)
        (void)refuse(&r, trailing(t), "json-syntax", fst_json_syntax_error(text, trailing(t)));
    yajl_free(r.handle);
    return r.st;
}
