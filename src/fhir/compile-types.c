#include "fhir/compile-private.h"

enum { MAX_ELEMENTS = 64 };

static struct fst_type_row *type_row(struct fst_compiler *c, uint32_t i)
{
    return FST_ROW(c, types, struct fst_type_row, i);
}

static struct fst_view type_name(struct fst_compiler *c, uint32_t i)
{
    return FST_ROW(c, defs, struct fst_fact_def, i)->name;
}

static fst_def find_def(struct fst_compiler *c, struct fst_view name)
{
    for (uint32_t i = 0; i < c->defs.count; i++)
        if (fst_view_equal(type_name(c, i), name))
            return (fst_def)i;
    return FST_NO_DEF;
}

static struct fst_fact_element *element_of(struct fst_compiler *c, const struct fst_fact_type *t, uint32_t i)
{
    return FST_ROW(c, fact_elements, struct fst_fact_element, t->elements + i);
}

static bool is_below(struct fst_view path, struct fst_view above)
{
    return !above.n || (path.n > above.n + 1 && path.p[above.n] == '.' && !memcmp(path.p, above.p, above.n));
}

static struct fst_view join(struct fst_compiler *c, struct fst_view a, struct fst_view b)
{
    char *p = fst_arena_alloc(&c->names, a.n + b.n + 1);
    if (!p) {
        c->failed = FST_ENOMEM;
        return a;
    }
    memcpy(p, a.p, a.n);
    p[a.n] = '.';
    memcpy(p + a.n + 1, b.p, b.n);
    return fst_view_n(p, a.n + b.n + 1);
}

/* ---- the types there are: records, and what is nested in them */

static void declare(struct fst_compiler *c, struct fst_fact_def def)
{
    struct fst_fact_def *row = fst_rows_add(c, &c->defs);
    if (row)
        *row = def;
}

static void declare_all(struct fst_compiler *c)
{
    for (uint32_t r = 0; r < c->fact_types.count && !c->failed; r++) {
        struct fst_fact_type t = *FST_ROW(c, fact_types, struct fst_fact_type, r);
        if (t.is_profile)
            continue;
        declare(c, (struct fst_fact_def){ .name = t.name, .base = t.base, .record = r });
        for (uint32_t i = 0; i + 1 < t.element_count; i++) {
            struct fst_fact_element *e = element_of(c, &t, i);
            if (is_below(element_of(c, &t, i + 1)->path, e->path))
                declare(c, (struct fst_fact_def){ .name = join(c, t.name, e->path), .path = e->path, .base = e->types, .record = r });
        }
    }
}

/* ---- elements and members */

struct building { /* a type under construction */
    struct fst_compiler *c;
    fst_def              def;
    struct fst_view      record_name;
};

static enum fst_prim prim_of(struct fst_view name)
{
    static const char *const names[] = {
        "",
#define FST_PRIM_NAME(id, text) text,
        FST_PRIMS(FST_PRIM_NAME)
#undef FST_PRIM_NAME
    };
    for (size_t i = 1; i < FST_COUNT(names); i++)
        if (fst_view_is(name, names[i]))
            return (enum fst_prim)i;
    return FST_PRIM_NONE;
}

/* A list of types in the targets section: a count, then that many; one list for each text. */
static uint16_t targets_of(struct fst_compiler *c, struct fst_view text)
{
    uint32_t first = fst_rows_extend(c, &c->targets, 1), count = 0;
    while (text.n && !c->failed) {
        fst_def def = find_def(c, fst_facts_cut(&text, ","));
        if (def == FST_NO_DEF)
            continue; /* a profile: any type will do */
        uint16_t *row = fst_rows_add(c, &c->targets);
        if (row)
            *row = def;
        count++;
    }
    if (c->failed)
        return FST_NONE;
    *FST_ROW(c, targets, uint16_t, first) = (uint16_t)count;
    for (uint32_t at = 0; at < first; at += 1u + *FST_ROW(c, targets, uint16_t, at))
        if (!memcmp(FST_ROW(c, targets, uint16_t, at), FST_ROW(c, targets, uint16_t, first), (count + 1) * sizeof(uint16_t))) {
            c->targets.count = first;
            return (uint16_t)at;
        }
    return (uint16_t)first;
}

static void add_member(struct building *b, struct fst_element *e, struct fst_view name, struct fst_member m)
{
    struct fst_type_row *t = type_row(b->c, b->def);
    struct fst_member   *row = fst_rows_add(b->c, &b->c->members);
    struct fst_pool_str  text = fst_compile_intern(b->c, name);
    if (!row)
        return;
    m.name = text.at;
    m.name_len = (uint8_t)text.n;
    m.element = e->index;
    m.binding = e->binding;
    *row = m;
    t->member_count++;
}

