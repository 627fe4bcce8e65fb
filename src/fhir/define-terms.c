#include <regex.h>

#include "base/grow.h"
#include "fhir/define-private.h"
#include "json/writer.h"

enum { LINE_MAX_CHARS = 110, MAX_IMPORT_DEPTH = 8 };

/* ---- the text */

struct code_lines {
    struct fst_buf *out;
    size_t          line_start;
    bool            any;
};

static void begin_codes(struct code_lines *w, struct fst_buf *out)
{
    *w = (struct code_lines){ .out = out };
}

static bool needs_quotes(struct fst_view code)
{
    for (size_t i = 0; i < code.n; i++)
        if ((unsigned char)code.p[i] <= ' ' || code.p[i] == '"' || code.p[i] == '\\')
            return true;
    return !code.n || code.p[0] == '>';
}

static void add_code(struct code_lines *w, struct fst_view code, unsigned depth)
{
    if (!w->any || w->out->len - w->line_start + code.n + depth >= LINE_MAX_CHARS) {
        fst_buf_add_str(w->out, w->any ? "\n   " : "   ");
        w->line_start = w->out->len;
        w->any = true;
    }
    fst_buf_add_char(w->out, ' ');
    while (depth--)
        fst_buf_add_char(w->out, '>');
    if (needs_quotes(code))
        fst_json_quote(w->out, code);
    else
        fst_buf_add_view(w->out, code);
}

static void end_codes(struct code_lines *w)
{
    if (w->any)
        fst_buf_add_char(w->out, '\n');
}

/* ---- code systems */

typedef void concept_fn(void *ctx, const struct fst_tape *t, uint32_t concept, unsigned depth);

static void each_concept(const struct fst_tape *t, uint32_t parent, unsigned depth, concept_fn *fn, void *ctx)
{
    uint32_t concepts = fst_tape_member(t, parent, "concept");
    if (concepts == FST_NO_NODE)
        return;
    FST_EACH_ELEMENT(t, concepts, c) {
        fn(ctx, t, c, depth);
        each_concept(t, c, depth + 1, fn, ctx);
    }
}

struct writing {
    struct fst_define *d;
    struct code_lines  lines;
};

static void write_concept(void *ctx, const struct fst_tape *t, uint32_t concept, unsigned depth)
{
    struct writing *w = ctx;
    add_code(&w->lines, fst_tape_member_string(t, concept, "code", &w->d->undo), depth);
}

void fst_define_write_codesystem(struct fst_define *d, struct fst_define_item *item, struct fst_buf *out)
{
    const struct fst_tape *t = &item->tape;
    struct writing         w = { .d = d };
    uint32_t               sensitive = fst_tape_member(t, 0, "caseSensitive");
    struct fst_view        content = fst_tape_raw(t, fst_tape_member(t, 0, "content"));
    if (fst_view_is(content, "supplement"))
        return;
    fst_buf_addf(out, "codesystem %.*s %.*s%s\n", FST_VIEW_ARGS(item->url), FST_VIEW_ARGS(content),
                 sensitive != FST_NO_NODE && fst_tape_kind(t, sensitive) == FST_JSON_TRUE ? "" : " nocase");
    begin_codes(&w.lines, out);
    each_concept(t, 0, 0, write_concept, &w);
    end_codes(&w.lines);
}

/* ---- value sets: gathered, then written */

/* BELOW and IMPORT refer to what is not among the definitions added, but may be among R4's own. */
enum part_mode { PART_ALL, PART_OPEN, PART_CODES, PART_BELOW, PART_IMPORT };

struct part { /* what a value set takes from one system */
    struct fst_view  system;    /* of IMPORT the other set */
    enum part_mode   mode;
    struct fst_view  op, value; /* of BELOW: "is-a" or "descendent-of", and the code */
    struct fst_view *codes; /* raw, as in JSON */
    size_t           count, cap;
};

