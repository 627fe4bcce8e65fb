/* Slices: what tells them apart is said by the discriminators of the sliced element (paths) and by what each slice has at
 * the end of these paths. Here both become tests. */
#include "fhir/compile-private.h"

enum { MAX_STEPS = 16, MAX_DISCRIMINATORS = 16 };

static struct fst_point_row *point_at(struct fst_compiler *c, uint32_t i)
{
    return FST_ROW(c, points, struct fst_point_row, i);
}

static struct fst_value_row *value_at(struct fst_compiler *c, uint32_t i)
{
    return FST_ROW(c, values, struct fst_value_row, i);
}

static struct fst_view pooled(struct fst_compiler *c, struct fst_pool_str s)
{
    return fst_view_n(FST_ROW(c, pool, char, s.at), s.n);
}

/* ---- discriminators */

struct discriminator {
    struct fst_view type, path;
};

static const struct { const char *rules; enum fst_slicing slicing; } rule_names[] = {
    { "open", FST_SLICING_OPEN }, { "openAtEnd", FST_SLICING_AT_END }, { "closed", FST_SLICING_CLOSED },
};

/* "open,ordered;value:coding.code;type:$this". Where nothing is said: extensions by url, choices by type. */
static uint32_t read_slicing(struct fst_compiler *c, uint32_t point, struct discriminator *out)
{
    struct fst_view text = fst_compile_point_facts(c, point)->slicing, rules = fst_facts_cut(&text, ";"), word = fst_facts_cut(&rules, ",");
    uint32_t        n = 0;
    point_at(c, point)->slicing = FST_SLICING_OPEN;
    for (size_t i = 0; i < FST_COUNT(rule_names); i++)
        if (fst_view_is(word, rule_names[i].rules))
            point_at(c, point)->slicing = (uint8_t)rule_names[i].slicing;
    point_at(c, point)->is_ordered = fst_view_is(rules, "ordered");
    while (text.n && n < MAX_DISCRIMINATORS) {
        struct fst_view one = fst_facts_cut(&text, ";");
        out[n].type = fst_facts_cut(&one, ":");
        out[n++].path = one;
    }
    struct fst_view path = pooled(c, point_at(c, point)->path), name = pooled(c, point_at(c, point)->name);
    bool            is_extension = fst_view_is(name, "extension") || fst_view_is(name, "modifierExtension");
    bool            is_choice = path.n > 3 && !memcmp(path.p + path.n - 3, "[x]", 3);
    if (!n && (is_extension || is_choice)) {
        out[n].type = fst_view_of(is_extension ? "value" : "type");
        out[n++].path = fst_view_of(is_extension ? "url" : "$this");
    }
    return n;
}

/* ---- the end of a path */

struct end { /* where a discriminator's path ends, within a slice */
    uint32_t point; /* 0: in a value */
    uint32_t value; /* what that place's fixed value or pattern has there; 0: none */
};

/* The first step of the path, its arguments included, which `path` moves past. */
static struct fst_view next_step(struct fst_view *path)
{
    size_t n = 0;
    int    depth = 0;
    for (; n < path->n && (depth || path->p[n] != '.'); n++)
        depth += (path->p[n] == '(') - (path->p[n] == ')');
    struct fst_view step = fst_view_n(path->p, n);
    *path = fst_view_from(*path, n + 1);
    return step;
}

static uint32_t member_of(struct fst_compiler *c, uint32_t value, struct fst_view name)
{
    while (value && value_at(c, value)->kind == FST_JSON_ARRAY)
        value = value_at(c, value)->next > value + 1 ? value + 1 : 0;
    if (!value || value_at(c, value)->kind != FST_JSON_OBJECT)
        return 0;
    for (uint32_t i = value + 1; i < value_at(c, value)->next; i = value_at(c, i)->next)
        if (fst_view_equal(pooled(c, value_at(c, i)->name), name))
            return i;
    return 0;
}

static bool find_criterion(struct fst_compiler *c, struct end at, struct fst_view path, struct fst_view type, unsigned depth, struct end *out);

static bool is_criterion(struct fst_compiler *c, struct end at, struct fst_view type)
{
    const struct fst_point_row *p = at.point ? point_at(c, at.point) : NULL;
    if (p && !p->max)
        return true;
    if (fst_view_is(type, "type"))
        return p && p->kind_count;
    if (fst_view_is(type, "exists"))
        return p && p->min;
    if (fst_view_is(type, "profile"))
        return p && p->kind_count;
    return at.value || (p && p->binding != FST_NONE &&
                        FST_ROW(c, bindings, struct fst_binding_row, p->binding)->strength == FST_STRENGTH_REQUIRED);
}

