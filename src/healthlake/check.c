#include "healthlake/check.h"

#include <ctype.h>
#include <errno.h>

#include "healthlake/encode.h"
#include "healthlake/pattern.h"
#include "json/utf8.h"

enum { SHOWN_BYTES = 200 }; /* of a value, in a message */

/* The way from the whole to the value at hand. */
struct step {
    const struct step *up;
    struct fst_view    name;  /* a member; empty: an element */
    size_t             index; /* from 0 */
};

struct checker {
    const struct fst_tape   *t;
    unsigned                 flags;
    struct fst_check_report *report;
    struct fst_buf           value, name, text; /* a string undone; a member's name undone; a text being made */
    enum fst_status          status;
};

/* ---- saying what is wrong */

/* As people write it: Tags[0].Key. */
static void add_path(struct fst_buf *out, const struct step *s)
{
    if (!s)
        return;
    add_path(out, s->up);
    if (!s->name.p) {
        fst_buf_addf(out, "[%zu]", s->index);
        return;
    }
    if (s->up)
        fst_buf_add_char(out, '.');
    fst_buf_add_view(out, s->name);
}

/* As services write it: tags.1.member.key. */
static void add_wire_path(struct fst_buf *out, const struct step *s)
{
    if (s->up) {
        add_wire_path(out, s->up);
        fst_buf_add_char(out, '.');
    }
    if (!s->name.p) {
        fst_buf_addf(out, "%zu.member", s->index + 1);
    } else if (s->name.n) {
        fst_buf_add_char(out, (char)tolower((unsigned char)s->name.p[0]));
        fst_buf_add_view(out, fst_view_from(s->name, 1));
    }
}

static void add_place(struct fst_buf *out, const struct step *at)
{
    if (!at)
        return;
    fst_buf_add_str(out, " at '");
    add_wire_path(out, at);
    fst_buf_add_char(out, '\'');
}

static const char *kept(struct checker *c)
{
    const char *s = fst_arena_strn(c->report->arena, fst_buf_view(&c->text));
    if (!s || fst_buf_status(&c->text))
        c->status = FST_ENOMEM;
    return s;
}

/* Record a violation whose message stands in c->text. */
static void violate(struct checker *c, enum fst_check_rule rule, const struct step *at, const struct fst_model_shape *shape,
                    uint32_t node)
{
    const char           *message = kept(c);
    struct fst_violation *v = fst_arena_zalloc(c->report->arena, sizeof *v);
    fst_buf_reset(&c->text);
    add_path(&c->text, at);
    const char *path = kept(c);
    fst_buf_reset(&c->text);
    if (!v || c->status) {
        c->status = FST_ENOMEM;
        return;
    }
    *v = (struct fst_violation){ rule, path, message, shape, node, NULL };
    if (c->report->last)
        c->report->last->next = v;
    else
        c->report->first = v;
    c->report->last = v;
    c->report->count++;
}

/* "Value 'x' at 'place' failed to satisfy constraint: ", to be followed by the constraint. */
static void begin(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    fst_buf_add_str(&c->text, "Value");
    if (node == FST_NO_NODE || fst_tape_kind(c->t, node) == FST_JSON_NULL) {
        fst_buf_add_str(&c->text, " null");
    } else if (fst_tape_kind(c->t, node) < FST_JSON_ARRAY && !(shape->flags & FST_MODEL_SENSITIVE)) {
        struct fst_view v = fst_tape_kind(c->t, node) == FST_JSON_STRING ? fst_tape_string(c->t, node, &c->value)
                                                                         : fst_tape_raw(c->t, node);
        size_t shown = v.n;
        if (shown > SHOWN_BYTES)
            for (shown = SHOWN_BYTES; ((unsigned char)v.p[shown] & 0xC0) == 0x80;)
                shown--;
        fst_buf_addf(&c->text, " '%.*s%s'", (int)shown, v.p, shown < v.n ? "..." : "");
    }
    add_place(&c->text, at);
    fst_buf_add_str(&c->text, " failed to satisfy constraint: ");
}

static void wrong_type(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    static const char *const found[] = { "NULL_VALUE", "FALSE_VALUE", "TRUE_VALUE", "NUMBER_VALUE", "STRING_VALUE" };
    static const char *const wanted[] = { "String", "String", "Integer", "Long", "Double", "Boolean", "Timestamp" };
    enum fst_json_kind kind = fst_tape_kind(c->t, node);
    if (kind == FST_JSON_ARRAY)
        fst_buf_add_str(&c->text, "Start of list found where not expected");
    else if (kind == FST_JSON_OBJECT)
        fst_buf_add_str(&c->text, "Start of structure or map found where not expected");
    else if (shape->kind >= FST_MODEL_LIST)
        fst_buf_add_str(&c->text, "Unexpected field type");
    else
        fst_buf_addf(&c->text, "%s cannot be converted to %s", found[kind], wanted[shape->kind]);
    add_place(&c->text, at);
    violate(c, FST_CHECK_TYPE, at, shape, node);
}

