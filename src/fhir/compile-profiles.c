/* Profiles: from their facts to trees of points, from which is taken what the base type says already. */
#include "fhir/compile-private.h"

#include "base/str.h"

enum { MAX_BASES = 16, MAX_POINT_DEPTH = 64 };

static const char structures[] = "http://hl7.org/fhir/StructureDefinition/";

static struct fst_point_row *point_at(struct fst_compiler *c, uint32_t i)
{
    return FST_ROW(c, points, struct fst_point_row, i);
}

static struct fst_view pooled(struct fst_compiler *c, struct fst_pool_str s)
{
    return fst_view_n(FST_ROW(c, pool, char, s.at), s.n);
}

/* ---- profiles by URL */

static struct fst_pool_str full_url(struct fst_compiler *c, struct fst_view url)
{
    char text[512];
    if (!url.n || memmem(url.p, url.n, "://", 3) || fst_view_starts(url, "urn:"))
        return fst_compile_intern(c, url);
    int n = snprintf(text, sizeof text, "%s%.*s", structures, FST_VIEW_ARGS(url));
    return fst_compile_intern(c, fst_view_n(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1));
}

uint32_t fst_compile_profile(struct fst_compiler *c, struct fst_view url)
{
    uint32_t at = full_url(c, url).at;
    for (uint32_t i = 0; i < c->profiles.count; i++)
        if (FST_ROW(c, profiles, struct fst_profile_row, i)->url.at == at)
            return i;
    return UINT32_MAX;
}

static struct fst_view profile_name(struct fst_compiler *c, uint32_t i)
{
    return pooled(c, FST_ROW(c, profiles, struct fst_profile_row, i)->url);
}

/* The record of that profile among the facts being read, or NULL. */
static const struct fst_fact_type *record_of(struct fst_compiler *c, struct fst_view name)
{
    for (uint32_t i = 0; i < c->fact_types.count; i++) {
        const struct fst_fact_type *t = FST_ROW(c, fact_types, struct fst_fact_type, i);
        if (t->is_profile && fst_view_equal(t->name, name))
            return t;
    }
    return NULL;
}

/* ---- reaching a point, making those on the way */

static uint32_t new_point(struct fst_compiler *c, struct fst_view path, struct fst_view name)
{
    struct fst_pool_str   p = fst_compile_intern(c, path), n = fst_compile_intern(c, name);
    uint32_t              i = c->points.count;
    struct fst_point_row *row = fst_rows_add(c, &c->points);
    if (row && fst_rows_add(c, &c->fact_points))
        *row = (struct fst_point_row){ .path = p, .name = n, .max = UINT32_MAX, .binding = FST_NONE };
    return c->failed ? 0 : i;
}

/* The point of that path in the chain, appended to it when it is not there yet. */
static uint32_t in_chain(struct fst_compiler *c, uint32_t above, bool slices, struct fst_view path, struct fst_view name)
{
    uint32_t at = slices ? point_at(c, above)->slices : point_at(c, above)->children, last = 0;
    for (; at; last = at, at = point_at(c, at)->next)
        if (fst_view_equal(pooled(c, point_at(c, at)->path), path))
            return at;
    at = new_point(c, path, name);
    if (!at)
        return 0;
    if (last)
        point_at(c, last)->next = at;
    else if (slices)
        point_at(c, above)->slices = at;
    else
        point_at(c, above)->children = at;
    return at;
}

static struct fst_view without_x(struct fst_view name)
{
    return name.n > 3 && !memcmp(name.p + name.n - 3, "[x]", 3) ? fst_view_n(name.p, name.n - 3) : name;
}

