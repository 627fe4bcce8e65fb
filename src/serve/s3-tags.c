/* S3: an object's tags, kept as the header that brings them, "a=1&b=2". */
#include <stdio.h>

#include "base/xml.h"
#include "serve/s3.h"
#include "sign/sigv4.h"

enum { TAGS_MOST = 10, KEY_MOST = 128, VALUE_MOST = 256 };

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

    fst_buf_init(&headers, FST_TEXT_CEILING);
    if (fst_s3_find_asked(q, &f)) {
        fst_s3_replace_line(&headers, fst_buf_view(&f.headers), TAGGING, tags);
        if (fst_s3_set_headers(q, &f, fst_buf_view(&headers)))
            q->x->status = status;
    }
    fst_buf_clear(&headers);
    fst_s3_found_clear(&f);
}

/* ---- reading them */

struct reading_tags {
    struct fst_buf *text, key, value;
    size_t          count;
    bool            invalid;
};

/* Characters, not bytes; and none that control. */
static bool is_text(struct fst_view v, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < v.n; i++) {
        n += ((unsigned char)v.p[i] & 0xc0) != 0x80;
        if ((unsigned char)v.p[i] < ' ' || v.p[i] == 0x7f)
            return false;
    }
    return n <= most;
}

static bool is_used(const struct reading_tags *r, struct fst_view key)
{
    struct fst_view rest = fst_buf_view(r->text), name, value;

    while (fst_exchange_next_argument(&rest, &name, &value))
        if (fst_view_equal(name, key))
            return true;
    return false;
}

static void end_tag(struct reading_tags *r)
{
    struct fst_buf encoded;

    fst_buf_init(&encoded, FST_TEXT_CEILING);
    fst_sign_encode(&encoded, fst_buf_view(&r->key), false);
    r->invalid |= !r->key.len || !is_text(fst_buf_view(&r->key), KEY_MOST) || !is_text(fst_buf_view(&r->value), VALUE_MOST) ||
                  is_used(r, fst_buf_view(&encoded));
    fst_buf_addf(r->text, "%s%s=", r->count++ ? "&" : "", fst_buf_str(&encoded));
    fst_sign_encode(r->text, fst_buf_view(&r->value), false);
    fst_buf_clear(&encoded);
    fst_buf_reset(&r->key);
    fst_buf_reset(&r->value);
}

static bool tag_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    struct reading_tags *r = ctx;

    if (!strcmp(path, "Tagging/TagSet/Tag/Key"))
        fst_buf_add_view(&r->key, text);
    else if (!strcmp(path, "Tagging/TagSet/Tag/Value"))
        fst_buf_add_view(&r->value, text);
    else if (closed && !strcmp(path, "Tagging/TagSet/Tag"))
        end_tag(r);
    return true;
}

bool fst_s3_read_tags(struct fst_exchange *x, size_t most, struct fst_buf *tags)
{
    struct reading_tags r = { .text = tags };
    char                message[96];
    bool                ok = false;

    fst_buf_init(&r.key, FST_TEXT_CEILING);
    fst_buf_init(&r.value, FST_TEXT_CEILING);
    if (!fst_xml_walk(fst_buf_view(&x->body), tag_element, &r)) {
        fst_s3_refuse(x, FST_S3_MALFORMED_XML);
    } else if (r.count > most) {
        snprintf(message, sizeof message, "%s tags cannot be greater than %zu", most == TAGS_MOST ? "Object" : "Bucket", most);
        fst_serve_s3_error(x, 400, "BadRequest", message);
    } else if (r.invalid) {
        fst_serve_s3_error(x, 400, "InvalidTag", "A tag's key is empty, given twice, or it or its value is too long or has characters that tags may not have");
    } else {
        ok = true;
    }
    fst_buf_clear(&r.key);
    fst_buf_clear(&r.value);
    return ok;
}

void fst_serve_put_tags(struct fst_s3 *q)
{
    struct fst_buf tags;

    fst_buf_init(&tags, FST_TEXT_CEILING);
    if (fst_s3_check_body(q->x) && fst_s3_read_tags(q->x, TAGS_MOST, &tags))
        set_tags(q, fst_buf_view(&tags), 200);
    fst_buf_clear(&tags);
}

void fst_serve_delete_tags(struct fst_s3 *q)
{
    set_tags(q, (struct fst_view){ 0 }, 204);
}
