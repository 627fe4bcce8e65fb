#include "json/tape.h"

#include <stdlib.h>

void fst_tape_clear(struct fst_tape *t)
{
    free(t->nodes);
    free(t->scratch.p);
    *t = (struct fst_tape){ 0 };
}

/* The value of the four hex digits at p. */
static uint32_t hex4(const char *p)
{
    uint32_t n = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];
        n = n << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return n;
}

static void add_utf8(struct fst_buf *out, uint32_t c)
{
    char   b[4];
    size_t n;
    if (c < 0x80) {
        b[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        b[0] = (char)(0xC0 | c >> 6);
        b[1] = (char)(0x80 | (c & 63));
        n = 2;
    } else if (c < 0x10000) {
        b[0] = (char)(0xE0 | c >> 12);
        b[1] = (char)(0x80 | (c >> 6 & 63));
        b[2] = (char)(0x80 | (c & 63));
        n = 3;
    } else {
        b[0] = (char)(0xF0 | c >> 18);
        b[1] = (char)(0x80 | (c >> 12 & 63));
        b[2] = (char)(0x80 | (c >> 6 & 63));
        b[3] = (char)(0x80 | (c & 63));
        n = 4;
    }
    fst_buf_add(out, b, n);
}

/* Undo the escape whose backslash is at p; returns its length. */
static size_t add_unescaped(struct fst_buf *out, const char *p)
{
    uint32_t c;
    switch (p[1]) {
    case 'b': fst_buf_add_char(out, '\b'); return 2;
    case 'f': fst_buf_add_char(out, '\f'); return 2;
    case 'n': fst_buf_add_char(out, '\n'); return 2;
    case 'r': fst_buf_add_char(out, '\r'); return 2;
    case 't': fst_buf_add_char(out, '\t'); return 2;
    case 'u': break;
    default: fst_buf_add_char(out, p[1]); return 2;
    }
    c = hex4(p + 2);
    if (c < 0xD800 || c > 0xDBFF) {
        add_utf8(out, c);
        return 6;
    }
    add_utf8(out, 0x10000 + ((c - 0xD800) << 10) + (hex4(p + 8) - 0xDC00));
    return 12;
}

void fst_json_unescape(struct fst_buf *out, struct fst_view raw)
{
    size_t at = 0;
    while (at < raw.n) {
        const char *slash = memchr(raw.p + at, '\\', raw.n - at);
        size_t      plain = slash ? (size_t)(slash - raw.p) - at : raw.n - at;
        fst_buf_add(out, raw.p + at, plain);
        at += plain;
        if (slash)
            at += add_unescaped(out, slash);
    }
}

static bool escaped_is(struct fst_view raw, const char *s)
{
    struct fst_buf b;
    bool           same;
    fst_buf_init(&b, raw.n + 4);
    fst_json_unescape(&b, raw);
    same = !b.failed && fst_view_is(fst_buf_view(&b), s);
    fst_buf_clear(&b);
    return same;
}

bool fst_tape_string_is(const struct fst_tape *t, uint32_t i, const char *s)
{
    struct fst_view raw;
    if (i == FST_NO_NODE || fst_tape_kind(t, i) != FST_JSON_STRING)
        return false;
    raw = fst_tape_raw(t, i);
    if (fst_node_flags(&t->nodes[i]) & FST_JSON_ESCAPED)
        return escaped_is(raw, s);
    return fst_view_is(raw, s);
}

uint32_t fst_tape_member(const struct fst_tape *t, uint32_t object, const char *name)
{
    size_t n = strlen(name);

    if (object == FST_NO_NODE)
        return FST_NO_NODE;
    FST_EACH_MEMBER(t, object, i) {
        const struct fst_node *at = &t->nodes[i];
        if (fst_node_flags(at) & FST_JSON_ESCAPED ? fst_tape_string_is(t, i, name)
                                                  : at->len == n && !memcmp(t->text + at->off, name, n))
            return i + 1;
    }
    return FST_NO_NODE;
}

struct fst_view fst_tape_string(const struct fst_tape *t, uint32_t i, struct fst_buf *scratch)
{
    if (i == FST_NO_NODE || fst_tape_kind(t, i) != FST_JSON_STRING)
        return (struct fst_view){ 0 };
    if (!(fst_node_flags(&t->nodes[i]) & FST_JSON_ESCAPED))
        return fst_tape_raw(t, i);
    fst_buf_reset(scratch);
    fst_json_unescape(scratch, fst_tape_raw(t, i));
    return fst_buf_view(scratch);
}

struct fst_view fst_tape_member_string(const struct fst_tape *t, uint32_t object, const char *name, struct fst_buf *scratch)
{
    return fst_tape_string(t, fst_tape_member(t, object, name), scratch);
}
