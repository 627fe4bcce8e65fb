#include "fhir/fhirpath-eval.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_ITEMS = 1 << 22, MAX_DEPTH = 200 };

/* ---- collections */

void fst_path_push(struct fst_path_eval *e, struct fst_path_item item)
{
    if (e->count == e->cap) {
        uint32_t              cap = e->cap ? e->cap * 2 : 256;
        struct fst_path_item *grown = cap <= MAX_ITEMS ? realloc(e->items, cap * sizeof *grown) : NULL;
        if (!grown) {
            e->failed = true;
            return;
        }
        e->items = grown;
        e->cap = cap;
    }
    e->items[e->count++] = item;
}

struct fst_coll fst_path_keep(struct fst_path_eval *e, uint32_t base, struct fst_coll c)
{
    if (c.n && c.at != base)
        memmove(e->items + base, e->items + c.at, c.n * sizeof *e->items);
    e->count = base + c.n;
    return (struct fst_coll){ base, c.n };
}

struct fst_coll fst_path_none(struct fst_path_eval *e, uint32_t base)
{
    e->count = base;
    return (struct fst_coll){ base, 0 };
}

static struct fst_coll one(struct fst_path_eval *e, uint32_t base, struct fst_path_item item)
{
    e->count = base;
    fst_path_push(e, item);
    return (struct fst_coll){ base, e->count - base };
}

struct fst_coll fst_path_boolean(struct fst_path_eval *e, uint32_t base, bool b)
{
    return one(e, base, (struct fst_path_item){ .kind = FST_PATH_BOOLEAN, .boolean = b, .node = FST_NO_NODE, .more = FST_NO_NODE });
}

enum fst_path_truth fst_path_truth_of(struct fst_path_eval *e, struct fst_coll c)
{
    struct fst_path_scalar s;

    if (c.n != 1)
        return c.n ? FST_PATH_TRUE : FST_PATH_UNKNOWN;
    s = fst_path_scalar(e, &e->items[c.at]);
    return s.kind == FST_PATH_BOOLEAN ? s.boolean ? FST_PATH_TRUE : FST_PATH_FALSE : FST_PATH_TRUE;
}

bool fst_path_contains(struct fst_path_eval *e, struct fst_coll c, const struct fst_path_item *item)
{
    struct fst_path_item wanted = *item;

    for (uint32_t i = 0; i < c.n && fst_path_work(e, 1); i++)
        if (fst_path_equal(e, &e->items[c.at + i], &wanted))
            return true;
    return false;
}

/* ---- children */

static fst_def resource_def(struct fst_path_eval *e, uint32_t node)
{
    uint32_t name = fst_tape_member(e->tape, node, "resourceType");
    return name == FST_NO_NODE ? FST_NO_DEF : fst_schema_find(e->schema, fst_path_node_text(e, name));
}

static void push_value(struct fst_path_eval *e, const struct fst_member *m, uint32_t node, uint32_t more)
{
    fst_def def = m->def;

    if (node != FST_NO_NODE && fst_tape_kind(e->tape, node) == FST_JSON_NULL)
        node = FST_NO_NODE;
    if (more != FST_NO_NODE && fst_tape_kind(e->tape, more) == FST_JSON_NULL)
        more = FST_NO_NODE;
    if (node == FST_NO_NODE && more == FST_NO_NODE)
        return;
    if (m->flags & FST_MEMBER_RESOURCE)
        def = resource_def(e, node);
    fst_path_push(e, fst_path_node(def, node, more));
}

/* The member's value or values, with what the twin "_name" says of each. */
static void push_member(struct fst_path_eval *e, const struct fst_member *m, uint32_t value, uint32_t twin)
{
    uint32_t array = value != FST_NO_NODE ? value : twin, x, y;

    if (fst_tape_kind(e->tape, array) != FST_JSON_ARRAY) {
        push_value(e, m, value, twin);
        return;
    }
    x = value == FST_NO_NODE ? FST_NO_NODE : fst_tape_first(e->tape, value);
    y = twin == FST_NO_NODE ? FST_NO_NODE : fst_tape_first(e->tape, twin);
    while ((x != FST_NO_NODE || y != FST_NO_NODE) && !e->failed) {
        push_value(e, m, x, y);
        x = x == FST_NO_NODE ? x : fst_tape_sibling(e->tape, value, x);
        y = y == FST_NO_NODE ? y : fst_tape_sibling(e->tape, twin, y);
    }
}