struct set {
    struct fst_define *d;
    struct part       *parts;
    size_t             count, cap;
    bool               failed;
};

static void set_clear(struct set *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->parts[i].codes);
    free(s->parts);
}

static struct part *add_part(struct set *s, struct fst_view system, enum part_mode mode)
{
    if (!fst_grow(&s->parts, s->count, &s->cap, sizeof *s->parts)) {
        s->failed = true;
        return NULL;
    }
    s->parts[s->count] = (struct part){ .system = system, .mode = mode };
    return &s->parts[s->count++];
}

static struct part *part_of(struct set *s, struct fst_view system, enum part_mode mode)
{
    for (size_t i = 0; i < s->count; i++)
        if (fst_view_equal(s->parts[i].system, system) && (s->parts[i].mode == mode || s->parts[i].mode == PART_ALL))
            return &s->parts[i];
    return add_part(s, system, mode);
}

static bool has_code(const struct part *p, struct fst_view code)
{
    for (size_t i = 0; i < p->count; i++)
        if (fst_view_equal(p->codes[i], code))
            return true;
    return false;
}

static void take_code(struct set *s, struct part *p, struct fst_view code)
{
    if (!p || p->mode == PART_ALL || has_code(p, code))
        return;
    s->failed |= !fst_grow(&p->codes, p->count, &p->cap, sizeof *p->codes);
    if (!s->failed)
        p->codes[p->count++] = code;
}

/* ---- filters */

struct filter {
    struct set     *set;
    struct part    *part;
    struct fst_view property, op, value;
    unsigned        inside; /* depth + 1 of the concept whose descendants are met */
    regex_t         regex;
};

static bool property_is(const struct fst_tape *t, uint32_t concept, struct fst_view property, struct fst_view value)
{
    uint32_t properties = fst_tape_member(t, concept, "property");
    if (properties == FST_NO_NODE)
        return false;
    FST_EACH_ELEMENT(t, properties, p) {
        if (!fst_view_equal(fst_tape_raw(t, fst_tape_member(t, p, "code")), property))
            continue;
        FST_EACH_MEMBER(t, p, name)
            if (fst_view_starts(fst_tape_raw(t, name), "value") && fst_view_equal(fst_tape_raw(t, name + 1), value))
                return true;
    }
    return false;
}

static bool is_below(struct filter *f, const struct fst_tape *t, uint32_t concept, unsigned depth)
{
    struct fst_view parent = FST_VIEW("subsumedBy");
    return (f->inside && depth >= f->inside) || property_is(t, concept, parent, f->value);
}

static void filter_concept(void *ctx, const struct fst_tape *t, uint32_t concept, unsigned depth)
{
    struct filter  *f = ctx;
    struct fst_view code = fst_tape_raw(t, fst_tape_member(t, concept, "code"));
    bool            itself = fst_view_equal(code, f->value), take = false;
    if (f->inside && depth < f->inside)
        f->inside = 0;
    if (fst_view_is(f->op, "is-a"))
        take = itself || is_below(f, t, concept, depth);
    else if (fst_view_is(f->op, "descendent-of"))
        take = !itself && is_below(f, t, concept, depth);
    else if (fst_view_is(f->op, "is-not-a"))
        take = !itself && !is_below(f, t, concept, depth);
    else if (fst_view_is(f->op, "="))
        take = property_is(t, concept, f->property, f->value);
    else if (fst_view_is(f->op, "regex")) {
        char text[128];
        snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(code));
        take = !regexec(&f->regex, text, 0, NULL, 0);
    }
    if (itself && !f->inside)
        f->inside = depth + 1;
    if (take)
        take_code(f->set, f->part, code);
}

static bool filter_is_known(struct filter *f)
{
    static const char *const ops[] = { "is-a", "descendent-of", "is-not-a", "=", "regex" };
    for (size_t i = 0; i < FST_COUNT(ops); i++)
        if (fst_view_is(f->op, ops[i]))
            return true;
    return false;
}

