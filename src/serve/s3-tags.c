/* S3: an object's tags, kept as the header that brings them, "a=1&b=2". */
#include "base/xml.h"
#include "serve/s3.h"
#include "sign/sigv4.h"

enum { TAGS_MOST = 10 };

#define TAGGING "x-amz-tagging"

void fst_serve_get_tags(struct fst_s3 *q)
{
    struct fst_s3_found f;
    struct fst_buf      text;
    struct fst_view     rest, name, value;

    if (!fst_s3_find_asked(q, &f)) {
        fst_s3_found_clear(&f);
        return;
    }
    fst_buf_init(&text, FST_TEXT_CEILING);
    fst_s3_begin(q->x);
    fst_buf_add_str(&q->x->out, "<Tagging" FST_S3_NAMESPACE "><TagSet>");
    rest = fst_s3_header(fst_buf_view(&f.headers), TAGGING);
    while (fst_exchange_next_argument(&rest, &name, &value)) {
        fst_buf_reset(&text);
        fst_sign_decode(&text, name);
        fst_buf_add_str(&q->x->out, "<Tag>");
        fst_xml_add(&q->x->out, "Key", fst_buf_view(&text));
        fst_buf_reset(&text);
        fst_sign_decode(&text, value);
        fst_xml_add(&q->x->out, "Value", fst_buf_view(&text));
        fst_buf_add_str(&q->x->out, "</Tag>");
    }
    fst_buf_add_str(&q->x->out, "</TagSet></Tagging>");
    fst_buf_clear(&text);
    fst_s3_found_clear(&f);
}

static void set_tags(struct fst_s3 *q, struct fst_view tags, int status)
{
    struct fst_s3_found f;
    struct fst_buf      headers;
    struct fst_view     old, rest;

    if (!fst_s3_find_asked(q, &f)) {
        fst_s3_found_clear(&f);
        return;
    }
    fst_buf_init(&headers, FST_TEXT_CEILING);
    old = fst_s3_header(fst_buf_view(&f.headers), TAGGING);
    rest = fst_buf_view(&f.headers);
    if (old.p) { /* without its line */
        size_t before = (size_t)(old.p - rest.p) - sizeof TAGGING - 1;
        fst_buf_add(&headers, rest.p, before);
        rest = fst_view_from(rest, before + sizeof TAGGING + 1 + old.n + 1);
    }
    fst_buf_add_view(&headers, rest);
    if (tags.n)
        fst_buf_addf(&headers, TAGGING ": %.*s\n", FST_VIEW_ARGS(tags));
    if (fst_s3_set_headers(q, &f, fst_buf_view(&headers)))
        q->x->status = status;
    fst_buf_clear(&headers);
    fst_s3_found_clear(&f);
}

struct reading_tags {
    struct fst_buf text;
    size_t         count;
};

static bool tag_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct reading_tags *r = ctx;

    if (!strcmp(path, "Tagging/TagSet/Tag/Key")) {
        fst_buf_add_str(&r->text, r->count++ ? "&" : "");
        fst_sign_encode(&r->text, text, false);
    } else if (!strcmp(path, "Tagging/TagSet/Tag/Value")) {
        fst_buf_add_char(&r->text, '=');
        fst_sign_encode(&r->text, text, false);
    }
    return true;
}

void fst_serve_put_tags(struct fst_s3 *q)
{
    struct reading_tags r = { 0 };

    if (!fst_s3_check_body(q->x))
        return;
    fst_buf_init(&r.text, FST_TEXT_CEILING);
    if (!fst_xml_walk(fst_buf_view(&q->x->body), tag_element, &r))
        fst_s3_refuse(q->x, FST_S3_MALFORMED_XML);
    else if (r.count > TAGS_MOST)
        fst_serve_s3_error(q->x, 400, "BadRequest", "Object tags cannot be greater than 10");
    else
        set_tags(q, fst_buf_view(&r.text), 200);
    fst_buf_clear(&r.text);
}

void fst_serve_delete_tags(struct fst_s3 *q)
{
    set_tags(q, (struct fst_view){ 0 }, 204);
}