static uint32_t find_twin(struct fst_path_eval *e, uint32_t object, struct fst_view name)
{
    FST_EACH_MEMBER(e->tape, object, other) {
        struct fst_view raw = fst_path_node_text(e, other);
        if (!fst_path_work(e, 1))
            break;
        if (raw.n == name.n + 1 && raw.p[0] == '_' && !memcmp(raw.p + 1, name.p, name.n))
            return other + 1;
    }
    return FST_NO_NODE;
}

static uint32_t find_exact(struct fst_path_eval *e, uint32_t object, struct fst_view name)
{
    FST_EACH_MEMBER(e->tape, object, other)
        if (!fst_path_work(e, 1))
            break;
        else if (fst_view_equal(fst_path_node_text(e, other), name))
            return other + 1;
    return FST_NO_NODE;
}

/* Could a JSON member called `raw` be the element `name`: itself, or a choice's "nameType"? */
static bool may_be(struct fst_view raw, struct fst_view name)
{
    return raw.n >= name.n && !memcmp(raw.p, name.p, name.n) && (raw.n == name.n || (raw.p[name.n] >= 'A' && raw.p[name.n] <= 'Z'));
}

static void object_children(struct fst_path_eval *e, fst_def def, uint32_t object, struct fst_view name)
{
    FST_EACH_MEMBER(e->tape, object, at) {
        struct fst_view          raw = fst_path_node_text(e, at);
        bool                     underscore = raw.n && raw.p[0] == '_';
        struct fst_view          plain = underscore ? fst_view_from(raw, 1) : raw;
        const struct fst_member *m;
        if (!fst_path_work(e, 1))
            return;
        if (name.n && !may_be(plain, name))
            continue;
        m = fst_schema_member(e->schema, def, plain);
        if (!m || (name.n && plain.n != name.n && !(m->flags & FST_MEMBER_CHOICE)))
            continue;
        if (name.n && plain.n != name.n &&
            !fst_view_equal(fst_schema_element_name(e->schema, fst_schema_element_of(e->schema, def, m)), name))
            continue;
        if (underscore && find_exact(e, object, plain) != FST_NO_NODE)
            continue; /* came with the value */
        if (underscore)
            push_member(e, m, FST_NO_NODE, at + 1);
        else
            push_member(e, m, at + 1, m->flags & FST_MEMBER_PRIMITIVE ? find_twin(e, object, plain) : FST_NO_NODE);
    }
}

void fst_path_children(struct fst_path_eval *e, struct fst_path_item item, struct fst_view name)
{
    static const struct fst_view element = FST_VIEW("Element");

    if (item.kind != FST_PATH_NODE || item.def == FST_NO_DEF)
        return;
    if (item.node != FST_NO_NODE && fst_tape_kind(e->tape, item.node) == FST_JSON_OBJECT)
        object_children(e, item.def, item.node, name);
    else if (item.more != FST_NO_NODE && fst_tape_kind(e->tape, item.more) == FST_JSON_OBJECT)
        object_children(e, fst_schema_find(e->schema, element), item.more, name);
}

/* ---- types */

static const char *const system_types[] = {
    [FST_PATH_BOOLEAN] = "Boolean", [FST_PATH_INTEGER] = "Integer", [FST_PATH_DECIMAL] = "Decimal", [FST_PATH_STRING] = "String",
    [FST_PATH_DATE] = "Date", [FST_PATH_DATETIME] = "DateTime", [FST_PATH_TIME] = "Time", [FST_PATH_QUANTITY] = "Quantity",
};

/* "String" for a string: authors write System's name for FHIR's, and the validator lets `as` and ofType() take it. */
static bool is_system_name(const struct fst_path_eval *e, fst_def def, struct fst_view name)
{
    struct fst_view own = fst_schema_name(e->schema, def);

    return fst_schema_kind(e->schema, def) == FST_DEF_PRIMITIVE && own.n == name.n && name.p[0] == (own.p[0] & ~32) &&
           !memcmp(own.p + 1, name.p + 1, own.n - 1);
}

