/* Compiles a pattern into a small tree, and walks it over the text with backtracking. The model's patterns have no
 * repeated group around a repeated set, so the walk stays near linear; a set's repeats are counted, not recursed. */
#include "healthlake/pattern.h"

#include <ctype.h>

enum { SET, GROUP, ALTERNATIVE };

/* ---- categories: a range { CATEGORY + negated, category }; no code point is as high as CATEGORY */

#define CATEGORY UINT32_C(0xFFFFFFF0)

enum category {
#define FST_CATEGORY(name, ranges) CATEGORY_##name,
#include "healthlake/unicode.def"
    CATEGORY_COUNT
};

#define R(low, high) { low, high },
#define FST_CATEGORY(name, ranges) static const struct fst_pattern_range ranges_##name[] = { ranges };
#include "healthlake/unicode.def"

static bool in_category(uint32_t c, enum category category)
{
    static const struct { const struct fst_pattern_range *ranges; size_t count; } table[] = {
#define FST_CATEGORY(name, ranges) { ranges_##name, FST_COUNT(ranges_##name) },
#include "healthlake/unicode.def"
    };
    size_t low = 0, high = table[category].count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > table[category].ranges[middle].high)
            low = middle + 1;
        else
            high = middle;
    }
    return low < table[category].count && c >= table[category].ranges[low].low;
}

/* ---- compiling */

struct compiler {
    struct fst_pattern *p;
    const char         *at; /* in the pattern's text, which is NUL-terminated */
    bool                failed;
};

static uint8_t add_node(struct compiler *c, uint8_t kind)
{
    if (c->p->node_count == FST_PATTERN_NODES) {
        c->failed = true;
        return 0;
    }
    c->p->nodes[c->p->node_count] = (struct fst_pattern_node){ .kind = kind, .first = c->p->range_count, .min = 1, .max = 1 };
    return c->p->node_count++;
}

static void add_range(struct compiler *c, uint8_t set, uint32_t low, uint32_t high)
{
    if (c->p->range_count == FST_PATTERN_RANGES) {
        c->failed = true;
        return;
    }
    c->p->ranges[c->p->range_count++] = (struct fst_pattern_range){ low, high };
    c->p->nodes[set].count++;
}

/* Behind "\p" or "\P": "{name}". */
static void add_category(struct compiler *c, uint8_t set, bool negated)
{
    static const struct { const char *text; enum category category; } names[] = {
#define FST_CATEGORY(name, ranges) { "{" #name "}", CATEGORY_##name },
#include "healthlake/unicode.def"
    };
    if (!negated && !strncmp(c->at, "{ASCII}", 7)) {
        c->at += 7;
        add_range(c, set, 0, 0x7F);
        return;
    }
    for (size_t i = 0; i < FST_COUNT(names); i++)
        if (!strncmp(c->at, names[i].text, 3)) {
            c->at += 3;
            add_range(c, set, CATEGORY + negated, names[i].category);
            return;
        }
    c->failed = true;
}

/* Behind a backslash: a class, or a character that stands for itself. True: *literal is that character. */
static bool parse_escape(struct compiler *c, uint8_t set, char *literal)
{
    char e = *c->at;
    if (e)
        c->at++;
    if (e == 'd')
        add_range(c, set, '0', '9');
    else if (e == 'p' || e == 'P')
        add_category(c, set, e == 'P');
    else if (!e || isalnum((unsigned char)e))
        c->failed = true;
    else {
        *literal = e;
        return true;
    }
    return false;
}

/* Behind "[". A hyphen at an end, or behind a range, stands for itself. */
static void parse_class(struct compiler *c, uint8_t set)
{
    if (*c->at == '^') {
        c->p->nodes[set].negated = true;
        c->at++;
    }
    while (!c->failed && *c->at != ']') {
        char low = *c->at++;
        if (!low || low == '[' || (unsigned char)low >= 0x80)
            c->failed = true;
        if (low == '\\' && !parse_escape(c, set, &low))
            continue;
        char high = low;
        if (c->at[0] == '-' && c->at[1] && c->at[1] != ']' && c->at[1] != '\\' && isalnum((unsigned char)low)) {
            high = c->at[1];
            c->at += 2;
            c->failed = c->failed || high < low;
        }
        add_range(c, set, (uint8_t)low, (uint8_t)high);
    }
    if (!c->failed)
        c->at++;
}

static uint32_t parse_number(struct compiler *c)
{
    uint32_t n = 0;
    if (!isdigit((unsigned char)*c->at))
        c->failed = true;
    while (isdigit((unsigned char)*c->at) && n < 1000000)
        n = n * 10 + (uint32_t)(*c->at++ - '0');
    return n;
}

static void parse_repeat(struct compiler *c, struct fst_pattern_node *node)
{
    char r = *c->at;
    if (r != '?' && r != '*' && r != '+' && r != '{')
        return;
    c->at++;
    node->min = r == '+';
    node->max = r == '?' ? 1 : UINT32_MAX;
    if (r == '{') {
        node->min = node->max = parse_number(c);
        if (*c->at == ',') {
            c->at++;
            node->max = *c->at == '}' ? UINT32_MAX : parse_number(c);
        }
        if (*c->at != '}' || node->max < node->min)
            c->failed = true;
        else
            c->at++;
    }
    if (*c->at == '?')
        c->at++;
    else if (*c->at && strchr("*+{", *c->at))
        c->failed = true;
}

static void parse_group(struct compiler *c, uint8_t group);

