#include "input/sniff.h"

static const char *skip_blank(const char *p, const char *e)
{
    while (p < e && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* How a line ends: in which state would a reader of JSON be at its end? */
struct line_end {
    unsigned depth;
    bool     in_string;
    char     last; /* the last byte that is not white space */
};

static struct line_end read_line(const char *p, const char *e)
{
    struct line_end at = { 0 };

    for (; p < e; p++) {
        if (*p != ' ' && *p != '\t' && *p != '\r')
            at.last = *p;
        if (at.in_string) {
            if (*p == '\\')
                p++;
            else if (*p == '"')
                at.in_string = false;
        } else if (*p == '"') {
            at.in_string = true;
        } else if (*p == '{' || *p == '[') {
            at.depth++;
        } else if ((*p == '}' || *p == ']') && at.depth) {
            at.depth--;
        }
    }
    return at;
}

static enum fst_framing lines_or_documents(const char *p, const char *e, bool whole)
{
    const char     *newline = memchr(p, '\n', (size_t)(e - p));
    const char     *next;
    struct line_end first;

    if (!newline)
        return FST_FRAMING_DOCUMENTS; /* one line, or one too long to be held for this */
    next = skip_blank(newline, e);
    if (next == e)
        return whole ? FST_FRAMING_DOCUMENTS : FST_FRAMING_LINES;
    first = read_line(p, newline);
    if (!first.depth && !first.in_string)
        return FST_FRAMING_LINES;
    /* A line that breaks off, with another object behind it: torn NDJSON, not a pretty-printed document. */
    return *next == '{' && (first.in_string || !strchr("{[,:", first.last)) ? FST_FRAMING_LINES : FST_FRAMING_DOCUMENTS;
}

/* NDJSON whose first line is damaged: some line starts as an object does. */
static bool has_object_line(struct fst_view head)
{
    const char *p = head.p, *e = head.p + head.n;

    while (p < e && (p = memchr(p, '\n', (size_t)(e - p))))
        if (++p < e && *p == '{')
            return true;
    return false;
}

static bool has_text(struct fst_view head, const char *text)
{
    return head.n && memmem(head.p, head.n, text, strlen(text));
}

static bool is_utf16(struct fst_view head)
{
    return head.n >= 2 && ((head.p[0] == '\xff' && head.p[1] == '\xfe') || (head.p[0] == '\xfe' && head.p[1] == '\xff') ||
                           (head.p[0] == '{' && !head.p[1]) || (!head.p[0] && head.p[1] == '{'));
}

enum fst_framing fst_sniff(struct fst_view head, bool whole, const char **why)
{
    const char *e = head.p + head.n, *p = skip_blank(head.p, e);

    *why = NULL;
    if (p == e)
        *why = "empty";
    else if (is_utf16(head))
        *why = "UTF-16: convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)";
    else if (*p == '<')
        *why = has_text(head, "http://hl7.org/fhir") ? "FHIR in XML: only JSON is read; convert it first" : "XML or HTML, no JSON";
    else if (*p == '[')
        *why = "a JSON array: give one resource a line (jq -c '.[]')";
    else if (*p != '{' && !(has_object_line(head) && has_text(head, "\"resourceType\"")))
        *why = "no JSON";
    else if (whole && !has_text(head, "resourceType"))
        *why = "JSON, but no FHIR: there is no resourceType in it";
    if (*why)
        return FST_FRAMING_NOT_FHIR;
    return *p == '{' ? lines_or_documents(p, e, whole) : FST_FRAMING_LINES;
}