bool fst_path_has_type(struct fst_path_eval *e, const struct fst_path_item *item, const struct fst_path_expr *type, bool exactly)
{
    bool    is_system = fst_view_is(type->space, "System");
    fst_def def;

    if (item->kind != FST_PATH_NODE)
        return (!type->space.n || is_system) && fst_view_is(type->text, system_types[item->kind]);
    def = is_system ? FST_NO_DEF : fst_schema_find(e->schema, type->text);
    if (def == FST_NO_DEF && exactly && !type->space.n && item->def != FST_NO_DEF)
        return is_system_name(e, item->def, type->text);
    if (def == FST_NO_DEF || item->def == FST_NO_DEF)
        return false;
    return exactly ? item->def == def : fst_schema_is_a(e->schema, item->def, def);
}

/* ---- operators */

static struct fst_coll eval_member(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t        base = e->count;
    struct fst_coll focus;
    uint32_t        from;

    if (!x->left) {
        /* The first name of a path may be the type of the context itself: "Appointment.status". */
        if (x->text.n && x->text.p[0] >= 'A' && x->text.p[0] <= 'Z' && fst_path_has_type(e, &e->self, x, false))
            return one(e, base, e->self);
        fst_path_children(e, e->self, x->text);
        return (struct fst_coll){ base, e->count - base };
    }
    focus = fst_path_eval_expr(e, x->left);
    from = e->count;
    for (uint32_t i = 0; i < focus.n && !e->failed; i++)
        fst_path_children(e, e->items[focus.at + i], x->text);
    return fst_path_keep(e, base, (struct fst_coll){ from, e->count - from });
}

static struct fst_coll eval_variable(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t base = e->count;

    if (fst_view_is(x->text, "resource") || fst_view_is(x->text, "rootResource")) {
        e->beyond++;
        return one(e, base, fst_view_is(x->text, "resource") ? e->resource : e->root_resource);
    }
    if (fst_view_is(x->text, "context"))
        return one(e, base, e->context);
    if (fst_view_is(x->text, "sct"))
        return one(e, base, fst_path_string((struct fst_view)FST_VIEW("http://snomed.info/sct")));
    if (fst_view_is(x->text, "loinc"))
        return one(e, base, fst_path_string((struct fst_view)FST_VIEW("http://loinc.org")));
    e->failed = true;
    return fst_path_none(e, base);
}

static struct fst_coll eval_logic(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t            base = e->count;
    enum fst_path_truth l = fst_path_truth_of(e, fst_path_eval_expr(e, x->left)), r;

    e->count = base;
    if (x->op == FST_OP_AND && l == FST_PATH_FALSE)
        return fst_path_boolean(e, base, false);
    if ((x->op == FST_OP_OR && l == FST_PATH_TRUE) || (x->op == FST_OP_IMPLIES && l == FST_PATH_FALSE))
        return fst_path_boolean(e, base, true);
    r = fst_path_truth_of(e, fst_path_eval_expr(e, x->right));
    e->count = base;
    switch (x->op) {
    case FST_OP_AND:
        return r == FST_PATH_FALSE ? fst_path_boolean(e, base, false) : l == r && l == FST_PATH_TRUE ? fst_path_boolean(e, base, true) : fst_path_none(e, base);
    case FST_OP_OR:
        return r == FST_PATH_TRUE ? fst_path_boolean(e, base, true) : l == r && l == FST_PATH_FALSE ? fst_path_boolean(e, base, false) : fst_path_none(e, base);
    case FST_OP_IMPLIES:
        return r == FST_PATH_TRUE ? fst_path_boolean(e, base, true) : l == FST_PATH_TRUE && r == FST_PATH_FALSE ? fst_path_boolean(e, base, false) : fst_path_none(e, base);
    default: /* xor */
        return l == FST_PATH_UNKNOWN || r == FST_PATH_UNKNOWN ? fst_path_none(e, base) : fst_path_boolean(e, base, l != r);
    }
}

static struct fst_coll truth(struct fst_path_eval *e, uint32_t base, enum fst_path_truth t)
{
    return t == FST_PATH_UNKNOWN ? fst_path_none(e, base) : fst_path_boolean(e, base, t == FST_PATH_TRUE);
}

