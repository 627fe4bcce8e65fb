#include "prepare/identity.h"

#include <inttypes.h>
#include <stdio.h>

static const char urn_uuid[] = "urn:uuid:";

/* 16 bytes as a UUID of version 8 (RFC 9562 §5.8). */
static void format_uuid8(char out[FST_UUID_TEXT + 1], const uint8_t digest[FST_SHA256_BYTES])
{
    static const uint8_t groups[] = { 4, 2, 2, 2, 6 };
    uint8_t              b[16];
    size_t               at = 0;

    memcpy(b, digest, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x80);
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof groups; i++) {
        if (i)
            *out++ = '-';
        fst_hex(b + at, groups[i], out);
        out += 2 * groups[i];
        at += groups[i];
    }
}

void fst_anonymous_id(char out[FST_UUID_TEXT + 1], const uint8_t sha256[FST_SHA256_BYTES], uint64_t ordinal)
{
    uint8_t text[FST_SHA256_BYTES + 8], digest[FST_SHA256_BYTES];

    memcpy(text, sha256, FST_SHA256_BYTES);
    for (int i = 0; i < 8; i++)
        text[FST_SHA256_BYTES + i] = (uint8_t)(ordinal >> (56 - 8 * i));
    fst_sha256(fst_view_n((const char *)text, sizeof text), digest);
    format_uuid8(out, digest);
}

static void scoped_id(char out[FST_UUID_TEXT + 1], const struct fst_scope *scope, fst_type type, struct fst_view name)
{
    uint8_t           digest[FST_SHA256_BYTES];
    struct fst_digest h;
    char              text[64];
    int               n;

    if (fst_digest_init(&h, FST_SHA256)) {
        out[0] = '\0';
        return;
    }
    n = snprintf(text, sizeof text, "%zu:", scope->source.n);
    fst_digest_add(&h, text, (size_t)n);
    fst_digest_add(&h, scope->source.p, scope->source.n);
    n = snprintf(text, sizeof text, "@%" PRIu64 ":%s/", scope->offset, fst_type_name(type));
    fst_digest_add(&h, text, (size_t)n);
    fst_digest_add(&h, name.p, name.n);
    fst_digest_finish(&h, digest);
    format_uuid8(out, digest);
}

struct fst_link_parts fst_link_split(struct fst_view link)
{
    static const char     history[] = "/_history/";
    size_t                n = link.n;
    const char           *hash = link.n ? memchr(link.p, '#', link.n) : NULL, *version;

    if (hash)
        n = (size_t)(hash - link.p);
    version = n ? memmem(link.p, n, history, sizeof history - 1) : NULL;
    if (version)
        n = (size_t)(version - link.p);
    return (struct fst_link_parts){ fst_view_n(link.p, n), fst_view_from(link, n) };
}

bool fst_link_is_relative(struct fst_view link, fst_type *type, struct fst_view *id)
{
    const char *slash = link.n ? memchr(link.p, '/', link.n) : NULL;

    if (!slash)
        return false;
    *type = fst_type_find(fst_view_n(link.p, (size_t)(slash - link.p)));
    *id = fst_view_from(link, (size_t)(slash - link.p) + 1);
    return *type != FST_NO_TYPE && fst_id_is_valid(*id);
}

bool fst_url_tail(struct fst_view url, fst_type *type, struct fst_view *id)
{
    size_t slashes = 0, at = url.n;

    while (at && slashes < 2)
        slashes += url.p[--at] == '/';
    return fst_link_is_relative(slashes == 2 ? fst_view_from(url, at + 1) : url, type, id);
}

struct fst_view fst_put_id(const struct fst_facts *f)
{
    struct fst_view id;
    fst_type        type;

    if (fst_view_is(f->text[FST_FACT_METHOD], "PUT") && fst_url_tail(f->text[FST_FACT_URL], &type, &id) &&
        fst_view_is(f->text[FST_FACT_TYPE], fst_type_name(type)))
        return id;
    return (struct fst_view){ 0 };
}

/* The name that the source gives: what the id is, or is derived from. */
static struct fst_view source_name(const struct fst_facts *f)
{
    struct fst_view url = f->text[FST_FACT_FULL_URL];

    if (f->member[FST_FACT_ID] == FST_MEMBER_STRING)
        return f->text[FST_FACT_ID];
    if (fst_put_id(f).n)
        return fst_put_id(f);
    url = fst_link_split(url).base;
    if (fst_view_starts(url, urn_uuid))
        return fst_view_from(url, sizeof urn_uuid - 1);
    return (struct fst_view){ 0 };
}

void fst_identity_of(struct fst_identity *out, const struct fst_facts *f, const struct fst_scope *scope)
{
    struct fst_view name = source_name(f), put = fst_put_id(f), full_url = f->text[FST_FACT_FULL_URL];

    *out = (struct fst_identity){ .type = fst_type_find(f->text[FST_FACT_TYPE]), .origin = FST_ID_ANONYMOUS };
    if (out->type == FST_NO_TYPE)
        return;
    if (f->member[FST_FACT_ID] == FST_MEMBER_OTHER ||
        (f->member[FST_FACT_ID] == FST_MEMBER_STRING && !fst_id_is_valid(name))) {
        out->origin = FST_ID_MALFORMED;
        return;
    }
    if (scope && (name.n || full_url.n)) {
        scoped_id(out->id, scope, out->type, name.n ? name : full_url);
        out->origin = FST_ID_KNOWN;
        out->renamed = true;
        return;
    }
    out->renamed = f->text[FST_FACT_IF_NONE_EXIST].n || (put.n && !fst_view_equal(put, name));
    if (!fst_id_is_valid(name)) {
        out->renamed = true;
        return;
    }
    memcpy(out->id, name.p, name.n);
    out->origin = FST_ID_KNOWN;
}