/* The number that the profile will have: they are numbered in the order of their records. */
static uint16_t profile_of(struct fst_compiler *c, struct fst_view name)
{
    uint16_t n = 0;
    for (uint32_t i = 0; i < c->fact_types.count; i++) {
        const struct fst_fact_type *t = FST_ROW(c, fact_types, struct fst_fact_type, i);
        if (t->is_profile && fst_view_equal(t->name, name))
            return n;
        n += t->is_profile;
    }
    return FST_NONE;
}

static void add_members_of_type(struct building *b, struct fst_element *e, struct fst_view name, struct fst_type_text type)
{
    struct fst_compiler *c = b->c;
    char                 text[128];
    int                  n = snprintf(text + 1, sizeof text - 1, "%.*s", FST_VIEW_ARGS(name));
    if (e->flags & FST_ELEMENT_CHOICE) {
        snprintf(text + 1 + n, sizeof text - 1 - (size_t)n, "%.*s", FST_VIEW_ARGS(type.code));
        if (text[1 + n] >= 'a')
            text[1 + n] = (char)(text[1 + n] - 'a' + 'A');
    }
    fst_def def = e->def != FST_NO_DEF ? e->def : find_def(c, type.code);
    if (def == FST_NO_DEF) {
        fst_compile_fail(c, FST_EPARSE, "no such type", type.code);
        return;
    }
    struct fst_member m = { .def = def, .twin = FST_NONE, .targets = FST_NONE, .profile = FST_NONE, .prim = (uint8_t)prim_of(type.code) };
    if (e->flags & FST_ELEMENT_ARRAY)
        m.flags |= FST_MEMBER_ARRAY;
    if (e->flags & FST_ELEMENT_CHOICE)
        m.flags |= FST_MEMBER_CHOICE;
    if (fst_view_is(type.code, "Resource"))
        m.flags |= FST_MEMBER_RESOURCE;
    if (type.targets.n)
        m.targets = targets_of(c, type.targets);
    if (type.profiles.n)
        m.profile = profile_of(c, type.profiles);
    uint16_t here = type_row(c, b->def)->member_count;
    if (m.prim) {
        m.flags |= FST_MEMBER_PRIMITIVE;
        m.twin = (uint16_t)(here + 1);
    }
    add_member(b, e, fst_view_of(text + 1), m);
    if (m.prim) {
        text[0] = '_';
        m.flags |= FST_MEMBER_UNDERSCORE;
        m.twin = here;
        add_member(b, e, fst_view_of(text), m);
    }
    e->member_count++;
}

uint16_t fst_compile_binding(struct fst_compiler *c, struct fst_view rest)
{
    struct fst_binding_row row = { FST_NONE, FST_NONE, FST_STRENGTH_NONE };
    while (rest.n) {
        struct fst_view word = fst_facts_word(&rest), key = fst_facts_cut(&word, "=");
        if (fst_view_is(key, "preferred")) {
            row.strength = FST_STRENGTH_PREFERRED;
        } else if (fst_view_is(key, "required") || fst_view_is(key, "extensible")) {
            row.strength = key.p[0] == 'r' ? FST_STRENGTH_REQUIRED : FST_STRENGTH_EXTENSIBLE;
            row.set = fst_compile_set(c, word);
        } else if (fst_view_is(key, "max"))
            row.max_set = fst_compile_set(c, word);
    }
    if (row.set == FST_NONE && row.max_set == FST_NONE && row.strength != FST_STRENGTH_PREFERRED)
        return FST_NONE;
    for (uint32_t i = 0; i < c->bindings.count; i++) {
        const struct fst_binding_row *b = FST_ROW(c, bindings, struct fst_binding_row, i);
        if (b->set == row.set && b->max_set == row.max_set && b->strength == row.strength)
            return (uint16_t)i;
    }
    struct fst_binding_row *new = fst_rows_add(c, &c->bindings);
    if (!new)
        return FST_NONE;
    *new = row;
    return (uint16_t)(c->bindings.count - 1);
}

/* The element of that name that is there already (an inherited one), or NULL. */
static struct fst_element *inherited(struct building *b, struct fst_view name)
{
    struct fst_type_row *t = type_row(b->c, b->def);
    for (uint16_t i = 0; i < t->element_count; i++) {
        struct fst_element *e = FST_ROW(b->c, elements, struct fst_element, t->elements + i);
        if (e->name_len == name.n && !memcmp(FST_ROW(b->c, pool, char, e->name), name.p, name.n))
            return e;
    }
    return NULL;
}

