#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fhir/fhirpath-private.h"

enum { MAX_DEPTH = 100 };

static const struct { const char *name; unsigned least, most; } functions[] = {
#define FN_ROW(name, least, most) { #name, least, most },
    FST_PATH_FUNCTIONS(FN_ROW)
#undef FN_ROW
};

struct parser {
    struct fst_arena *arena;
    const char       *at, *end;
    unsigned          depth;
    const char       *why; /* not NULL: gave up */
    bool              local;
};

static void *give_up(struct parser *p, const char *why)
{
    if (!p->why)
        p->why = why;
    return NULL;
}

static struct fst_path_expr *make(struct parser *p, enum fst_path_op op)
{
    struct fst_path_expr *e = fst_arena_zalloc(p->arena, sizeof *e);
    if (!e)
        return give_up(p, "out of memory");
    e->op = op;
    return e;
}

/* ---- words */

static void skip_space(struct parser *p)
{
    for (;;) {
        while (p->at < p->end && strchr(" \t\r\n", *p->at) && *p->at)
            p->at++;
        if (p->end - p->at >= 2 && p->at[0] == '/' && p->at[1] == '/') {
            while (p->at < p->end && *p->at != '\n')
                p->at++;
        } else if (p->end - p->at >= 2 && p->at[0] == '/' && p->at[1] == '*') {
            const char *close = memmem(p->at, (size_t)(p->end - p->at), "*/", 2);
            if (!close)
                give_up(p, "a comment is not closed");
            p->at = close ? close + 2 : p->end;
        } else {
            return;
        }
    }
}

static bool is_word(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static struct fst_view peek_word(struct parser *p)
{
    const char *q;
    skip_space(p);
    q = p->at;
    while (q < p->end && is_word(*q, q == p->at))
        q++;
    return fst_view_n(p->at, (size_t)(q - p->at));
}

static bool take_word(struct parser *p, const char *word)
{
    struct fst_view w = peek_word(p);
    if (!fst_view_is(w, word))
        return false;
    p->at += w.n;
    return true;
}

static bool take(struct parser *p, const char *sign)
{
    size_t n = strlen(sign);
    skip_space(p);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, sign, n) != 0)
        return false;
    p->at += n;
    return true;
}

/* Behind "\\u": four hexadecimal digits, as UTF-8. Its length. */
static size_t put_unicode(char *to, const char *digits)
{
    char     text[5] = { digits[0], digits[1], digits[2], digits[3], 0 };
    unsigned code = (unsigned)strtoul(text, NULL, 16);

    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xC0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    to[0] = (char)(0xE0 | code >> 12);
    to[1] = (char)(0x80 | (code >> 6 & 0x3F));
    to[2] = (char)(0x80 | (code & 0x3F));
    return 3;
}

/* What stands between quotes, escapes undone. */
static struct fst_view take_quoted(struct parser *p)
{
    char       *out = fst_arena_alloc(p->arena, (size_t)(p->end - p->at) + 1), *to = out;
    char        quote = *p->at++;
    const char *from = out;

    if (!out) {
        give_up(p, "out of memory");
        return (struct fst_view){ 0 };
    }
    while (p->at < p->end && *p->at != quote) {
        char c = *p->at++;
        if (c == '\\' && p->at < p->end) {
            c = *p->at++;
            if (c == 'u' && p->end - p->at >= 4) {
                to += put_unicode(to, p->at);
                p->at += 4;
                continue;
            }
            c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c == 'f' ? '\f' : c);
        }
        *to++ = c;
    }
    if (p->at == p->end)
        give_up(p, "a quote is not closed");
    else
        p->at++;
    return fst_view_n(from, (size_t)(to - from));
}

static struct fst_view take_name(struct parser *p)
{
    struct fst_view w;
    skip_space(p);
    if (p->at < p->end && (*p->at == '`' || *p->at == '"'))
        return take_quoted(p);
    w = peek_word(p);
    if (!w.n)
        give_up(p, "a name is missing");
    p->at += w.n;
    return w;
}

/* "Patient", "FHIR.Patient", "System.String" */
static void take_type(struct parser *p, struct fst_path_expr *e)
{
    e->text = take_name(p);
    while (take(p, ".")) {
        e->space = e->text;
        e->text = take_name(p);
    }
}

/* ---- expressions, from the loosest operator to the tightest */

static struct fst_path_expr *parse_expr(struct parser *p);

