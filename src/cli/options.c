#include "cli/options.h"

#include "base/str.h"

static const char *const log_formats[] = { "text", "json", NULL };
static const char *const progress_modes[] = { "auto", "plain", "json", "none", NULL };

const struct fst_opt fst_global_opts[] = {
    { 'v', "verbose", FST_OPT_REPEATED, offsetof(struct fst_globals, verbose), NULL,
      "say more on standard error; twice, tell of every request to AWS" },
    { 'q', "quiet", FST_OPT_FLAG, offsetof(struct fst_globals, quiet), NULL, "only errors on standard error" },
    { 0, "log-format", FST_OPT_CHOICE, offsetof(struct fst_globals, log_format), NULL,
      "how messages are written (default text)", log_formats },
    { 0, "progress", FST_OPT_CHOICE, offsetof(struct fst_globals, progress), NULL,
      "auto redraws in place on a terminal and writes a line every 10 s elsewhere (default auto)", progress_modes },
    { 'h', "help", FST_OPT_FLAG, offsetof(struct fst_globals, help), NULL, "show this help" },
    { 0, "version", FST_OPT_FLAG, offsetof(struct fst_globals, version), NULL, "print the version" },
    { 0 }
};

/* ---- did you mean */

enum { WORD_MAX = 40 };

/* Damerau's distance: letters added, dropped, changed or swapped with a neighbour. */
static unsigned distance(const char *a, const char *b)
{
    size_t   n = strlen(a), m = strlen(b);
    unsigned d[WORD_MAX + 1][WORD_MAX + 1];
    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            unsigned change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            unsigned best = d[i - 1][j] < d[i][j - 1] ? d[i - 1][j] + 1 : d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = change < best ? change : best;
        }
    return d[n][m];
}

void fst_suggest(struct fst_suggestion *s, const char *word, const char *name)
{
    size_t   n = strlen(word);
    bool     begins = n >= 3 && !strncmp(name, word, n);
    unsigned cost = begins ? 1 : distance(word, name);
    if (cost <= 2 && cost < strlen(name) && (!s->best || cost < s->distance)) {
        s->best = name;
        s->distance = cost;
    }
}

/* ---- one value */

