#include <stdlib.h>

#include "base/str.h"
#include "fhir/coded.h"
#include "fhir/fhirpath-eval.h"
#include "fhir/fhirpath-regex.h"

enum { TEXT_CEILING = 64 << 20, REGEX_STEPS = 100 };

/* One call: what it is of, and where its result goes. */
struct call {
    struct fst_path_eval       *e;
    const struct fst_path_expr *x;
    struct fst_coll             focus;
    uint32_t                    base;
};

static struct fst_path_item *item_at(const struct call *c, uint32_t i)
{
    return &c->e->items[c->focus.at + i];
}

static struct fst_coll boolean(const struct call *c, bool b)
{
    return fst_path_boolean(c->e, c->base, b);
}

static struct fst_coll none(const struct call *c)
{
    return fst_path_none(c->e, c->base);
}

static struct fst_coll push_one(const struct call *c, struct fst_path_item item)
{
    c->e->count = c->base;
    fst_path_push(c->e, item);
    return (struct fst_coll){ c->base, c->e->count - c->base };
}

static struct fst_coll keep_from(const struct call *c, uint32_t from)
{
    return fst_path_keep(c->e, c->base, (struct fst_coll){ from, c->e->count - from });
}

/* An argument with $this set to item `i` of the focus. */
static struct fst_coll with_item(const struct call *c, const struct fst_path_expr *x, uint32_t i)
{
    struct fst_path_eval *e = c->e;
    struct fst_path_item  self = e->self;
    uint32_t              index = e->index;
    struct fst_coll       result;

    e->self = *item_at(c, i);
    e->index = i;
    result = fst_path_eval_expr(e, x);
    e->self = self;
    e->index = index;
    return result;
}

static enum fst_path_truth holds(const struct call *c, uint32_t i)
{
    uint32_t            base = c->e->count;
    enum fst_path_truth t = fst_path_truth_of(c->e, with_item(c, c->x->args[0], i));
    c->e->count = base;
    return t;
}

/* ---- of collections */

/* Is there something: a resource of which only the type is said counts for nothing. */
static bool is_anything(const struct call *c)
{
    const struct fst_tape *t = c->e->tape;

    for (uint32_t i = 0; i < c->focus.n; i++) {
        uint32_t node = item_at(c, i)->kind == FST_PATH_NODE ? item_at(c, i)->node : FST_NO_NODE;
        if (node == FST_NO_NODE || fst_tape_kind(t, node) != FST_JSON_OBJECT || fst_node_count(&t->nodes[node]) != 1 ||
            !fst_tape_string_is(t, node + 1, "resourceType"))
            return true;
    }
    return false;
}

static struct fst_coll call_exists(const struct call *c)
{
    if (!c->x->arg_count)
        return boolean(c, is_anything(c));
    for (uint32_t i = 0; i < c->focus.n && !c->e->failed; i++)
        if (holds(c, i) == FST_PATH_TRUE)
            return boolean(c, true);
    return boolean(c, false);
}

static struct fst_coll call_all(const struct call *c)
{
    for (uint32_t i = 0; i < c->focus.n && !c->e->failed; i++)
        if (holds(c, i) != FST_PATH_TRUE)
            return boolean(c, false);
    return boolean(c, true);
}

static struct fst_coll call_where(const struct call *c)
{
    uint32_t from = c->e->count;
    for (uint32_t i = 0; i < c->focus.n && !c->e->failed; i++)
        if (holds(c, i) == FST_PATH_TRUE)
            fst_path_push(c->e, *item_at(c, i));
    return keep_from(c, from);
}

static struct fst_coll call_select(const struct call *c)
{
    uint32_t from = c->e->count;
    for (uint32_t i = 0; i < c->focus.n && !c->e->failed; i++)
        with_item(c, c->x->args[0], i); /* its result stays behind the others */
    return keep_from(c, from);
}

