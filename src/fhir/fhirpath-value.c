#include "fhir/fhirpath-value.h"

#include <stdlib.h>

#include "base/str.h"

enum { TEXT_CEILING = 64 << 20, BYTES_A_STEP = 64 };

struct fst_view fst_path_text(struct fst_path_eval *e, struct fst_view v)
{
    const char *copy = fst_arena_strn(&e->texts, v);
    e->failed |= !copy;
    return copy ? fst_view_n(copy, v.n) : (struct fst_view){ 0 };
}

struct fst_view fst_path_node_text(struct fst_path_eval *e, uint32_t node)
{
    struct fst_buf  scratch;
    struct fst_view v = fst_tape_raw(e->tape, node);

    if (!(fst_node_flags(&e->tape->nodes[node]) & FST_JSON_ESCAPED))
        return v;
    if (!fst_path_work(e, v.n / BYTES_A_STEP))
        return (struct fst_view){ 0 };
    fst_buf_init(&scratch, TEXT_CEILING);
    fst_json_unescape(&scratch, v);
    v = fst_path_text(e, fst_buf_view(&scratch));
    fst_buf_clear(&scratch);
    return v;
}

static double number_of(struct fst_view v)
{
    char text[64];
    if (v.n >= sizeof text)
        return 0;
    memcpy(text, v.p, v.n);
    text[v.n] = '\0';
    return strtod(text, NULL);
}

struct fst_path_scalar fst_path_scalar(struct fst_path_eval *e, const struct fst_path_item *item)
{
    struct fst_path_scalar s = { .kind = item->kind, .boolean = item->boolean, .number = item->number, .text = item->text };
    enum fst_prim          prim;

    if (item->kind == FST_PATH_DATE || item->kind == FST_PATH_DATETIME || item->kind == FST_PATH_TIME) {
        s.is_time = true;
        s.moment = item->kind;
        s.kind = FST_PATH_STRING;
    }
    if (item->kind != FST_PATH_NODE || item->node == FST_NO_NODE)
        return s;
    prim = item->def == FST_NO_DEF ? FST_PRIM_NONE : fst_schema_prim(e->schema, item->def);
    s.is_time = prim == FST_PRIM_DATE || prim == FST_PRIM_DATETIME || prim == FST_PRIM_INSTANT || prim == FST_PRIM_TIME;
    s.moment = prim == FST_PRIM_DATE ? FST_PATH_DATE : prim == FST_PRIM_TIME ? FST_PATH_TIME : FST_PATH_DATETIME;
    switch (fst_tape_kind(e->tape, item->node)) {
    case FST_JSON_TRUE:
    case FST_JSON_FALSE:
        s.kind = FST_PATH_BOOLEAN;
        s.boolean = fst_tape_kind(e->tape, item->node) == FST_JSON_TRUE;
        break;
    case FST_JSON_NUMBER:
        s.kind = prim == FST_PRIM_DECIMAL ? FST_PATH_DECIMAL : FST_PATH_INTEGER;
        s.text = fst_tape_raw(e->tape, item->node);
        s.number = number_of(s.text);
        break;
    case FST_JSON_STRING:
        s.kind = FST_PATH_STRING;
        s.text = fst_path_node_text(e, item->node);
        break;
    default: break;
    }
    return s;
}

static bool is_calendar_word(struct fst_view unit)
{
    static const char *const words[] = { "year", "month", "week", "day", "hour", "minute", "second", "millisecond" };

    for (size_t i = 0; i < FST_COUNT(words); i++)
        if (fst_view_is(unit, words[i]))
            return true;
    return false;
}

static struct fst_view quantity_text(struct fst_path_eval *e, const char *number, struct fst_view unit)
{
    bool            word = is_calendar_word(unit);
    struct fst_buf  text;
    struct fst_view v;

    fst_buf_init(&text, TEXT_CEILING);
    fst_buf_addf(&text, word ? "%s%.*s" : "%s'%.*s'", number, FST_VIEW_ARGS(unit));
    v = fst_path_text(e, fst_buf_view(&text));
    fst_buf_clear(&text);
    return v;
}

bool fst_path_to_string(struct fst_path_eval *e, const struct fst_path_item *item, struct fst_view *out)
{
    struct fst_path_scalar s = fst_path_scalar(e, item);
    char                   text[40];

    switch (s.kind) {
    case FST_PATH_STRING: *out = s.text; return true;
    case FST_PATH_BOOLEAN: *out = fst_view_of(s.boolean ? "true" : "false"); return true;
    case FST_PATH_INTEGER:
    case FST_PATH_DECIMAL:
        if (s.text.n) {
            *out = s.text;
            return true;
        }
        snprintf(text, sizeof text, "%.15g", s.number);
        *out = fst_path_text(e, fst_view_of(text));
        return true;
    case FST_PATH_QUANTITY:
        snprintf(text, sizeof text, "%.15g ", s.number);
        *out = quantity_text(e, text, s.text);
        return true;
    case FST_PATH_NODE: case FST_PATH_DATE: case FST_PATH_DATETIME: case FST_PATH_TIME: break;
    }
    return false;
}

