#include "prepare/rewrite.h"

#include <stdlib.h>

#include "base/grow.h"
#include "json/writer.h"
#include "prepare/place.h"

enum { TEXT_MAX = 1 << 30 };

/* At node `node`, a string: its content is replaced, or (`behind`) something put behind it. Or the bytes from `from` to
 * `to` are left out, when that is not 0: `node` is the first in them. */
struct fst_patch {
    uint32_t node;
    bool     behind;
    size_t   off, len; /* in rewriter->text */
    uint32_t from, to;
};

struct scan {
    struct fst_rewriter *w;
    fst_unresolved_fn   *fn;
    void                *ctx;
    struct fst_error    *err;
};

void fst_rewriter_init(struct fst_rewriter *w, struct fst_resolver *resolver)
{
    *w = (struct fst_rewriter){ .resolver = resolver };
    fst_buf_init(&w->text, TEXT_MAX);
    fst_buf_init(&w->scratch, TEXT_MAX);
    fst_buf_init(&w->inner_text, TEXT_MAX);
}

void fst_rewriter_clear(struct fst_rewriter *w)
{
    free(w->patches);
    free(w->inner);
    fst_buf_clear(&w->text);
    fst_buf_clear(&w->scratch);
    fst_buf_clear(&w->inner_text);
    *w = (struct fst_rewriter){ 0 };
}

static enum fst_status append(struct fst_rewriter *w, struct fst_patch p, struct fst_error *err)
{
    if (!fst_grow(&w->patches, w->patch_count, &w->patch_cap, sizeof *w->patches))
        return fst_fail(err, FST_ENOMEM, "out of memory");
    w->patches[w->patch_count++] = p;
    return FST_OK;
}

/* A patch whose text was appended to w->text from `off` on. */
static enum fst_status add_patch(struct fst_rewriter *w, uint32_t node, bool behind, size_t off, struct fst_error *err)
{
    return append(w, (struct fst_patch){ .node = node, .behind = behind, .off = off, .len = w->text.len - off }, err);
}

/* ---- the Bundles that stay whole: links to their own entries are left alone */

static struct fst_hash128 *inner_slot(struct fst_rewriter *w, struct fst_hash128 key)
{
    size_t i = (size_t)key.lo & (w->inner_cap - 1);
    while ((w->inner[i].hi || w->inner[i].lo) && fst_hash128_compare(w->inner[i], key))
        i = (i + 1) & (w->inner_cap - 1);
    return &w->inner[i];
}

static void inner_add(struct fst_rewriter *w, struct fst_view link)
{
    struct fst_hash128 key = fst_key_link(0, link);
    *inner_slot(w, key) = key;
}

static enum fst_status inner_collect(struct fst_rewriter *w, struct fst_error *err)
{
    const struct fst_tape *t = w->tape;
    uint32_t               end = t->nodes[w->root].next;
    size_t                 count = 0, cap = 16;

    for (uint32_t i = w->root + 1; i < end; i++)
        count += (fst_node_flags(&t->nodes[i]) & FST_JSON_NAME) && fst_tape_string_is(t, i, "fullUrl");
    while (cap < count * 4) /* each may be there in two forms */
        cap *= 2;
    free(w->inner);
    w->inner = calloc(cap, sizeof *w->inner);
    if (!w->inner)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    w->inner_cap = cap;
    for (uint32_t i = w->root + 1; i < end && count; i++) {
        struct fst_view url, id;
        fst_type        type;
        if (!(fst_node_flags(&t->nodes[i]) & FST_JSON_NAME) || !fst_tape_string_is(t, i, "fullUrl"))
            continue;
        url = fst_tape_string(t, i + 1, &w->inner_text);
        inner_add(w, url);
        if (fst_url_tail(url, &type, &id))
            inner_add(w, fst_view_n(id.p - strlen(fst_type_name(type)) - 1, strlen(fst_type_name(type)) + 1 + id.n));
    }
    return FST_OK;
}

/* Does `link` mean an entry of the Bundle that the resource itself is? */
static enum fst_status is_inner(struct fst_rewriter *w, struct fst_view link, bool *inner, struct fst_error *err)
{
    struct fst_hash128 key = fst_key_link(0, link);
    enum fst_status    st = FST_OK;

    *inner = false;
    if (!w->is_bundle)
        return FST_OK;
    if (!w->inner)
        st = inner_collect(w, err);
    if (!st)
        *inner = fst_hash128_compare(*inner_slot(w, key), key) == 0;
    return st;
}

/* ---- links */

enum link_name { NO_LINK, REFERENCE, URL, OTHER_URI };
/* The length and the first two bytes of a name. */
#define LINK_KEY(len, first, second) ((uint32_t)(len) << 16 | (uint32_t)(uint8_t)(first) << 8 | (uint8_t)(second))

