#include "fhir/xhtml.h"

#include <strings.h>

enum { MAX_DEPTH = 256 };

enum element_flags {
    TEXT = 1 << 0,   /* holds text: no lists, tables and the like below it */
    SINGLE = 1 << 1, /* not within itself */
    VOID = 1 << 2,   /* nothing in it */
    PARAGRAPH = 1 << 3
};

/* The elements that are formatting: what they may be in, what may be directly in them (NULL: anything), and the attributes that
 * they have besides those of all. */
struct element {
    const char *name;
    unsigned    flags;
    const char *parents, *children, *attributes;
};
static const struct element elements[] = {
    { "p", TEXT | PARAGRAPH, 0, 0, 0 }, { "h1", TEXT, 0, 0, 0 }, { "h2", TEXT, 0, 0, 0 }, { "h3", TEXT, 0, 0, 0 }, { "h4", TEXT, 0, 0, 0 },
    { "h5", TEXT, 0, 0, 0 }, { "h6", TEXT, 0, 0, 0 }, { "pre", TEXT, 0, 0, " space " }, { "address", TEXT, 0, 0, 0 },
    { "br", VOID, 0, 0, 0 }, { "hr", VOID, 0, 0, 0 }, { "img", VOID, 0, 0, " src border alt longdesc height width usemap ismap " },
    { "a", TEXT | SINGLE, 0, 0, " href name charset type hreflang rel rev shape coords " },
    { "b", TEXT | SINGLE, 0, 0, 0 }, { "em", TEXT | SINGLE, 0, 0, 0 }, { "i", TEXT | SINGLE, 0, 0, 0 }, { "strong", TEXT | SINGLE, 0, 0, 0 },
    { "small", TEXT | SINGLE, 0, 0, 0 }, { "big", TEXT | SINGLE, 0, 0, 0 }, { "sub", TEXT | SINGLE, 0, 0, 0 }, { "sup", TEXT | SINGLE, 0, 0, 0 },
    { "code", TEXT | SINGLE, 0, 0, 0 }, { "tt", TEXT | SINGLE, 0, 0, 0 }, { "dfn", TEXT | SINGLE, 0, 0, 0 }, { "q", TEXT | SINGLE, 0, 0, " cite " },
    { "var", TEXT | SINGLE, 0, 0, 0 }, { "abbr", TEXT | SINGLE, 0, 0, 0 }, { "acronym", TEXT | SINGLE, 0, 0, 0 }, { "cite", TEXT | SINGLE, 0, 0, 0 },
    { "bdo", TEXT | SINGLE, 0, 0, 0 }, { "kbd", TEXT | SINGLE, 0, 0, 0 }, { "samp", TEXT | SINGLE, 0, 0, 0 }, { "span", TEXT, 0, 0, 0 },
    { "div", 0, 0, 0, 0 }, { "blockquote", 0, 0, 0, " cite " },
    { "table", 0, 0, " tbody tr caption thead tfoot col colgroup ", " summary width border frame rules cellspacing cellpadding " },
    { "tr", 0, " table thead tfoot tbody ", " td th ", 0 }, { "tbody", 0, " table ", " tr ", 0 }, { "thead", 0, " table ", " tr ", 0 },
    { "tfoot", 0, " table ", " tr ", 0 }, { "caption", TEXT, " table ", 0, 0 }, { "colgroup", 0, " table ", 0, 0 },
    { "col", 0, " colgroup table ", 0, 0 }, { "th", 0, " tr thead tfoot ", 0, 0 }, { "td", 0, " tr thead tfoot ", 0, " nowrap " },
    { "ul", 0, 0, " li ", 0 }, { "ol", 0, 0, " li ", 0 }, { "li", 0, " ul ol ", 0, 0 }, { "dl", 0, 0, " dd dt ", 0 },
    { "dd", TEXT, " dl ", 0, 0 }, { "dt", TEXT, " dl ", 0, 0 }, { "map", 0, 0, " area ", " name " },
    { "area", VOID, 0, 0, " shape coords href nohref alt " },
};
static const char attributes[] = " title style class id lang xml:lang xml:space dir accesskey tabindex span width align valign char charoff abbr"
                                 " axis headers scope rowspan colspan ";
