#include "base/xml.h"

#include <expat.h>

enum { PATH_MAX_BYTES = 512, TEXT_CEILING = 1 << 20 };

struct walk {
    XML_Parser     parser;
    fst_xml_fn    *fn;
    void          *ctx;
    char           path[PATH_MAX_BYTES];
    size_t         len;
    struct fst_buf text;
    bool           leaf; /* no element was met since the last start */
    bool           bad;
};

static void stop(struct walk *w)
{
    w->bad = true;
    XML_StopParser(w->parser, XML_FALSE);
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct walk *w = ctx;
    size_t       n = strlen(name);

    if (w->len + n + 2 > sizeof w->path) {
        stop(w);
        return;
    }
    if (w->len)
        w->path[w->len++] = '/';
    memcpy(w->path + w->len, name, n + 1);
    w->len += n;
    w->leaf = true;
    fst_buf_reset(&w->text);
}

static void on_text(void *ctx, const XML_Char *p, int n)
{
    struct walk *w = ctx;

    fst_buf_add(&w->text, p, (size_t)n);
    if (fst_buf_status(&w->text))
        stop(w);
}

static void on_end(void *ctx, const XML_Char *name)
{
    struct walk *w = ctx;
    char        *slash;

    if (!w->fn(w->ctx, w->path, w->leaf ? fst_buf_view(&w->text) : (struct fst_view){ 0 }, !w->leaf))
        XML_StopParser(w->parser, XML_FALSE);
    slash = strrchr(w->path, '/');
    w->len = slash ? (size_t)(slash - w->path) : 0;
    w->path[w->len] = '\0';
    w->leaf = false;
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public, int internal)
{
    stop(ctx); /* S3 sends none; entities come with it */
}

bool fst_xml_walk(struct fst_view document, fst_xml_fn *fn, void *ctx)
{
    struct walk w = { .parser = XML_ParserCreate(NULL), .fn = fn, .ctx = ctx };
    bool        ok;

    if (!w.parser)
        return false;
    fst_buf_init(&w.text, TEXT_CEILING);
    XML_SetUserData(w.parser, &w);
    XML_SetElementHandler(w.parser, on_start, on_end);
    XML_SetCharacterDataHandler(w.parser, on_text);
    XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
    while (document.n && (document.p[0] == ' ' || document.p[0] == '\n' || document.p[0] == '\r'))
        document = fst_view_from(document, 1); /* sent while a multipart upload is put together */
    ok = document.n < INT32_MAX &&
         (XML_Parse(w.parser, document.p, (int)document.n, XML_TRUE) == XML_STATUS_OK || XML_GetErrorCode(w.parser) == XML_ERROR_ABORTED);
    XML_ParserFree(w.parser);
    fst_buf_clear(&w.text);
    return ok && !w.bad;
}

static bool pass_over(void *ctx, const char *path, struct fst_view text, bool closed)
{
    return true;
}

bool fst_xml_is_whole(struct fst_view document)
{
    return fst_xml_walk(document, pass_over, NULL);
}

struct find {
    const char     *path;
    struct fst_buf *out;
    bool            found;
};

static bool find_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct find *f = ctx;

    if (closed || strcmp(path, f->path) != 0)
        return true;
    fst_buf_add_view(f->out, text);
    f->found = true;
    return false;
}

bool fst_xml_find(struct fst_view document, const char *path, struct fst_buf *out)
{
    struct find f = { path, out, false };
    return fst_xml_walk(document, find_element, &f) && f.found;
}

void fst_xml_add_text(struct fst_buf *out, struct fst_view text)
{
    for (size_t i = 0; i < text.n; i++)
        switch (text.p[i]) {
        case '&': fst_buf_add_str(out, "&amp;"); break;
        case '<': fst_buf_add_str(out, "&lt;"); break;
        case '>': fst_buf_add_str(out, "&gt;"); break;
        case '"': fst_buf_add_str(out, "&quot;"); break;
        default:
            /* As S3 writes control characters, though XML 1.0 has none: clients ask for encoding-type=url. */
            if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\n' && text.p[i] != '\t')
                fst_buf_addf(out, "&#x%x;", (unsigned char)text.p[i]);
            else
                fst_buf_add_char(out, text.p[i]);
        }
}