/* Which link-bearing member a name is. */
static enum link_name link_name(const struct fst_tape *t, uint32_t name)
{
    static const struct { const char *text; enum link_name kind; } names[] = {
        { "reference", REFERENCE }, { "url", URL }, { "uri", OTHER_URI }, { "valueUri", OTHER_URI }, { "valueUrl", OTHER_URI },
    };
    const struct fst_node *n = &t->nodes[name];
    const char            *p = t->text + n->off;
    uint32_t               key;

    if (fst_node_flags(n) & FST_JSON_ESCAPED) {
        for (size_t i = 0; i < FST_COUNT(names); i++)
            if (fst_tape_string_is(t, name, names[i].text))
                return names[i].kind;
        return NO_LINK;
    }
    key = LINK_KEY(n->len, p[0], p[1]); /* of an empty name the quote and the colon */
    if (!((key == LINK_KEY(9, 'r', 'e')) | (key == LINK_KEY(3, 'u', 'r')) | (key == LINK_KEY(8, 'v', 'a')))) /* nearly all, in one step */
        return NO_LINK;
    switch (n->len) {
    case 3: return p[2] == 'l' ? URL : p[2] == 'i' ? OTHER_URI : NO_LINK;
    case 8: return !memcmp(p, "valueUr", 7) && (p[7] == 'i' || p[7] == 'l') ? OTHER_URI : NO_LINK;
    case 9: return !memcmp(p, "reference", 9) ? REFERENCE : NO_LINK;
    default: return NO_LINK;
    }
}

/* Is this `url` what an extension or a definition is known by, and so no link? */
static bool names_itself(const struct fst_tape *t, uint32_t root, uint32_t name)
{
    static const char *const holders[] = { "extension", "modifierExtension", "contained", "resource" };
    uint32_t object, under;

    fst_place_parent(t, root, name, &object, &under);
    if (object == root)
        return true;
    for (size_t i = 0; i < FST_COUNT(holders); i++)
        if (fst_tape_string_is(t, under, holders[i]))
            return true;
    return false;
}

/* Put target and suffix in the place of the string at `node`. */
static enum fst_status replace(struct scan *s, uint32_t node, const char *target, size_t n, struct fst_view suffix)
{
    struct fst_rewriter *w = s->w;
    size_t               off = w->text.len;

    if (fst_node_flags(&w->tape->nodes[node]) & FST_JSON_ESCAPED) { /* the suffix lost its escapes */
        fst_buf_reset(&w->inner_text);
        fst_json_quote(&w->inner_text, suffix);
        suffix = fst_view_n(w->inner_text.p + 1, w->inner_text.len - 2);
    }
    fst_buf_add(&w->text, target, n);
    fst_buf_add_view(&w->text, suffix);
    return add_patch(w, node, false, off, s->err);
}

/* `Type?…`: a search that stands for a resource. */
static bool is_search(struct fst_view link)
{
    const char *mark = memchr(link.p, '?', link.n);
    return mark && !memchr(link.p, ':', (size_t)(mark - link.p)) && !memchr(link.p, '/', (size_t)(mark - link.p));
}

static bool worth_asking(const struct fst_registry *r, struct fst_view base, bool is_urn)
{
    if (is_urn)
        return true;
    return memchr(base.p, ':', base.n) ? r->absolute_links : r->relative_links;
}

static enum fst_status scan_link(struct scan *s, uint32_t name, enum link_name kind)
{
    struct fst_rewriter  *w = s->w;
    const struct fst_registry *registry = w->resolver->registry;
    struct fst_view       link = fst_tape_string(w->tape, name + 1, &w->scratch);
    struct fst_link_parts parts;
    char                  target[FST_TARGET_MAX];
    size_t                n = 0;
    bool                  is_urn, inner = false;
    enum fst_status       st = FST_OK;

    if (!link.n || link.p[0] == '#')
        return FST_OK;
    if (kind == REFERENCE && is_search(link)) {
        st = fst_resolve_query(w->resolver, link, target, &n, s->err);
        if (st)
            return st;
        return n ? replace(s, name + 1, target, n, (struct fst_view){ 0 }) : s->fn(s->ctx, name + 1, s->err);
    }
    is_urn = fst_view_starts(link, "urn:uuid:") || fst_view_starts(link, "urn:oid:");
    if (!is_urn && !registry->absolute_links && !registry->relative_links)
        return FST_OK; /* no entry of a Bundle anywhere: most NDJSON */
    parts = fst_link_split(link);
    if (!parts.base.n || !worth_asking(registry, parts.base, is_urn))
        return FST_OK;
    st = is_inner(w, parts.base, &inner, s->err);
    if (st || inner)
        return st;
    st = fst_resolve_link(w->resolver, w->bundle, parts.base, target, &n, s->err);
    if (st)
        return st;
    if (!n)
        return kind == REFERENCE && is_urn ? s->fn(s->ctx, name + 1, s->err) : FST_OK;
    if (kind == URL && names_itself(w->tape, w->root, name))
        return FST_OK;
    return replace(s, name + 1, target, n, parts.suffix);
}