/* "component:systolic/mine" below the point `at`: the child, its slice, that one's slice. */
static uint32_t step(struct fst_compiler *c, uint32_t at, struct fst_view path, struct fst_view segment)
{
    struct fst_view rest = segment, element = fst_facts_cut(&rest, ":"), name = without_x(element);
    const char     *start = segment.p;
    at = in_chain(c, at, false, fst_view_n(path.p, (size_t)(start - path.p) + element.n), name);
    for (size_t n = element.n + 1; at && n < segment.n;) {
        const char *slash = memchr(start + n, '/', segment.n - n);
        size_t      end = slash ? (size_t)(slash - start) : segment.n;
        at = in_chain(c, at, true, fst_view_n(path.p, (size_t)(start - path.p) + end), name);
        n = end + 1;
    }
    return at;
}

static uint32_t reach(struct fst_compiler *c, uint32_t root, struct fst_view path)
{
    struct fst_view rest = path;
    uint32_t        at = root;
    while (rest.n && at && !c->failed)
        at = step(c, at, path, fst_facts_cut(&rest, "."));
    return at;
}

/* ---- what a fact says of a point */

static uint32_t targets_of(struct fst_compiler *c, struct fst_view text)
{
    uint32_t first = fst_rows_extend(c, &c->targets, 1), count = 0;
    bool     any = false;
    while (text.n && !c->failed) {
        struct fst_view name = fst_facts_cut(&text, ",");
        uint32_t        profile = fst_compile_profile(c, name);
        fst_def def = profile != UINT32_MAX ? FST_ROW(c, profiles, struct fst_profile_row, profile)->type
                                            : fst_schema_find(fst_compile_view(c), name);
        uint16_t *row = def == FST_NO_DEF ? NULL : fst_rows_add(c, &c->targets);
        any |= fst_view_is(name, "Resource") || def == FST_NO_DEF; /* a profile that is not known may be of any type */
        if (row) {
            *row = def;
            count++;
        }
    }
    if (any || !count || c->failed) {
        c->targets.count = first;
        return UINT32_MAX;
    }
    *FST_ROW(c, targets, uint16_t, first) = (uint16_t)count;
    return first;
}

static void add_kind(struct fst_compiler *c, struct fst_type_text t)
{
    struct fst_kind_row k = { .targets = UINT32_MAX };
    k.def = fst_schema_find(fst_compile_view(c), t.code);
    if (k.def == FST_NO_DEF) {
        fst_compile_fail(c, FST_EPARSE, "no such type", t.code);
        return;
    }
    if (t.targets.n)
        k.targets = targets_of(c, t.targets);
    k.profiles = c->links.count;
    while (t.profiles.n && !c->failed) {
        uint32_t  profile = fst_compile_profile(c, fst_facts_cut(&t.profiles, ","));
        uint32_t *link = profile == UINT32_MAX ? NULL : fst_rows_add(c, &c->links);
        if (link)
            *link = profile;
    }
    k.profile_count = c->links.count - k.profiles;
    struct fst_kind_row *row = fst_rows_add(c, &c->kinds);
    if (row)
        *row = k;
}

/* "Element" and "BackboneElement" say nothing of the types a thing may have. */
static bool says_nothing(struct fst_view types)
{
    return !types.n || fst_view_is(types, "-") || fst_view_is(types, "Element") || fst_view_is(types, "BackboneElement") ||
           fst_view_is(types, "Resource");
}

static void set_kinds(struct fst_compiler *c, uint32_t point, struct fst_view types)
{
    uint32_t first = c->kinds.count;
    if (types.n && types.p[0] == '#') {
        fst_compile_point_facts(c, point)->content = types;
        return;
    }
    if (says_nothing(types))
        return;
    while (types.n && !c->failed)
        add_kind(c, fst_facts_type(&types));
    point_at(c, point)->kinds = first;
    point_at(c, point)->kind_count = c->kinds.count - first;
}

static void set_limit(struct fst_compiler *c, uint32_t point, struct fst_view text, bool is_least)
{
    struct fst_pool_str    limit = fst_compile_intern(c, text);
    struct fst_point_row *p = point_at(c, point);
    *(is_least ? &p->least : &p->most) = limit;
}