/* The extension of that url among the point's slices of extensions. */
static bool is_extension_of(struct fst_compiler *c, uint32_t slice, struct fst_view url)
{
    struct end end, start = { slice, 0 };
    if (find_criterion(c, start, fst_view_of("url"), fst_view_of("value"), 0, &end) && end.value)
        return fst_view_equal(pooled(c, value_at(c, end.value)->text), url);
    return false;
}

static bool in_children(struct fst_compiler *c, struct end at, struct fst_view step, struct fst_view rest, struct fst_view type,
                        unsigned depth, struct end *out)
{
    struct fst_view step_rest = step, name = fst_facts_cut(&step_rest, "("), url = { 0 };
    if (fst_view_is(name, "extension") && step_rest.n > 3)
        url = fst_view_n(step_rest.p + 1, step_rest.n - 3);
    if (name.n > 3 && !memcmp(name.p + name.n - 3, "[x]", 3))
        name.n -= 3;
    for (uint32_t i = point_at(c, at.point)->children; i; i = point_at(c, i)->next) {
        if (!fst_view_equal(pooled(c, point_at(c, i)->name), name))
            continue;
        if (!url.n && find_criterion(c, (struct end){ i, point_at(c, i)->value }, rest, type, depth + 1, out))
            return true;
        for (uint32_t s = point_at(c, i)->slices; s; s = point_at(c, s)->next)
            if ((!url.n || is_extension_of(c, s, url)) &&
                find_criterion(c, (struct end){ s, point_at(c, s)->value }, rest, type, depth + 1, out))
                return true;
    }
    return false;
}

/* In the profiles that the point's types must keep to: an extension's url is what its profile is called by. */
static bool in_profiles(struct fst_compiler *c, struct end at, struct fst_view path, struct fst_view type, unsigned depth, struct end *out)
{
    struct fst_point_row p = *point_at(c, at.point);
    for (uint32_t k = 0; k < p.kind_count; k++) {
        struct fst_kind_row kind = *FST_ROW(c, kinds, struct fst_kind_row, p.kinds + k);
        for (uint32_t i = 0; i < kind.profile_count; i++) {
            uint32_t               link = *FST_ROW(c, links, uint32_t, kind.profiles + i);
            struct fst_profile_row q = *FST_ROW(c, profiles, struct fst_profile_row, link);
            if (find_criterion(c, (struct end){ q.point, 0 }, path, type, depth + 1, out))
                return true;
        }
    }
    return false;
}

static bool find_criterion(struct fst_compiler *c, struct end at, struct fst_view path, struct fst_view type, unsigned depth, struct end *out)
{
    struct fst_view whole = path, step;
    do {
        step = next_step(&path);
    } while (step.n && (fst_view_is(step, "$this") || fst_view_starts(step, "ofType(") || fst_view_is(step, "resolve()")));
    if (depth > MAX_STEPS)
        return false;
    if (!step.n) {
        *out = at;
        return is_criterion(c, at, type) || (at.point && !fst_view_is(type, "profile") && in_profiles(c, at, whole, type, depth, out));
    }
    if (at.point && in_children(c, at, step, path, type, depth, out))
        return true;
    uint32_t member = member_of(c, at.value, step);
    if (member && find_criterion(c, (struct end){ 0, member }, path, type, depth + 1, out))
        return true;
    return at.point && in_profiles(c, at, whole, type, depth, out);
}

/* ---- tests */

static uint32_t path_of(struct fst_compiler *c, struct fst_view path)
{
    if (fst_view_is(path, "$this") || !path.n)
        return 0;
    if (path.n > 3 && !memcmp(path.p + path.n - 3, "[x]", 3))
        path.n -= 3;
    struct fst_pool_str text = fst_compile_intern(c, path);
    for (uint32_t i = 1; i < c->paths.count; i++)
        if (FST_ROW(c, paths, struct fst_pool_str, i)->at == text.at)
            return i;
    struct fst_pool_str *row = fst_rows_add(c, &c->paths);
    if (!row)
        return 0;
    *row = text;
    return c->paths.count - 1;
}

/* "subject.resolve()" is `subject`, resolved. */
static bool cut_resolve(struct fst_view *path)
{
    static const char call[] = "resolve()";
    size_t            n = sizeof call - 1;
    if (path->n < n || memcmp(path->p + path->n - n, call, n))
        return false;
    path->n -= n + (path->n > n);
    return true;
}