/* ---- profiles that are taken out of meta.profile */

static uint32_t start_of(const struct fst_tape *t, uint32_t node)
{
    return t->nodes[node].off - (fst_tape_kind(t, node) == FST_JSON_STRING);
}

static uint32_t end_of(const struct fst_tape *t, uint32_t node)
{
    return t->nodes[node].off + t->nodes[node].len + (fst_tape_kind(t, node) == FST_JSON_STRING);
}

/* Leave out an item of `container`, or a member by its name, with one comma: that before it when something stays before
 * it, else that behind it. `before` is the value before it, FST_NO_NODE for the first; `next` the item or name behind it. */
static enum fst_status leave_out(struct scan *s, uint32_t node, uint32_t last, bool stays_before, uint32_t before, uint32_t next)
{
    const struct fst_tape *t = s->w->tape;
    struct fst_patch       p = { .node = node };
    p.from = stays_before ? end_of(t, before) : start_of(t, node);
    p.to = stays_before || next == FST_NO_NODE ? end_of(t, last) : start_of(t, next);
    return append(s->w, p, s->err);
}

static bool keeps(struct scan *s, uint32_t item)
{
    const struct fst_strip *strip = s->w->strip;
    return fst_tape_kind(s->w->tape, item) != FST_JSON_STRING ||
           strip->keeps(strip->ctx, fst_tape_string(s->w->tape, item, &s->w->scratch));
}

/* Leave out the member `name` of `object`. */
static enum fst_status leave_out_member(struct scan *s, uint32_t object, uint32_t name)
{
    uint32_t before = FST_NO_NODE;
    FST_EACH_MEMBER(s->w->tape, object, n) {
        if (n == name)
            break;
        before = n + 1;
    }
    return leave_out(s, name, name + 1, before != FST_NO_NODE, before, fst_tape_sibling(s->w->tape, object, name + 1));
}

static enum fst_status leave_out_items(struct scan *s, uint32_t list)
{
    const struct fst_tape *t = s->w->tape;
    uint32_t               before = FST_NO_NODE;
    bool                   stays_before = false;
    enum fst_status        st = FST_OK;
    FST_EACH_ELEMENT(t, list, item) {
        if (keeps(s, item))
            stays_before = true;
        else if (!st)
            st = leave_out(s, item, item, stays_before, before, fst_tape_sibling(t, list, item));
        before = item;
    }
    return st;
}

/* The member "meta", called so at `name`, of `object`: its unknown profiles go, with them an array or a meta that has
 * nothing else. *skip is set to the last node that goes with a meta. Where extensions are aligned with the profiles all
 * stay. */
static enum fst_status strip_meta(struct scan *s, uint32_t object, uint32_t name, uint32_t *skip)
{
    const struct fst_tape *t = s->w->tape;
    uint32_t               meta = name + 1, list = fst_tape_member(t, meta, "profile"), kept = 0, count = 0;
    if (list == FST_NO_NODE || fst_tape_member(t, meta, "_profile") != FST_NO_NODE)
        return FST_OK;
    FST_EACH_ELEMENT(t, list, item) {
        kept += keeps(s, item);
        count++;
    }
    if (kept == count)
        return FST_OK;
    if (kept)
        return leave_out_items(s, list);
    if (fst_node_count(&t->nodes[meta]) > 1)
        return leave_out_member(s, meta, list - 1);
    *skip = t->nodes[meta].next - 1;
    return leave_out_member(s, object, name);
}

static bool is_meta(const struct fst_tape *t, uint32_t name)
{
    return fst_tape_kind(t, name + 1) == FST_JSON_OBJECT && fst_tape_string_is(t, name, "meta");
}

static enum fst_status strip_at(struct scan *s, uint32_t name, uint32_t *skip)
{
    uint32_t object, under;
    if (!s->w->strip || !is_meta(s->w->tape, name))
        return FST_OK;
    fst_place_parent(s->w->tape, s->w->root, name, &object, &under);
    return strip_meta(s, object, name, skip);
}

/* ---- the id */

static enum fst_status patch_id(struct fst_rewriter *w, uint32_t node, bool behind, const char *id, struct fst_error *err)
{
    size_t off = w->text.len;

    if (behind)
        fst_buf_addf(&w->text, ",\"id\":\"%s\"", id);
    else
        fst_buf_add_str(&w->text, id);
    return add_patch(w, node, behind, off, err);
}