/* One item: a set or a group, with its repeat. */
static uint8_t parse_item(struct compiler *c)
{
    char    literal = *c->at++;
    uint8_t node = add_node(c, literal == '(' ? GROUP : SET);
    if (literal == '(') {
        parse_group(c, node);
        if (*c->at == ')')
            c->at++;
        else
            c->failed = true;
    } else if (literal == '[') {
        parse_class(c, node);
    } else if (literal == '.') { /* all but the ends of lines */
        c->p->nodes[node].negated = true;
        add_range(c, node, '\n', '\n');
        add_range(c, node, '\r', '\r');
        add_range(c, node, 0x85, 0x85);
        add_range(c, node, 0x2028, 0x2029);
    } else if (strchr("?*+{}]^$", literal) || (unsigned char)literal >= 0x80) {
        c->failed = true;
    } else if (literal != '\\' || parse_escape(c, node, &literal)) {
        add_range(c, node, (uint8_t)literal, (uint8_t)literal);
    }
    if (!c->failed)
        parse_repeat(c, &c->p->nodes[node]);
    return node;
}

/* Alternatives up to ")" or the end. */
static void parse_group(struct compiler *c, uint8_t group)
{
    uint8_t last_alternative = 0;
    do {
        uint8_t alternative = add_node(c, ALTERNATIVE), last = 0;
        c->p->nodes[alternative].first = 0;
        if (last_alternative)
            c->p->nodes[last_alternative].next = alternative;
        else
            c->p->nodes[group].first = alternative;
        last_alternative = alternative;
        while (!c->failed && *c->at && *c->at != '|' && *c->at != ')') {
            uint8_t item = parse_item(c);
            if (last)
                c->p->nodes[last].next = item;
            else
                c->p->nodes[alternative].first = item;
            last = item;
        }
    } while (!c->failed && *c->at == '|' && c->at++);
}

bool fst_pattern_compile(struct fst_pattern *p, const char *text)
{
    struct compiler c = { .p = p, .at = text };
    p->node_count = p->range_count = 0;
    uint8_t root = add_node(&c, GROUP);
    parse_group(&c, root);
    return !c.failed && !*c.at;
}

/* ---- matching */

struct matcher {
    const struct fst_pattern *p;
    const char               *end;
};

/* What comes when a group's alternative is through: the group again, or what is behind it. */
struct rest {
    uint8_t            group;
    uint32_t           passes; /* with this one */
    const char        *from;   /* where this pass began */
    const struct rest *up;     /* what comes behind the group's sequence */
};

/* The character at `s`; its length in *n. The text is valid UTF-8. */
static uint32_t decode(const char *s, size_t *n)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] < 0x80)
        return *n = 1, u[0];
    if (u[0] < 0xE0)
        return *n = 2, (u[0] & 0x1Fu) << 6 | (u[1] & 0x3Fu);
    if (u[0] < 0xF0)
        return *n = 3, (u[0] & 0x0Fu) << 12 | (u[1] & 0x3Fu) << 6 | (u[2] & 0x3Fu);
    return *n = 4, (u[0] & 0x07u) << 18 | (u[1] & 0x3Fu) << 12 | (u[2] & 0x3Fu) << 6 | (u[3] & 0x3Fu);
}

static bool set_has(const struct fst_pattern *p, const struct fst_pattern_node *set, uint32_t c)
{
    for (unsigned i = 0; i < set->count; i++) {
        const struct fst_pattern_range *r = &p->ranges[set->first + i];
        if (r->low >= CATEGORY ? in_category(c, (enum category)r->high) != (r->low > CATEGORY) : c >= r->low && c <= r->high)
            return !set->negated;
    }
    return set->negated;
}

static bool match_items(const struct matcher *m, uint8_t item, const char *at, const struct rest *rest);

static bool match_group(const struct matcher *m, uint8_t group, uint32_t passes, const char *at, const struct rest *rest)
{
    const struct fst_pattern_node *g = &m->p->nodes[group];
    struct rest                    pass = { group, passes + 1, at, rest };
    for (uint8_t a = g->first; a && passes < g->max; a = m->p->nodes[a].next)
        if (match_items(m, m->p->nodes[a].first, at, &pass))
            return true;
    return passes >= g->min && match_items(m, g->next, at, rest);
}

/* As many as there are, then ever fewer. */
static bool match_set(const struct matcher *m, const struct fst_pattern_node *set, const char *at, const struct rest *rest)
{
    uint32_t count = 0;
    while (count < set->max && at < m->end) {
        size_t n;
        if (!set_has(m->p, set, decode(at, &n)))
            break;
        at += n;
        count++;
    }
    for (;; count--) {
        if (count < set->min)
            return false;
        if (match_items(m, set->next, at, rest))
            return true;
        if (!count)
            return false;
        do
            at--;
        while ((*at & 0xC0) == 0x80);
    }
}

static bool match_items(const struct matcher *m, uint8_t item, const char *at, const struct rest *rest)
{
    if (!item) {
        if (!rest)
            return at == m->end;
        if (at == rest->from && rest->passes > m->p->nodes[rest->group].min) /* an empty pass leads nowhere new */
            return false;
        return match_group(m, rest->group, rest->passes, at, rest->up);
    }
    const struct fst_pattern_node *node = &m->p->nodes[item];
    return node->kind == GROUP ? match_group(m, item, 0, at, rest) : match_set(m, node, at, rest);
}

bool fst_pattern_matches(const struct fst_pattern *p, struct fst_view text)
{
    const char    *start = text.n ? text.p : "";
    struct matcher m = { p, start + text.n };
    return match_group(&m, 0, 0, start, NULL);
}
