#include "fhir/compile-private.h"

#include "base/str.h"

enum { MAX_SEEDS = 4000, MAX_HASH_BITS = 20 };

/* ---- rows and strings */

uint32_t fst_rows_extend(struct fst_compiler *c, struct fst_rows *r, uint32_t n)
{
    if (r->count + n > r->cap) {
        uint32_t cap = r->cap ? r->cap * 2 : 256;
        while (cap < r->count + n)
            cap *= 2;
        void *p = realloc(r->p, (size_t)cap * r->size);
        if (!p) {
            c->failed = FST_ENOMEM;
            r->count = 0;
            n = 0;
        } else {
            r->p = p;
            r->cap = cap;
        }
    }
    if (n)
        memset((char *)r->p + (size_t)r->count * r->size, 0, (size_t)n * r->size);
    r->count += n;
    return r->count - n;
}

void *fst_rows_add(struct fst_compiler *c, struct fst_rows *r)
{
    uint32_t i = fst_rows_extend(c, r, 1);
    return c->failed == FST_ENOMEM ? NULL : (char *)r->p + (size_t)i * r->size;
}

void fst_compile_fail(struct fst_compiler *c, enum fst_status st, const char *what, struct fst_view where)
{
    if (c->failed)
        return;
    if (c->base.types_count) /* nobody has seen the facts that profiles became */
        c->failed = fst_fail(c->err, st, "%s: %.*s", what, FST_VIEW_ARGS(where));
    else
        c->failed = fst_fail(c->err, st, "facts: line %u: %s: %.*s", c->line, what, FST_VIEW_ARGS(where));
}

static void interned_grow(struct fst_compiler *c)
{
    struct fst_rows  old = c->interned;
    uint32_t         cap = old.count ? old.count * 2 : 4096;
    struct { struct fst_pool_str str; } *from = old.p, *to;
    c->interned = (struct fst_rows){ .size = sizeof *to };
    fst_rows_extend(c, &c->interned, cap);
    to = c->interned.p;
    for (uint32_t i = 0; i < old.count && !c->failed; i++) {
        if (!from[i].str.n)
            continue;
        uint32_t at = fst_hash_name((char *)c->pool.p + from[i].str.at, from[i].str.n, 1, 32) & (cap - 1);
        while (to[at].str.n)
            at = (at + 1) & (cap - 1);
        to[at] = from[i];
    }
    free(old.p);
}

/* Take a string that is in the pool already. */
static void reintern(struct fst_compiler *c, struct fst_pool_str str)
{
    if ((c->interned_count + 1) * 2 > c->interned.count)
        interned_grow(c);
    if (c->failed)
        return;
    struct fst_pool_str *slots = c->interned.p;
    const char          *p = (char *)c->pool.p + str.at;
    uint32_t             at = fst_hash_name(p, str.n, 1, 32) & (c->interned.count - 1);
    while (slots[at].n)
        at = (at + 1) & (c->interned.count - 1);
    slots[at] = str;
    c->interned_count++;
}

struct fst_pool_str fst_compile_intern(struct fst_compiler *c, struct fst_view v)
{
    if ((c->interned_count + 1) * 2 > c->interned.count)
        interned_grow(c);
    if (c->failed || !v.n)
        return (struct fst_pool_str){ 0 };
    struct fst_pool_str *slots = c->interned.p;
    uint32_t             at = fst_hash_name(v.p, v.n, 1, 32) & (c->interned.count - 1);
    for (; slots[at].n; at = (at + 1) & (c->interned.count - 1))
        if (slots[at].n == v.n && !memcmp((char *)c->pool.p + slots[at].at, v.p, v.n))
            return slots[at];
    uint32_t first = fst_rows_extend(c, &c->pool, (uint32_t)v.n + 1); /* with the NUL, so that any of them is a C string */
    if (c->failed)
        return (struct fst_pool_str){ 0 };
    memcpy((char *)c->pool.p + first, v.p, v.n);
    c->interned_count++;
    return slots[at] = (struct fst_pool_str){ first, (uint32_t)v.n };
}