/* Of what was pushed from `added` on, keep what is not in items[from …) before it. */
static void drop_known(struct fst_path_eval *e, uint32_t from, uint32_t added)
{
    uint32_t to = added;

    for (uint32_t i = added; i < e->count && !e->failed; i++) {
        struct fst_path_item item = e->items[i];
        if (!fst_path_contains(e, (struct fst_coll){ from, to - from }, &item))
            e->items[to++] = item;
    }
    e->count = to;
}

static struct fst_coll call_repeat(const struct call *c)
{
    struct fst_path_eval *e = c->e;
    uint32_t              from = e->count, done = e->count;
    struct call           next = *c;

    for (uint32_t i = 0; i < c->focus.n && !e->failed; i++)
        with_item(c, c->x->args[0], i);
    drop_known(e, from, from);
    for (; done < e->count && !e->failed; done++) {
        uint32_t before = e->count;
        next.focus = (struct fst_coll){ done, 1 };
        with_item(&next, c->x->args[0], 0);
        drop_known(e, from, before);
    }
    return keep_from(c, from);
}

static struct fst_coll slice(const struct call *c, uint32_t first, uint32_t n)
{
    if (first >= c->focus.n)
        return none(c);
    if (n > c->focus.n - first)
        n = c->focus.n - first;
    return fst_path_keep(c->e, c->base, (struct fst_coll){ c->focus.at + first, n });
}

/* An argument that is a number. */
static double number_argument(const struct call *c, unsigned i, double otherwise)
{
    uint32_t        base = c->e->count;
    struct fst_coll a = fst_path_eval_expr(c->e, c->x->args[i]);
    double          n = a.n == 1 ? fst_path_scalar(c->e, &c->e->items[a.at]).number : otherwise;
    c->e->count = base;
    return n;
}

static struct fst_coll call_slice(const struct call *c)
{
    double n;

    switch (c->x->function) {
    case FST_FN_first: return slice(c, 0, 1);
    case FST_FN_last: return c->focus.n ? slice(c, c->focus.n - 1, 1) : none(c);
    case FST_FN_tail: return slice(c, 1, UINT32_MAX);
    default: break;
    }
    n = number_argument(c, 0, 0);
    n = n < 0 ? 0 : n > c->focus.n ? c->focus.n : n;
    return c->x->function == FST_FN_skip ? slice(c, (uint32_t)n, UINT32_MAX) : slice(c, 0, (uint32_t)n);
}

static struct fst_coll call_distinct(const struct call *c)
{
    struct fst_path_eval *e = c->e;
    uint32_t              from = e->count;

    for (uint32_t i = 0; i < c->focus.n && !e->failed; i++) {
        struct fst_path_item item = *item_at(c, i);
        if (!fst_path_contains(e, (struct fst_coll){ from, e->count - from }, &item))
            fst_path_push(e, item);
    }
    if (c->x->function == FST_FN_isDistinct)
        return boolean(c, e->count - from == c->focus.n);
    return keep_from(c, from);
}

/* intersect, exclude, combine, union, subsetOf, supersetOf */
static struct fst_coll call_sets(const struct call *c)
{
    struct fst_path_eval  *e = c->e;
    enum fst_path_function f = c->x->function;
    struct fst_coll        other = fst_path_eval_expr(e, c->x->args[0]);
    struct fst_coll        inner = f == FST_FN_supersetOf ? other : c->focus, outer = f == FST_FN_supersetOf ? c->focus : other;
    uint32_t               from = e->count;

    if (f == FST_FN_subsetOf || f == FST_FN_supersetOf) {
        for (uint32_t i = 0; i < inner.n && !e->failed; i++)
            if (!fst_path_contains(e, outer, &e->items[inner.at + i]))
                return boolean(c, false);
        return boolean(c, true);
    }
    for (uint32_t i = 0; i < c->focus.n + other.n && !e->failed; i++) {
        bool                 is_first = i < c->focus.n;
        struct fst_path_item item = e->items[is_first ? c->focus.at + i : other.at + i - c->focus.n];
        bool                 there = fst_path_contains(e, (struct fst_coll){ from, e->count - from }, &item);
        bool                 in_other = is_first && (f == FST_FN_intersect || f == FST_FN_exclude) && fst_path_contains(e, other, &item);
        if (f == FST_FN_combine || (f == FST_FN_union && !there) || (is_first && f == FST_FN_intersect && in_other && !there) ||
            (is_first && f == FST_FN_exclude && !in_other))
            fst_path_push(e, item);
    }
    return keep_from(c, from);
}