/* =: collections of the same length whose items are equal in order; unknown when times of different precision are among them. */
static enum fst_path_truth are_equal(struct fst_path_eval *e, struct fst_coll l, struct fst_coll r)
{
    enum fst_path_truth all = FST_PATH_TRUE;

    if (l.n != r.n)
        return FST_PATH_FALSE;
    for (uint32_t i = 0; i < l.n; i++) {
        enum fst_path_truth t = fst_path_same(e, &e->items[l.at + i], &e->items[r.at + i]);
        if (t == FST_PATH_FALSE)
            return t;
        all = t == FST_PATH_UNKNOWN ? t : all;
    }
    return all;
}

/* ~: in any order. */
static bool are_alike(struct fst_path_eval *e, struct fst_coll l, struct fst_coll r)
{
    if (l.n != r.n)
        return false;
    for (uint32_t i = 0; i < l.n && !e->failed; i++) {
        bool found = false;
        for (uint32_t k = 0; k < r.n && !found && fst_path_work(e, 1); k++)
            found = fst_path_alike(e, &e->items[l.at + i], &e->items[r.at + k]);
        if (!found)
            return false;
    }
    return true;
}

static struct fst_coll eval_equal(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t            base = e->count;
    struct fst_coll     l = fst_path_eval_expr(e, x->left), r = fst_path_eval_expr(e, x->right);
    bool                negated = x->op == FST_OP_NOT_EQUAL || x->op == FST_OP_NOT_LIKE;
    enum fst_path_truth t;

    if (x->op == FST_OP_LIKE || x->op == FST_OP_NOT_LIKE)
        return fst_path_boolean(e, base, are_alike(e, l, r) != negated);
    if (!l.n || !r.n)
        return fst_path_none(e, base);
    t = are_equal(e, l, r);
    return truth(e, base, negated && t != FST_PATH_UNKNOWN ? t == FST_PATH_TRUE ? FST_PATH_FALSE : FST_PATH_TRUE : t);
}

static struct fst_coll eval_order(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t            base = e->count;
    struct fst_coll     l = fst_path_eval_expr(e, x->left), r = fst_path_eval_expr(e, x->right);
    enum fst_path_order o;

    if (l.n != 1 || r.n != 1)
        return fst_path_none(e, base);
    o = fst_path_compare(e, &e->items[l.at], &e->items[r.at]);
    if (o == FST_ORDER_UNKNOWN)
        return fst_path_none(e, base);
    switch (x->op) {
    case FST_OP_LESS: return fst_path_boolean(e, base, o == FST_ORDER_LESS);
    case FST_OP_LESS_EQUAL: return fst_path_boolean(e, base, o != FST_ORDER_GREATER);
    case FST_OP_GREATER: return fst_path_boolean(e, base, o == FST_ORDER_GREATER);
    default: return fst_path_boolean(e, base, o != FST_ORDER_LESS);
    }
}

static struct fst_coll eval_in(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t        base = e->count;
    struct fst_coll l = fst_path_eval_expr(e, x->left), r = fst_path_eval_expr(e, x->right);
    struct fst_coll item = x->op == FST_OP_IN ? l : r, set = x->op == FST_OP_IN ? r : l;

    if (item.n != 1)
        return fst_path_none(e, base);
    return fst_path_boolean(e, base, fst_path_contains(e, set, &e->items[item.at]));
}

static struct fst_coll join(struct fst_path_eval *e, const struct fst_path_expr *x, uint32_t base, struct fst_coll l, struct fst_coll r)
{
    struct fst_buf  text;
    struct fst_view a = { 0 }, b = { 0 }, both;

    e->failed |= l.n > 1 || r.n > 1;
    if ((l.n == 1 && !fst_path_to_string(e, &e->items[l.at], &a)) || (r.n == 1 && !fst_path_to_string(e, &e->items[r.at], &b)))
        return fst_path_none(e, base);
    fst_buf_init(&text, 64 << 20);
    fst_buf_add_view(&text, a);
    fst_buf_add_view(&text, b);
    both = fst_path_text(e, fst_buf_view(&text));
    fst_buf_clear(&text);
    return one(e, base, fst_path_string(both));
}

