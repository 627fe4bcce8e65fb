#include "fhir/fhirpath-quick.h"

#include "fhir/fhirpath-value.h"

enum { MAX_WORK = 100000 };

enum quick_op {
    QUICK_UNSURE,
    QUICK_CONSTANT,
    QUICK_AND, QUICK_OR, QUICK_XOR, QUICK_IMPLIES, QUICK_NOT, /* of left and right */
    QUICK_SEEN, QUICK_NOT_SEEN,        /* an element of the object itself: `mask` */
    QUICK_ANY, QUICK_NONE, QUICK_ALL,  /* of what `a` leads to; all: `left` holds there */
    QUICK_HAS_VALUE,
    QUICK_STARTS,                      /* what `a` leads to starts with b's string */
    QUICK_IN,                          /* what `a` leads to, of which `skip` bytes are left out, is among what `b` leads to … */
    QUICK_DIFFERS,                     /* … at none of which this holds */
    QUICK_EQUAL, QUICK_NOT_EQUAL, QUICK_LESS, QUICK_LESS_EQUAL, QUICK_GREATER, QUICK_GREATER_EQUAL /* a against b */
};

enum step_kind {
    STEP_SEEN,  /* an element of the object itself, by its index */
    STEP_NAMED, /* a member of any other object, by its name */
    STEP_WHERE, /* only what `condition` holds of */
    STEP_FILLED /* a resource: unsure when nothing but its type is said, since that may count for nothing */
};

struct step {
    enum step_kind           kind;
    uint8_t                  index;
    bool                     primitive;
    bool                     of_resource; /* of a resource that may be of any type */
    fst_def                  def; /* of what it leads to; FST_NO_DEF: a choice's */
    struct fst_view          name;
    const struct fst_quick  *condition;
    const struct step       *next;
};

enum root { ROOT_THIS, ROOT_CONTEXT, ROOT_RESOURCE, ROOT_ROOT_RESOURCE, ROOT_LITERAL };

struct way { /* from a root, by steps */
    enum root            root;
    bool                 single;
    fst_def              def; /* of what is at the end */
    const struct step   *first;
    struct fst_path_item literal;
};

struct fst_quick {
    enum quick_op           op;
    enum fst_quick_answer   constant;
    uint64_t                mask;
    unsigned                skip;
    const struct fst_quick *left, *right;
    struct way              a, b;
};

/* ---- compiling */

struct compiling {
    struct fst_arena        *arena;
    const struct fst_schema *schema;
    fst_def                  context, self; /* of %context, of $this */
    bool                     top;           /* $this is %context */
    bool                     failed;        /* out of memory */
};

static void *take(struct compiling *c, size_t n)
{
    void *p = fst_arena_zalloc(c->arena, n);
    c->failed |= !p;
    return p;
}

static const struct fst_quick *compile_truth(struct compiling *c, const struct fst_path_expr *x);

static bool add_step(struct compiling *c, struct way *w, struct step **last, struct step step)
{
    struct step *s = take(c, sizeof *s);
    if (!s)
        return false;
    *s = step;
    *(*last ? &(*last)->next : &w->first) = s;
    *last = s;
    return true;
}

/* What a resource is taken for whose type is known only when it is met. */
static fst_def any_resource(const struct fst_schema *s)
{
    return fst_schema_find(s, (struct fst_view)FST_VIEW("DomainResource"));
}

static bool add_member(struct compiling *c, struct way *w, struct step **last, struct fst_view name)
{
    const struct fst_element *e;
    bool                      is_first = (w->root == ROOT_CONTEXT) && !w->first;
    struct step               step = { .kind = is_first ? STEP_SEEN : STEP_NAMED, .name = name };
    const struct fst_member  *m;

    if (w->def == FST_NO_DEF || fst_schema_kind(c->schema, w->def) == FST_DEF_PRIMITIVE)
        return false;
    e = fst_schema_element(c->schema, w->def, name);
    if (!e || (e->def == FST_NO_DEF && !is_first))
        return false;
    m = fst_schema_member(c->schema, w->def, name);
    step.index = e->index;
    step.def = m && m->flags & FST_MEMBER_RESOURCE ? any_resource(c->schema) : e->def;
    step.of_resource = !is_first && w->def == any_resource(c->schema);
    step.primitive = m && m->flags & FST_MEMBER_PRIMITIVE;
    w->single &= !(e->flags & FST_ELEMENT_ARRAY);
    w->def = step.def;
    return add_step(c, w, last, step);
}

