/* The fast parser: token.c finds where tokens begin, a chunk at a time; this walks from token to token and fills the tape.
 * Strings are never read, only what snags in them; names are hashed, so that a repeated one is met. */
#include "json/parse.h"
#include "json/token.h"

enum {
    FILTER_WORDS = 4,  /* 256 bits an object */
    FILTER_MEMBERS = 64 /* with more the filter is too full to ask, and the object is looked through at its end */
};

#define INLINE static inline __attribute__((always_inline))

struct level {
    uint32_t node, commas;
    char     close;
    bool     look_through; /* for names that occur twice */
    uint64_t met[FILTER_WORDS]; /* hashes of names */
};

struct walk {
    struct fst_tape            *t;
    const struct fst_json_opts *opts;
    struct fst_json_error      *jerr;
    enum fst_status             st;
    struct level                levels[FST_JSON_MAX_DEPTH + 1]; /* [0]: around the value */
    struct fst_tokens           tokens;
};

/* What the walk has in hand; kept in registers, since it is passed to nothing that is not inlined. */
struct hand {
    const char      *text;
    uint32_t         n;
    uint32_t         chunk;  /* where the chunk begins */
    const uint32_t  *token, *end;
    const uint32_t  *snag;   /* the next one; behind the last stands UINT32_MAX */
    struct fst_node *nodes;
    uint32_t         count;
};

static bool fail(struct walk *w, size_t offset, const char *rule, const char *what)
{
    w->st = fst_json_refuse(w->jerr, fst_view_n(w->t->text, w->t->text_len), offset, rule, what);
    return false;
}

static bool fail_syntax(struct walk *w, size_t offset)
{
    return fail(w, offset, "json-syntax", fst_json_syntax_error(fst_view_n(w->t->text, w->t->text_len), offset));
}

/* ---- tokens */

/* The next chunk that has tokens, and room for their nodes. False at the end of the text, or when out of memory. */
static bool read_chunk(struct walk *w, uint32_t nodes)
{
    struct fst_tokens *k = &w->tokens;

    do {
        if (k->at == k->n)
            return false;
        fst_tokens_next(k);
    } while (!k->count);
    k->at_snag[k->snag_count] = UINT32_MAX;
    w->t->count = nodes;
    while (w->t->cap - nodes <= k->count)
        if (!fst_tape_grow(w->t)) {
            w->st = FST_ENOMEM;
            return false;
        }
    return true;
}

static __attribute__((noinline)) struct hand next_chunk(struct walk *w, struct hand h)
{
    size_t at = w->tokens.at;
    if (read_chunk(w, h.count)) {
        h.chunk = (uint32_t)at;
        h.token = w->tokens.at_token;
        h.end = h.token + w->tokens.count;
        h.snag = w->tokens.at_snag;
        h.nodes = w->t->nodes;
    }
    return h;
}

/* The place of the next token, or n. */
INLINE uint32_t take(struct walk *w, struct hand *h)
{
    if (__builtin_expect(h->token == h->end, 0)) {
        *h = next_chunk(w, *h);
        if (h->token == h->end)
            return h->n;
    }
    return *h->token++;
}

INLINE char byte_at(const struct hand *h, uint32_t at)
{
    return at < h->n ? h->text[at] : '\0';
}

INLINE struct fst_node *add_node(struct hand *h, enum fst_json_kind kind, unsigned flags, uint32_t off, uint32_t len)
{
    struct fst_node *n = &h->nodes[h->count++];
    *n = (struct fst_node){ off, len, h->count, flags << 4 | kind };
    return n;
}