bool fst_path_parse_number(struct fst_view v, bool whole, double *out)
{
    size_t i = v.n && (v.p[0] == '-' || v.p[0] == '+'), digits = 0, dots = 0;

    for (; i < v.n; i++) {
        if (v.p[i] == '.' && !whole && digits && i + 1 < v.n)
            dots++;
        else if (v.p[i] < '0' || v.p[i] > '9')
            return false;
        else
            digits++;
    }
    *out = number_of(v);
    return digits && digits < 40 && dots < 2;
}

/* ---- dates: compared part by part, to the precision that both have; with time zones, in UTC */

struct moment {
    int64_t parts[7]; /* year month day hour minute second, thousandths */
    int     count;
    bool    zoned;
};

static bool parse_moment(struct fst_view v, struct moment *m)
{
    static const char before[] = { 0, '-', '-', 'T', ':', ':' };
    struct fst_view   whole = v;
    int64_t           ms;
    int               part;

    *m = (struct moment){ .count = 0 };
    if (v.n == 2 || (v.n > 2 && v.p[2] == ':')) /* a time */
        m->count = 3;
    for (int first = m->count; m->count < 6; m->count++) {
        if (m->count > first && !fst_take_char(&v, before[m->count]))
            break;
        if (!fst_take_digits(&part, &v, m->count ? 2 : 4))
            return false;
        m->parts[m->count] = part;
    }
    if (fst_take_char(&v, '.')) {
        for (int scale = 100; fst_take_digits(&part, &v, 1); scale /= 10)
            m->parts[6] += part * scale;
    }
    m->zoned = v.n && (v.p[0] == 'Z' || v.p[0] == '+' || v.p[0] == '-');
    if (m->zoned && m->count == 6 && fst_parse_time_ms(&ms, whole)) { /* one number says it all */
        *m = (struct moment){ .parts = { ms }, .count = 1, .zoned = true };
        return true;
    }
    return !v.n;
}

/* "2020-06-30T10:00:00+01:00" both, of one zone and no leap second: as the text goes. */
static bool are_alike(struct fst_view a, struct fst_view b)
{
    enum { SECONDS = 17, ZONE = 19, WHOLE = 25 };
    return a.n == WHOLE && b.n == WHOLE && a.p[SECONDS] != '6' && b.p[SECONDS] != '6' && !memcmp(a.p + ZONE, b.p + ZONE, WHOLE - ZONE);
}

static enum fst_path_order compare_moments(struct fst_view a, struct fst_view b)
{
    struct moment x, y;
    int           n;

    if (are_alike(a, b)) {
        n = memcmp(a.p, b.p, a.n);
        return n < 0 ? FST_ORDER_LESS : n ? FST_ORDER_GREATER : FST_ORDER_EQUAL;
    }

    if (!parse_moment(a, &x) || !parse_moment(b, &y))
        return FST_ORDER_UNKNOWN;
    if (x.zoned != y.zoned && (x.count == 1 || y.count == 1)) { /* a day, or less, against a moment: by their days as written */
        struct fst_view longer = x.zoned ? a : b;
        if (!parse_moment(fst_view_n(longer.p, longer.n < 10 ? longer.n : 10), x.zoned ? &x : &y))
            return FST_ORDER_UNKNOWN;
        (x.zoned ? &x : &y)->count = 7;
    }
    n = x.count < y.count ? x.count : y.count;
    for (int i = 0; i < n && i < 3 + 3; i++)
        if (x.parts[i] != y.parts[i])
            return x.parts[i] < y.parts[i] ? FST_ORDER_LESS : FST_ORDER_GREATER;
    if (x.count != y.count)
        return FST_ORDER_UNKNOWN;
    return x.parts[6] == y.parts[6] ? FST_ORDER_EQUAL : x.parts[6] < y.parts[6] ? FST_ORDER_LESS : FST_ORDER_GREATER;
}

enum fst_path_kind fst_path_moment_kind(struct fst_view text)
{
    struct moment m;

    if (!parse_moment(text, &m))
        return FST_PATH_NODE;
    if (text.n == 2 || (text.n > 2 && text.p[2] == ':'))
        return FST_PATH_TIME;
    return memchr(text.p, 'T', text.n) ? FST_PATH_DATETIME : FST_PATH_DATE;
}