static struct fst_coll call_truths(const struct call *c)
{
    bool wanted = c->x->function == FST_FN_allTrue || c->x->function == FST_FN_anyTrue;
    bool any = c->x->function == FST_FN_anyTrue || c->x->function == FST_FN_anyFalse;

    for (uint32_t i = 0; i < c->focus.n; i++)
        if ((fst_path_scalar(c->e, item_at(c, i)).boolean == wanted) == any)
            return boolean(c, any);
    return boolean(c, !any);
}

/* ---- of the tree */

static struct fst_coll call_children(const struct call *c)
{
    struct fst_path_eval *e = c->e;
    uint32_t              from = e->count;
    static const struct fst_view all = { 0 };

    for (uint32_t i = 0; i < c->focus.n && !e->failed; i++)
        fst_path_children(e, *item_at(c, i), all);
    if (c->x->function == FST_FN_descendants)
        for (uint32_t i = from; i < e->count && !e->failed; i++) {
            struct fst_path_item item = e->items[i];
            fst_path_children(e, item, all);
        }
    return keep_from(c, from);
}

static struct fst_coll call_extension(const struct call *c)
{
    static const struct fst_view extension = FST_VIEW("extension");
    struct fst_path_eval        *e = c->e;
    uint32_t                     base = e->count, from;
    struct fst_coll              a = fst_path_eval_expr(e, c->x->args[0]);
    struct fst_view              wanted = { 0 };

    if (a.n != 1 || !fst_path_to_string(e, &e->items[a.at], &wanted))
        return none(c);
    e->count = from = base;
    for (uint32_t i = 0; i < c->focus.n && !e->failed; i++) {
        uint32_t at = e->count, to = e->count;
        fst_path_children(e, *item_at(c, i), extension);
        for (; at < e->count; at++) {
            uint32_t url = e->items[at].node == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(e->tape, e->items[at].node, "url");
            if (fst_view_equal(fst_tape_raw(e->tape, url), wanted))
                e->items[to++] = e->items[at];
        }
        e->count = to;
    }
    return keep_from(c, from);
}

static struct fst_coll call_types(const struct call *c)
{
    uint32_t from = c->e->count;

    if (c->x->function == FST_FN_is)
        return c->focus.n == 1 ? boolean(c, fst_path_has_type(c->e, item_at(c, 0), c->x, false)) : none(c);
    for (uint32_t i = 0; i < c->focus.n; i++)
        if (fst_path_has_type(c->e, item_at(c, i), c->x, true))
            fst_path_push(c->e, *item_at(c, i));
    return keep_from(c, from);
}

static struct fst_coll call_value(const struct call *c)
{
    bool has = c->focus.n == 1 && fst_path_scalar(c->e, item_at(c, 0)).kind != FST_PATH_NODE;

    if (c->x->function == FST_FN_hasValue)
        return boolean(c, has);
    return has ? fst_path_keep(c->e, c->base, c->focus) : none(c);
}

/* Of one item, or without a focus of the context. */
static struct fst_coll call_iif(const struct call *c)
{
    struct fst_path_eval *e = c->e;
    struct fst_path_item  self = e->self;
    uint32_t              base = e->count;
    enum fst_path_truth   t;
    unsigned              branch;
    struct fst_coll       result;