enum fst_status fst_fail_usage(struct fst_error *err, const char *command, const char *fmt, ...)
{
    char    what[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    (void)fst_fail(err, FST_EUSAGE, "%s%s%s", command, *command ? ": " : "", what);
    fst_error_hint(err, "fhirstage help%s%s", *command ? " " : "", command);
    return FST_EUSAGE;
}

static enum fst_status refuse(const struct fst_parse *p, struct fst_error *err, const char *what, const char *subject)
{
    return fst_fail_usage(err, p->command, "%s '%.200s'", what, subject);
}

static enum fst_status refuse_value(const struct fst_parse *p, const struct fst_opt *opt, const char *value,
                                    const char *wanted, struct fst_error *err)
{
    return fst_fail_usage(err, p->command, "--%s: '%.200s' is not %s", opt->name, value, wanted);
}

static enum fst_status refuse_choice(const struct fst_parse *p, const struct fst_opt *opt, const char *value,
                                     struct fst_error *err)
{
    struct fst_buf b;
    fst_buf_init(&b, 4096);
    for (const char *const *c = opt->choices; *c; c++) {
        fst_buf_add_str(&b, c == opt->choices ? "" : c[1] ? ", " : " or ");
        fst_buf_add_str(&b, *c);
    }
    (void)refuse_value(p, opt, value, "one it takes", err);
    fst_error_hint(err, "--%s takes %.200s", opt->name, fst_buf_str(&b));
    fst_buf_clear(&b);
    return FST_EUSAGE;
}

static enum fst_status set_choice(const struct fst_parse *p, const struct fst_opt *opt, void *field, const char *value,
                                  struct fst_error *err)
{
    for (int i = 0; opt->choices[i]; i++)
        if (!strcmp(opt->choices[i], value)) {
            if (opt->kind == FST_OPT_CHOICE)
                *(int *)field = i;
            else
                *(const char **)field = opt->choices[i];
            return FST_OK;
        }
    return refuse_choice(p, opt, value, err);
}

static enum fst_status set_number(const struct fst_parse *p, const struct fst_opt *opt, void *field, const char *value,
                                  struct fst_error *err)
{
    uint64_t n;
    bool     size = opt->kind == FST_OPT_SIZE;
    if (size ? !fst_parse_size(&n, fst_view_of(value)) : !fst_parse_u64(&n, fst_view_of(value)))
        return refuse_value(p, opt, value, size ? "a size such as 64MiB" : "a whole number", err);
    if (n < opt->min || (opt->max && n > opt->max)) {
        char bound[64];
        snprintf(bound, sizeof bound, "at %s %llu", n < opt->min ? "least" : "most",
                 (unsigned long long)(n < opt->min ? opt->min : opt->max));
        return refuse_value(p, opt, value, bound, err);
    }
    *(uint64_t *)field = n;
    return FST_OK;
}

static enum fst_status add_string(struct fst_strings *list, const char *value, struct fst_error *err)
{
    const char **grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    if (!grown)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    list->items = grown;
    list->items[list->count++] = value;
    return FST_OK;
}

static enum fst_status set(const struct fst_parse *p, const struct fst_opt *opt, void *base, const char *value,
                           struct fst_error *err)
{
    void *field = (char *)base + opt->offset;
    switch (opt->kind) {
    case FST_OPT_FLAG:
        *(bool *)field = true;
        return FST_OK;
    case FST_OPT_REPEATED:
        ++*(unsigned *)field;
        return FST_OK;
    case FST_OPT_STRINGS:
        return add_string(field, value, err);
    case FST_OPT_COUNT:
    case FST_OPT_SIZE:
        return set_number(p, opt, field, value, err);
    case FST_OPT_DURATION:
        return fst_parse_duration_ms(field, fst_view_of(value))
                   ? FST_OK
                   : refuse_value(p, opt, value, "a duration such as 30s, 5m or 2h", err);
    default:
        break;
    }
    if (opt->choices)
        return set_choice(p, opt, field, value, err);
    *(const char **)field = value;
    return FST_OK;
}

/* ---- finding the option */

bool fst_opt_has_value(const struct fst_opt *opt)
{
    return opt->kind != FST_OPT_FLAG && opt->kind != FST_OPT_REPEATED;
}

struct found {
    const struct fst_opt *opt;
    void                 *base;
};

static struct found find(const struct fst_parse *p, const char *name, size_t n, char letter)
{
    const struct { const struct fst_opt *opts; void *base; } scopes[] = {
        { p->opts, p->args }, { fst_global_opts, p->globals }
    };
    for (size_t s = 0; s < FST_COUNT(scopes); s++)
        for (const struct fst_opt *o = scopes[s].opts; o && o->name; o++)
            if (o->kind != FST_OPT_HEADING &&
                (letter ? o->letter == letter : strlen(o->name) == n && !memcmp(o->name, name, n)))
                return (struct found){ o, scopes[s].base };
    return (struct found){ 0 };
}

static enum fst_status unknown_long(const struct fst_parse *p, const char *arg, struct fst_error *err)
{
    struct fst_suggestion s = { 0 };
    char                  name[WORD_MAX + 1];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
    for (const struct fst_opt *o = p->opts; o && o->name; o++)
        if (o->kind != FST_OPT_HEADING)
            fst_suggest(&s, name, o->name);
    for (const struct fst_opt *o = fst_global_opts; o->name; o++)
        fst_suggest(&s, name, o->name);
    (void)refuse(p, err, "unknown option", arg);
    if (s.best)
        fst_error_hint(err, "did you mean '--%s'?", s.best);
    return FST_EUSAGE;
}

/* The value behind an option that needs one: the rest of the word, or the next word. */
static enum fst_status take_value(const struct fst_parse *p, const struct fst_opt *opt, const char *const *argv,
                                  size_t argc, size_t *i, const char **value, struct fst_error *err)
{
    if (*i + 1 >= argc)
        return refuse(p, err, "missing value of", argv[*i]);
    *value = argv[++*i];
    if ((*value)[0] == '-' && (*value)[1] == '-' && (*value)[2])
        return refuse_value(p, opt, *value, "a value; write --OPTION=VALUE if it is", err);
    return FST_OK;
}

static enum fst_status parse_long(const struct fst_parse *p, const char *const *argv, size_t argc, size_t *i,
                                  struct fst_error *err)
{
    const char     *arg = argv[*i], *equals = strchr(arg, '='), *value = equals ? equals + 1 : NULL;
    struct found    f = find(p, arg + 2, equals ? (size_t)(equals - arg - 2) : strlen(arg + 2), 0);
    enum fst_status st = FST_OK;
    if (!f.opt)
        return unknown_long(p, arg, err);
    if (!fst_opt_has_value(f.opt) && value)
        return refuse(p, err, "no value is taken by", arg);
    if (f.opt->arg_optional && !value)
        value = "";
    else if (fst_opt_has_value(f.opt) && !value)
        st = take_value(p, f.opt, argv, argc, i, &value, err);
    return st ? st : set(p, f.opt, f.base, value, err);
}

static enum fst_status parse_letters(const struct fst_parse *p, const char *const *argv, size_t argc, size_t *i,
                                     struct fst_error *err)
{
    for (const char *at = argv[*i] + 1; *at; at++) {
        struct found    f = find(p, NULL, 0, *at);
        const char     *value = at + 1;
        enum fst_status st = FST_OK;
        char            shown[3] = { '-', *at, '\0' };
        if (!f.opt)
            return refuse(p, err, "unknown option", shown);
        if (fst_opt_has_value(f.opt) && !*value && !f.opt->arg_optional)
            st = take_value(p, f.opt, argv, argc, i, &value, err);
        if (!st)
            st = set(p, f.opt, f.base, value, err);
        if (st || fst_opt_has_value(f.opt))
            return st;
    }
    return FST_OK;
}

enum fst_status fst_parse_args(struct fst_parse *p, const char *const *argv, size_t argc, size_t *used, struct fst_error *err)
{
    bool   ended = false;
    size_t i = 0;
    p->operands = calloc(argc + 1, sizeof *p->operands);
    if (!p->operands)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (; i < argc; i++) {
        const char     *arg = argv[i];
        enum fst_status st = FST_OK;
        if (!ended && !strcmp(arg, "--"))
            ended = true;
        else if (!ended && arg[0] == '-' && arg[1] == '-')
            st = parse_long(p, argv, argc, &i, err);
        else if (!ended && arg[0] == '-' && arg[1])
            st = parse_letters(p, argv, argc, &i, err);
        else if (p->stop_at_operand)
            break;
        else
            p->operands[p->count++] = arg;
        if (st)
            return st;
    }
    *used = i;
    return FST_OK;
}

/* ---- is everything there */

static bool given(const struct fst_opt *opt, const void *base)
{
    const char *field = (const char *)base + opt->offset;
    switch (opt->kind) {
    case FST_OPT_STRING: return *(const char *const *)field;
    case FST_OPT_STRINGS: return ((const struct fst_strings *)field)->count;
    case FST_OPT_COUNT:
    case FST_OPT_SIZE: return *(const uint64_t *)field;
    case FST_OPT_DURATION: return *(const int64_t *)field;
    default: return true;
    }
}

enum fst_status fst_parse_complete(const struct fst_parse *p, const struct fst_cmd *cmd, struct fst_error *err)
{
    if (p->count < cmd->min_args)
        return fst_fail_usage(err, p->command, "missing argument: %s", cmd->args ? cmd->args : "");
    if (p->count > cmd->max_args)
        return refuse(p, err, "unexpected argument", p->operands[cmd->max_args]);
    for (const struct fst_opt *o = cmd->opts; o && o->name; o++)
        if (o->required && !given(o, p->args))
            return fst_fail_usage(err, p->command, "missing option: --%s=%s", o->name, o->arg ? o->arg : "VALUE");
    return FST_OK;
}

void fst_parse_clear(struct fst_parse *p)
{
    for (const struct fst_opt *o = p->args ? p->opts : NULL; o && o->name; o++)
        if (o->kind == FST_OPT_STRINGS) {
            struct fst_strings *list = (void *)((char *)p->args + o->offset);
            free(list->items);
            *list = (struct fst_strings){ 0 };
        }
    free(p->operands);
    p->operands = NULL;
    p->count = 0;
}

void fst_opt_add_synopsis(struct fst_buf *out, const struct fst_opt *opt)
{
    fst_buf_addf(out, "--%s", opt->name);
    if (!fst_opt_has_value(opt))
        return;
    fst_buf_add_str(out, opt->arg_optional ? "[=" : "=");
    if (opt->arg)
        fst_buf_add_str(out, opt->arg);
    else
        for (const char *const *c = opt->choices; c && *c; c++)
            fst_buf_addf(out, "%s%s", c == opt->choices ? "" : "|", *c);
    if (opt->arg_optional)
        fst_buf_add_char(out, ']');
}