/* ---- strings */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* The value of a \u escape at p, or -1. */
static int32_t unicode_escape(const char *p, const char *end)
{
    int32_t value = 0;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static bool is_high(int32_t c) { return c >= 0xD800 && c < 0xDC00; }
static bool is_low(int32_t c) { return c >= 0xDC00 && c < 0xE000; }

/* Look through a string with escapes or control characters in it. */
static __attribute__((noinline)) bool check_string(struct walk *w, uint32_t open, uint32_t close, unsigned *flags)
{
    const char *text = w->t->text, *end = text + close, *lone = NULL;

    for (const char *p = text + open + 1; p < end; p++) {
        int32_t c;
        if ((unsigned char)*p < 0x20)
            return fail(w, (size_t)(p - text), "json-syntax", "a control character in a string");
        if (*p != '\\')
            continue;
        *flags |= FST_JSON_ESCAPED;
        if (p[1] != 'u') {
            if (!memchr("\"\\/bfnrt", p[1], 8))
                return fail_syntax(w, (size_t)(p - text));
            p++;
            continue;
        }
        c = unicode_escape(p, end);
        if (c < 0)
            return fail_syntax(w, (size_t)(p - text));
        if (is_high(c) && is_low(unicode_escape(p + 6, end)))
            p += 6;
        else if ((is_high(c) || is_low(c)) && !lone)
            lone = p;
        p += 5;
    }
    if (lone)
        return fail(w, (size_t)(lone - text), "json-utf8", "half a surrogate pair in an escape");
    return true;
}

/* The string whose opening quote is at `open`; returns the place of its closing one, or 0 after a failure. */
INLINE uint32_t add_string(struct walk *w, struct hand *h, uint32_t open, unsigned flags)
{
    uint32_t close = take(w, h);

    if (__builtin_expect(close == h->n, 0))
        return fail_syntax(w, close);
    if (__builtin_expect(*h->snag < close || open < h->chunk, 0)) {
        if (!check_string(w, open, close, &flags))
            return 0;
        while (*h->snag < close)
            h->snag++;
    }
    add_node(h, FST_JSON_STRING, flags, open + 1, close - open - 1);
    return close;
}

/* ---- numbers and words */

static inline const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Behind the number at p, or NULL. */
static const char *number_end(const char *p, const char *end)
{
    const char *digits;

    p += *p == '-';
    digits = p;
    p = skip_digits(p, end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return NULL;
    if (p < end && *p == '.') {
        digits = ++p;
        p = skip_digits(p, end);
        if (p == digits)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        digits = p;
        p = skip_digits(p, end);
        if (p == digits)
            return NULL;
    }
    return p;
}

static const char *word_end(const char *p, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - p) >= n && !memcmp(p, word, n) ? p + n : NULL;
}

/* The scalar at `at`; returns the place behind it, or 0 after a failure. */
INLINE uint32_t add_scalar(struct walk *w, struct hand *h, uint32_t at)
{
    const char        *p = h->text + at, *end = h->text + h->n, *behind = NULL;
    enum fst_json_kind kind;

    if (at == h->n)
        return fail_syntax(w, at);
    switch (*p) {
    case 't': kind = FST_JSON_TRUE; behind = word_end(p, end, "true"); break;
    case 'f': kind = FST_JSON_FALSE; behind = word_end(p, end, "false"); break;
    case 'n': kind = FST_JSON_NULL; behind = word_end(p, end, "null"); break;
    default: kind = FST_JSON_NUMBER; behind = number_end(p, end);
    }
    if (!behind || (behind < end && (unsigned char)*behind > ' ' && *behind != ',' && *behind != ']' && *behind != '}'))
        return fail_syntax(w, at);
    add_node(h, kind, 0, at, (uint32_t)(behind - p));
    return at + (uint32_t)(behind - p);
}

/* ---- members */

/* Names of one object differ in length, first or last byte more often than not. An empty one has its quotes there. */
INLINE uint32_t hash_name(const struct hand *h, uint32_t off, uint32_t len)
{
    unsigned first = (unsigned char)h->text[off], last = (unsigned char)h->text[off + len - 1];
    return (first * 31 + last * 17 + len * 67) & 255; /* factors that were tried on FHIR's names: one in 150 collides */
}

/* A name's hash was met before: is it by chance? */
static __attribute__((noinline)) void check_name(struct level *l, const char *text, const struct fst_node *nodes, uint32_t name)
{
    struct fst_view own = fst_view_n(text + nodes[name].off, nodes[name].len);

    if (l->commas > FILTER_MEMBERS)
        l->look_through = true;
    for (uint32_t i = l->node + 1; i < name && !l->look_through; i = nodes[i + 1].next)
        l->look_through = fst_view_equal(fst_view_n(text + nodes[i].off, nodes[i].len), own);
}

/* The name at `at` and the colon; returns the place of the value, or 0 after a failure. */
INLINE uint32_t add_name(struct walk *w, struct hand *h, struct level *l, uint32_t at)
{
    uint32_t close, hash;
    uint64_t bit;
    char     c;

    if (byte_at(h, at) != '"')
        return fail_syntax(w, at);
    close = add_string(w, h, at, FST_JSON_NAME);
    if (!close)
        return 0;
    hash = hash_name(h, at + 1, close - at - 1);
    bit = (uint64_t)1 << (hash & 63);
    if (__builtin_expect((l->met[hash >> 6] & bit) != 0, 0))
        check_name(l, h->text, h->nodes, h->count - 1);
    l->met[hash >> 6] |= bit;
    l->look_through |= fst_node_flags(&h->nodes[h->count - 1]) & FST_JSON_ESCAPED;
    at = close + 1;
    c = byte_at(h, at);
    if (c != ':') {
        if (c != ',')
            at = take(w, h);
        if (byte_at(h, at) != ':')
            return fail_syntax(w, at);
    }
    return take(w, h);
}

/* ---- containers */

INLINE struct level *open_level(struct walk *w, struct hand *h, struct level *l, uint32_t at, bool object)
{
    if (__builtin_expect((unsigned)(l - w->levels) == w->opts->max_depth, 0)) {
        fail(w, at, "json-depth", "nested too deeply");
        return NULL;
    }
    l++;
    l->node = h->count;
    l->commas = 0;
    l->close = object ? '}' : ']';
    l->look_through = false;
    memset(l->met, 0, sizeof l->met);
    add_node(h, object ? FST_JSON_OBJECT : FST_JSON_ARRAY, 0, at, 0);
    return l;
}

/* The container ends before `behind`. `count` is how many members or elements it has. */
INLINE bool close_level(struct walk *w, struct hand *h, const struct level *l, uint32_t behind, uint32_t count)
{
    struct fst_node *n = &h->nodes[l->node];

    n->len = behind - n->off;
    n->next = h->count;
    n->count_kind_flags |= (count < FST_JSON_MAX_COUNT ? count : FST_JSON_MAX_COUNT) << 8;
    if (__builtin_expect(l->look_through, 0) && !w->opts->allow_duplicates) {
        w->t->count = h->count;
        w->st = fst_tape_refuse_duplicates(w->t, l->node, count, w->jerr);
        return !w->st;
    }
    return true;
}

/* Behind a value, at `behind`: close what closes. Returns the place of the comma that goes on, n behind the last value, or
 * 0 after a failure. */
INLINE uint32_t go_on(struct walk *w, struct hand *h, struct level **level, uint32_t behind)
{
    for (;;) {
        struct level *l = *level;
        uint32_t      at = behind;
        char          c = byte_at(h, at);

        if (c != ',' && c != ':') {
            at = take(w, h);
            c = byte_at(h, at);
        }
        if (l == w->levels)
            return at == h->n ? at : (uint32_t)fail_syntax(w, at);
        if (c == ',') {
            l->commas++;
            return at;
        }
        if (c != l->close)
            return fail_syntax(w, at);
        behind = at + 1;
        if (!close_level(w, h, l, behind, l->commas + 1))
            return 0;
        --*level;
    }
}

/* The value at `at`. Levels go down and up again; one round of the loop is a value, its name before it. False after a
 * failure. */
static bool walk_value(struct walk *w, struct hand *h, uint32_t at)
{
    struct level *l = w->levels;

    for (;;) {
        char     c = byte_at(h, at);
        uint32_t behind;

        if (c == '"') {
            behind = add_string(w, h, at, 0);
            if (!behind)
                return false;
            behind++;
        } else if (c == '{' || c == '[') {
            l = open_level(w, h, l, at, c == '{');
            if (!l)
                return false;
            at = take(w, h);
            if (byte_at(h, at) != l->close) {
                if (l->close == '}')
                    at = add_name(w, h, l, at);
                if (!at)
                    return false;
                continue;
            }
            behind = at + 1;
            close_level(w, h, l, behind, 0);
            l--;
        } else {
            behind = add_scalar(w, h, at);
            if (!behind)
                return false;
        }
        at = go_on(w, h, &l, behind);
        if (at == h->n)
            return true;
        if (at)
            at = take(w, h);
        if (at && l->close == '}')
            at = add_name(w, h, l, at);
        if (!at)
            return false;
    }
}

enum fst_status fst_json_parse_fast(struct fst_tape *t, struct fst_view text, const struct fst_json_opts *opts,
                                    struct fst_json_error *jerr)
{
    struct walk w; /* not cleared: it is large, and a level is filled when it is entered */
    struct hand h = { .text = text.p, .n = (uint32_t)text.n };

    w.t = t;
    w.opts = opts;
    w.jerr = jerr;
    w.st = FST_OK;
    w.levels[0].close = '\0';
    fst_tokens_begin(&w.tokens, text);
    if (walk_value(&w, &h, take(&w, &h)) && !w.tokens.bad) {
        t->count = h.count;
        t->compact = !w.tokens.blanks;
        return FST_OK;
    }
    if (w.st == FST_ENOMEM)
        return w.st;
    return fst_json_refuse_bytes(jerr, text) ? FST_EPARSE : w.st;
}