    e->failed |= c->focus.n > 1;
    if (c->x->left && c->focus.n == 1)
        e->self = *item_at(c, 0);
    t = fst_path_truth_of(e, fst_path_eval_expr(e, c->x->args[0]));
    branch = t == FST_PATH_TRUE ? 1 : 2;
    e->count = base;
    result = branch < c->x->arg_count ? fst_path_keep(e, c->base, fst_path_eval_expr(e, c->x->args[branch])) : none(c);
    e->self = self;
    return result;
}

/* ---- of strings */

static bool string_argument(const struct call *c, unsigned i, struct fst_view *out)
{
    uint32_t        base = c->e->count;
    struct fst_coll a = fst_path_eval_expr(c->e, c->x->args[i]);
    bool            ok = a.n == 1 && fst_path_to_string(c->e, &c->e->items[a.at], out);
    c->e->count = base;
    return ok;
}

/* How many characters a UTF-8 text has. */
static size_t characters(struct fst_view v)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n += ((uint8_t)v.p[i] & 0xc0) != 0x80;
    return n;
}

static struct fst_view characters_from(struct fst_view v, size_t first, size_t n)
{
    size_t at = 0, end;
    while (at < v.n && first) {
        at++;
        while (at < v.n && ((uint8_t)v.p[at] & 0xc0) == 0x80)
            at++;
        first--;
    }
    for (end = at; end < v.n && n; n--) {
        end++;
        while (end < v.n && ((uint8_t)v.p[end] & 0xc0) == 0x80)
            end++;
    }
    return fst_view_n(v.p + at, end - at);
}

static struct fst_coll call_substring(const struct call *c, struct fst_view text)
{
    double first = number_argument(c, 0, -1), n = c->x->arg_count > 1 ? number_argument(c, 1, 0) : (double)text.n;

    if (first < 0 || first >= (double)characters(text))
        return none(c);
    return push_one(c, fst_path_string(characters_from(text, (size_t)first, n < 0 ? 0 : (size_t)n)));
}

static struct fst_coll call_replace(const struct call *c, struct fst_view text)
{
    struct fst_view what, by;
    struct fst_buf  out;
    bool            ok = true;

    if (!string_argument(c, 0, &what) || !string_argument(c, 1, &by))
        return none(c);
    fst_buf_init(&out, TEXT_CEILING);
    if (c->x->function == FST_FN_replaceMatches) {
        ok = fst_regex_replace(&out, what, text, by);
    } else {
        for (size_t i = 0; i < text.n && !what.n; i++) {
            fst_buf_add_view(&out, by);
            fst_buf_add_char(&out, text.p[i]);
        }
        if (!what.n)
            fst_buf_add_view(&out, by);
        for (size_t i = 0; what.n && i < text.n;) {
            bool hit = text.n - i >= what.n && !memcmp(text.p + i, what.p, what.n);
            fst_buf_add_view(&out, hit ? by : fst_view_n(text.p + i, 1));
            i += hit ? what.n : 1;
        }
    }
    text = fst_path_text(c->e, fst_buf_view(&out));
    fst_buf_clear(&out);
    c->e->failed |= !ok;
    return push_one(c, fst_path_string(text));
}

static struct fst_coll call_case(const struct call *c, struct fst_view text)
{
    bool  upper = c->x->function == FST_FN_upper;
    char *copy = fst_arena_strn(&c->e->texts, text);

    for (size_t i = 0; copy && i < text.n; i++)
        if (upper ? copy[i] >= 'a' && copy[i] <= 'z' : copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] ^= 0x20;
    c->e->failed |= !copy;
    return push_one(c, fst_path_string(fst_view_n(copy ? copy : "", copy ? text.n : 0)));
}

static const char *last_of(struct fst_view text, struct fst_view part)
{
    for (size_t i = text.n; part.n <= text.n && i + part.n >= part.n; i--) {
        if (i + part.n <= text.n && !memcmp(text.p + i, part.p, part.n))
            return text.p + i;
        if (!i)
            break;
    }
    return NULL;
}

