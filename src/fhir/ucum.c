#include "fhir/ucum.h"

#include "fhir/terms.h"

enum { MAX_NESTING = 16 };

struct unit {
    const struct fst_schema *s;
    struct fst_view          text;
    size_t                   at;
    unsigned                 depth;
    uint16_t                 prefixes, metric, other; /* systems */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool has(const struct unit *u, uint16_t system, struct fst_view code)
{
    return fst_system_has(u->s, system, code) == FST_IN_YES;
}

/* §2.1 simple-unit: an atom, or a prefix and a metric atom (prefixes have one or two letters). */
static bool is_simple(const struct unit *u, struct fst_view v)
{
    if (has(u, u->metric, v) || has(u, u->other, v))
        return true;
    for (size_t n = 1; n <= 2 && n < v.n; n++)
        if (has(u, u->prefixes, fst_view_n(v.p, n)) && has(u, u->metric, fst_view_from(v, n)))
            return true;
    return false;
}

/* annotatable: a simple unit, maybe with an exponent ("m2", "s-1", "10*+3"). */
static bool is_annotatable(const struct unit *u, struct fst_view v)
{
    if (is_simple(u, v))
        return true;
    size_t n = v.n;
    while (n && is_digit(v.p[n - 1]))
        n--;
    if (!n || n == v.n)
        return false;
    if (v.p[n - 1] == '-' || v.p[n - 1] == '+')
        n--;
    return is_simple(u, fst_view_n(v.p, n));
}

static bool is_number(struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!is_digit(v.p[i]))
            return false;
    return v.n > 0;
}

/* The symbol at u->at, up to what ends one; square brackets hold anything. */
static struct fst_view symbol(struct unit *u)
{
    size_t start = u->at;
    bool   bracket = false;
    for (; u->at < u->text.n; u->at++) {
        char c = u->text.p[u->at];
        if (c == '[' || c == ']')
            bracket = c == '[';
        else if (!bracket && strchr("./(){}", c))
            break;
    }
    return fst_view_n(u->text.p + start, u->at - start);
}

/* "{anything but braces}" */
static bool skip_annotation(struct unit *u)
{
    while (++u->at < u->text.n && u->text.p[u->at] != '}')
        if (u->text.p[u->at] == '{' || (unsigned char)u->text.p[u->at] < ' ' || (unsigned char)u->text.p[u->at] > '~')
            return false;
    return u->at++ < u->text.n;
}

static bool peek(const struct unit *u, char c)
{
    return u->at < u->text.n && u->text.p[u->at] == c;
}

static bool term(struct unit *u);

static bool component(struct unit *u)
{
    if (peek(u, '(')) {
        u->at++;
        if (u->depth++ == MAX_NESTING || !term(u) || !peek(u, ')'))
            return false;
        u->depth--;
        u->at++;
        return true;
    }
    if (peek(u, '{'))
        return skip_annotation(u);
    struct fst_view v = symbol(u);
    if (!is_number(v) && !is_annotatable(u, v))
        return false;
    return !peek(u, '{') || skip_annotation(u);
}

static bool term(struct unit *u)
{
    if (peek(u, '/'))
        u->at++;
    while (component(u)) {
        if (!peek(u, '.') && !peek(u, '/'))
            return true;
        u->at++;
    }
    return false;
}

bool fst_ucum_is_valid(const struct fst_schema *s, struct fst_view unit)
{
    static const struct fst_view prefix = FST_VIEW(FST_UCUM "#prefix"), metric = FST_VIEW(FST_UCUM "#metric"), other = FST_VIEW(FST_UCUM "#other");
    struct unit u = { .s = s, .text = unit, .prefixes = fst_system_find(s, prefix), .metric = fst_system_find(s, metric),
                      .other = fst_system_find(s, other) };
    if (u.prefixes == FST_NONE || u.metric == FST_NONE || u.other == FST_NONE)
        return true; /* profiles may be compiled without them */
    return term(&u) && u.at == unit.n;
}
