#include "fhir/xhtml.h"

#include <strings.h>

enum { MAX_DEPTH = 256 };

static const char elements[] =
    " div p br h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo kbd sub sup"
    " ul ol li dl dt dd pre table caption colgroup col thead tbody tfoot tr th td code samp img map area ins del s u label ";
/* Of any element; then those of one. */
static const char attributes[] =
    " title style class id idref lang xml:lang dir accesskey tabindex span width align valign char charoff abbr axis headers scope"
    " rowspan colspan name href src alt height border cellpadding cellspacing summary rel rev type shape coords cite datetime hreflang"
    " charset longdesc usemap ismap nohref frame rules nowrap xml:space value start ";

struct reading {
    struct fst_xhtml *x;
    const char       *at, *end;
    struct fst_view   open[MAX_DEPTH];
    unsigned          depth;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':';
}

static bool fail(struct reading *r, const char *why)
{
    r->x->malformed = why;
    return false;
}

static void skip_space(struct reading *r)
{
    while (r->at < r->end && is_space(*r->at))
        r->at++;
}

static struct fst_view take_name(struct reading *r)
{
    const char *from = r->at;
    while (r->at < r->end && is_name(*r->at))
        r->at++;
    return fst_view_n(from, (size_t)(r->at - from));
}

/* Without its prefix. */
static struct fst_view local_name(struct fst_view name)
{
    const char *colon = name.n ? memchr(name.p, ':', name.n) : NULL;
    return colon ? fst_view_from(name, (size_t)(colon - name.p) + 1) : name;
}

/* Is the word in a list that has a space around each? */
static bool listed(const char *list, struct fst_view word)
{
    const char *at = list;

    if (!word.n || word.n > 20)
        return false;
    while ((at = strchr(at, ' ')) && at[1]) {
        at++;
        if (!strncasecmp(at, word.p, word.n) && at[word.n] == ' ')
            return true;
    }
    return false;
}

/* "&amp;", "&#160;", "&#xA0;": XML's own and numbers; the named ones of HTML are not declared. */
static bool take_entity(struct reading *r)
{
    const char     *from = ++r->at;
    struct fst_view name;

    while (r->at < r->end && *r->at != ';' && r->at - from < 12)
        r->at++;
    if (r->at == r->end || *r->at != ';')
        return fail(r, "an & that begins no character reference");
    name = fst_view_n(from, (size_t)(r->at - from));
    r->at++;
    if (name.n > 1 && name.p[0] == '#')
        return true;
    return listed(" lt gt amp quot apos ", name) || fail(r, "a character reference that XHTML does not know");
}

static void note_link(struct reading *r, struct fst_view element, struct fst_view name, struct fst_view value)
{
    while (value.n && is_space(value.p[0]))
        value = fst_view_from(value, 1);
    if (fst_view_is(name, "href") && value.n > 11 && !strncasecmp(value.p, "javascript:", 11))
        r->x->active = true;
    if (fst_view_is(element, "img") && fst_view_is(name, "src") && value.n && value.p[0] == '#' && r->x->image_count < FST_XHTML_IMAGES)
        r->x->images[r->x->image_count++] = fst_view_from(value, 1);
}

static bool take_value(struct reading *r, struct fst_view *value)
{
    char        quote = r->at < r->end ? *r->at : 0;
    const char *from;

    if (quote != '"' && quote != '\'') { /* unquoted */
        from = r->at;
        while (r->at < r->end && !is_space(*r->at) && *r->at != '>' && *r->at != '/')
            r->at++;
        *value = fst_view_n(from, (size_t)(r->at - from));
        return true;
    }
    from = ++r->at;
    while (r->at < r->end && *r->at != quote)
        r->at++;
    if (r->at == r->end)
        return fail(r, "an attribute's quote is not closed");
    *value = fst_view_n(from, (size_t)(r->at - from));
    r->at++;
    return true;
}