static struct fst_coll call_search(const struct call *c, struct fst_view text)
{
    struct fst_view arg;
    const char     *at;
    bool            known = true, matches;

    if (!string_argument(c, 0, &arg))
        return none(c);
    at = arg.n ? memmem(text.p, text.n, arg.p, arg.n) : text.p;
    switch (c->x->function) {
    case FST_FN_startsWith: return boolean(c, text.n >= arg.n && !memcmp(text.p, arg.p, arg.n));
    case FST_FN_endsWith: return boolean(c, text.n >= arg.n && !memcmp(text.p + text.n - arg.n, arg.p, arg.n));
    case FST_FN_contains: return boolean(c, at != NULL);
    case FST_FN_lastIndexOf:
        at = last_of(text, arg);
        return push_one(c, fst_path_number(at ? (double)characters(fst_view_n(text.p, (size_t)(at - text.p))) : -1, false));
    case FST_FN_indexOf: return push_one(c, fst_path_number(at ? (double)characters(fst_view_n(text.p, (size_t)(at - text.p))) : -1, false));
    default: break;
    }
    if (!fst_path_work(c->e, REGEX_STEPS + text.n))
        return none(c);
    matches = fst_regex_matches(arg, text, c->x->function == FST_FN_matchesFull, &known);
    c->e->failed |= !known;
    return boolean(c, matches);
}

/* Of an element that has extensions alone the reference validator answers no, where the specification has nothing. */
static bool is_question(enum fst_path_function f)
{
    return f == FST_FN_startsWith || f == FST_FN_endsWith || f == FST_FN_contains || f == FST_FN_matches || f == FST_FN_matchesFull;
}

static struct fst_coll call_string(const struct call *c)
{
    struct fst_view text;

    if (c->focus.n != 1 || !fst_path_to_string(c->e, item_at(c, 0), &text))
        return c->focus.n == 1 && is_question(c->x->function) ? boolean(c, false) : none(c);
    switch (c->x->function) {
    case FST_FN_toString: return push_one(c, fst_path_string(text));
    case FST_FN_length: return push_one(c, fst_path_number((double)characters(text), false));
    case FST_FN_trim:
        while (text.n && strchr(" \t\r\n", text.p[0]))
            text = fst_view_from(text, 1);
        while (text.n && strchr(" \t\r\n", text.p[text.n - 1]))
            text.n--;
        return push_one(c, fst_path_string(text));
    case FST_FN_upper:
    case FST_FN_lower: return call_case(c, text);
    case FST_FN_substring: return call_substring(c, text);
    case FST_FN_replace:
    case FST_FN_replaceMatches: return call_replace(c, text);
    default: return call_search(c, text);
    }
}

/* join, split, toChars: between one string and many */
static struct fst_coll call_pieces(const struct call *c)
{
    struct fst_path_eval *e = c->e;
    struct fst_view       text = { 0 }, separator = FST_VIEW(""), piece;
    struct fst_buf        all;
    uint32_t              from;

    if (c->x->arg_count && !string_argument(c, 0, &separator))
        return none(c);
    if (c->x->function == FST_FN_join) {
        fst_buf_init(&all, TEXT_CEILING);
        for (uint32_t i = 0; i < c->focus.n; i++) {
            if (i)
                fst_buf_add_view(&all, separator);
            if (fst_path_to_string(e, item_at(c, i), &piece))
                fst_buf_add_view(&all, piece);
        }
        text = fst_path_text(e, fst_buf_view(&all));
        fst_buf_clear(&all);
        return c->focus.n ? push_one(c, fst_path_string(text)) : none(c);
    }
    if (c->focus.n != 1 || !fst_path_to_string(e, item_at(c, 0), &text))
        return none(c);
    from = e->count;
    for (const char *at = text.p, *end = text.p + text.n; at <= end && !e->failed;) {
        const char *cut = separator.n ? memmem(at, (size_t)(end - at), separator.p, separator.n) : at < end ? at + characters_from(fst_view_n(at, (size_t)(end - at)), 0, 1).n : NULL;
        if (!separator.n && !cut)
            break;
        fst_path_push(e, fst_path_string(fst_view_n(at, (size_t)((cut ? cut : end) - at))));
        if (!cut)
            break;
        at = cut + separator.n;
    }
    return keep_from(c, from);
}