static const char not_in_text[] = " div pre table ul ol ", not_in_paragraphs[] = " div blockquote table ol ul p ";

struct reading {
    struct fst_xhtml *x;
    const char       *at, *end;
    struct fst_view   open[MAX_DEPTH];
    const struct element *kinds[MAX_DEPTH]; /* of those open; NULL: no formatting */
    unsigned          depth;
    struct fst_xhtml *seeker; /* whose links are looked for; its own while it is read */
};

static void fault(struct reading *r, enum fst_xhtml_fault f)
{
    r->x->faults |= 1u << f;
}

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

    if (!list || !word.n || word.n > 20)
        return false;
    while ((at = strchr(at, ' ')) && at[1]) {
        at++;
        if (!strncmp(at, word.p, word.n) && at[word.n] == ' ')
            return true;
    }
    return false;
}

static const struct element *element_of(struct fst_view name)
{
    for (size_t i = 0; i < FST_COUNT(elements); i++)
        if (fst_view_is(name, elements[i].name))
            return &elements[i];
    return NULL;
}

/* ---- where elements and text may be; the root is free of rules */

static void check_place(struct reading *r, struct fst_view name, const struct element *kind)
{
    const struct element *parent = r->depth > 1 ? r->kinds[r->depth - 1] : NULL;

    if ((parent && parent->children && !listed(parent->children, name)) || (parent && parent->flags & VOID) ||
        (kind && kind->parents && !listed(kind->parents, local_name(r->open[r->depth - 1]))))
        fault(r, FST_XHTML_PLACE);
    for (unsigned i = 1; i < r->depth; i++) {
        const struct element *above = r->kinds[i];
        if (above && ((above->flags & TEXT && listed(not_in_text, name)) || (above->flags & PARAGRAPH && listed(not_in_paragraphs, name)) ||
                      (above->flags & SINGLE && above == kind)))
            fault(r, FST_XHTML_PLACE);
    }
}

static void check_text(struct reading *r)
{
    const struct element *kind = r->depth > 1 ? r->kinds[r->depth - 1] : NULL;

    if (kind && (kind->children || kind->flags & VOID))
        fault(r, FST_XHTML_PLACE);
    r->x->faults &= ~(1u << FST_XHTML_EMPTY);
}

/* ---- links */

static bool is_url_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 ||
           (c && strchr(";?:@&=+$.,/%-_~#[]!'()*|", c));
}

static bool is_url(struct fst_view v)
{
    const char *comma = memchr(v.n ? v.p : "", ',', v.n);

    if (fst_view_starts(v, "data:"))
        return comma && comma + 1 < v.p + v.n;
    for (size_t i = 0; i < v.n; i++)
        if (!is_url_char(v.p[i]))
            return false;
    return v.n > 0;
}

static void note_link(struct reading *r, struct fst_view id, bool is_image)
{
    if (r->x->link_count < FST_XHTML_LINKS)
        r->x->links[r->x->link_count++] = (struct fst_xhtml_link){ .id = id, .is_image = is_image };
}

static void check_link(struct reading *r, struct fst_view element, struct fst_view name, struct fst_view value)
{
    bool is_anchor = fst_view_is(element, "a") && fst_view_is(name, "href"), is_image = fst_view_is(element, "img") && fst_view_is(name, "src");

    if (!is_anchor && !is_image)
        return;
    if (fst_view_starts(value, "javascript:") || fst_view_starts(value, "vbscript:"))
        fault(r, is_anchor ? FST_XHTML_SCRIPT : FST_XHTML_LINK);
    else if (!is_url(value) || (is_anchor && (fst_view_starts(value, "urn:") || fst_view_starts(value, "cid:"))))
        fault(r, FST_XHTML_LINK);
    else if (value.p[0] == '#' && value.n > 1)
        note_link(r, fst_view_from(value, 1), is_image);
}