static void set_clauses(struct fst_compiler *c, uint32_t point, struct fst_view rest)
{
    uint16_t binding = fst_compile_binding(c, rest);
    if (binding != FST_NONE)
        point_at(c, point)->binding = binding;
    while (rest.n && !c->failed) {
        bool            is_fixed = fst_view_starts(rest, "fixed"), is_pattern = fst_view_starts(rest, "pattern");
        struct fst_view json = rest, word, key;
        if (is_fixed || is_pattern) {
            fst_facts_cut(&json, "=");
            uint32_t value = fst_compile_value(c, json);
            point_at(c, point)->value = value;
            point_at(c, point)->is_pattern = is_pattern;
            return;
        }
        word = fst_facts_word(&rest);
        key = fst_facts_cut(&word, "=");
        uint64_t n;
        if (fst_view_is(key, "slices"))
            fst_compile_point_facts(c, point)->slicing = word;
        else if (fst_view_is(key, "maxLength") && fst_parse_u64(&n, word) && n < UINT32_MAX)
            point_at(c, point)->max_length = (uint32_t)n;
        else if (fst_view_is(key, "minValue") || fst_view_is(key, "maxValue"))
            set_limit(c, point, word, fst_view_is(key, "minValue"));
    }
}

/* `valueQuantity` where a profile names an element by one of its types: the element is `value`. */
static void set_choice_name(struct fst_compiler *c, uint32_t point, fst_def above)
{
    const struct fst_schema  *s = fst_compile_view(c);
    struct fst_view           name = pooled(c, point_at(c, point)->name);
    const struct fst_member  *m = above == FST_NO_DEF || fst_schema_element(s, above, name) ? NULL : fst_schema_member(s, above, name);
    if (!m)
        return;
    struct fst_view  element = fst_schema_element_name(s, fst_schema_element_of(s, above, m));
    fst_def          def = m->def;
    struct fst_pool_str str = fst_compile_intern(c, element);
    point_at(c, point)->name = str;
    if (point_at(c, point)->kind_count)
        return;
    struct fst_kind_row *k = fst_rows_add(c, &c->kinds);
    if (k) {
        *k = (struct fst_kind_row){ .def = def, .targets = UINT32_MAX };
        point_at(c, point)->kinds = c->kinds.count - 1;
        point_at(c, point)->kind_count = 1;
    }
}

static void apply(struct fst_compiler *c, uint32_t point, const struct fst_fact_element *f)
{
    struct fst_point_row *p = point_at(c, point);
    if (f->min > p->min)
        p->min = f->min;
    if (f->max < p->max)
        p->max = f->max;
    set_kinds(c, point, f->types);
    set_clauses(c, point, f->rest);
}

/* The records that a profile is made of: its own, before it the base's when it does not repeat what that says. */
static uint32_t records_of(struct fst_compiler *c, const struct fst_fact_type *t, struct fst_fact_type *out)
{
    uint32_t n = 0;
    for (; t && n < MAX_BASES; t = t->is_partial ? record_of(c, t->base) : NULL)
        out[n++] = *t;
    return n;
}

static void add_points(struct fst_compiler *c, uint32_t root, const struct fst_fact_type *t)
{
    for (uint32_t i = 0; i < t->element_count && !c->failed; i++) {
        struct fst_fact_element f = *FST_ROW(c, fact_elements, struct fst_fact_element, t->elements + i);
        uint32_t                point = reach(c, root, f.path);
        if (point && (point != root || f.path.n))
            apply(c, point, &f);
    }
    for (uint32_t i = 0; i < t->rule_count && !c->failed; i++)
        reach(c, root, FST_ROW(c, fact_rules, struct fst_fact_rule, t->rules + i)->path);
}

/* ---- rules */