static bool take_attribute(struct reading *r, struct fst_view element, struct fst_view prefix, bool *has_namespace)
{
    struct fst_view name = take_name(r), value = { 0 };

    if (!name.n)
        return fail(r, "something that is no attribute stands in a tag");
    skip_space(r);
    if (r->at < r->end && *r->at == '=') {
        r->at++;
        skip_space(r);
        if (!take_value(r, &value))
            return false;
    }
    if (fst_view_is(name, "xmlns") || fst_view_starts(name, "xmlns:")) {
        struct fst_view declared = name.n > 6 ? fst_view_from(name, 6) : (struct fst_view){ 0 };
        if (fst_view_equal(declared, prefix)) {
            *has_namespace = true;
            r->x->wrong_namespace |= r->depth == 0 && !fst_view_is(value, "http://www.w3.org/1999/xhtml");
        }
        return true;
    }
    r->x->not_allowed |= !listed(attributes, name);
    note_link(r, element, name, value);
    return true;
}

/* Behind "<". */
static bool take_start(struct reading *r)
{
    struct fst_view whole = take_name(r), element = local_name(whole), prefix = fst_view_n(whole.p, whole.n - element.n);
    bool            has_namespace = false, closed;

    if (prefix.n)
        prefix.n--; /* the colon */
    if (!whole.n)
        return fail(r, "a < that begins no tag");
    if (!r->depth)
        r->x->wrong_root = !fst_view_is(element, "div");
    else
        r->x->not_allowed |= !listed(elements, element);
    for (skip_space(r); r->at < r->end && *r->at != '>' && *r->at != '/'; skip_space(r))
        if (!take_attribute(r, element, prefix, &has_namespace))
            return false;
    if (!r->depth)
        r->x->wrong_namespace |= !has_namespace;
    if (fst_view_is(element, "img"))
        r->x->empty = false;
    closed = r->at < r->end && *r->at == '/';
    r->at += closed;
    if (r->at == r->end || *r->at != '>')
        return fail(r, "a tag is not closed");
    r->at++;
    if (closed)
        return true;
    if (r->depth == MAX_DEPTH)
        return fail(r, "elements are nested too deeply");
    r->open[r->depth++] = whole;
    return true;
}

/* Behind "</". */
static bool take_end(struct reading *r)
{
    struct fst_view name = take_name(r);

    skip_space(r);
    if (r->at == r->end || *r->at != '>')
        return fail(r, "a closing tag is not closed");
    r->at++;
    if (!r->depth || !fst_view_equal(name, r->open[r->depth - 1]))
        return fail(r, "a closing tag that does not fit the one that is open");
    r->depth--;
    return true;
}

static bool skip_to(struct reading *r, const char *end)
{
    const char *at = memmem(r->at, (size_t)(r->end - r->at), end, strlen(end));
    if (!at)
        return fail(r, "a comment or instruction is not closed");
    r->at = at + strlen(end);
    return true;
}

static bool take_markup(struct reading *r)
{
    size_t left = (size_t)(r->end - r->at);

    if (left >= 4 && !memcmp(r->at, "<!--", 4))
        return skip_to(r, "-->");
    if (left >= 9 && !memcmp(r->at, "<![CDATA[", 9)) {
        r->x->empty = false;
        return skip_to(r, "]]>");
    }
    if (left >= 2 && r->at[1] == '?')
        return skip_to(r, "?>");
    if (left >= 2 && r->at[1] == '/') {
        r->at += 2;
        return take_end(r);
    }
    r->at++;
    return take_start(r);
}

/* The prolog may have an instruction, a comment or a document type. */
static bool take_prolog(struct reading *r)
{
    for (skip_space(r); r->end - r->at >= 2 && r->at[0] == '<' && (r->at[1] == '?' || r->at[1] == '!'); skip_space(r))
        if (r->at[1] == '?' || (r->end - r->at >= 4 && r->at[2] == '-') ? !take_markup(r) : !skip_to(r, ">"))
            return false;
    return (r->at < r->end && *r->at == '<') || fail(r, "it does not begin with a tag");
}

void fst_xhtml_read(struct fst_xhtml *x, struct fst_view text)
{
    struct reading r = { .x = x, .at = text.p, .end = text.p + text.n };
    bool           ok;

    *x = (struct fst_xhtml){ .empty = true };
    ok = take_prolog(&r) && take_markup(&r);
    while (ok && r.depth && r.at < r.end) { /* what comes behind the div is not looked at */
        if (*r.at == '<') {
            ok = take_markup(&r);
        } else if (*r.at == '&') {
            ok = take_entity(&r);
            x->empty = false;
        } else {
            x->empty &= is_space(*r.at);
            r.at++;
        }
    }
    if (ok && r.depth)
        x->malformed = "it ends within an element";
}