/* An id, or an anchor's name. */
static void check_target(struct reading *r, struct fst_view element, struct fst_view name, struct fst_view value)
{
    if (!fst_view_is(name, "id") && !(fst_view_is(name, "name") && fst_view_is(element, "a")))
        return;
    for (unsigned i = 0; r->seeker && i < r->seeker->link_count; i++)
        r->seeker->links[i].found |= fst_view_equal(r->seeker->links[i].id, value);
}

/* ---- reading */

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

static bool take_attribute(struct reading *r, struct fst_view element, const struct element *kind, struct fst_view prefix,
                           bool *has_namespace)
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
            if (!fst_view_is(value, "http://www.w3.org/1999/xhtml"))
                fault(r, FST_XHTML_NAMESPACE);
        }
        return true;
    }
    if (!listed(attributes, name) && !listed(kind ? kind->attributes : NULL, name))
        fault(r, FST_XHTML_FORMATTING);
    check_link(r, element, name, value);
    check_target(r, element, name, value);
    return true;
}

/* Behind "<". */
static bool take_start(struct reading *r)
{
    struct fst_view whole = take_name(r), element = local_name(whole), prefix = fst_view_n(whole.p, whole.n - element.n);
    const struct element *kind = element_of(element);
    bool            has_namespace = false, closed;

    if (prefix.n)
        prefix.n--; /* the colon */
    if (!whole.n)
        return fail(r, "a < that begins no tag");
    if (!r->depth && (element.n != 3 || strncasecmp(element.p, "div", 3)))
        fault(r, FST_XHTML_ROOT);
    if (r->depth && !kind)
        fault(r, FST_XHTML_FORMATTING);
    if (r->depth)
        check_place(r, element, kind);
    for (skip_space(r); r->at < r->end && *r->at != '>' && *r->at != '/'; skip_space(r))
        if (!take_attribute(r, element, kind, prefix, &has_namespace))
            return false;
    if (!r->depth && !has_namespace)
        fault(r, FST_XHTML_NAMESPACE);
    if (fst_view_is(element, "img"))
        r->x->faults &= ~(1u << FST_XHTML_EMPTY);
    closed = r->at < r->end && *r->at == '/';
    r->at += closed;
    if (r->at == r->end || *r->at != '>')
        return fail(r, "a tag is not closed");
    r->at++;
    if (closed)
        return true;
    if (r->depth == MAX_DEPTH)
        return fail(r, "elements are nested too deeply");
    r->kinds[r->depth] = kind;
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
    if (left >= 9 && !memcmp(r->at, "<![CDATA[", 9))
        return skip_to(r, "]]>");
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

static void read_all(struct reading *r)
{
    bool ok = take_prolog(r) && take_markup(r);

    while (ok && r->depth && r->at < r->end) { /* what comes behind the div is not looked at */
        if (*r->at == '<') {
            ok = take_markup(r);
            continue;
        }
        if (!is_space(*r->at))
            check_text(r);
        if (*r->at == '&')
            ok = take_entity(r);
        else
            r->at++;
    }
    if (ok && r->depth)
        fail(r, "it ends within an element");
}

void fst_xhtml_read(struct fst_xhtml *x, struct fst_view text)
{
    struct reading r = { .x = x, .at = text.p, .end = text.p + text.n };

    x->malformed = NULL;
    x->faults = 1u << FST_XHTML_EMPTY;
    x->link_count = 0;
    read_all(&r);
    if (x->link_count)
        fst_xhtml_find(x, text);
}

void fst_xhtml_find(struct fst_xhtml *x, struct fst_view text)
{
    struct fst_xhtml other;
    struct reading   r = { .x = &other, .seeker = x, .at = text.p, .end = text.p + text.n };

    other.faults = other.link_count = 0;
    read_all(&r);
}