/* Fill the slots; the number of names that the first probe misses, or UINT32_MAX past `best`. */
static uint32_t fill(struct fst_compiler *c, uint16_t *slots, unsigned bits, uint32_t seed, uint32_t count, uint32_t first,
                     fst_compile_name_fn *name, uint32_t best)
{
    uint32_t misses = 0, mask = (1u << bits) - 1;
    memset(slots, 0, sizeof *slots << bits);
    for (uint32_t i = 0; i < count; i++) {
        struct fst_view v = name(c, first + i);
        uint32_t        at = fst_hash_name(v.p, v.n, seed, bits);
        bool            missed = slots[at];
        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = (uint16_t)(i + 1);
        misses += missed;
        if (misses >= best)
            return UINT32_MAX;
    }
    return misses;
}

struct fst_hash_row fst_compile_hash(struct fst_compiler *c, uint32_t count, uint32_t first, fst_compile_name_fn *name)
{
    struct fst_hash_row h = { .bits = 1 };
    while (h.bits < MAX_HASH_BITS && (1u << h.bits) < count * 2 + 1)
        h.bits++;
    if (count >= UINT16_MAX)
        fst_compile_fail(c, FST_ELIMIT, "too many names in one table", (struct fst_view){ 0 });
    h.at = fst_rows_extend(c, &c->slots, 1u << h.bits);
    if (c->failed)
        return h;
    uint16_t *slots = FST_ROW(c, slots, uint16_t, h.at);
    uint32_t  best = UINT32_MAX, seeds = count > 1000 ? 8 : MAX_SEEDS;
    for (uint32_t seed = 1; seed <= seeds && best; seed++) {
        uint32_t misses = fill(c, slots, h.bits, seed, count, first, name, best);
        if (misses < best) {
            best = misses;
            h.seed = seed;
        }
    }
    fill(c, slots, h.bits, h.seed, count, first, name, UINT32_MAX);
    return h;
}

/* ---- the text */

struct fst_view fst_facts_word(struct fst_view *line)
{
    size_t n = 0;
    while (n < line->n && line->p[n] != ' ')
        n++;
    struct fst_view word = { line->p, n };
    while (n < line->n && line->p[n] == ' ')
        n++;
    *line = fst_view_from(*line, n);
    return word;
}

static void read_element(struct fst_compiler *c, struct fst_view line)
{
    struct fst_fact_element e = { .path = fst_view_from(fst_facts_word(&line), 1) };
    struct fst_view         range = fst_facts_word(&line);
    const char             *dots = range.n ? memmem(range.p, range.n, "..", 2) : NULL;
    uint64_t                min = 0, max = UINT32_MAX;
    if (!dots)
        fst_compile_fail(c, FST_EPARSE, "no cardinality", e.path);
    else {
        struct fst_view low = { range.p, (size_t)(dots - range.p) }, high = fst_view_from(range, low.n + 2);
        if (low.n && !fst_parse_u64(&min, low))
            fst_compile_fail(c, FST_EPARSE, "not a minimum", range);
        if (high.n && !fst_view_is(high, "*") && !fst_parse_u64(&max, high))
            fst_compile_fail(c, FST_EPARSE, "not a maximum", range);
    }
    e.min = (uint32_t)min;
    e.max = (uint32_t)max;
    e.types = fst_facts_word(&line);
    if (fst_view_starts(line, "modifier")) {
        e.is_modifier = true;
        fst_facts_word(&line);
    }
    e.rest = line;
    struct fst_fact_element *row = fst_rows_add(c, &c->fact_elements);
    if (row)
        *row = e;
    if (c->fact_types.count)
        FST_ROW(c, fact_types, struct fst_fact_type, c->fact_types.count - 1)->element_count++;
}

static void read_rule(struct fst_compiler *c, struct fst_view line)
{
    struct fst_fact_rule *r = fst_rows_add(c, &c->fact_rules);
    if (!r)
        return;
    r->key = fst_facts_word(&line);
    r->severity = fst_view_is(fst_facts_word(&line), "error") ? FST_RULE_ERROR : FST_RULE_WARNING;
    r->path = fst_view_from(line, 1);
    FST_ROW(c, fact_types, struct fst_fact_type, c->fact_types.count - 1)->rule_count++;
}