static void add_rule(struct fst_compiler *c, uint32_t point, const struct fst_fact_rule *f)
{
    struct fst_rule_row r = { .severity = f->severity, .key = fst_compile_intern(c, f->key),
                              .human = fst_compile_intern(c, f->human), .expression = fst_compile_intern(c, fst_compile_meant(f->expression)) };
    for (uint32_t i = 0; i < point_at(c, point)->rule_count; i++)
        if (FST_ROW(c, rules, struct fst_rule_row, point_at(c, point)->rules + i)->expression.at == r.expression.at)
            return;
    struct fst_rule_row *row = fst_rows_add(c, &c->rules);
    if (!row)
        return;
    *row = r;
    row->program = fst_compile_program(c, r.expression, c->rules.count - 1);
    point_at(c, point)->rule_count++;
}

static void add_rules(struct fst_compiler *c, uint32_t point, const struct fst_fact_type *records, uint32_t count, unsigned depth)
{
    struct fst_view path = pooled(c, point_at(c, point)->path);
    if (depth > MAX_POINT_DEPTH) {
        fst_compile_fail(c, FST_ELIMIT, "nested too deeply", path);
        return;
    }
    point_at(c, point)->rules = c->rules.count;
    for (uint32_t r = count; r-- > 0;)
        for (uint32_t i = 0; i < records[r].rule_count && !c->failed; i++) {
            struct fst_fact_rule f = *FST_ROW(c, fact_rules, struct fst_fact_rule, records[r].rules + i);
            path = pooled(c, point_at(c, point)->path);
            if (f.expression.n && fst_view_equal(f.path, path))
                add_rule(c, point, &f);
        }
    for (uint32_t at = point_at(c, point)->children; at && !c->failed; at = point_at(c, at)->next)
        add_rules(c, at, records, count, depth + 1);
    for (uint32_t at = point_at(c, point)->slices; at && !c->failed; at = point_at(c, at)->next)
        add_rules(c, at, records, count, depth + 1);
}

/* ---- taking out what the base type says */

static bool is_known_rule(const struct fst_schema *s, fst_def def, const struct fst_rule_row *rule)
{
    for (uint32_t i = 0; def != FST_NO_DEF && i < s->types[def].rule_count; i++) {
        const struct fst_rule_row *r = &s->rules[s->types[def].rules + i];
        if (r->key.at == rule->key.at || r->expression.at == rule->expression.at)
            return true;
    }
    return false;
}

static void prune_rules(struct fst_compiler *c, struct fst_point_row *p, fst_def def, fst_def above)
{
    const struct fst_schema *s = fst_compile_view(c);
    fst_def                  element = fst_schema_find(s, fst_view_of("Element"));
    uint32_t                 left = 0;
    struct fst_rule_row     *rules = p->rule_count ? FST_ROW(c, rules, struct fst_rule_row, p->rules) : NULL;
    for (uint32_t i = 0; i < p->rule_count; i++)
        if (!is_known_rule(s, def, &rules[i]) && !is_known_rule(s, above, &rules[i]) && !is_known_rule(s, element, &rules[i]))
            rules[left++] = rules[i];
    p->rule_count = left;
}

static bool same_targets(const struct fst_schema *s, uint32_t wide, uint16_t base)
{
    if (wide == UINT32_MAX)
        return true;
    if (base == FST_NONE)
        return false;
    for (uint16_t i = 1; i <= s->targets[base]; i++) {
        bool found = false;
        for (uint16_t k = 1; k <= s->targets[wide]; k++)
            found |= s->targets[wide + k] == s->targets[base + i] || fst_schema_is_a(s, s->targets[base + i], s->targets[wide + k]);
        if (!found)
            return false;
    }
    return true;
}

/* Do the point's types leave the element as it is? */
static bool kinds_are_base(struct fst_compiler *c, const struct fst_point_row *p, const struct fst_element *e, fst_def above)
{
    const struct fst_schema *s = fst_compile_view(c);
    const struct fst_member *m = &s->members[s->types[above].members + e->members];
    for (uint16_t seen = 0; seen < e->member_count; m++) {
        bool found = false;
        if (m->flags & FST_MEMBER_UNDERSCORE)
            continue;
        seen++;
        for (uint32_t i = 0; i < p->kind_count; i++) {
            const struct fst_kind_row *k = &s->kinds[p->kinds + i];
            found |= fst_schema_is_a(s, m->def, k->def) && !k->profile_count && same_targets(s, k->targets, m->targets);
        }
        if (!found)
            return false;
    }
    return true;
}