static bool add_where(struct compiling *c, struct way *w, struct step **last, const struct fst_path_expr *condition)
{
    struct compiling inner = *c;
    struct step      step = { .kind = STEP_WHERE, .def = w->def };

    inner.self = w->def;
    inner.top = false;
    step.condition = compile_truth(&inner, condition);
    c->failed |= inner.failed;
    return step.condition && add_step(c, w, last, step);
}

static bool walk_to(struct compiling *c, const struct fst_path_expr *x, struct way *w, struct step **last)
{
    static const struct { const char *name; enum root root; } variables[] = {
        { "context", ROOT_CONTEXT }, { "resource", ROOT_RESOURCE }, { "rootResource", ROOT_ROOT_RESOURCE } };

    if (x->left && !walk_to(c, x->left, w, last))
        return false;
    if (!x->left) {
        w->root = c->top ? ROOT_CONTEXT : ROOT_THIS;
        w->def = c->self;
    }
    switch (x->op) {
    case FST_OP_THIS: return true;
    case FST_OP_MEMBER: return (x->left || x->text.p[0] >= 'a') && add_member(c, w, last, x->text);
    case FST_OP_CALL: return x->left && (x->function == FST_FN_trace || (x->function == FST_FN_where && add_where(c, w, last, x->args[0])));
    case FST_OP_VARIABLE:
        for (size_t i = 0; i < FST_COUNT(variables); i++)
            if (fst_view_is(x->text, variables[i].name)) {
                w->root = variables[i].root;
                w->def = i ? any_resource(c->schema) : c->context;
                return true;
            }
        return false;
    default: return false;
    }
}

/* A path; false when it has no quick form. */
static bool compile_way(struct compiling *c, const struct fst_path_expr *x, struct way *w)
{
    struct step *last = NULL;
    *w = (struct way){ .single = true };
    return x && walk_to(c, x, w, &last);
}

/* What is one thing at most: a path, or a literal. */
static bool compile_value(struct compiling *c, const struct fst_path_expr *x, struct way *w)
{
    struct fst_path_item literal = { .node = FST_NO_NODE, .more = FST_NO_NODE };

    switch (x->op) {
    case FST_OP_STRING:
        literal.kind = FST_PATH_STRING;
        literal.text = x->text;
        break;
    case FST_OP_NUMBER:
        literal.kind = x->decimal ? FST_PATH_DECIMAL : FST_PATH_INTEGER;
        literal.number = x->number;
        break;
    case FST_OP_BOOLEAN:
        literal.kind = FST_PATH_BOOLEAN;
        literal.boolean = x->boolean;
        break;
    default: return compile_way(c, x, w) && w->single && !(w->first && w->def == FST_NO_DEF);
    }
    *w = (struct way){ .root = ROOT_LITERAL, .single = true, .def = FST_NO_DEF, .literal = literal };
    return true;
}

static void compile_exists(struct compiling *c, const struct fst_path_expr *x, struct fst_quick *q, bool wanted)
{
    struct step *last = NULL;
    struct way   w = { .single = true };

    if (!x->left || !walk_to(c, x->left, &w, &last) || !w.first || (x->arg_count && !add_where(c, &w, &last, x->args[0])))
        return;
    if (w.def == any_resource(c->schema) && !add_step(c, &w, &last, (struct step){ .kind = STEP_FILLED, .def = w.def }))
        return;
    q->a = w;
    if (w.first->kind == STEP_SEEN && !w.first->next) {
        q->op = wanted ? QUICK_SEEN : QUICK_NOT_SEEN;
        q->mask = (uint64_t)1 << w.first->index;
    } else if (last->def != FST_NO_DEF)
        q->op = wanted ? QUICK_ANY : QUICK_NONE;
}