static fst_def single_type(struct building *b, const struct fst_fact_element *f)
{
    struct fst_compiler *c = b->c;
    if (f->types.n && f->types.p[0] == '#')
        return find_def(c, fst_view_from(f->types, 1));
    fst_def nested = find_def(c, join(c, b->record_name, f->path));
    if (nested != FST_NO_DEF)
        return nested;
    struct fst_view types = f->types;
    return find_def(c, fst_facts_type(&types).code);
}

static void add_element(struct building *b, const struct fst_fact_element *f, struct fst_view name)
{
    struct fst_compiler *c = b->c;
    bool                 is_choice = name.n > 3 && !memcmp(name.p + name.n - 3, "[x]", 3);
    if (is_choice)
        name.n -= 3;
    struct fst_element *e = inherited(b, name);
    if (e) { /* narrowed */
        e->min = (uint8_t)f->min;
        e->max = f->max;
        return;
    }
    struct fst_pool_str text = fst_compile_intern(c, name);
    if (!(e = fst_rows_add(c, &c->elements)))
        return;
    struct fst_type_row *t = type_row(c, b->def);
    if (t->element_count == MAX_ELEMENTS)
        fst_compile_fail(c, FST_ELIMIT, "too many elements", type_name(c, b->def));
    *e = (struct fst_element){ .name = text.at, .name_len = (uint8_t)text.n, .min = (uint8_t)f->min, .max = f->max,
                               .index = (uint8_t)t->element_count++, .members = t->member_count,
                               .def = is_choice ? FST_NO_DEF : single_type(b, f) };
    e->flags = (uint8_t)((f->max > 1 ? FST_ELEMENT_ARRAY : 0) | (is_choice ? FST_ELEMENT_CHOICE : 0) |
                         (f->is_modifier ? FST_ELEMENT_MODIFIER : 0));
    e->binding = fst_compile_binding(c, f->rest);
    struct fst_view types = f->types;
    if (types.n && types.p[0] == '#') {
        add_members_of_type(b, e, name, (struct fst_type_text){ .code = fst_view_from(types, 1) });
        return;
    }
    while (types.n && !c->failed)
        add_members_of_type(b, e, name, fst_facts_type(&types));
}

/* memcpy() takes no NULL, not even for nothing. */
static void copy_rows(void *to, const void *from, size_t n)
{
    if (n)
        memcpy(to, from, n);
}

static void copy_base(struct fst_compiler *c, fst_def def, fst_def base)
{
    struct fst_type_row from = *type_row(c, base);
    uint32_t            elements = fst_rows_extend(c, &c->elements, from.element_count);
    uint32_t            members = fst_rows_extend(c, &c->members, from.member_count);
    uint32_t            rules = fst_rows_extend(c, &c->rules, from.rule_count);
    if (c->failed)
        return;
    copy_rows(FST_ROW(c, elements, struct fst_element, elements), FST_ROW(c, elements, struct fst_element, from.elements),
              from.element_count * sizeof(struct fst_element));
    copy_rows(FST_ROW(c, members, struct fst_member, members), FST_ROW(c, members, struct fst_member, from.members),
              from.member_count * sizeof(struct fst_member));
    copy_rows(FST_ROW(c, rules, struct fst_rule_row, rules), FST_ROW(c, rules, struct fst_rule_row, from.rules),
              from.rule_count * sizeof(struct fst_rule_row));
    struct fst_type_row *t = type_row(c, def);
    t->element_count = from.element_count;
    t->member_count = from.member_count;
    t->rule_count = from.rule_count;
}

/* ---- rules */

uint32_t fst_compile_program(struct fst_compiler *c, struct fst_pool_str expression, uint32_t before)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < before; i++) {
        struct fst_rule_row *r = FST_ROW(c, rules, struct fst_rule_row, i);
        if (r->expression.at == expression.at && r->expression.n == expression.n)
            return r->program;
        if (r->program >= next)
            next = r->program + 1;
    }
    return next;
}

static void add_rule(struct fst_compiler *c, fst_def def, const struct fst_fact_rule *f, const struct fst_element *e)
{
    struct fst_rule_row r = { .severity = f->severity, .key = fst_compile_intern(c, f->key),
                              .human = fst_compile_intern(c, f->human), .expression = fst_compile_intern(c, fst_compile_meant(f->expression)) };
    if (e) {
        r.on_element = true;
        r.element = e->index;
    }
    struct fst_rule_row *row = fst_rows_add(c, &c->rules);
    if (!row)
        return;
    *row = r;
    row->program = fst_compile_program(c, r.expression, c->rules.count - 1);
    type_row(c, def)->rule_count++;
}

static struct fst_view last_name(struct fst_view path)
{
    const char *dot = path.n ? memrchr(path.p, '.', path.n) : NULL;
    return dot ? fst_view_from(path, (size_t)(dot - path.p) + 1) : path;
}