static struct fst_coll eval_arithmetic(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t               base = e->count;
    struct fst_coll        l = fst_path_eval_expr(e, x->left), r = fst_path_eval_expr(e, x->right);
    struct fst_path_scalar a, b;
    bool                   decimal;

    if (x->op == FST_OP_JOIN)
        return join(e, x, base, l, r);
    if (l.n != 1 || r.n != 1)
        return fst_path_none(e, base);
    a = fst_path_scalar(e, &e->items[l.at]);
    b = fst_path_scalar(e, &e->items[r.at]);
    if (a.kind == FST_PATH_STRING && x->op == FST_OP_ADD)
        return join(e, x, base, l, r);
    if (a.kind == FST_PATH_STRING || b.kind == FST_PATH_STRING || a.kind == FST_PATH_NODE || b.kind == FST_PATH_NODE)
        return fst_path_none(e, base);
    decimal = a.kind == FST_PATH_DECIMAL || b.kind == FST_PATH_DECIMAL;
    switch (x->op) {
    case FST_OP_ADD: return one(e, base, fst_path_number(a.number + b.number, decimal));
    case FST_OP_SUBTRACT: return one(e, base, fst_path_number(a.number - b.number, decimal));
    case FST_OP_MULTIPLY: return one(e, base, fst_path_number(a.number * b.number, decimal));
    default: break;
    }
    if (b.number == 0)
        return fst_path_none(e, base);
    if (x->op == FST_OP_DIVIDE)
        return one(e, base, fst_path_number(a.number / b.number, true));
    return one(e, base, fst_path_number(x->op == FST_OP_DIV ? trunc(a.number / b.number) : fmod(a.number, b.number), decimal && x->op == FST_OP_MOD));
}

static struct fst_coll eval_union(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t        base = e->count, from;
    struct fst_coll l = fst_path_eval_expr(e, x->left), r = fst_path_eval_expr(e, x->right);

    from = e->count;
    for (uint32_t i = 0; i < l.n + r.n && !e->failed; i++) {
        struct fst_path_item item = e->items[i < l.n ? l.at + i : r.at + i - l.n];
        if (!fst_path_contains(e, (struct fst_coll){ from, e->count - from }, &item))
            fst_path_push(e, item);
    }
    return fst_path_keep(e, base, (struct fst_coll){ from, e->count - from });
}

static struct fst_coll eval_type(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t        base = e->count;
    struct fst_coll l = fst_path_eval_expr(e, x->left);

    if (l.n != 1)
        return fst_path_none(e, base);
    if (x->op == FST_OP_IS)
        return fst_path_boolean(e, base, fst_path_has_type(e, &e->items[l.at], x, false));
    return fst_path_has_type(e, &e->items[l.at], x, true) ? fst_path_keep(e, base, l) : fst_path_none(e, base);
}

static struct fst_coll eval_item(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t               base = e->count;
    struct fst_coll        l = fst_path_eval_expr(e, x->left), r = fst_path_eval_expr(e, x->right);
    struct fst_path_scalar i = { .kind = FST_PATH_NODE };

    if (r.n == 1)
        i = fst_path_scalar(e, &e->items[r.at]);
    if (i.kind != FST_PATH_INTEGER || i.number < 0 || i.number >= l.n)
        return fst_path_none(e, base);
    return fst_path_keep(e, base, (struct fst_coll){ l.at + (uint32_t)i.number, 1 });
}

static struct fst_coll eval_call(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t        base = e->count;
    struct fst_coll focus;

    if (x->left)
        focus = fst_path_eval_expr(e, x->left);
    else
        focus = one(e, base, e->self);
    return fst_path_call(e, x, focus, base);
}