static fst_def def_of(const struct fst_schema *s, const struct fst_point_row *p, const struct fst_element *e)
{
    if (p->kind_count == 1)
        return s->kinds[p->kinds].def;
    return e && !p->kind_count ? e->def : FST_NO_DEF;
}

static bool prune_chain(struct fst_compiler *c, uint32_t point, bool slices, fst_def above, unsigned depth);

/* Does the point still say anything? */
static bool prune(struct fst_compiler *c, uint32_t point, fst_def above, bool is_slice, unsigned depth)
{
    const struct fst_schema  *s = fst_compile_view(c);
    struct fst_point_row     *p = point_at(c, point);
    const struct fst_element *e = above == FST_NO_DEF ? NULL : fst_schema_element(s, above, pooled(c, p->name));
    fst_def                   def = def_of(s, p, e);
    if (e) {
        if (!is_slice && p->min <= e->min)
            p->min = 0;
        if (!is_slice && p->max >= e->max)
            p->max = UINT32_MAX;
        if (p->kind_count && kinds_are_base(c, p, e, above))
            p->kind_count = 0;
        if (p->binding == e->binding)
            p->binding = FST_NONE;
    }
    prune_rules(c, p, def, above);
    bool below = prune_chain(c, point, false, def, depth + 1);
    bool slices = prune_chain(c, point, true, above, depth + 1);
    p = point_at(c, point);
    return is_slice || below || slices || p->min || p->max != UINT32_MAX || p->kind_count || p->binding != FST_NONE ||
           p->value || p->rule_count || p->same || p->max_length || p->least.n || p->most.n;
}

static bool prune_chain(struct fst_compiler *c, uint32_t point, bool slices, fst_def above, unsigned depth)
{
    uint32_t *link = slices ? &point_at(c, point)->slices : &point_at(c, point)->children;
    while (*link)
        if (prune(c, *link, above, slices, depth))
            link = &point_at(c, *link)->next;
        else
            *link = point_at(c, *link)->next;
    return slices ? point_at(c, point)->slices : point_at(c, point)->children;
}

/* ---- one profile */

/* Depth first: names, content references, and the slices' tests. */
static void settle(struct fst_compiler *c, uint32_t root, uint32_t point, fst_def above, bool is_slice)
{
    if (point != root)
        set_choice_name(c, point, above);
    const struct fst_schema  *s = fst_compile_view(c);
    struct fst_point_row      p = *point_at(c, point);
    const struct fst_element *e = point == root || above == FST_NO_DEF ? NULL : fst_schema_element(s, above, pooled(c, p.name));
    struct fst_view           content = fst_compile_point_facts(c, point)->content;
    fst_def                   def = point == root ? above : def_of(s, &p, e);
    if (content.n && !p.children) {
        const char *dot = memchr(content.p, '.', content.n);
        uint32_t    same = dot ? reach(c, root, fst_view_from(content, (size_t)(dot - content.p) + 1)) : 0;
        point_at(c, point)->same = same;
    }
    if (p.slices && (!is_slice || fst_compile_point_facts(c, point)->slicing.n))
        fst_compile_slices(c, point);
    for (uint32_t at = point_at(c, point)->children; at && !c->failed; at = point_at(c, at)->next)
        settle(c, root, at, def, false);
    for (uint32_t at = point_at(c, point)->slices; at && !c->failed; at = point_at(c, at)->next)
        settle(c, root, at, above, true);
}