static void missing(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    begin(c, at, shape, FST_NO_NODE);
    fst_buf_add_str(&c->text, "Member must not be null");
    violate(c, FST_CHECK_REQUIRED, at, shape, node);
}

/* ---- constraints */

/* `what` is "length" or "value". */
static void check_limits(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node, int64_t n,
                         const char *what)
{
    if (n > shape->max) {
        begin(c, at, shape, node);
        fst_buf_addf(&c->text, "Member must have %s less than or equal to %lld", what, (long long)shape->max);
        violate(c, FST_CHECK_MAX, at, shape, node);
    }
    if (n < shape->min) {
        begin(c, at, shape, node);
        fst_buf_addf(&c->text, "Member must have %s greater than or equal to %lld", what, (long long)shape->min);
        violate(c, FST_CHECK_MIN, at, shape, node);
    }
}

static void check_text(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node,
                       struct fst_view text)
{
    check_limits(c, at, shape, node, (int64_t)fst_utf8_count(text), "length");
    struct fst_pattern p;
    if (shape->pattern && !(fst_pattern_compile(&p, shape->pattern) && fst_pattern_matches(&p, text))) {
        begin(c, at, shape, node);
        fst_buf_addf(&c->text, "Member must satisfy regular expression pattern: %s", shape->pattern);
        violate(c, FST_CHECK_PATTERN, at, shape, node);
    }
}

static void check_enum(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    for (size_t i = 0; shape->values[i]; i++)
        if (fst_tape_string_is(c->t, node, shape->values[i]))
            return;
    begin(c, at, shape, node);
    fst_buf_add_str(&c->text, "Member must satisfy enum value set: [");
    for (size_t i = 0; shape->values[i]; i++)
        fst_buf_addf(&c->text, "%s%s", i ? ", " : "", shape->values[i]);
    fst_buf_add_char(&c->text, ']');
    violate(c, FST_CHECK_ENUM, at, shape, node);
}

/* Digits alone that fit: 1.5 and 1e3 are no integers. */
static bool parse_integer(int64_t *out, struct fst_view raw, enum fst_model_kind kind)
{
    char   text[24], *end;
    size_t n = raw.n < sizeof text ? raw.n : 0;
    memcpy(text, raw.p, n);
    text[n] = 0;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return n && !*end && !errno && (kind == FST_MODEL_LONG || (*out >= INT32_MIN && *out <= INT32_MAX));
}

static void check_number(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    int64_t n;
    if (fst_tape_kind(c->t, node) != FST_JSON_NUMBER)
        wrong_type(c, at, shape, node);
    else if (shape->kind == FST_MODEL_DOUBLE)
        return;
    else if (parse_integer(&n, fst_tape_raw(c->t, node), shape->kind))
        check_limits(c, at, shape, node, n, "value");
    else
        wrong_type(c, at, shape, node);
}

/* ---- containers */

static void check_value(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node);

static bool is_there(const struct fst_tape *t, uint32_t node)
{
    return node != FST_NO_NODE && fst_tape_kind(t, node) != FST_JSON_NULL;
}

static void check_unknown(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    if (c->flags & FST_CHECK_UNKNOWN_PASSES)
        return;
    fst_buf_addf(&c->text, "Unknown member '%.*s'", FST_VIEW_ARGS(at->name));
    add_place(&c->text, at->up);
    for (size_t i = 0; i < shape->member_count; i++)
        fst_buf_addf(&c->text, "%s%s", i ? ", " : ": there are ", shape->members[i].name);
    violate(c, FST_CHECK_UNKNOWN, at, shape, node);
}

static void check_structure(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    size_t given = 0;
    FST_EACH_MEMBER(c->t, node, name) {
        struct fst_view                view = fst_tape_string(c->t, name, &c->name);
        const struct fst_model_member *m = fst_model_member(shape, view);
        /* What lies in c->name is overwritten further down; a known name has a lasting copy. */
        struct step                    step = { at, m ? fst_view_of(m->name) : fst_view_n(view.p ? view.p : "", view.n), 0 };
        if (!m)
            check_unknown(c, &step, shape, name + 1);
        else if (is_there(c->t, name + 1)) {
            given++;
            check_value(c, &step, m->shape, name + 1);
        }
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct fst_model_member *m = &shape->members[i];
        if (m->flags & FST_MODEL_REQUIRED && !is_there(c->t, fst_tape_member(c->t, node, m->name)))
            missing(c, &(struct step){ at, fst_view_of(m->name), 0 }, m->shape, FST_NO_NODE);
    }
    if (shape->flags & FST_MODEL_UNION && given != 1) {
        begin(c, at, shape, node);
        fst_buf_add_str(&c->text, "Exactly one of its members must be set:");
        for (size_t i = 0; i < shape->member_count; i++)
            fst_buf_addf(&c->text, "%s %s", i ? "," : "", shape->members[i].name);
        violate(c, FST_CHECK_UNION, at, shape, node);
    }
}