/* ---- order */

/* Numbers that differ in what a double cannot tell are equal: 1.8 - 1.2 is 0.6. */
static enum fst_path_order order_of(double a, double b)
{
    double difference = a > b ? a - b : b - a, size = (a < 0 ? -a : a) + (b < 0 ? -b : b);

    if (difference <= size * 1e-14)
        return FST_ORDER_EQUAL;
    return a < b ? FST_ORDER_LESS : a > b ? FST_ORDER_GREATER : FST_ORDER_EQUAL;
}

static bool same_member(struct fst_path_eval *e, uint32_t a, uint32_t b, const char *name)
{
    uint32_t x = fst_tape_member(e->tape, a, name), y = fst_tape_member(e->tape, b, name);
    if (x == FST_NO_NODE || y == FST_NO_NODE)
        return x == y;
    return fst_tape_kind(e->tape, x) == fst_tape_kind(e->tape, y) && fst_view_equal(fst_path_node_text(e, x), fst_path_node_text(e, y));
}

/* Quantities compare when they are in the same unit: by its name, as the reference validator does, or else by its code. */
static enum fst_path_order compare_quantities(struct fst_path_eval *e, uint32_t a, uint32_t b)
{
    uint32_t x = fst_tape_member(e->tape, a, "value"), y = fst_tape_member(e->tape, b, "value");
    bool     named = fst_tape_member(e->tape, a, "unit") != FST_NO_NODE, coded = fst_tape_member(e->tape, a, "code") != FST_NO_NODE;

    if (x == FST_NO_NODE || y == FST_NO_NODE ||
        !(same_member(e, a, b, "unit") || (named && coded && same_member(e, a, b, "system") && same_member(e, a, b, "code"))))
        return FST_ORDER_UNKNOWN;
    return order_of(number_of(fst_tape_raw(e->tape, x)), number_of(fst_tape_raw(e->tape, y)));
}

static bool is_object(struct fst_path_eval *e, const struct fst_path_item *i)
{
    return i->kind == FST_PATH_NODE && i->node != FST_NO_NODE && fst_tape_kind(e->tape, i->node) == FST_JSON_OBJECT;
}

/* A quantity of either form: its number and unit. */
static bool quantity_of(struct fst_path_eval *e, const struct fst_path_item *item, double *number, struct fst_view *unit)
{
    uint32_t value;

    *number = item->number;
    *unit = item->text;
    if (item->kind == FST_PATH_QUANTITY)
        return true;
    if (!is_object(e, item))
        return false;
    value = fst_tape_member(e->tape, item->node, "value");
    if (value == FST_NO_NODE)
        return false;
    *number = number_of(fst_tape_raw(e->tape, value));
    *unit = fst_tape_raw(e->tape, fst_tape_member(e->tape, item->node, "code"));
    return true;
}

enum fst_path_order fst_path_compare(struct fst_path_eval *e, const struct fst_path_item *a, const struct fst_path_item *b)
{
    struct fst_path_scalar x, y;
    int                    c;
    size_t                 n;

    if (is_object(e, a) && is_object(e, b))
        return compare_quantities(e, a->node, b->node);
    if (a->kind == FST_PATH_QUANTITY || b->kind == FST_PATH_QUANTITY) {
        struct fst_view unit, other;
        double          m, o;
        return quantity_of(e, a, &m, &unit) && quantity_of(e, b, &o, &other) && fst_view_equal(unit, other) ? order_of(m, o) : FST_ORDER_UNKNOWN;
    }
    x = fst_path_scalar(e, a);
    y = fst_path_scalar(e, b);
    if (x.is_time && y.is_time && (x.moment == FST_PATH_TIME) != (y.moment == FST_PATH_TIME))
        return FST_ORDER_UNKNOWN;
    if (x.is_time || y.is_time)
        return compare_moments(x.text, y.text);
    if (x.kind == FST_PATH_STRING && y.kind == FST_PATH_STRING) {
        n = x.text.n < y.text.n ? x.text.n : y.text.n;
        if (!fst_path_work(e, n / BYTES_A_STEP))
            return FST_ORDER_UNKNOWN;
        c = n ? memcmp(x.text.p, y.text.p, n) : 0;
        return c ? order_of(c, 0) : order_of((double)x.text.n, (double)y.text.n);
    }
    if ((x.kind == FST_PATH_INTEGER || x.kind == FST_PATH_DECIMAL) && (y.kind == FST_PATH_INTEGER || y.kind == FST_PATH_DECIMAL))
        return order_of(x.number, y.number);
    return FST_ORDER_UNKNOWN;
}