/* The result of each step is $total of the next. */
static struct fst_coll call_aggregate(const struct call *c)
{
    struct fst_path_eval *e = c->e;
    uint32_t              at = e->total_at, n = e->total_n, from = e->count;
    struct fst_coll       total = { from, 0 };

    if (c->x->arg_count > 1)
        total = fst_path_eval_expr(e, c->x->args[1]);
    for (uint32_t i = 0; i < c->focus.n && !e->failed; i++) {
        e->total_at = total.at;
        e->total_n = total.n;
        total = fst_path_keep(e, from, with_item(c, c->x->args[0], i));
    }
    e->total_at = at;
    e->total_n = n;
    return fst_path_keep(e, c->base, total);
}

/* ---- of terms */

static enum fst_in is_member(struct fst_path_eval *e, uint16_t set, const struct fst_path_item *item)
{
    struct fst_view code;
    struct fst_buf  scratch, scratch2;
    enum fst_coded  shape;
    enum fst_in     in;

    if (fst_path_to_string(e, item, &code))
        return fst_set_has(e->schema, set, (struct fst_view){ 0 }, code);
    if (item->kind != FST_PATH_NODE || item->node == FST_NO_NODE)
        return FST_IN_UNKNOWN;
    fst_buf_init(&scratch, SIZE_MAX / 2);
    fst_buf_init(&scratch2, SIZE_MAX / 2);
    shape = fst_tape_member(e->tape, item->node, "coding") == FST_NO_NODE ? FST_CODED_CODING : FST_CODED_CONCEPT;
    in = fst_coded_in_set(e->schema, e->tape, item->node, shape, set, &scratch, &scratch2);
    fst_buf_clear(&scratch);
    fst_buf_clear(&scratch2);
    return in;
}

static struct fst_coll call_member_of(const struct call *c)
{
    struct fst_view url;
    uint16_t        set = FST_NONE;
    enum fst_in     in = FST_IN_UNKNOWN;

    if (!c->focus.n)
        return none(c);
    if (c->focus.n == 1 && string_argument(c, 0, &url))
        set = fst_set_find(c->e->schema, url);
    if (set != FST_NONE)
        in = is_member(c->e, set, item_at(c, 0));
    c->e->failed |= in == FST_IN_UNKNOWN;
    return boolean(c, in == FST_IN_YES);
}

/* Of a base type that is told from the item's own; of other profiles, whoever asks cannot be told here. */
static struct fst_coll call_conforms(const struct call *c)
{
    static const char prefix[] = "http://hl7.org/fhir/StructureDefinition/";
    struct fst_view   url;
    fst_def           def;

    if (c->focus.n != 1 || !string_argument(c, 0, &url))
        return none(c);
    def = fst_view_starts(url, prefix) ? fst_schema_find(c->e->schema, fst_view_from(url, sizeof prefix - 1)) : FST_NO_DEF;
    c->e->failed |= def == FST_NO_DEF || item_at(c, 0)->kind != FST_PATH_NODE;
    return c->e->failed ? none(c) : boolean(c, fst_schema_is_a(c->e->schema, item_at(c, 0)->def, def));
}

/* ---- of what is referred to */

/* The resources that references, or URLs, lead to. Where one is not at hand nothing can be told. */
static struct fst_coll call_resolve(const struct call *c)
{
    struct fst_path_eval *e = c->e;
    uint32_t              from = e->count;