static void compile_call(struct compiling *c, const struct fst_path_expr *x, struct fst_quick *q)
{
    struct compiling inner = *c;

    switch (x->function) {
    case FST_FN_exists:
    case FST_FN_empty: compile_exists(c, x, q, x->function == FST_FN_exists); break;
    case FST_FN_not:
        q->left = x->left ? compile_truth(c, x->left) : NULL;
        q->op = q->left ? QUICK_NOT : QUICK_UNSURE;
        break;
    case FST_FN_all:
        if (!x->left || !compile_way(c, x->left, &q->a) || !q->a.first || q->a.def == FST_NO_DEF)
            break;
        inner.self = q->a.def;
        inner.top = false;
        q->left = compile_truth(&inner, x->args[0]);
        c->failed |= inner.failed;
        q->op = q->left ? QUICK_ALL : QUICK_UNSURE;
        break;
    case FST_FN_hasValue:
        if (x->left && compile_way(c, x->left, &q->a) && q->a.single && q->a.first)
            q->op = QUICK_HAS_VALUE;
        break;
    case FST_FN_startsWith:
        if (x->left && compile_value(c, x->left, &q->a) && q->a.root != ROOT_LITERAL && x->args[0]->op == FST_OP_STRING &&
            compile_value(c, x->args[0], &q->b))
            q->op = QUICK_STARTS;
        break;
    default: break;
    }
}

static void compile_logic(struct compiling *c, const struct fst_path_expr *x, struct fst_quick *q, enum quick_op op)
{
    q->left = compile_truth(c, x->left);
    q->right = compile_truth(c, x->right);
    if (q->left && q->right && q->left->op != QUICK_UNSURE)
        q->op = op;
}

static const struct fst_quick *make_differs(struct compiling *c)
{
    struct fst_quick *q = take(c, sizeof *q);
    if (q)
        q->op = QUICK_DIFFERS;
    return q;
}

/* A string, or what is left of it behind some characters, among others. */
static void compile_in(struct compiling *c, const struct fst_path_expr *x, struct fst_quick *q)
{
    const struct fst_path_expr *sought = x->left;

    while (sought && sought->op == FST_OP_CALL && sought->function == FST_FN_trace)
        sought = sought->left;
    if (sought && sought->op == FST_OP_CALL && sought->function == FST_FN_substring && sought->arg_count == 1 &&
        sought->args[0]->op == FST_OP_NUMBER && sought->args[0]->number >= 0) {
        q->skip = (unsigned)sought->args[0]->number;
        sought = sought->left;
    }
    if (!compile_way(c, sought, &q->a) || !q->a.single || !q->a.first || !compile_way(c, x->right, &q->b) || !q->b.first)
        return;
    q->left = make_differs(c);
    q->op = q->left ? QUICK_IN : QUICK_UNSURE;
}

static const struct fst_quick *compile_truth(struct compiling *c, const struct fst_path_expr *x)
{
    static const enum quick_op ops[] = {
        [FST_OP_AND] = QUICK_AND, [FST_OP_OR] = QUICK_OR, [FST_OP_XOR] = QUICK_XOR, [FST_OP_IMPLIES] = QUICK_IMPLIES,
        [FST_OP_EQUAL] = QUICK_EQUAL, [FST_OP_NOT_EQUAL] = QUICK_NOT_EQUAL, [FST_OP_LESS] = QUICK_LESS,
        [FST_OP_LESS_EQUAL] = QUICK_LESS_EQUAL, [FST_OP_GREATER] = QUICK_GREATER, [FST_OP_GREATER_EQUAL] = QUICK_GREATER_EQUAL };
    struct fst_quick *q = take(c, sizeof *q);
    enum quick_op     op = x->op < FST_COUNT(ops) ? ops[x->op] : QUICK_UNSURE;

    if (!q)
        return NULL;
    if (x->op == FST_OP_BOOLEAN) {
        q->op = QUICK_CONSTANT;
        q->constant = x->boolean ? FST_QUICK_TRUE : FST_QUICK_FALSE;
    } else if (x->op == FST_OP_CALL)
        compile_call(c, x, q);
    else if (x->op == FST_OP_IN)
        compile_in(c, x, q);
    else if (op >= QUICK_AND && op <= QUICK_IMPLIES)
        compile_logic(c, x, q, op);
    else if (op && compile_value(c, x->left, &q->a) && compile_value(c, x->right, &q->b))
        q->op = op;
    return q;
}

