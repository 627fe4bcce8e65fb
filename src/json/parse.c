#include "json/parse.h"

#include <stdlib.h>

#include "json/utf8.h"

enum { SMALL_OBJECT = 12, FIRST_NODES = 1024 };

enum fst_status fst_json_parse(struct fst_tape *t, struct fst_view text, const struct fst_json_opts *opts,
                               struct fst_json_error *jerr)
{
    static const struct fst_json_opts defaults = { 0 };
    struct fst_json_opts              o = opts ? *opts : defaults;

    if (!o.max_depth || o.max_depth > FST_JSON_MAX_DEPTH)
        o.max_depth = FST_JSON_MAX_DEPTH;
    t->text = text.p;
    t->text_len = text.n;
    t->count = 0;
    t->compact = false;
    *jerr = (struct fst_json_error){ 0 };
    if (text.n >= UINT32_MAX)
        return fst_json_refuse(jerr, text, 0, "json-size", "a value larger than 4 GiB");
    return o.parser == FST_JSON_YAJL ? fst_json_parse_yajl(t, text, &o, jerr) : fst_json_parse_fast(t, text, &o, jerr);
}

enum fst_status fst_json_refuse(struct fst_json_error *jerr, struct fst_view text, size_t offset, const char *rule,
                                const char *what)
{
    *jerr = (struct fst_json_error){ .offset = offset, .line = 1, .what = what, .rule = rule };
    for (size_t i = 0; i < offset && i < text.n; i++)
        jerr->line += text.p[i] == '\n';
    return FST_EPARSE;
}

/* The offset of a control character that JSON has no place for, or v.n. */
static size_t stray_control(struct fst_view v)
{
    size_t i = 0;
    while (i < v.n && ((unsigned char)v.p[i] >= 0x20 || v.p[i] == '\n' || v.p[i] == '\r' || v.p[i] == '\t'))
        i++;
    return i;
}

bool fst_json_refuse_bytes(struct fst_json_error *jerr, struct fst_view text)
{
    size_t good = fst_utf8_valid_prefix(text);

    if (good < text.n)
        return fst_json_refuse(jerr, text, good, "json-utf8", "not UTF-8");
    good = stray_control(text);
    if (good < text.n)
        return fst_json_refuse(jerr, text, good, "json-syntax", "a control character where none may be");
    return false;
}

const char *fst_json_syntax_error(struct fst_view text, size_t offset)
{
    return offset >= text.n ? "the text ends too early" : "not JSON";
}

bool fst_tape_grow(struct fst_tape *t)
{
    uint32_t         cap = t->cap ? t->cap * 2 : FIRST_NODES;
    struct fst_node *nodes = cap > t->cap ? realloc(t->nodes, (size_t)cap * sizeof *nodes) : NULL;
    if (!nodes)
        return false;
    t->nodes = nodes;
    t->cap = cap;
    return true;
}

/* ---- member names that occur twice */

struct named {
    uint64_t hash;
    uint32_t node;
};

static uint64_t hash_name(struct fst_view v)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < v.n; i++)
        h = (h ^ (unsigned char)v.p[i]) * 0x100000001b3;
    return h;
}

/* A name with its escapes undone; `b` holds it then. */
static struct fst_view name_view(const struct fst_tape *t, uint32_t node, struct fst_buf *b)
{
    return fst_tape_string(t, node, b);
}

static bool same_name(const struct fst_tape *t, uint32_t a, uint32_t b)
{
    struct fst_buf ba, bb;
    bool           same;
    if (!((fst_node_flags(&t->nodes[a]) | fst_node_flags(&t->nodes[b])) & FST_JSON_ESCAPED))
        return fst_view_equal(fst_tape_raw(t, a), fst_tape_raw(t, b));
    fst_buf_init(&ba, t->text_len);
    fst_buf_init(&bb, t->text_len);
    same = fst_view_equal(name_view(t, a, &ba), name_view(t, b, &bb));
    fst_buf_clear(&ba);
    fst_buf_clear(&bb);
    return same;
}

static int by_hash(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

static uint32_t duplicate_in_large(struct fst_tape *t, uint32_t object, uint32_t members)
{
    struct named  *names;
    struct fst_buf b;
    uint32_t       n = 0, found = FST_NO_NODE;

    if (t->scratch.cap < members * sizeof *names) {
        void *p = realloc(t->scratch.p, members * sizeof *names);
        if (!p)
            return FST_NO_NODE - 1;
        t->scratch.p = p;
        t->scratch.cap = members * sizeof *names;
    }
    names = t->scratch.p;
    fst_buf_init(&b, t->text_len);
    FST_EACH_MEMBER(t, object, i)
        names[n++] = (struct named){ hash_name(name_view(t, i, &b)), i };
    fst_buf_clear(&b);
    qsort(names, n, sizeof *names, by_hash);
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && names[k - 1].hash == names[i].hash; k--)
            if (same_name(t, names[k - 1].node, names[i].node) && names[i].node < found)
                found = names[i].node;
    return found;
}

static uint32_t duplicate_in_small(const struct fst_tape *t, uint32_t object)
{
    uint32_t met[SMALL_OBJECT], n = 0;
    FST_EACH_MEMBER(t, object, i) {
        for (uint32_t k = 0; k < n; k++)
            if (same_name(t, met[k], i))
                return i;
        met[n++] = i;
    }
    return FST_NO_NODE;
}

enum fst_status fst_tape_refuse_duplicates(struct fst_tape *t, uint32_t object, uint32_t members,
                                           struct fst_json_error *jerr)
{
    uint32_t twice;
    if (members < 2)
        return FST_OK;
    twice = members <= SMALL_OBJECT ? duplicate_in_small(t, object) : duplicate_in_large(t, object, members);
    if (twice == FST_NO_NODE)
        return FST_OK;
    if (twice == FST_NO_NODE - 1)
        return FST_ENOMEM;
    return fst_json_refuse(jerr, fst_view_n(t->text, t->text_len), t->nodes[twice].off - 1, "json-duplicate",
                           "the same member name twice in one object");
}