static struct fst_path_expr *parse_call(struct parser *p, struct fst_path_expr *left, struct fst_view name)
{
    struct fst_path_expr *e = make(p, FST_OP_CALL);
    size_t                f = 0;

    if (!e)
        return NULL;
    while (f < FST_FN_COUNT && !fst_view_is(name, functions[f].name))
        f++;
    if (f == FST_FN_COUNT)
        return give_up(p, "a function that is not known");
    e->function = (enum fst_path_function)f;
    e->left = left;
    if (f == FST_FN_is || f == FST_FN_as || f == FST_FN_ofType) {
        take_type(p, e);
        e->arg_count = 1;
    } else if (!take(p, ")")) {
        do {
            if (e->arg_count == FST_PATH_ARGS)
                return give_up(p, "too many arguments");
            e->args[e->arg_count++] = parse_expr(p);
        } while (!p->why && take(p, ","));
        if (!take(p, ")"))
            return give_up(p, "a closing bracket is missing");
        p->at--; /* taken once more below */
    } else {
        p->at--;
    }
    if (!take(p, ")"))
        return give_up(p, "a closing bracket is missing");
    if (e->arg_count < functions[f].least || e->arg_count > functions[f].most)
        return give_up(p, "a wrong number of arguments");
    if (!left || f == FST_FN_descendants || f == FST_FN_resolve || f == FST_FN_children || f == FST_FN_repeat || f == FST_FN_aggregate)
        p->local = false;
    return e;
}

/* A name, or a call, of `left`. */
static struct fst_path_expr *parse_member(struct parser *p, struct fst_path_expr *left)
{
    struct fst_path_expr *e;
    struct fst_view       name = take_name(p);

    if (p->why)
        return NULL;
    if (take(p, "("))
        return parse_call(p, left, name);
    e = make(p, FST_OP_MEMBER);
    if (e) {
        e->left = left;
        e->text = name;
        if (!left && name.n && name.p[0] >= 'A' && name.p[0] <= 'Z') /* the type of the context itself */
            p->local = false;
    }
    return e;
}

static struct fst_path_expr *parse_number(struct parser *p)
{
    struct fst_path_expr *e = make(p, FST_OP_NUMBER);
    const char           *from = p->at;
    char                  text[64];

    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    if (e && p->end - p->at >= 2 && p->at[0] == '.' && p->at[1] >= '0' && p->at[1] <= '9') {
        e->decimal = true;
        p->at++;
        while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
            p->at++;
    }
    if (!e || (size_t)(p->at - from) >= sizeof text)
        return give_up(p, "a number that is too long");
    memcpy(text, from, (size_t)(p->at - from));
    text[p->at - from] = '\0';
    e->number = strtod(text, NULL);
    return e;
}

static struct fst_view join_text(struct parser *p, const char *head, struct fst_view tail)
{
    size_t n = strlen(head);
    char  *text = fst_arena_alloc(p->arena, n + tail.n);

    if (!text) {
        give_up(p, "out of memory");
        return (struct fst_view){ 0 };
    }
    memcpy(text, head, n);
    if (tail.n)
        memcpy(text + n, tail.p, tail.n);
    return fst_view_n(text, n + tail.n);
}

static bool is_in(char c, const char *set)
{
    return c && strchr(set, c);
}

/* Behind "@": a date, "T" and a time of the day, or both with a time zone maybe. */
static struct fst_path_expr *parse_moment(struct parser *p)
{
    struct fst_path_expr *e = make(p, FST_OP_MOMENT);
    const char           *from = p->at;

    if (!e)
        return NULL;
    e->kind = FST_PATH_DATE;
    while (p->at < p->end && is_in(*p->at, "0123456789-"))
        p->at++;
    if (p->at < p->end && *p->at == 'T') {
        e->kind = p->at == from ? FST_PATH_TIME : FST_PATH_DATETIME;
        from += p->at == from;
        p->at++;
        while (p->at < p->end && (is_in(*p->at, "0123456789:") || (*p->at == '.' && p->at + 1 < p->end && is_in(p->at[1], "0123456789"))))
            p->at++;
        if (p->at < p->end && *p->at == 'Z')
            p->at++;
        else if (p->end - p->at >= 6 && is_in(*p->at, "+-") && p->at[3] == ':')
            p->at += 6;
    }
    e->text = fst_view_n(from, (size_t)(p->at - from));
    while (e->text.n && e->text.p[e->text.n - 1] == 'T')
        e->text.n--;
    return e->text.n || p->why ? e : give_up(p, "a date or time is missing behind @");
}