const struct fst_quick *fst_path_quick_compile(struct fst_arena *arena, const struct fst_schema *schema,
                                               const struct fst_path_program *p, fst_def def)
{
    struct compiling        c = { .arena = arena, .schema = schema, .context = def, .self = def, .top = true };
    const struct fst_quick *q = compile_truth(&c, p->root);
    return !c.failed && q->op != QUICK_UNSURE ? q : NULL;
}

/* ---- answering */

struct asking {
    struct fst_path_eval          *e;
    const struct fst_quick_object *object;
    struct fst_path_item           self;
    struct fst_path_item           found; /* what the last way led to */
    struct fst_view                sought; /* of QUICK_IN */
    unsigned                       work;
};

static enum fst_quick_answer answer(struct asking *a, const struct fst_quick *q);
static enum fst_quick_answer follow(struct asking *a, const struct step *s, const struct fst_path_item *item, const struct fst_quick *all);

/* The values of a member: of one, or of each in an array. */
static enum fst_quick_answer follow_values(struct asking *a, const struct step *s, uint32_t node, const struct fst_quick *all)
{
    const struct fst_tape *t = a->e->tape;
    struct fst_path_item   item = { .kind = FST_PATH_NODE, .def = s->def, .node = node, .more = FST_NO_NODE };

    if (fst_tape_kind(t, node) != FST_JSON_ARRAY)
        return follow(a, s->next, &item, all);
    if (!s->next && !all)
        return FST_QUICK_TRUE;
    FST_EACH_ELEMENT(t, node, value) {
        enum fst_quick_answer found;
        if (fst_tape_kind(t, value) == FST_JSON_NULL)
            return FST_QUICK_UNSURE; /* its extensions are elsewhere */
        item.node = value;
        found = follow(a, s->next, &item, all);
        if (found != FST_QUICK_FALSE)
            return found;
    }
    return FST_QUICK_FALSE;
}

/* The extensions of a primitive that has no value. */
static enum fst_quick_answer follow_more(struct asking *a, const struct step *s, uint32_t more, const struct fst_quick *all)
{
    struct fst_path_item item = { .kind = FST_PATH_NODE, .def = s->def, .node = FST_NO_NODE, .more = more };
    return fst_tape_kind(a->e->tape, more) == FST_JSON_OBJECT ? follow(a, s->next, &item, all) : FST_QUICK_UNSURE;
}

static enum fst_quick_answer follow_seen(struct asking *a, const struct step *s, const struct fst_quick *all)
{
    const struct fst_quick_object *o = a->object;

    if (!(o->seen >> s->index & 1))
        return FST_QUICK_FALSE;
    if (o->valued >> s->index & 1)
        return follow_values(a, s, o->values[s->index], all);
    return follow_more(a, s, o->values[s->index], all);
}

/* Is it a resource of a known type, with all that any_resource() has? */
static bool is_known_resource(const struct asking *a, uint32_t node)
{
    uint32_t name = fst_tape_member(a->e->tape, node, "resourceType");
    fst_def  def = name == FST_NO_NODE ? FST_NO_DEF : fst_schema_find(a->e->schema, fst_tape_raw(a->e->tape, name));

    return def != FST_NO_DEF && fst_schema_is_a(a->e->schema, def, any_resource(a->e->schema));
}

static enum fst_quick_answer follow_named(struct asking *a, const struct step *s, const struct fst_path_item *item, const struct fst_quick *all)
{
    const struct fst_tape *t = a->e->tape;
    uint32_t               more = FST_NO_NODE;