/* Every filter of an include, one after another: the definitions have one each; of more, the first that is known holds. */
static void take_filtered(struct set *s, struct fst_view system, const struct fst_tape *t, uint32_t filters)
{
    const struct fst_define_item *cs = fst_define_find(s->d, FST_DEFINE_CODESYSTEM, system);
    uint32_t                      first = filters + 1;
    struct filter f = { .set = s, .property = fst_tape_raw(t, fst_tape_member(t, first, "property")),
                        .op = fst_tape_raw(t, fst_tape_member(t, first, "op")),
                        .value = fst_tape_raw(t, fst_tape_member(t, first, "value")) };
    bool  known = cs && filter_is_known(&f) && fst_node_count(&t->nodes[filters]) == 1;
    if (!cs && fst_node_count(&t->nodes[filters]) == 1 && (fst_view_is(f.op, "is-a") || fst_view_is(f.op, "descendent-of"))) {
        struct part *p = add_part(s, system, PART_BELOW);
        if (p) {
            p->op = f.op;
            p->value = f.value;
        }
        return;
    }
    if (known && fst_view_is(f.op, "regex")) {
        char pattern[160];
        snprintf(pattern, sizeof pattern, "^(%.*s)$", FST_VIEW_ARGS(f.value));
        known = !regcomp(&f.regex, pattern, REG_EXTENDED | REG_NOSUB);
    }
    f.part = part_of(s, system, known ? PART_CODES : PART_OPEN);
    if (!known || !f.part)
        return;
    each_concept(&cs->tape, 0, 0, filter_concept, &f);
    if (fst_view_is(f.op, "regex"))
        regfree(&f.regex);
}

/* ---- includes */

static void gather(struct set *s, const struct fst_define_item *vs, unsigned depth);

static void take_imports(struct set *s, const struct fst_tape *t, uint32_t imports, unsigned depth)
{
    FST_EACH_ELEMENT(t, imports, url) {
        const struct fst_define_item *vs = fst_define_find(s->d, FST_DEFINE_VALUESET, fst_tape_raw(t, url));
        if (vs && depth < MAX_IMPORT_DEPTH)
            gather(s, vs, depth + 1);
        else
            add_part(s, fst_tape_raw(t, url), PART_IMPORT);
    }
}

static void take_include(struct set *s, const struct fst_tape *t, uint32_t include, unsigned depth)
{
    struct fst_view system = fst_tape_raw(t, fst_tape_member(t, include, "system"));
    uint32_t        imports = fst_tape_member(t, include, "valueSet"), concepts = fst_tape_member(t, include, "concept"),
             filters = fst_tape_member(t, include, "filter");
    if (imports != FST_NO_NODE) {
        take_imports(s, t, imports, depth);
    } else if (concepts != FST_NO_NODE) {
        struct part *p = part_of(s, system, PART_CODES);
        FST_EACH_ELEMENT(t, concepts, c)
            take_code(s, p, fst_tape_raw(t, fst_tape_member(t, c, "code")));
    } else if (filters != FST_NO_NODE && fst_node_count(&t->nodes[filters])) {
        take_filtered(s, system, t, filters);
    } else {
        part_of(s, system, PART_ALL);
    }
}

static void list_concept(void *ctx, const struct fst_tape *t, uint32_t concept, unsigned depth)
{
    struct filter *f = ctx;
    take_code(f->set, f->part, fst_tape_raw(t, fst_tape_member(t, concept, "code")));
}