/* The types of the point, of references those that they may lead to. */
static void test_types(struct fst_compiler *c, const struct fst_point_row *p, struct fst_view path, struct fst_test_row *t)
{
    bool resolved = path.n && memmem(path.p, path.n, "resolve()", strlen("resolve()"));
    t->kind = FST_TEST_TYPE;
    t->at = p->kinds;
    t->count = p->kind_count;
    if (!resolved)
        return;
    t->at = c->kinds.count;
    for (uint32_t k = 0; k < p->kind_count && !c->failed; k++) {
        uint32_t targets = FST_ROW(c, kinds, struct fst_kind_row, p->kinds + k)->targets;
        uint16_t count = targets == UINT32_MAX ? 0 : *FST_ROW(c, targets, uint16_t, targets);
        for (uint16_t i = 1; i <= count && !c->failed; i++) {
            fst_def              def = *FST_ROW(c, targets, uint16_t, targets + i);
            struct fst_kind_row *row = fst_rows_add(c, &c->kinds);
            if (row)
                *row = (struct fst_kind_row){ .def = def, .targets = UINT32_MAX };
        }
    }
    t->count = c->kinds.count - t->at;
}

static void test_profiles(struct fst_compiler *c, const struct fst_point_row *p, struct fst_test_row *t)
{
    t->kind = FST_TEST_PROFILE;
    t->at = c->links.count;
    for (uint32_t k = 0; k < p->kind_count && !c->failed; k++) {
        struct fst_kind_row kind = *FST_ROW(c, kinds, struct fst_kind_row, p->kinds + k);
        for (uint32_t i = 0; i < kind.profile_count && !c->failed; i++) {
            uint32_t  link = *FST_ROW(c, links, uint32_t, kind.profiles + i);
            uint32_t *row = fst_rows_add(c, &c->links);
            if (row)
                *row = link;
        }
    }
    t->count = c->links.count - t->at;
}

static bool make_test(struct fst_compiler *c, uint32_t slice, struct discriminator d, struct fst_test_row *t)
{
    struct end      end, start = { slice, point_at(c, slice)->value };
    struct fst_view path = d.path;
    *t = (struct fst_test_row){ .resolved = cut_resolve(&path) };
    t->path = path_of(c, path);
    if (fst_view_is(d.type, "pattern"))
        d.type = fst_view_of("value");
    if (!find_criterion(c, start, d.path, d.type, 0, &end))
        return false;
    struct fst_point_row p = end.point ? *point_at(c, end.point) : (struct fst_point_row){ .max = 1 };
    if (!p.max)
        t->kind = FST_TEST_ABSENT;
    else if (fst_view_is(d.type, "type"))
        test_types(c, &p, d.path, t);
    else if (fst_view_is(d.type, "profile"))
        test_profiles(c, &p, t);
    else if (fst_view_is(d.type, "exists"))
        t->kind = FST_TEST_EXISTS;
    else {
        t->kind = end.value ? FST_TEST_VALUE : FST_TEST_BINDING;
        t->at = end.value ? end.value : p.binding;
    }
    return t->kind != FST_TEST_PROFILE || t->count;
}

static void set_tests(struct fst_compiler *c, uint32_t slice, const struct discriminator *d, uint32_t count)
{
    uint32_t first = c->tests.count;
    for (uint32_t i = 0; i < count && !c->failed; i++) {
        struct fst_test_row t, *row;
        if (make_test(c, slice, d[i], &t) && (row = fst_rows_add(c, &c->tests)))
            *row = t;
    }
    point_at(c, slice)->tests = first;
    point_at(c, slice)->test_count = c->tests.count - first;
}

static void set_all(struct fst_compiler *c, uint32_t point, const struct discriminator *d, uint32_t count)
{
    for (uint32_t s = point_at(c, point)->slices; s && !c->failed; s = point_at(c, s)->next) {
        set_tests(c, s, d, count);
        if (point_at(c, s)->slices && !fst_compile_point_facts(c, s)->slicing.n)
            set_all(c, s, d, count); /* slices of the slice, told apart in the same way */
    }
}

void fst_compile_slices(struct fst_compiler *c, uint32_t point)
{
    struct discriminator d[MAX_DISCRIMINATORS];
    uint32_t             count = read_slicing(c, point, d);
    set_all(c, point, d, count);
}