static void check_list(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    struct step step = { at, { 0 }, 0 };
    FST_EACH_ELEMENT(c->t, node, item) {
        if (is_there(c->t, item))
            check_value(c, &step, shape->element, item);
        else
            missing(c, &step, shape->element, item);
        step.index++;
    }
    check_limits(c, at, shape, node, (int64_t)step.index, "length");
}

static void check_map(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    int64_t count = 0;
    FST_EACH_MEMBER(c->t, node, name) {
        struct fst_view key = fst_tape_string(c->t, name, &c->name);
        struct step     step = { at, { key.p ? key.p : "", key.n }, 0 };
        check_text(c, &step, shape->key, name, key);
        if (is_there(c->t, name + 1))
            check_value(c, &step, shape->element, name + 1);
        else
            missing(c, &step, shape->element, name + 1);
        count++;
    }
    check_limits(c, at, shape, node, count, "length");
}

static void check_value(struct checker *c, const struct step *at, const struct fst_model_shape *shape, uint32_t node)
{
    enum fst_json_kind kind = fst_tape_kind(c->t, node);
    int64_t            ms;
    bool               fits = true;
    switch (shape->kind) {
    case FST_MODEL_STRING:
        if ((fits = kind == FST_JSON_STRING))
            check_text(c, at, shape, node, fst_tape_string(c->t, node, &c->value));
        break;
    case FST_MODEL_ENUM:
        if ((fits = kind == FST_JSON_STRING))
            check_enum(c, at, shape, node);
        break;
    case FST_MODEL_INTEGER:
    case FST_MODEL_LONG:
    case FST_MODEL_DOUBLE:
        check_number(c, at, shape, node);
        break;
    case FST_MODEL_BOOLEAN:
        fits = kind == FST_JSON_TRUE || kind == FST_JSON_FALSE;
        break;
    case FST_MODEL_TIMESTAMP:
        fits = fst_decode_time_ms(&ms, c->t, node) && (kind == FST_JSON_NUMBER || c->flags & FST_CHECK_TIME_TEXT);
        break;
    case FST_MODEL_LIST:
        if ((fits = kind == FST_JSON_ARRAY))
            check_list(c, at, shape, node);
        break;
    case FST_MODEL_MAP:
        if ((fits = kind == FST_JSON_OBJECT))
            check_map(c, at, shape, node);
        break;
    case FST_MODEL_STRUCTURE:
        if ((fits = kind == FST_JSON_OBJECT))
            check_structure(c, at, shape, node);
        break;
    }
    if (!fits)
        wrong_type(c, at, shape, node);
}

/* ---- the face */

enum fst_status fst_check(const struct fst_tape *t, uint32_t node, const struct fst_model_shape *shape, unsigned flags,
                          struct fst_check_report *report)
{
    struct checker c = { .t = t, .flags = flags, .report = report };
    size_t         ceiling = t->text_len + 4096; /* a message shows no more of the text than there is */
    fst_buf_init(&c.value, ceiling);
    fst_buf_init(&c.name, ceiling);
    fst_buf_init(&c.text, 2 * ceiling);
    check_value(&c, NULL, shape, node);
    if (fst_buf_status(&c.value) || fst_buf_status(&c.name))
        c.status = FST_ENOMEM;
    fst_buf_clear(&c.value);
    fst_buf_clear(&c.name);
    fst_buf_clear(&c.text);
    return c.status;
}

static const struct fst_violation *first_wrong_type(const struct fst_check_report *report)
{
    const struct fst_violation *v = report->first;
    while (v && v->rule != FST_CHECK_TYPE)
        v = v->next;
    return v;
}

const char *fst_check_code(const struct fst_check_report *report)
{
    return first_wrong_type(report) ? "SerializationException" : "ValidationException";
}

void fst_check_message(const struct fst_check_report *report, struct fst_buf *out)
{
    const struct fst_violation *type = first_wrong_type(report);
    if (type) {
        fst_buf_add_str(out, type->message);
        return;
    }
    if (report->count)
        fst_buf_addf(out, "%zu validation error%s detected: ", report->count, report->count == 1 ? "" : "s");
    for (const struct fst_violation *v = report->first; v; v = v->next)
        fst_buf_addf(out, "%s%s", v->message, v->next ? "; " : "");
}