    if (item->node == FST_NO_NODE || fst_tape_kind(t, item->node) != FST_JSON_OBJECT || (s->of_resource && !is_known_resource(a, item->node)))
        return FST_QUICK_UNSURE;
    FST_EACH_MEMBER(t, item->node, name) {
        struct fst_view raw = fst_tape_raw(t, name);
        if (++a->work > MAX_WORK || fst_node_flags(&t->nodes[name]) & FST_JSON_ESCAPED)
            return FST_QUICK_UNSURE;
        if (raw.n == s->name.n && !memcmp(raw.p, s->name.p, raw.n))
            return follow_values(a, s, name + 1, all);
        if (s->primitive && raw.n == s->name.n + 1 && raw.p[0] == '_' && !memcmp(raw.p + 1, s->name.p, s->name.n))
            more = name + 1;
    }
    return more == FST_NO_NODE ? FST_QUICK_FALSE : follow_more(a, s, more, all);
}

static enum fst_quick_answer ask_of(struct asking *a, const struct fst_quick *q, const struct fst_path_item *item)
{
    struct fst_path_item  self = a->self;
    enum fst_quick_answer t;

    a->self = *item;
    t = answer(a, q);
    a->self = self;
    return t;
}

/* Is there something at the end of the steps? With `all`: something that it does not hold of? */
static enum fst_quick_answer follow(struct asking *a, const struct step *s, const struct fst_path_item *item, const struct fst_quick *all)
{
    enum fst_quick_answer t;

    if (!s) {
        a->found = *item;
        if (!all)
            return FST_QUICK_TRUE;
        t = ask_of(a, all, item);
        return t == FST_QUICK_UNSURE ? t : t == FST_QUICK_TRUE ? FST_QUICK_FALSE : FST_QUICK_TRUE;
    }
    switch (s->kind) {
    case STEP_SEEN: return follow_seen(a, s, all);
    case STEP_NAMED: return follow_named(a, s, item, all);
    case STEP_WHERE:
        t = ask_of(a, s->condition, item);
        if (t == FST_QUICK_UNSURE)
            return t;
        return t == FST_QUICK_TRUE ? follow(a, s->next, item, all) : FST_QUICK_FALSE;
    case STEP_FILLED:
        return fst_node_count(&a->e->tape->nodes[item->node]) > 1 ? follow(a, s->next, item, all) : FST_QUICK_UNSURE;
    }
    return FST_QUICK_UNSURE;
}

static enum fst_quick_answer lead(struct asking *a, const struct way *w, const struct fst_quick *all)
{
    a->e->beyond += w->root == ROOT_RESOURCE || w->root == ROOT_ROOT_RESOURCE;
    switch (w->root) {
    case ROOT_THIS: return follow(a, w->first, &a->self, all);
    case ROOT_CONTEXT: return follow(a, w->first, &a->object->item, all);
    case ROOT_RESOURCE: return follow(a, w->first, &a->e->resource, all);
    case ROOT_ROOT_RESOURCE: return follow(a, w->first, &a->e->root_resource, all);
    case ROOT_LITERAL: return follow(a, NULL, &w->literal, all);
    }
    return FST_QUICK_UNSURE;
}

/* A value as it stands in the text; false for one with escapes to undo. */
static bool is_plain(const struct asking *a, const struct fst_path_item *item)
{
    return item->kind != FST_PATH_NODE || item->node == FST_NO_NODE || !(fst_node_flags(&a->e->tape->nodes[item->node]) & FST_JSON_ESCAPED);
}

static bool is_node(const struct asking *a, const struct fst_path_item *item, enum fst_json_kind kind)
{
    return item->kind == FST_PATH_NODE && item->node != FST_NO_NODE && fst_tape_kind(a->e->tape, item->node) == kind;
}

static bool is_time(const struct fst_path_eval *e, fst_def def)
{
    enum fst_prim prim = fst_schema_prim(e->schema, def);
    return prim == FST_PRIM_DATE || prim == FST_PRIM_DATETIME || prim == FST_PRIM_INSTANT || prim == FST_PRIM_TIME;
}

static enum fst_quick_answer of_bool(bool b)
{
    return b ? FST_QUICK_TRUE : FST_QUICK_FALSE;
}