/* A number, and a unit maybe: 10 'mg', 1 year. */
static struct fst_path_expr *parse_quantity(struct parser *p)
{
    static const char     units[] = " year month week day hour minute second millisecond ";
    struct fst_path_expr *e = parse_number(p);
    struct fst_view       word;
    char                  padded[24];

    if (!e)
        return NULL;
    skip_space(p);
    if (p->at < p->end && *p->at == '\'') {
        e->op = FST_OP_QUANTITY;
        e->text = take_quoted(p);
        return e;
    }
    word = peek_word(p);
    if (!word.n || word.n > 12)
        return e;
    snprintf(padded, sizeof padded, " %.*s ", (int)(word.n - (word.p[word.n - 1] == 's')), word.p);
    if (!strstr(units, padded))
        return e;
    e->op = FST_OP_QUANTITY;
    e->text = fst_view_n(word.p, word.n - (word.p[word.n - 1] == 's'));
    p->at += word.n;
    return e;
}

static struct fst_path_expr *parse_term(struct parser *p)
{
    struct fst_path_expr *e;

    skip_space(p);
    if (p->at == p->end)
        return give_up(p, "the expression breaks off");
    if (take(p, "(")) {
        e = parse_expr(p);
        return p->why ? NULL : take(p, ")") ? e : give_up(p, "a closing bracket is missing");
    }
    if (take(p, "{"))
        return take(p, "}") ? make(p, FST_OP_EMPTY) : give_up(p, "a closing bracket is missing");
    if (*p->at == '\'') {
        e = make(p, FST_OP_STRING);
        if (e)
            e->text = take_quoted(p);
        return e;
    }
    if (*p->at >= '0' && *p->at <= '9')
        return parse_quantity(p);
    if (take(p, "@"))
        return parse_moment(p);
    if (take(p, "%")) {
        e = make(p, FST_OP_VARIABLE);
        p->local = false;
        if (e)
            e->text = p->at < p->end && *p->at == '\'' ? take_quoted(p) : take_name(p);
        if (e && (fst_view_starts(e->text, "vs-") || fst_view_starts(e->text, "ext-"))) {
            bool is_set = e->text.p[0] == 'v';
            e->op = FST_OP_STRING;
            e->text = join_text(p, is_set ? "http://hl7.org/fhir/ValueSet/" : "http://hl7.org/fhir/StructureDefinition/",
                                fst_view_from(e->text, is_set ? 3 : 4));
            p->local = true;
        } else if (e && fst_view_is(e->text, "ucum")) {
            e->op = FST_OP_STRING;
            e->text = (struct fst_view)FST_VIEW("http://unitsofmeasure.org");
            p->local = true;
        }
        return e;
    }
    if (take(p, "$")) {
        p->local = false;
        return take_word(p, "this") ? make(p, FST_OP_THIS) : take_word(p, "index") ? make(p, FST_OP_INDEX) : take_word(p, "total") ? make(p, FST_OP_TOTAL) : give_up(p, "an unknown $variable");
    }
    if (take_word(p, "true") || take_word(p, "false")) {
        e = make(p, FST_OP_BOOLEAN);
        if (e)
            e->boolean = p->at[-2] == 'u';
        return e;
    }
    return parse_member(p, NULL);
}

static struct fst_path_expr *parse_postfix(struct parser *p)
{
    struct fst_path_expr *e = parse_term(p);

    while (!p->why) {
        if (take(p, "[")) {
            struct fst_path_expr *item = make(p, FST_OP_ITEM);
            if (!item)
                return NULL;
            item->left = e;
            item->right = parse_expr(p);
            if (!take(p, "]"))
                return give_up(p, "a closing bracket is missing");
            e = item;
        } else if (take(p, ".")) {
            e = parse_member(p, e);
        } else {
            break;
        }
    }
    return e;
}

static struct fst_path_expr *parse_unary(struct parser *p)
{
    struct fst_path_expr *e;

    if (take(p, "+"))
        return parse_unary(p);
    if (!take(p, "-"))
        return parse_postfix(p);
    e = make(p, FST_OP_NEGATE);
    if (e)
        e->left = parse_unary(p);
    return e;
}