static struct fst_coll dispatch(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    uint32_t        base = e->count;
    struct fst_coll c;

    switch (x->op) {
    case FST_OP_EMPTY: return fst_path_none(e, base);
    case FST_OP_TOTAL:
        for (uint32_t i = 0; i < e->total_n; i++)
            fst_path_push(e, e->items[e->total_at + i]);
        return (struct fst_coll){ base, e->count - base };
    case FST_OP_MOMENT:
        return one(e, base, (struct fst_path_item){ .kind = x->kind, .text = x->text, .node = FST_NO_NODE, .more = FST_NO_NODE });
    case FST_OP_QUANTITY:
        return one(e, base, (struct fst_path_item){ .kind = FST_PATH_QUANTITY, .number = x->number, .text = x->text, .node = FST_NO_NODE, .more = FST_NO_NODE });
    case FST_OP_BOOLEAN: return fst_path_boolean(e, base, x->boolean);
    case FST_OP_NUMBER: return one(e, base, fst_path_number(x->number, x->decimal));
    case FST_OP_STRING: return one(e, base, fst_path_string(x->text));
    case FST_OP_THIS: return one(e, base, e->self);
    case FST_OP_INDEX: return one(e, base, fst_path_number(e->index, false));
    case FST_OP_VARIABLE: return eval_variable(e, x);
    case FST_OP_MEMBER: return eval_member(e, x);
    case FST_OP_CALL: return eval_call(e, x);
    case FST_OP_ITEM: return eval_item(e, x);
    case FST_OP_NEGATE:
        c = fst_path_eval_expr(e, x->left);
        if (c.n != 1)
            return fst_path_none(e, base);
        return one(e, base, fst_path_number(-fst_path_scalar(e, &e->items[c.at]).number, fst_path_scalar(e, &e->items[c.at]).kind == FST_PATH_DECIMAL));
    case FST_OP_MULTIPLY: case FST_OP_DIVIDE: case FST_OP_DIV: case FST_OP_MOD: case FST_OP_ADD: case FST_OP_SUBTRACT:
    case FST_OP_JOIN: return eval_arithmetic(e, x);
    case FST_OP_UNION: return eval_union(e, x);
    case FST_OP_LESS: case FST_OP_LESS_EQUAL: case FST_OP_GREATER: case FST_OP_GREATER_EQUAL: return eval_order(e, x);
    case FST_OP_IS: case FST_OP_AS: return eval_type(e, x);
    case FST_OP_EQUAL: case FST_OP_NOT_EQUAL: case FST_OP_LIKE: case FST_OP_NOT_LIKE: return eval_equal(e, x);
    case FST_OP_IN: case FST_OP_CONTAINS: return eval_in(e, x);
    case FST_OP_AND: case FST_OP_OR: case FST_OP_XOR: case FST_OP_IMPLIES: return eval_logic(e, x);
    }
    return fst_path_none(e, base);
}

struct fst_coll fst_path_eval_expr(struct fst_path_eval *e, const struct fst_path_expr *x)
{
    struct fst_coll c;

    if (e->failed || !fst_path_work(e, 1) || e->depth == MAX_DEPTH) {
        e->failed = true;
        return fst_path_none(e, e->count);
    }
    e->depth++;
    c = dispatch(e, x);
    e->depth--;
    return c;
}

/* ---- the whole */

void fst_path_eval_init(struct fst_path_eval *e, const struct fst_schema *schema)
{
    *e = (struct fst_path_eval){ .schema = schema, .budget = UINT64_MAX };
    fst_arena_init(&e->texts, 0);
}

void fst_path_eval_clear(struct fst_path_eval *e)
{
    free(e->items);
    fst_arena_clear(&e->texts);
    *e = (struct fst_path_eval){ 0 };
}

void fst_path_run(struct fst_path_eval *e, const struct fst_path_program *p, struct fst_path_item context)
{
    e->count = e->steps = e->depth = 0;
    e->failed = !e->budget;
    fst_arena_reset(&e->texts);
    e->context = e->self = context;
    e->index = 0;
    e->total_at = e->total_n = 0;
    fst_path_eval_expr(e, p->root);
    if (e->budget != UINT64_MAX)
        e->budget -= e->steps < e->budget ? e->steps : e->budget;
}

bool fst_path_show(struct fst_path_eval *e, uint32_t i, struct fst_view *out)
{
    return fst_path_to_string(e, &e->items[i], out);
}

enum fst_path_truth fst_path_is_true(struct fst_path_eval *e, const struct fst_path_program *p, struct fst_path_item context)
{
    struct fst_path_scalar s;

    fst_path_run(e, p, context);
    if (e->failed)
        return FST_PATH_UNKNOWN;
    if (e->count != 1)
        return e->count ? FST_PATH_TRUE : FST_PATH_FALSE;
    s = fst_path_scalar(e, &e->items[0]);
    return s.kind == FST_PATH_BOOLEAN && !s.boolean ? FST_PATH_FALSE : FST_PATH_TRUE;
}