enum fst_status fst_rewrite_scan(struct fst_rewriter *w, const struct fst_tape *t, uint32_t root, uint64_t bundle,
                                 const char *id, fst_unresolved_fn *fn, void *ctx, struct fst_error *err)
{
    struct scan     s = { w, fn, ctx, err };
    uint32_t        type_node = fst_tape_member(t, root, "resourceType"), id_node = fst_tape_member(t, root, "id");
    uint32_t        end = t->nodes[root].next, skip = 0;
    enum fst_status st = FST_OK;

    free(w->inner);
    w->inner = NULL;
    w->patch_count = 0;
    fst_buf_reset(&w->text);
    w->tape = t;
    w->root = root;
    w->bundle = bundle;
    w->is_bundle = fst_tape_string_is(t, type_node, "Bundle");
    for (uint32_t i = root + 1; i < end && !st; i++) {
        const struct fst_node *n = &t->nodes[i];
        if (fst_node_flags(n) & FST_JSON_NAME) {
            enum link_name kind = link_name(t, i);
            if (kind && fst_tape_kind(t, i + 1) == FST_JSON_STRING)
                st = scan_link(&s, i, kind);
            else if (w->strip && i >= skip)
                st = strip_at(&s, i, &skip);
        } else if (i == id_node) {
            if (fst_node_kind(n) == FST_JSON_STRING && !fst_tape_string_is(t, i, id))
                st = patch_id(w, i, false, id, err);
        } else if (i == type_node && id_node == FST_NO_NODE && fst_node_kind(n) == FST_JSON_STRING) {
            st = patch_id(w, i, true, id, err);
        }
    }
    return st ? st : fst_buf_check(&w->text, err);
}

/* ---- writing */

static void put(struct fst_buf *out, const char *p, size_t n)
{
    memcpy(out->p + out->len, p, n);
    out->len += n;
}

static void put_patch(struct fst_buf *out, const struct fst_rewriter *w, const struct fst_patch *p)
{
    put(out, w->text.p + p->off, p->len);
}

/* No white space to leave out: the pieces between the patches as they stand. */
static void write_compact(const struct fst_rewriter *w, struct fst_buf *out)
{
    const struct fst_node *root = &w->tape->nodes[w->root];
    const char            *text = w->tape->text, *at = text + root->off, *end = at + root->len;

    for (size_t i = 0; i < w->patch_count; i++) {
        const struct fst_patch *p = &w->patches[i];
        const struct fst_node  *n = &w->tape->nodes[p->node];
        const char             *stop = text + n->off + (p->behind ? n->len + 1 : 0);
        if (p->to) {
            put(out, at, (size_t)(text + p->from - at));
            at = text + p->to;
            continue;
        }
        put(out, at, (size_t)(stop - at));
        put_patch(out, w, p);
        at = p->behind ? stop : stop + n->len;
    }
    put(out, at, (size_t)(end - at));
}

/* Brackets, commas and colons between two tokens. */
static const char *put_structure(struct fst_buf *out, const char *at, const char *token)
{
    for (; at < token; at++)
        if (*at != ' ' && *at != '\n' && *at != '\r' && *at != '\t')
            out->p[out->len++] = *at;
    return at;
}

static void write_minified(const struct fst_rewriter *w, struct fst_buf *out)
{
    const struct fst_tape  *t = w->tape;
    const struct fst_node  *root = &t->nodes[w->root];
    const struct fst_patch *p = w->patches, *last = p + w->patch_count;
    const char             *at = t->text + root->off;

    for (uint32_t i = w->root + 1; i < root->next; i++) {
        const struct fst_node *n = &t->nodes[i];
        size_t                 quote = fst_node_kind(n) == FST_JSON_STRING;
        if (p < last && p->to && p->node == i) {
            put_structure(out, at, t->text + p->from);
            at = t->text + p++->to;
        }
        if (fst_node_kind(n) >= FST_JSON_ARRAY || t->text + n->off < at)
            continue;
        at = put_structure(out, at, t->text + n->off - quote);
        if (p < last && p->node == i) {
            put(out, at, p->behind ? n->len + 2 : 1);
            put_patch(out, w, p);
            if (!p->behind)
                out->p[out->len++] = '"';
            p++;
        } else {
            put(out, at, n->len + 2 * quote);
        }
        at += n->len + 2 * quote;
    }
    put_structure(out, at, t->text + root->off + root->len);
}

void fst_rewrite_write(struct fst_rewriter *w, struct fst_buf *out)
{
    uint32_t len = w->tape->nodes[w->root].len;

    if (!fst_buf_reserve(out, (size_t)len + w->text.len))
        return;
    if (w->tape->compact)
        write_compact(w, out);
    else
        write_minified(w, out);
    out->p[out->len] = '\0';
}
