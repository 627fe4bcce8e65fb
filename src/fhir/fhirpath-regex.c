#include "fhir/fhirpath-regex.h"

#include <regex.h>
#include <string.h>

enum { CEILING = 1 << 20 };

static const char *class_of(char c)
{
    return c == 's' ? "[:space:]" : c == 'd' ? "0-9" : c == 'w' ? "A-Za-z0-9_" : NULL;
}

/* A bracket: "]" goes first and "-" last, since a backslash means nothing there. Returns what is behind it. */
static size_t translate_bracket(struct fst_buf *out, struct fst_view p, size_t i)
{
    struct fst_buf set;
    bool           closing = false, dash = false;

    fst_buf_init(&set, CEILING);
    fst_buf_add_char(out, '[');
    i++;
    if (i < p.n && p.p[i] == '^') {
        fst_buf_add_char(out, '^');
        i++;
    }
    for (; i < p.n && p.p[i] != ']'; i++) {
        char c = p.p[i];
        if (c == '\\' && i + 1 < p.n) {
            c = p.p[++i];
            if (class_of(c)) {
                fst_buf_add_str(&set, class_of(c));
                continue;
            }
            if (c == ']' || c == '-') {
                closing |= c == ']';
                dash |= c == '-';
                continue;
            }
            c = (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c);
        }
        fst_buf_add_char(&set, c);
    }
    if (closing)
        fst_buf_add_char(out, ']');
    fst_buf_add_view(out, fst_buf_view(&set));
    fst_buf_add_str(out, dash ? "-]" : "]");
    fst_buf_clear(&set);
    return i + 1;
}

void fst_regex_translate(struct fst_buf *out, struct fst_view p)
{
    for (size_t i = 0; i < p.n;) {
        if (p.p[i] == '[') {
            i = translate_bracket(out, p, i);
        } else if (p.p[i] == '\\' && i + 1 < p.n) {
            char        c = p.p[i + 1];
            const char *set = class_of((char)(c | 0x20));
            if (set && (c | 0x20) == c)
                fst_buf_addf(out, "[%s]", set);
            else if (set)
                fst_buf_addf(out, "[^%s]", set);
            else if (strchr(".[]{}()*+?^$|\\", c))
                fst_buf_addf(out, "\\%c", c);
            else
                fst_buf_add_char(out, (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c));
            i += 2;
        } else {
            fst_buf_add_char(out, p.p[i++]);
        }
    }
}

static bool compile(regex_t *r, struct fst_view pattern, bool whole)
{
    struct fst_buf text;
    bool           ok;

    fst_buf_init(&text, CEILING);
    fst_buf_add_str(&text, whole ? "^(" : "");
    fst_regex_translate(&text, pattern);
    fst_buf_add_str(&text, whole ? ")$" : "");
    ok = !regcomp(r, fst_buf_str(&text), REG_EXTENDED);
    fst_buf_clear(&text);
    return ok;
}

bool fst_regex_matches(struct fst_view pattern, struct fst_view text, bool whole, bool *known)
{
    regex_t    r;
    regmatch_t at = { 0, (regoff_t)text.n };
    bool       matches;

    *known = compile(&r, pattern, whole);
    if (!*known)
        return false;
    matches = !regexec(&r, text.p, 1, &at, REG_STARTEND);
    regfree(&r);
    return matches;
}

bool fst_regex_replace(struct fst_buf *out, struct fst_view pattern, struct fst_view text, struct fst_view by)
{
    regex_t r;
    size_t  from = 0;

    if (!compile(&r, pattern, false))
        return false;
    while (from < text.n) {
        regmatch_t at = { (regoff_t)from, (regoff_t)text.n };
        if (regexec(&r, text.p, 1, &at, REG_STARTEND | (from ? REG_NOTBOL : 0)) || at.rm_eo == at.rm_so)
            break;
        fst_buf_add(out, text.p + from, (size_t)at.rm_so - from);
        fst_buf_add_view(out, by);
        from = (size_t)at.rm_eo;
    }
    fst_buf_add(out, text.p + from, text.n - from);
    regfree(&r);
    return true;
}
