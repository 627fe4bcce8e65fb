#include "prepare/skim.h"

#include "json/token.h"

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* Behind the string whose opening quote is at p, or NULL. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end;) {
        const char *quote = memchr(p, '"', (size_t)(end - p)), *back;
        if (!quote)
            return NULL;
        for (back = quote; back > p && back[-1] == '\\';)
            back--;
        if ((quote - back) % 2 == 0)
            return quote + 1;
        p = quote + 1;
    }
    return NULL;
}

size_t fst_skim_value(const char *p, const char *end)
{
    const char *behind = p;

    if (p >= end)
        return 0;
    if (*p == '"')
        behind = skip_string(p, end);
    else if (*p == '{' || *p == '[')
        behind = fst_tokens_skip(p, end);
    else
        while (behind < end && !strchr(",]} \t\r\n:\"", *behind))
            behind++;
    return behind ? (size_t)(behind - p) : 0;
}

bool fst_skim_begin(struct fst_skim *s, struct fst_view text)
{
    const char *end = text.p + text.n, *p;

    *s = (struct fst_skim){ .at = end, .end = end, .bad = true };
    if (!text.n)
        return false;
    p = skip_space(text.p, end);
    if (p == end || (*p != '{' && *p != '['))
        return false;
    *s = (struct fst_skim){ .at = p + 1, .end = end, .close = *p == '{' ? '}' : ']' };
    return true;
}

static bool break_off(struct fst_skim *s)
{
    s->bad = true;
    s->at = s->end;
    return false;
}

/* The member's name; leaves s->at at its value. */
static bool skim_name(struct fst_skim *s, struct fst_skim_item *item)
{
    const char *behind;

    if (*s->at != '"')
        return false;
    behind = skip_string(s->at, s->end);
    if (!behind)
        return false;
    item->name = fst_view_n(s->at + 1, (size_t)(behind - s->at) - 2);
    s->at = skip_space(behind, s->end);
    if (s->at == s->end || *s->at != ':')
        return false;
    s->at = skip_space(s->at + 1, s->end);
    return s->at < s->end;
}

bool fst_skim_next(struct fst_skim *s, struct fst_skim_item *item)
{
    size_t n;

    if (s->bad || !s->close)
        return false;
    s->at = skip_space(s->at, s->end);
    if (s->at == s->end)
        return break_off(s);
    if (*s->at == s->close) {
        s->close = '\0';
        return false;
    }
    if (*s->at == ',')
        s->at = skip_space(s->at + 1, s->end);
    if (s->at == s->end)
        return break_off(s);
    item->name = (struct fst_view){ 0 };
    if (s->close == '}' && !skim_name(s, item))
        return break_off(s);
    n = fst_skim_value(s->at, s->end);
    if (!n)
        return break_off(s);
    item->value = fst_view_n(s->at, n);
    s->at += n;
    return true;
}

struct fst_view fst_skim_member(struct fst_view object, const char *name, bool *bad)
{
    struct fst_skim      s;
    struct fst_skim_item item;

    if (fst_skim_begin(&s, object))
        while (fst_skim_next(&s, &item))
            if (fst_view_is(item.name, name))
                return item.value;
    *bad |= s.bad;
    return (struct fst_view){ 0 };
}