static enum fst_quick_answer compare(struct asking *a, enum quick_op op, const struct fst_path_item *x, const struct fst_path_item *y)
{
    enum fst_path_order o;
    enum fst_path_truth same;

    if (op == QUICK_EQUAL || op == QUICK_NOT_EQUAL) {
        if (y->kind == FST_PATH_STRING && is_node(a, x, FST_JSON_STRING) && !is_time(a->e, x->def))
            return of_bool(fst_view_equal(fst_tape_raw(a->e->tape, x->node), y->text) == (op == QUICK_EQUAL));
        same = fst_path_same(a->e, x, y);
        return same == FST_PATH_UNKNOWN ? FST_QUICK_EMPTY : of_bool((same == FST_PATH_TRUE) == (op == QUICK_EQUAL));
    }
    o = fst_path_compare(a->e, x, y);
    switch (o) {
    case FST_ORDER_UNKNOWN: return FST_QUICK_EMPTY;
    case FST_ORDER_LESS: return of_bool(op == QUICK_LESS || op == QUICK_LESS_EQUAL);
    case FST_ORDER_GREATER: return of_bool(op == QUICK_GREATER || op == QUICK_GREATER_EQUAL);
    case FST_ORDER_EQUAL: break;
    }
    return of_bool(op == QUICK_LESS_EQUAL || op == QUICK_GREATER_EQUAL);
}

/* Of objects only what can be told without going through them: whether they are the same, or differ in size. */
static enum fst_quick_answer compare_objects(struct asking *a, enum quick_op op, const struct fst_path_item *x, const struct fst_path_item *y)
{
    const struct fst_node *nodes = a->e->tape->nodes;

    if (x->kind != FST_PATH_NODE || y->kind != FST_PATH_NODE || x->node == FST_NO_NODE || y->node == FST_NO_NODE ||
        (op != QUICK_EQUAL && op != QUICK_NOT_EQUAL))
        return FST_QUICK_UNSURE;
    if (x->node == y->node)
        return of_bool(op == QUICK_EQUAL);
    return nodes[x->node].next - x->node == nodes[y->node].next - y->node ? FST_QUICK_UNSURE : of_bool(op == QUICK_NOT_EQUAL);
}

static enum fst_quick_answer answer_compare(struct asking *a, const struct fst_quick *q)
{
    struct fst_path_item  x, y;
    enum fst_quick_answer t = lead(a, &q->a, NULL), u;

    x = a->found;
    u = lead(a, &q->b, NULL);
    y = a->found;
    if (t == FST_QUICK_UNSURE || u == FST_QUICK_UNSURE)
        return FST_QUICK_UNSURE;
    if (t != FST_QUICK_TRUE || u != FST_QUICK_TRUE)
        return FST_QUICK_EMPTY;
    if (!is_plain(a, &x) || !is_plain(a, &y))
        return FST_QUICK_UNSURE;
    if (is_node(a, &x, FST_JSON_OBJECT) || is_node(a, &y, FST_JSON_OBJECT))
        return compare_objects(a, q->op, &x, &y);
    return compare(a, q->op, &x, &y);
}

static enum fst_quick_answer answer_starts(struct asking *a, const struct fst_quick *q)
{
    enum fst_quick_answer t = lead(a, &q->a, NULL);
    struct fst_view       text, start = q->b.literal.text;

    if (t != FST_QUICK_TRUE)
        return t == FST_QUICK_FALSE ? FST_QUICK_EMPTY : t;
    if (!is_node(a, &a->found, FST_JSON_STRING) || !is_plain(a, &a->found))
        return FST_QUICK_UNSURE;
    text = fst_tape_raw(a->e->tape, a->found.node);
    return of_bool(text.n >= start.n && !memcmp(text.p, start.p, start.n));
}

/* The string that a node is; false when it is none, has escapes, or is a time, which may be equal to one that is written otherwise. */
static bool is_text(const struct asking *a, const struct fst_path_item *item, struct fst_view *text)
{
    if (!is_node(a, item, FST_JSON_STRING) || !is_plain(a, item) || is_time(a->e, item->def))
        return false;
    *text = fst_tape_raw(a->e->tape, item->node);
    return true;
}