/* ---- equality */

static bool equal_nodes(struct fst_path_eval *e, uint32_t a, uint32_t b)
{
    const struct fst_tape *t = e->tape;
    enum fst_json_kind     kind = fst_tape_kind(t, a);
    uint32_t               y;

    if (!fst_path_work(e, 1) || t->nodes[a].next - a != t->nodes[b].next - b || kind != fst_tape_kind(t, b))
        return false;
    if (kind == FST_JSON_NUMBER)
        return number_of(fst_tape_raw(t, a)) == number_of(fst_tape_raw(t, b));
    if (kind < FST_JSON_ARRAY)
        return fst_view_equal(fst_path_node_text(e, a), fst_path_node_text(e, b));
    if (fst_node_count(&t->nodes[a]) != fst_node_count(&t->nodes[b]))
        return false;
    if (kind == FST_JSON_OBJECT) {
        FST_EACH_MEMBER(t, a, name) {
            struct fst_view text = fst_path_node_text(e, name);
            bool            found = false;
            FST_EACH_MEMBER(t, b, other)
                if (!fst_path_work(e, 1))
                    return false;
                else if (fst_view_equal(fst_path_node_text(e, other), text)) {
                    found = equal_nodes(e, name + 1, other + 1);
                    break;
                }
            if (!found)
                return false;
        }
        return true;
    }
    y = fst_tape_first(t, b);
    FST_EACH_ELEMENT(t, a, x) {
        if (y == FST_NO_NODE || !equal_nodes(e, x, y))
            return false;
        y = fst_tape_sibling(t, b, y);
    }
    return true;
}

enum fst_path_truth fst_path_same(struct fst_path_eval *e, const struct fst_path_item *a, const struct fst_path_item *b)
{
    struct fst_path_scalar x, y;
    struct fst_view        unit, other;
    double                 n, m;

    if ((a->kind == FST_PATH_QUANTITY || b->kind == FST_PATH_QUANTITY) && quantity_of(e, a, &n, &unit) && quantity_of(e, b, &m, &other))
        return n == m && fst_view_equal(unit, other) ? FST_PATH_TRUE : FST_PATH_FALSE;
    x = fst_path_scalar(e, a);
    y = fst_path_scalar(e, b);
    if (x.is_time && y.is_time && x.kind == FST_PATH_STRING && y.kind == FST_PATH_STRING && !fst_view_equal(x.text, y.text) &&
        (x.moment == FST_PATH_TIME) == (y.moment == FST_PATH_TIME)) {
        enum fst_path_order o = compare_moments(x.text, y.text);
        return o == FST_ORDER_UNKNOWN ? FST_PATH_UNKNOWN : o == FST_ORDER_EQUAL ? FST_PATH_TRUE : FST_PATH_FALSE;
    }
    return fst_path_equal(e, a, b) ? FST_PATH_TRUE : FST_PATH_FALSE;
}

/* The next character that counts: letters in lower case, white space as one space. */
static char next_char(struct fst_view *v)
{
    char c = v->p[0];
    bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';

    do
        *v = fst_view_from(*v, 1);
    while (space && v->n && strchr(" \t\r\n", v->p[0]));
    return (char)(space ? ' ' : c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool alike_texts(struct fst_view a, struct fst_view b)
{
    while (a.n && b.n)
        if (next_char(&a) != next_char(&b))
            return false;
    return a.n == b.n;
}

bool fst_path_alike(struct fst_path_eval *e, const struct fst_path_item *a, const struct fst_path_item *b)
{
    struct fst_path_scalar x = fst_path_scalar(e, a), y = fst_path_scalar(e, b);

    if (x.kind == FST_PATH_STRING && y.kind == FST_PATH_STRING && !x.is_time && !y.is_time)
        return alike_texts(x.text, y.text);
    return fst_path_same(e, a, b) == FST_PATH_TRUE;
}

bool fst_path_equal(struct fst_path_eval *e, const struct fst_path_item *a, const struct fst_path_item *b)
{
    struct fst_path_scalar x, y;

    if (is_object(e, a) && is_object(e, b))
        return a->node == b->node || equal_nodes(e, a->node, b->node);
    x = fst_path_scalar(e, a);
    y = fst_path_scalar(e, b);
    if (x.kind == FST_PATH_BOOLEAN && y.kind == FST_PATH_BOOLEAN)
        return x.boolean == y.boolean;
    if (x.is_time && y.is_time)
        return fst_view_equal(x.text, y.text) || compare_moments(x.text, y.text) == FST_ORDER_EQUAL;
    return fst_path_compare(e, a, b) == FST_ORDER_EQUAL;
}