static void add_context(struct fst_compiler *c, struct fst_view expression, uint8_t kind)
{
    struct fst_pool_str     text = fst_compile_intern(c, expression);
    struct fst_context_row *x = fst_rows_add(c, &c->contexts);
    if (x)
        *x = (struct fst_context_row){ text, kind };
}

static void declare(struct fst_compiler *c, const struct fst_fact_type *t, uint32_t record)
{
    struct fst_profile_row row = { .url = full_url(c, t->name), .contexts = c->contexts.count, .also = UINT32_MAX };
    row.version = fst_compile_intern(c, t->version.n ? t->version : fst_view_of("4.0.1"));
    row.type = fst_schema_find(fst_compile_view(c), t->type);
    row.point = new_point(c, fst_view_of(""), fst_view_of(""));
    if (row.type == FST_NO_DEF)
        fst_compile_fail(c, FST_EPARSE, "a profile of no type of R4", t->name);
    for (uint32_t i = 0; i < t->context_count && !c->failed; i++) {
        struct fst_fact_context f = *FST_ROW(c, fact_contexts, struct fst_fact_context, t->contexts + i);
        add_context(c, f.expression, f.kind);
    }
    if (fst_compile_more_context(t->name).n)
        add_context(c, fst_compile_more_context(t->name), FST_CONTEXT_ELEMENT);
    for (uint32_t i = 0; i < t->element_count; i++) {
        const struct fst_fact_element *f = FST_ROW(c, fact_elements, struct fst_fact_element, t->elements + i);
        row.is_modifier |= !f->path.n && f->is_modifier;
    }
    row.context_count = c->contexts.count - row.contexts;
    struct fst_profile_row *p = fst_rows_add(c, &c->profiles);
    if (!p)
        return;
    *p = row;
    fst_compile_point_facts(c, row.point)->record = record;
}

/* The points of the profile's own facts, of its bases' before them; of a base that is in the tables already, a link to it. */
static void fill(struct fst_compiler *c, uint32_t profile)
{
    struct fst_fact_type   records[MAX_BASES];
    struct fst_profile_row p = *FST_ROW(c, profiles, struct fst_profile_row, profile);
    uint32_t               record = fst_compile_point_facts(c, p.point)->record;
    uint32_t               count = records_of(c, FST_ROW(c, fact_types, struct fst_fact_type, record), records);
    if (count && records[count - 1].is_partial)
        FST_ROW(c, profiles, struct fst_profile_row, profile)->also = fst_compile_profile(c, records[count - 1].base);
    for (uint32_t r = count; r-- > 0;)
        add_points(c, p.point, &records[r]);
    if (!c->failed)
        add_rules(c, p.point, records, count, 0);
}

void fst_compile_profiles(struct fst_compiler *c)
{
    uint32_t first = c->profiles.count;
    for (uint32_t i = 0; i < c->fact_types.count && !c->failed; i++) {
        struct fst_fact_type t = *FST_ROW(c, fact_types, struct fst_fact_type, i);
        if (t.is_profile && fst_compile_profile(c, t.name) == UINT32_MAX)
            declare(c, &t, i);
    }
    for (uint32_t i = first; i < c->profiles.count && !c->failed; i++)
        fill(c, i);
    for (uint32_t i = first; i < c->profiles.count && !c->failed; i++) {
        struct fst_profile_row p = *FST_ROW(c, profiles, struct fst_profile_row, i);
        settle(c, p.point, p.point, p.type, false);
    }
    for (uint32_t i = first; i < c->profiles.count && !c->failed; i++) {
        struct fst_profile_row p = *FST_ROW(c, profiles, struct fst_profile_row, i);
        prune_rules(c, point_at(c, p.point), p.type, FST_NO_DEF);
        prune_chain(c, p.point, false, p.type, 0);
    }
    if (!c->failed) {
        struct fst_hash_row h = fst_compile_hash(c, c->profiles.count, 0, profile_name);
        FST_ROW(c, hashes, struct fst_hash_row, 0)[FST_HASH_PROFILES] = h;
    }
}