/* Is the rule on an element of the type at `above`, which has no type of its own? */
static struct fst_element *ruled_element(struct building *b, struct fst_view path, struct fst_view above)
{
    struct fst_view name = last_name(path);
    bool            here = path.n && name.n + (above.n ? above.n + 1 : 0) == path.n && is_below(path, above);
    if (!here || find_def(b->c, join(b->c, b->record_name, path)) != FST_NO_DEF)
        return NULL;
    if (name.n > 3 && !memcmp(name.p + name.n - 3, "[x]", 3))
        name.n -= 3;
    return inherited(b, name);
}

static void add_rules(struct building *b, const struct fst_fact_def *d, const struct fst_fact_type *t)
{
    for (uint32_t i = 0; i < t->rule_count && !b->c->failed; i++) {
        struct fst_fact_rule rule = *FST_ROW(b->c, fact_rules, struct fst_fact_rule, t->rules + i);
        struct fst_element  *e;
        if (fst_view_equal(rule.path, d->path))
            add_rule(b->c, b->def, &rule, NULL);
        else if ((e = ruled_element(b, rule.path, d->path)))
            add_rule(b->c, b->def, &rule, e);
    }
}

/* ---- all together */

static enum fst_def_kind kind_of(const struct fst_fact_type *t, bool is_nested)
{
    if (is_nested)
        return FST_DEF_BACKBONE;
    return fst_view_is(t->kind, "resource") ? FST_DEF_RESOURCE : fst_view_is(t->kind, "primitive") ? FST_DEF_PRIMITIVE : FST_DEF_COMPLEX;
}

static struct fst_view member_name(struct fst_compiler *c, uint32_t i)
{
    const struct fst_member *m = FST_ROW(c, members, struct fst_member, i);
    return fst_view_n(FST_ROW(c, pool, char, m->name), m->name_len);
}

static void finish(struct fst_compiler *c, fst_def def)
{
    struct fst_type_row t = *type_row(c, def);
    for (uint32_t i = 0; i < t.element_count; i++)
        if (FST_ROW(c, elements, struct fst_element, t.elements + i)->min)
            t.required |= (uint64_t)1 << i;
    t.hash = fst_compile_hash(c, t.member_count, t.members, member_name);
    *type_row(c, def) = t;
}

static void build(struct fst_compiler *c, fst_def def)
{
    struct fst_fact_def *d = FST_ROW(c, defs, struct fst_fact_def, def);
    if (d->is_done || c->failed)
        return;
    if (d->is_busy) {
        fst_compile_fail(c, FST_EPARSE, "a type is its own base", d->name);
        return;
    }
    d->is_busy = true;
    struct fst_fact_type t = *FST_ROW(c, fact_types, struct fst_fact_type, d->record);
    fst_def              base = d->base.n ? find_def(c, d->base) : FST_NO_DEF;
    if (d->base.n && base == FST_NO_DEF)
        fst_compile_fail(c, FST_EPARSE, "no such base", d->base);
    else if (base != FST_NO_DEF)
        build(c, base);
    struct fst_type_row *row = type_row(c, def);
    *row = (struct fst_type_row){ .name = fst_compile_intern(c, d->name), .kind = (uint8_t)kind_of(&t, d->path.n), .base = base,
                                  .is_abstract = !d->path.n && t.is_abstract, .elements = c->elements.count,
                                  .members = c->members.count, .rules = c->rules.count };
    row->prim = row->kind == FST_DEF_PRIMITIVE ? (uint8_t)prim_of(d->name) : FST_PRIM_NONE;
    if (base != FST_NO_DEF && !c->failed)
        copy_base(c, def, base);
    struct building b = { c, def, t.name };
    for (uint32_t i = 0; i < t.element_count && !c->failed; i++) {
        struct fst_fact_element e = *element_of(c, &t, i);
        struct fst_view         name = last_name(e.path);
        if (name.n + (d->path.n ? d->path.n + 1 : 0) == e.path.n && is_below(e.path, d->path))
            add_element(&b, &e, name);
    }
    add_rules(&b, d, &t);
    if (!c->failed)
        finish(c, def);
    d->is_done = true;
}

void fst_compile_types(struct fst_compiler *c)
{
    declare_all(c);
    fst_rows_extend(c, &c->types, c->defs.count);
    for (uint32_t i = 0; i < c->defs.count && !c->failed; i++)
        build(c, (fst_def)i);
    if (!c->failed)
        FST_ROW(c, hashes, struct fst_hash_row, 0)[FST_HASH_TYPES] = fst_compile_hash(c, c->defs.count, 0, type_name);
}
