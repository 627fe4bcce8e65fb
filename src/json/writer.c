#include "json/writer.h"


#include <inttypes.h>

#include "json/utf8.h"

void fst_json_writer_init(struct fst_json_writer *w, struct fst_buf *out, unsigned indent)
{
    *w = (struct fst_json_writer){ .out = out, .indent = indent };
}

static void new_line(struct fst_json_writer *w)
{
    if (!w->indent)
        return;
    fst_buf_add_char(w->out, '\n');
    for (unsigned i = 0; i < w->depth * w->indent; i++)
        fst_buf_add_char(w->out, ' ');
}

static uint64_t level_bit(const struct fst_json_writer *w)
{
    return UINT64_C(1) << (w->depth & 63);
}

/* What stands before a name or an element: the comma, and the line's indent. */
static void before_item(struct fst_json_writer *w)
{
    uint64_t *word = &w->has_items[w->depth >> 6 & 3];
    if (w->after_name) {
        w->after_name = false;
        return;
    }
    if (!w->depth)
        return;
    if (*word & level_bit(w))
        fst_buf_add_char(w->out, ',');
    *word |= level_bit(w);
    new_line(w);
}

static void begin(struct fst_json_writer *w, char bracket)
{
    before_item(w);
    fst_buf_add_char(w->out, bracket);
    w->depth++;
    w->has_items[w->depth >> 6 & 3] &= ~level_bit(w);
}

static void end(struct fst_json_writer *w, char bracket)
{
    bool had_items = w->has_items[w->depth >> 6 & 3] & level_bit(w);
    w->depth--;
    if (had_items)
        new_line(w);
    fst_buf_add_char(w->out, bracket);
}

void fst_json_begin_object(struct fst_json_writer *w) { begin(w, '{'); }
void fst_json_end_object(struct fst_json_writer *w) { end(w, '}'); }
void fst_json_begin_array(struct fst_json_writer *w) { begin(w, '['); }
void fst_json_end_array(struct fst_json_writer *w) { end(w, ']'); }

void fst_json_name(struct fst_json_writer *w, const char *name)
{
    before_item(w);
    fst_json_quote(w->out, fst_view_of(name));
    fst_buf_add_str(w->out, w->indent ? ": " : ":");
    w->after_name = true;
}

void fst_json_string(struct fst_json_writer *w, struct fst_view v)
{
    before_item(w);
    fst_json_quote(w->out, v);
}

static void add_digits(struct fst_buf *out, uint64_t n)
{
    char  digits[20];
    char *at = digits + sizeof digits;
    do
        *--at = (char)('0' + n % 10);
    while (n /= 10);
    fst_buf_add(out, at, (size_t)(digits + sizeof digits - at));
}

void fst_json_u64(struct fst_json_writer *w, uint64_t n)
{
    before_item(w);
    add_digits(w->out, n);
}

void fst_json_i64(struct fst_json_writer *w, int64_t n)
{
    before_item(w);
    fst_buf_addf(w->out, "%" PRId64, n);
}

void fst_json_double(struct fst_json_writer *w, double n, int fraction_digits)
{
    before_item(w);
    fst_buf_addf(w->out, "%.*f", fraction_digits, n);
}

void fst_json_bool(struct fst_json_writer *w, bool b)
{
    before_item(w);
    fst_buf_add_str(w->out, b ? "true" : "false");
}

void fst_json_null(struct fst_json_writer *w)
{
    before_item(w);
    fst_buf_add_str(w->out, "null");
}

void fst_json_raw(struct fst_json_writer *w, struct fst_view json)
{
    before_item(w);
    fst_buf_add_view(w->out, json);
}

void fst_json_member_string(struct fst_json_writer *w, const char *name, struct fst_view v)
{
    fst_json_name(w, name);
    fst_json_string(w, v);
}

void fst_json_member_str(struct fst_json_writer *w, const char *name, const char *s)
{
    if (s)
        fst_json_member_string(w, name, fst_view_of(s));
}

void fst_json_member_u64(struct fst_json_writer *w, const char *name, uint64_t n)
{
    fst_json_name(w, name);
    fst_json_u64(w, n);
}

void fst_json_member_bool(struct fst_json_writer *w, const char *name, bool b)
{
    fst_json_name(w, name);
    fst_json_bool(w, b);
}

static void add_escape(struct fst_buf *out, unsigned char c)
{
    static const char letters[] = "btn\0fr"; /* for 8 to 13 */
    if (c == '"' || c == '\\')
        fst_buf_addf(out, "\\%c", c);
    else if (c >= 8 && c <= 13 && letters[c - 8])
        fst_buf_addf(out, "\\%c", letters[c - 8]);
    else
        fst_buf_addf(out, "\\u%04x", c);
}

/* How many bytes from p on are ASCII that stands for itself, told eight at a time: a multiple of eight. */
static size_t plain_run(const char *p, size_t n)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
    size_t         i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t w, quote, backslash;
        memcpy(&w, p + i, sizeof w);
        quote = w ^ ones * '"';
        backslash = w ^ ones * '\\';
        if (((w - ones * 0x20) | (quote - ones) | (backslash - ones) | w) & tops)
            break;
    }
    return i;
}

void fst_json_quote(struct fst_buf *out, struct fst_view v)
{
    size_t at = 0, plain = 0;
    fst_buf_add_char(out, '"');
    while (at < v.n) {
        at += plain_run(v.p + at, v.n - at);
        if (at == v.n)
            break;
        unsigned char c = (unsigned char)v.p[at];
        size_t        n = c < 0x80 ? 1 : fst_utf8_sequence(v.p + at, v.n - at);
        if (n && c >= 0x20 && c != '"' && c != '\\') {
            at += n;
            continue;
        }
        fst_buf_add(out, v.p + plain, at - plain);
        if (n)
            add_escape(out, c);
        else
            fst_buf_add_str(out, "\xEF\xBF\xBD");
        plain = ++at;
    }
    fst_buf_add(out, v.p + plain, at - plain);
    fst_buf_add_char(out, '"');
}

/* The bytes of node i and what stands behind it up to the next token are copied without white space: the
 * nodes give the tokens, so that no byte is looked at twice. */
void fst_json_minify(struct fst_buf *out, const struct fst_tape *t, uint32_t i)
{
    struct fst_view v = fst_tape_raw(t, i);
    uint32_t        end_node = t->nodes[i].next;
    const char     *at = v.p, *end_byte = v.p + v.n;

    if (fst_tape_kind(t, i) == FST_JSON_STRING) {
        fst_buf_add(out, v.p - 1, v.n + 2);
        return;
    }
    if (t->compact) {
        fst_buf_add_view(out, v);
        return;
    }
    if (!fst_buf_reserve(out, v.n))
        return;
    /* Structural bytes between tokens, then each token whole. */
    for (uint32_t k = i + 1; k <= end_node; k++) {
        bool        is_string = k < end_node && fst_tape_kind(t, k) == FST_JSON_STRING;
        const char *token = k < end_node ? t->text + t->nodes[k].off - is_string : end_byte;
        for (; at < token; at++)
            if (*at != ' ' && *at != '\n' && *at != '\r' && *at != '\t')
                out->p[out->len++] = *at;
        if (is_string || (k < end_node && fst_tape_kind(t, k) < FST_JSON_STRING)) {
            size_t n = t->nodes[k].len + 2u * is_string;
            memcpy(out->p + out->len, at, n);
            out->len += n;
            at += n;
        }
    }
    out->p[out->len] = '\0';
}