    e->beyond++;
    for (uint32_t i = 0; i < c->focus.n && !e->failed; i++) {
        struct fst_path_item item = *item_at(c, i);
        uint32_t             at = item.kind == FST_PATH_NODE && item.node != FST_NO_NODE ? item.node : FST_NO_NODE, resource = FST_NO_NODE, name;
        struct fst_view      reference = { 0 };
        if (at != FST_NO_NODE && fst_tape_kind(e->tape, at) == FST_JSON_OBJECT)
            at = fst_tape_member(e->tape, at, "reference");
        if (at != FST_NO_NODE && fst_tape_kind(e->tape, at) == FST_JSON_STRING)
            reference = fst_path_node_text(e, at);
        if (reference.n && e->resolve)
            resource = e->resolve(e->resolve_ctx, reference);
        name = resource == FST_NO_NODE ? FST_NO_NODE : fst_tape_member(e->tape, resource, "resourceType");
        e->failed |= name == FST_NO_NODE;
        if (name != FST_NO_NODE)
            fst_path_push(e, fst_path_node(fst_schema_find(e->schema, fst_path_node_text(e, name)), resource, FST_NO_NODE));
    }
    return fst_path_keep(e, c->base, (struct fst_coll){ from, e->count - from });
}

/* ---- the list */

struct fst_coll fst_path_call(struct fst_path_eval *e, const struct fst_path_expr *x, struct fst_coll focus, uint32_t base)
{
    const struct call c = { e, x, focus, base };

    switch (x->function) {
    case FST_FN_exists: return call_exists(&c);
    case FST_FN_empty: return boolean(&c, !is_anything(&c));
    case FST_FN_not: return focus.n ? boolean(&c, fst_path_truth_of(e, focus) == FST_PATH_FALSE) : none(&c);
    case FST_FN_count: return push_one(&c, fst_path_number(focus.n, false));
    case FST_FN_all: return call_all(&c);
    case FST_FN_where: return call_where(&c);
    case FST_FN_select: return call_select(&c);
    case FST_FN_repeat: return call_repeat(&c);
    case FST_FN_single: e->failed |= focus.n > 1; return fst_path_keep(e, base, focus);
    case FST_FN_first: case FST_FN_last: case FST_FN_tail: case FST_FN_skip: case FST_FN_take: return call_slice(&c);
    case FST_FN_matches: case FST_FN_matchesFull: case FST_FN_replaceMatches: case FST_FN_replace: case FST_FN_startsWith: case FST_FN_endsWith:
    case FST_FN_contains: case FST_FN_indexOf: case FST_FN_lastIndexOf: case FST_FN_trim: case FST_FN_substring: case FST_FN_length: case FST_FN_upper: case FST_FN_lower:
    case FST_FN_toString: return call_string(&c);
    case FST_FN_aggregate: return call_aggregate(&c);
    case FST_FN_join: case FST_FN_split: case FST_FN_toChars: return call_pieces(&c);
    case FST_FN_isDistinct: case FST_FN_distinct: return call_distinct(&c);
    case FST_FN_trace: return fst_path_keep(e, base, focus);
    case FST_FN_descendants: case FST_FN_children: return call_children(&c);
    case FST_FN_hasValue: case FST_FN_getValue: return call_value(&c);
    case FST_FN_as: case FST_FN_is: case FST_FN_ofType: return call_types(&c);
    case FST_FN_iif: return call_iif(&c);
    case FST_FN_intersect: case FST_FN_exclude: case FST_FN_combine: case FST_FN_union: case FST_FN_subsetOf: case FST_FN_supersetOf:
        return call_sets(&c);
    case FST_FN_allTrue: case FST_FN_anyTrue: case FST_FN_allFalse: case FST_FN_anyFalse: return call_truths(&c);
    case FST_FN_extension: return call_extension(&c);
    case FST_FN_memberOf: return call_member_of(&c);
    case FST_FN_conformsTo: return call_conforms(&c);
    case FST_FN_resolve: return call_resolve(&c);
    case FST_FN_htmlChecks: /* whoever asks cannot be told here */
        break;
    default: return fst_path_call_scalar(e, x, focus, base);
    }
    e->failed = true;
    return none(&c);
}