/* "context element Patient", "contextrule type != 'display'" */
static void read_context(struct fst_compiler *c, struct fst_view line)
{
    struct fst_view          word = fst_facts_word(&line), kind = fst_view_is(word, "context") ? fst_facts_word(&line) : word;
    struct fst_fact_context *x = fst_rows_add(c, &c->fact_contexts);
    if (!x)
        return;
    x->kind = fst_view_is(kind, "contextrule") ? FST_CONTEXT_RULE : fst_view_is(kind, "element") ? FST_CONTEXT_ELEMENT :
              fst_view_is(kind, "extension") ? FST_CONTEXT_EXTENSION : FST_CONTEXT_PATH;
    x->expression = line;
    if (c->fact_types.count)
        FST_ROW(c, fact_types, struct fst_fact_type, c->fact_types.count - 1)->context_count++;
}

static void read_type(struct fst_compiler *c, struct fst_view line, bool is_profile)
{
    struct fst_fact_type *t = fst_rows_add(c, &c->fact_types);
    if (!t)
        return;
    t->is_profile = is_profile;
    t->name = fst_facts_word(&line);
    *(is_profile ? &t->type : &t->kind) = fst_facts_word(&line);
    while (line.n && line.p[0] != ':') {
        struct fst_view flag = fst_facts_word(&line);
        t->is_abstract |= fst_view_is(flag, "abstract");
        t->is_partial |= fst_view_is(flag, "partial");
        if (fst_view_starts(flag, "version="))
            t->version = fst_view_from(flag, strlen("version="));
    }
    t->base = fst_view_from(line, 2);
    t->elements = c->fact_elements.count;
    t->rules = c->fact_rules.count;
    t->contexts = c->fact_contexts.count;
}

static void read_line(struct fst_compiler *c, struct fst_view line, bool *in_terms)
{
    if (!line.n || line.p[0] == '#')
        return;
    if (line.p[0] != ' ') {
        struct fst_view rest = line, word = fst_facts_word(&rest);
        *in_terms = false;
        if (fst_view_is(word, "type") || fst_view_is(word, "profile"))
            read_type(c, rest, word.p[0] == 'p');
        else if (fst_view_is(word, "valueset") || fst_view_is(word, "codesystem"))
            *in_terms = true;
        else
            fst_compile_fail(c, FST_EPARSE, "not a record", word);
    }
    if (*in_terms) {
        fst_compile_terms_line(c, line);
        return;
    }
    struct fst_fact_rule *rule = c->fact_rules.count ? FST_ROW(c, fact_rules, struct fst_fact_rule, c->fact_rules.count - 1) : NULL;
    if (fst_view_starts(line, "  ."))
        read_element(c, fst_view_from(line, 2));
    else if (fst_view_starts(line, "  rule "))
        read_rule(c, fst_view_from(line, 7));
    else if (fst_view_starts(line, "    says ") && rule)
        rule->human = fst_view_from(line, 9);
    else if (fst_view_starts(line, "    expr") && rule)
        rule->expression = fst_view_from(line, 9);
    else if (fst_view_starts(line, "  context"))
        read_context(c, fst_view_from(line, 2));
    else if (line.p[0] == ' ')
        fst_compile_fail(c, FST_EPARSE, "not a fact", line);
}

/* ---- the image */

static void lay_out(struct fst_compiler *c, struct fst_buf *image, struct fst_image_map *map)
{
    static const char zeros[8];
#define FST_SECTION(type, name)                                    \
    fst_buf_add(image, zeros, (8 - image->len % 8) % 8);           \
    map->name##_at = (uint32_t)image->len;                         \
    map->name##_count = c->name.count;                             \
    fst_buf_add(image, c->name.p, (size_t)c->name.count * c->name.size);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    fst_buf_add(image, zeros, (8 - image->len % 8) % 8);
}

static void compiler_init(struct fst_compiler *c, struct fst_error *err)
{
    *c = (struct fst_compiler){ .err = err };
    fst_arena_init(&c->names, 0);
    c->fact_types.size = sizeof(struct fst_fact_type);
    c->fact_elements.size = sizeof(struct fst_fact_element);
    c->fact_rules.size = sizeof(struct fst_fact_rule);
    c->fact_contexts.size = sizeof(struct fst_fact_context);
    c->fact_points.size = sizeof(struct fst_fact_point);
    c->defs.size = sizeof(struct fst_fact_def);
#define FST_SECTION(type, name) c->name.size = sizeof(type);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
}