static enum fst_quick_answer answer_in(struct asking *a, const struct fst_quick *q)
{
    enum fst_quick_answer t = lead(a, &q->a, NULL);
    struct fst_view       outer = a->sought, text;

    if (t != FST_QUICK_TRUE)
        return t == FST_QUICK_FALSE ? FST_QUICK_EMPTY : t;
    if (!is_text(a, &a->found, &text) || text.n <= q->skip)
        return FST_QUICK_UNSURE;
    for (unsigned i = 0; i < q->skip; i++)
        if ((unsigned char)text.p[i] >= 0x80) /* characters are meant, not bytes */
            return FST_QUICK_UNSURE;
    a->sought = fst_view_from(text, q->skip);
    t = lead(a, &q->b, q->left);
    a->sought = outer;
    return t;
}

static enum fst_quick_answer answer_differs(const struct asking *a)
{
    struct fst_view text;
    return is_text(a, &a->self, &text) ? of_bool(!fst_view_equal(text, a->sought)) : FST_QUICK_UNSURE;
}

static enum fst_quick_answer answer_logic(struct asking *a, const struct fst_quick *q)
{
    enum fst_quick_answer l = answer(a, q->left), r;

    if (q->op == QUICK_NOT)
        return l == FST_QUICK_TRUE ? FST_QUICK_FALSE : l == FST_QUICK_FALSE ? FST_QUICK_TRUE : l;
    if (l == FST_QUICK_UNSURE || (q->op == QUICK_AND && l == FST_QUICK_FALSE))
        return l;
    if ((q->op == QUICK_OR && l == FST_QUICK_TRUE) || (q->op == QUICK_IMPLIES && l == FST_QUICK_FALSE))
        return FST_QUICK_TRUE;
    r = answer(a, q->right);
    if (r == FST_QUICK_UNSURE || (q->op == QUICK_AND && r == FST_QUICK_FALSE) ||
        ((q->op == QUICK_OR || q->op == QUICK_IMPLIES) && r == FST_QUICK_TRUE))
        return r;
    if (l == FST_QUICK_EMPTY || r == FST_QUICK_EMPTY)
        return FST_QUICK_EMPTY;
    return q->op == QUICK_XOR ? of_bool(l != r) : of_bool(q->op == QUICK_AND); /* what is left of "and": true twice */
}

static enum fst_quick_answer answer(struct asking *a, const struct fst_quick *q)
{
    enum fst_quick_answer t;

    switch (q->op) {
    case QUICK_UNSURE: break;
    case QUICK_CONSTANT: return q->constant;
    case QUICK_AND: case QUICK_OR: case QUICK_XOR: case QUICK_IMPLIES: case QUICK_NOT: return answer_logic(a, q);
    case QUICK_SEEN: return of_bool(a->object->seen & q->mask);
    case QUICK_NOT_SEEN: return of_bool(!(a->object->seen & q->mask));
    case QUICK_ANY: return lead(a, &q->a, NULL);
    case QUICK_NONE:
        t = lead(a, &q->a, NULL);
        return t == FST_QUICK_UNSURE ? t : of_bool(t == FST_QUICK_FALSE);
    case QUICK_ALL:
        t = lead(a, &q->a, q->left);
        return t == FST_QUICK_UNSURE ? t : of_bool(t == FST_QUICK_FALSE);
    case QUICK_HAS_VALUE:
        t = lead(a, &q->a, NULL);
        return t == FST_QUICK_TRUE ? of_bool(a->found.node != FST_NO_NODE && fst_tape_kind(a->e->tape, a->found.node) < FST_JSON_ARRAY) : t;
    case QUICK_STARTS: return answer_starts(a, q);
    case QUICK_IN: return answer_in(a, q);
    case QUICK_DIFFERS: return answer_differs(a);
    default: return answer_compare(a, q);
    }
    return FST_QUICK_UNSURE;
}

enum fst_quick_answer fst_path_quick(struct fst_path_eval *e, const struct fst_quick *q, const struct fst_quick_object *object)
{
    struct asking a = { .e = e, .object = object, .self = object->item };

    return answer(&a, q);
}