static void remove_concepts(struct set *s, const struct fst_tape *t, uint32_t exclude)
{
    struct fst_view system = fst_tape_raw(t, fst_tape_member(t, exclude, "system"));
    uint32_t        concepts = fst_tape_member(t, exclude, "concept");
    for (size_t i = 0; i < s->count && concepts != FST_NO_NODE; i++) {
        struct part *p = &s->parts[i];
        if (!fst_view_equal(p->system, system) || (p->mode != PART_ALL && p->mode != PART_CODES))
            continue;
        const struct fst_define_item *cs = fst_define_find(s->d, FST_DEFINE_CODESYSTEM, system);
        if (p->mode == PART_ALL && cs) {
            p->mode = PART_CODES;
            each_concept(&cs->tape, 0, 0, list_concept, &(struct filter){ .set = s, .part = p });
        }
        FST_EACH_ELEMENT(t, concepts, c)
            for (size_t j = 0; j < p->count; j++)
                if (fst_view_equal(p->codes[j], fst_tape_raw(t, fst_tape_member(t, c, "code"))))
                    p->codes[j--] = p->codes[--p->count];
    }
}

static void gather(struct set *s, const struct fst_define_item *vs, unsigned depth)
{
    const struct fst_tape *t = &vs->tape;
    uint32_t               compose = fst_tape_member(t, 0, "compose");
    uint32_t               includes = fst_tape_member(t, compose, "include"), excludes = fst_tape_member(t, compose, "exclude");
    if (includes != FST_NO_NODE)
        FST_EACH_ELEMENT(t, includes, i)
            take_include(s, t, i, depth);
    else
        part_of(s, (struct fst_view){ "", 0 }, PART_OPEN);
    if (excludes != FST_NO_NODE)
        FST_EACH_ELEMENT(t, excludes, e)
            remove_concepts(s, t, e);
}

static void use_imports_of(struct fst_define *d, const struct fst_tape *t, bool *changed)
{
    uint32_t compose = fst_tape_member(t, 0, "compose"), includes = fst_tape_member(t, compose, "include");
    if (includes == FST_NO_NODE)
        return;
    FST_EACH_ELEMENT(t, includes, i) {
        uint32_t imports = fst_tape_member(t, i, "valueSet");
        if (imports == FST_NO_NODE)
            continue;
        FST_EACH_ELEMENT(t, imports, url) {
            struct fst_define_item *vs = (struct fst_define_item *)fst_define_find(d, FST_DEFINE_VALUESET, fst_tape_raw(t, url));
            if (vs && !vs->used)
                vs->used = *changed = true;
        }
    }
}

void fst_define_use_imports(struct fst_define *d)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < d->count; i++)
            if (d->items[i].kind == FST_DEFINE_VALUESET && d->items[i].used)
                use_imports_of(d, &d->items[i].tape, &changed);
    }
}

static void write_part(struct fst_define *d, const struct part *p, struct fst_buf *out)
{
    static const char *const names[] = { "all", "open", "codes", "below", "import" };
    fst_buf_addf(out, "  %s ", names[p->mode]);
    if (p->mode == PART_BELOW)
        fst_buf_addf(out, "%.*s %.*s ", FST_VIEW_ARGS(p->op), FST_VIEW_ARGS(p->value));
    if (p->mode == PART_IMPORT)
        fst_define_add_url(out, p->system, FST_HL7_VALUESET);
    else
        fst_buf_add_view(out, p->system);
    fst_buf_add_char(out, '\n');
    struct code_lines lines;
    begin_codes(&lines, out);
    for (size_t i = 0; i < p->count; i++) {
        fst_buf_reset(&d->undo);
        fst_json_unescape(&d->undo, p->codes[i]);
        add_code(&lines, fst_buf_view(&d->undo), 0);
    }
    end_codes(&lines);
}

void fst_define_write_valueset(struct fst_define *d, struct fst_define_item *item, struct fst_buf *out)
{
    if (!item->used)
        return;
    struct set s = { .d = d };
    gather(&s, item, 0);
    fst_buf_add_str(out, "valueset ");
    fst_define_add_url(out, item->url, FST_HL7_VALUESET);
    fst_buf_add_char(out, '\n');
    for (size_t i = 0; i < s.count; i++)
        write_part(d, &s.parts[i], out);
    if (s.failed)
        out->failed = FST_ENOMEM;
    set_clear(&s);
}