static void compiler_clear(struct fst_compiler *c)
{
    fst_arena_clear(&c->names);
    free(c->fact_types.p);
    free(c->fact_elements.p);
    free(c->fact_rules.p);
    free(c->fact_contexts.p);
    free(c->fact_points.p);
    fst_tape_clear(&c->tape);
    free(c->defs.p);
    free(c->interned.p);
#define FST_SECTION(type, name) free(c->name.p);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
}

const struct fst_schema *fst_compile_view(struct fst_compiler *c)
{
#define FST_SECTION(type, name) \
    c->view.name = c->name.p;   \
    c->view.name##_count = c->name.count;
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    return &c->view;
}

static void copy_section(struct fst_compiler *c, struct fst_rows *to, const void *from, uint32_t count)
{
    fst_rows_extend(c, to, count);
    if (!c->failed && count)
        memcpy(to->p, from, (size_t)count * to->size);
}

/* Begin with the tables of `base`; what is added refers to them by the same indexes. */
static void begin_with(struct fst_compiler *c, const struct fst_schema *base)
{
    c->base = *base;
#define FST_SECTION(type, name) copy_section(c, &c->name, base->name, base->name##_count);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    for (uint32_t at = 1; at < base->pool_count && !c->failed;) {
        struct fst_pool_str str = { at, (uint32_t)strlen(base->pool + at) };
        if (str.n)
            reintern(c, str);
        at += str.n + 1;
    }
}

/* Without a base: the tables' first rows, which stand for nothing. */
static void begin_empty(struct fst_compiler *c)
{
    fst_rows_extend(c, &c->hashes, FST_HASH_COUNT);
    fst_rows_extend(c, &c->pool, 1); /* so that no string is at 0 */
    fst_rows_extend(c, &c->points, 1);
    fst_rows_extend(c, &c->values, 1);
    fst_rows_extend(c, &c->paths, 1);
}

enum fst_status fst_compile_facts(const struct fst_schema *base, struct fst_view facts, struct fst_buf *image, struct fst_image_map *map,
                                  struct fst_error *err)
{
    struct fst_compiler c;
    bool                in_terms = false;
    compiler_init(&c, err);
    if (base)
        begin_with(&c, base);
    else
        begin_empty(&c);
    while (facts.n && !c.failed) {
        const char     *end = memchr(facts.p, '\n', facts.n);
        struct fst_view line = { facts.p, end ? (size_t)(end - facts.p) : facts.n };
        c.line++;
        read_line(&c, line, &in_terms);
        facts = fst_view_from(facts, line.n + 1);
    }
    if (!c.failed)
        fst_compile_terms_end(&c);
    if (!c.failed && !base)
        fst_compile_types(&c);
    if (!c.failed)
        fst_compile_profiles(&c);
    if (!c.failed)
        lay_out(&c, image, map);
    enum fst_status st = c.failed == FST_ENOMEM ? fst_fail(err, FST_ENOMEM, "facts: out of memory") : c.failed;
    compiler_clear(&c);
    return st ? st : fst_buf_check(image, err);
}

struct fst_schema fst_image_open(const char *image, const struct fst_image_map *map)
{
    struct fst_schema s;
#define FST_SECTION(type, name)                                     \
    s.name = (const type *)(const void *)(image + map->name##_at);  \
    s.name##_count = map->name##_count;
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    return s;
}

void fst_compile_write_c(const struct fst_buf *image, const struct fst_image_map *map, struct fst_buf *out)
{
#define FST_SECTION(type, name) \
    fst_buf_addf(out, "#define R4_%s_AT %u\n#define R4_%s_COUNT %u\n", #name, map->name##_at, #name, map->name##_count);
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
    fst_buf_add_str(out, "static const uint64_t r4_image[] = {\n");
    for (size_t i = 0; i + 8 <= image->len; i += 8) {
        uint64_t word;
        memcpy(&word, image->p + i, sizeof word);
        fst_buf_addf(out, "0x%llx,%s", (unsigned long long)word, i % 64 == 56 ? "\n" : "");
    }
    fst_buf_add_str(out, "};\n");
}