size_t fst_target_format(char out[FST_TARGET_MAX], fst_type type, const char *id)
{
    return (size_t)snprintf(out, FST_TARGET_MAX, "%s/%s", fst_type_name(type), id);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void percent_decode(struct fst_buf *out, struct fst_view v)
{
    fst_buf_reset(out);
    for (size_t i = 0; i < v.n; i++) {
        int high = v.p[i] == '%' && i + 2 < v.n ? hex_value(v.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(v.p[i + 2]) : -1;
        if (low < 0) {
            fst_buf_add_char(out, v.p[i]);
        } else {
            fst_buf_add_char(out, (char)(high << 4 | low));
            i += 2;
        }
    }
}

bool fst_query_parse(struct fst_query *q, struct fst_view link)
{
    static const char parameter[] = "identifier=";
    const char       *mark = link.n ? memchr(link.p, '?', link.n) : NULL, *bar;
    struct fst_view   search, token;

    if (!mark)
        return false;
    q->type = fst_type_find(fst_view_n(link.p, (size_t)(mark - link.p)));
    search = fst_view_from(link, (size_t)(mark - link.p) + 1);
    if (q->type == FST_NO_TYPE || !fst_view_starts(search, parameter) || memchr(search.p, '&', search.n))
        return false;
    percent_decode(&q->text, fst_view_from(search, sizeof parameter - 1));
    token = fst_buf_view(&q->text);
    bar = token.n ? memchr(token.p, '|', token.n) : NULL;
    q->has_system = bar != NULL;
    q->system = bar ? fst_view_n(token.p, (size_t)(bar - token.p)) : (struct fst_view){ 0 };
    q->value = bar ? fst_view_from(token, (size_t)(bar - token.p) + 1) : token;
    return q->value.n > 0 && !q->text.failed;
}

/* ---- keys */

static struct fst_hash128 of_kind(enum fst_key_kind kind, struct fst_hash128 key)
{
    key.hi = (uint64_t)kind << (64 - FST_KEY_KIND_BITS) | key.hi >> FST_KEY_KIND_BITS;
    return key;
}

struct fst_hash128 fst_key_first(enum fst_key_kind kind)
{
    return of_kind(kind, (struct fst_hash128){ 0, 0 });
}

struct fst_hash128 fst_key_claim(fst_type type, const char *id)
{
    return of_kind(FST_KEY_CLAIM, fst_hash128(fst_view_of(id), type));
}

/* Positions of one Bundle stand together in the index, so that its links are looked up in few blocks. UUIDs
 * compare without regard to case (RFC 9562 §4). */
struct fst_hash128 fst_key_link(uint64_t bundle, struct fst_view link)
{
    char lower[sizeof urn_uuid + FST_UUID_TEXT];

    if (link.n < sizeof lower && fst_view_starts(link, urn_uuid)) {
        for (size_t i = 0; i < link.n; i++)
            lower[i] = (char)(link.p[i] >= 'A' && link.p[i] <= 'Z' ? link.p[i] | 32 : link.p[i]);
        link.p = lower;
    }
    return (struct fst_hash128){ of_kind(FST_KEY_LINK, (struct fst_hash128){ 0, 0 }).hi | bundle,
                                 fst_hash128(link, 0).lo };
}

/* All identifiers of one type and value stand together, whatever their system. */
struct fst_hash128 fst_key_identifier(fst_type type, struct fst_view system, struct fst_view value)
{
    struct fst_hash128 of_value = fst_hash128(value, type);
    return of_kind(FST_KEY_IDENTIFIER, (struct fst_hash128){ of_value.hi, fst_hash128(system, of_value.lo).lo });
}

/* The search may stand there with "Type?" or "?" before it, and percent-encoded. */
struct fst_hash128 fst_key_create(fst_type type, struct fst_view if_none_exist)
{
    const char        *mark = if_none_exist.n ? memchr(if_none_exist.p, '?', if_none_exist.n) : NULL;
    struct fst_buf     text;
    struct fst_hash128 key;

    if (mark && !memchr(if_none_exist.p, '=', (size_t)(mark - if_none_exist.p)))
        if_none_exist = fst_view_from(if_none_exist, (size_t)(mark - if_none_exist.p) + 1);
    fst_buf_init(&text, if_none_exist.n + 1);
    percent_decode(&text, if_none_exist);
    key = of_kind(FST_KEY_CREATE, fst_hash128(fst_buf_view(&text), type));
    fst_buf_clear(&text);
    return key;
}

struct fst_hash128 fst_key_anonymous(const uint8_t sha256[FST_SHA256_BYTES])
{
    struct fst_hash128 key;
    memcpy(&key, sha256, sizeof key);
    return of_kind(FST_KEY_ANONYMOUS, key);
}

struct fst_hash128 fst_key_position(uint64_t pos)
{
    return of_kind(FST_KEY_POSITION, (struct fst_hash128){ pos << FST_KEY_KIND_BITS, 0 });
}