/* Operators by level, loosest first; words are operators only as whole words. */
static const struct { const char *sign; bool word; enum fst_path_op op; unsigned level; } operators[] = {
    { "implies", true, FST_OP_IMPLIES, 0 },
    { "or", true, FST_OP_OR, 1 }, { "xor", true, FST_OP_XOR, 1 },
    { "and", true, FST_OP_AND, 2 },
    { "in", true, FST_OP_IN, 3 }, { "contains", true, FST_OP_CONTAINS, 3 },
    { "!=", false, FST_OP_NOT_EQUAL, 4 }, { "!~", false, FST_OP_NOT_LIKE, 4 }, { "=", false, FST_OP_EQUAL, 4 }, { "~", false, FST_OP_LIKE, 4 },
    { "<=", false, FST_OP_LESS_EQUAL, 5 }, { ">=", false, FST_OP_GREATER_EQUAL, 5 }, { "<", false, FST_OP_LESS, 5 }, { ">", false, FST_OP_GREATER, 5 },
    { "|", false, FST_OP_UNION, 6 },
    { "is", true, FST_OP_IS, 7 }, { "as", true, FST_OP_AS, 7 },
    { "+", false, FST_OP_ADD, 8 }, { "-", false, FST_OP_SUBTRACT, 8 }, { "&", false, FST_OP_JOIN, 8 },
    { "*", false, FST_OP_MULTIPLY, 9 }, { "/", false, FST_OP_DIVIDE, 9 }, { "div", true, FST_OP_DIV, 9 }, { "mod", true, FST_OP_MOD, 9 },
};
enum { LEVELS = 10 };

static bool take_operator(struct parser *p, unsigned level, enum fst_path_op *op)
{
    for (size_t i = 0; i < FST_COUNT(operators); i++)
        if (operators[i].level == level && (operators[i].word ? take_word(p, operators[i].sign) : take(p, operators[i].sign))) {
            *op = operators[i].op;
            return true;
        }
    return false;
}

static struct fst_path_expr *parse_level(struct parser *p, unsigned level)
{
    struct fst_path_expr *left = level + 1 < LEVELS ? parse_level(p, level + 1) : parse_unary(p);
    enum fst_path_op      op;

    while (!p->why && take_operator(p, level, &op)) {
        struct fst_path_expr *e = make(p, op);
        if (!e)
            return NULL;
        e->left = left;
        if (op == FST_OP_IS || op == FST_OP_AS) {
            take_type(p, e);
        } else {
            e->right = level + 1 < LEVELS ? parse_level(p, level + 1) : parse_unary(p);
        }
        left = e;
    }
    return left;
}

static struct fst_path_expr *parse_expr(struct parser *p)
{
    struct fst_path_expr *e;

    if (++p->depth > MAX_DEPTH)
        return give_up(p, "nested too deeply");
    e = parse_level(p, 0);
    p->depth--;
    return e;
}

struct fst_path_program *fst_path_compile(struct fst_arena *arena, struct fst_view text, const char **why)
{
    struct parser            p = { .arena = arena, .at = text.p, .end = text.p + text.n, .local = true };
    struct fst_path_program *program = fst_arena_zalloc(arena, sizeof *program);

    *why = NULL;
    if (!program) {
        *why = "out of memory";
        return NULL;
    }
    program->root = parse_expr(&p);
    skip_space(&p);
    if (!p.why && p.at != p.end)
        p.why = "something stands behind the expression";
    program->local = p.local;
    *why = p.why;
    return p.why ? NULL : program;
}

void fst_path_each(const struct fst_path_expr *expr, fst_path_expr_fn *fn, void *ctx)
{
    if (!expr)
        return;
    fn(ctx, expr);
    fst_path_each(expr->left, fn, ctx);
    fst_path_each(expr->right, fn, ctx);
    for (unsigned i = 0; i < expr->arg_count; i++)
        fst_path_each(expr->args[i], fn, ctx);
}

struct naming {
    fst_path_name_fn *fn;
    void             *ctx;
};

static void name_member(void *ctx, const struct fst_path_expr *expr)
{
    struct naming *n = ctx;
    if (expr->op == FST_OP_MEMBER && !expr->left)
        n->fn(n->ctx, expr->text);
}

void fst_path_names(const struct fst_path_program *p, fst_path_name_fn *fn, void *ctx)
{
    struct naming n = { fn, ctx };
    fst_path_each(p->root, name_member, &n);
}
