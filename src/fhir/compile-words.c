#include "fhir/compile-private.h"

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

struct fst_view fst_facts_cut(struct fst_view *text, const char *ends)
{
    size_t n = 0;
    while (n < text->n && !strchr(ends, text->p[n]))
        n++;
    struct fst_view part = { text->p, n };
    *text = fst_view_from(*text, n + 1);
    return part;
}

struct fst_type_text fst_facts_type(struct fst_view *types)
{
    struct fst_type_text t = { 0 };
    size_t           n = 0;
    while (n < types->n && !strchr("<(|", types->p[n]))
        n++;
    t.code = fst_view_n(types->p, n);
    *types = fst_view_from(*types, n);
    if (types->n && types->p[0] == '<') {
        *types = fst_view_from(*types, 1);
        t.profiles = fst_facts_cut(types, ">");
    }
    if (types->n && types->p[0] == '(') {
        *types = fst_view_from(*types, 1);
        t.targets = fst_facts_cut(types, ")");
    }
    if (types->n)
        *types = fst_view_from(*types, 1);
    return t;
}
