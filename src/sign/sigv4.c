#include "sign/sigv4.h"

#include <stdlib.h>

#include "base/str.h"

enum { CEILING = 1 << 22, MAX_HEADERS = 64, MAX_PAIRS = 256 };

/* ---- percent-encoding */

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void fst_sign_encode(struct fst_buf *out, struct fst_view v, bool keep_slash)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = (unsigned char)v.p[i];
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            fst_buf_add_char(out, (char)c);
        } else {
            char escape[3] = { '%', hex[c >> 4], hex[c & 15] };
            fst_buf_add(out, escape, 3);
        }
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void fst_sign_decode(struct fst_buf *out, struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++) {
        int high = v.p[i] == '%' && i + 2 < v.n ? hex_digit(v.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(v.p[i + 2]) : -1;
        if (low >= 0) {
            fst_buf_add_char(out, (char)(high << 4 | low));
            i += 2;
        } else {
            fst_buf_add_char(out, v.p[i]);
        }
    }
}

/* ---- path */

/* "/a/./b//../c/" to "/a/c/" */
static void normalize(struct fst_buf *out, struct fst_view path)
{
    size_t i = 0;
    bool   slash_at_end = path.n && path.p[path.n - 1] == '/';

    while (i < path.n) {
        size_t end = i;
        while (end < path.n && path.p[end] != '/')
            end++;
        if (end - i == 2 && !memcmp(path.p + i, "..", 2)) {
            while (out->len && out->p[out->len - 1] != '/')
                out->len--;
            if (out->len)
                out->len--;
        } else if (end > i && !(end - i == 1 && path.p[i] == '.')) {
            fst_buf_add_char(out, '/');
            fst_buf_add(out, path.p + i, end - i);
        }
        i = end + 1;
    }
    if (!out->len || slash_at_end)
        fst_buf_add_char(out, '/');
}

static void add_path(struct fst_buf *out, const struct fst_sign_request *r)
{
    struct fst_buf  text;
    struct fst_view path = r->path.n ? r->path : (struct fst_view)FST_VIEW("/");

    fst_buf_init(&text, CEILING);
    if (r->path_kind == FST_SIGN_PATH_NORMALIZED)
        normalize(&text, path);
    else if (r->path_kind == FST_SIGN_PATH_DECODED)
        fst_sign_decode(&text, path);
    else
        fst_buf_add_view(&text, path);
    fst_sign_encode(out, fst_buf_view(&text), true);
    fst_buf_clear(&text);
}

/* ---- query */

struct pair { /* encoded; offsets, since the buffer moves while it grows */
    size_t name, name_end, value_end;
    const struct fst_buf *text;
};

static int compare_views(struct fst_view a, struct fst_view b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int    c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : a.n < b.n ? -1 : a.n > b.n;
}

static int by_pair(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int c = compare_views(fst_view_n(x->text->p + x->name, x->name_end - x->name),
                          fst_view_n(y->text->p + y->name, y->name_end - y->name));
    return c ? c : compare_views(fst_view_n(x->text->p + x->name_end, x->value_end - x->name_end),
                                 fst_view_n(y->text->p + y->name_end, y->value_end - y->name_end));
}

/* Decoded and encoded once more, so that all spellings of a character come out the same. */
static void recode(struct fst_buf *out, struct fst_view v, struct fst_buf *scratch)
{
    fst_buf_reset(scratch);
    fst_sign_decode(scratch, v);
    fst_sign_encode(out, fst_buf_view(scratch), false);
}

/* Split "a=b&c" at the first `sep`; *v is left with what is behind it. */
static struct fst_view take_until(struct fst_view *v, char sep)
{
    const char     *at = v->n ? memchr(v->p, sep, v->n) : NULL;
    struct fst_view head = at ? fst_view_n(v->p, (size_t)(at - v->p)) : *v;

    *v = at ? fst_view_n(at + 1, v->n - head.n - 1) : (struct fst_view){ 0 };
    return head;
}

static void add_query(struct fst_buf *out, struct fst_view query)
{
    struct fst_buf text, scratch;
    struct pair    pairs[MAX_PAIRS];
    size_t         n = 0;

    fst_buf_init(&text, CEILING);
    fst_buf_init(&scratch, CEILING);
    while (query.n && n < MAX_PAIRS) {
        struct fst_view value = take_until(&query, '&');
        struct fst_view name = take_until(&value, '=');
        if (!name.n || fst_view_is(name, "X-Amz-Signature"))
            continue;
        pairs[n].text = &text;
        pairs[n].name = text.len;
        recode(&text, name, &scratch);
        pairs[n].name_end = text.len;
        recode(&text, value, &scratch);
        pairs[n++].value_end = text.len;
    }
    qsort(pairs, n, sizeof *pairs, by_pair);
    for (size_t i = 0; i < n; i++) {
        if (i)
            fst_buf_add_char(out, '&');
        fst_buf_add(out, text.p + pairs[i].name, pairs[i].name_end - pairs[i].name);
        fst_buf_add_char(out, '=');
        fst_buf_add(out, text.p + pairs[i].name_end, pairs[i].value_end - pairs[i].name_end);
    }
    fst_buf_clear(&text);
    fst_buf_clear(&scratch);
}

/* ---- headers */

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static int compare_names(struct fst_view a, struct fst_view b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return (unsigned char)lower(a.p[i]) < (unsigned char)lower(b.p[i]) ? -1 : 1;
    return a.n < b.n ? -1 : a.n > b.n;
}

static int by_name(const void *a, const void *b)
{
    const struct fst_sign_header *x = *(const struct fst_sign_header *const *)a, *y = *(const struct fst_sign_header *const *)b;
    int                           c = compare_names(x->name, y->name);
    return c ? c : x < y ? -1 : x > y; /* values of one name keep their order */
}

static size_t sort_headers(const struct fst_sign_header *sorted[MAX_HEADERS], const struct fst_sign_request *r)
{
    size_t n = r->header_count < MAX_HEADERS ? r->header_count : MAX_HEADERS;

    for (size_t i = 0; i < n; i++)
        sorted[i] = &r->headers[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    return n;
}

static void add_lower(struct fst_buf *out, struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++)
        fst_buf_add_char(out, lower(v.p[i]));
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without white space at the ends, and runs of it made one space. */
static void add_trimmed(struct fst_buf *out, struct fst_view v)
{
    bool gap = false, any = false;

    for (size_t i = 0; i < v.n; i++) {
        if (is_space(v.p[i])) {
            gap = any;
            continue;
        }
        if (gap)
            fst_buf_add_char(out, ' ');
        fst_buf_add_char(out, v.p[i]);
        gap = false;
        any = true;
    }
}

static void add_headers(struct fst_buf *out, const struct fst_sign_request *r)
{
    const struct fst_sign_header *sorted[MAX_HEADERS];
    size_t                        n = sort_headers(sorted, r);

    for (size_t i = 0; i < n; i++) {
        bool repeated = i && !compare_names(sorted[i]->name, sorted[i - 1]->name);
        if (repeated) {
            out->len--; /* the line break */
            fst_buf_add_char(out, ',');
        } else {
            add_lower(out, sorted[i]->name);
            fst_buf_add_char(out, ':');
        }
        add_trimmed(out, sorted[i]->value);
        fst_buf_add_char(out, '\n');
    }
}

void fst_sign_signed_headers(struct fst_buf *out, const struct fst_sign_request *r)
{
    const struct fst_sign_header *sorted[MAX_HEADERS];
    size_t                        n = sort_headers(sorted, r);

    for (size_t i = 0; i < n; i++) {
        if (i && !compare_names(sorted[i]->name, sorted[i - 1]->name))
            continue;
        if (i)
            fst_buf_add_char(out, ';');
        add_lower(out, sorted[i]->name);
    }
}

/* ---- stages */

void fst_sign_canonical_request(struct fst_buf *out, const struct fst_sign_request *r)
{
    fst_buf_add_view(out, r->method);
    fst_buf_add_char(out, '\n');
    add_path(out, r);
    fst_buf_add_char(out, '\n');
    add_query(out, r->query);
    fst_buf_add_char(out, '\n');
    add_headers(out, r);
    fst_buf_add_char(out, '\n');
    fst_sign_signed_headers(out, r);
    fst_buf_add_char(out, '\n');
    fst_buf_add_view(out, r->payload);
}

void fst_sign_scope_text(struct fst_buf *out, const struct fst_sign_scope *s)
{
    fst_buf_add(out, s->time, 8);
    fst_buf_add_char(out, '/');
    fst_buf_add_view(out, s->region);
    fst_buf_add_char(out, '/');
    fst_buf_add_view(out, s->service);
    fst_buf_add_str(out, "/aws4_request");
}

static void add_sha256(struct fst_buf *out, struct fst_view v)
{
    uint8_t hash[FST_SHA256_BYTES];
    char    hex[FST_HEX_SHA256];

    fst_sha256(v, hash);
    fst_hex(hash, sizeof hash, hex);
    fst_buf_add_str(out, hex);
}

/* "ALGORITHM\nTIME\nSCOPE\n" */
static void begin_string(struct fst_buf *out, const char *algorithm, const struct fst_sign_scope *s)
{
    fst_buf_add_str(out, algorithm);
    fst_buf_add_char(out, '\n');
    fst_buf_add_str(out, s->time);
    fst_buf_add_char(out, '\n');
    fst_sign_scope_text(out, s);
    fst_buf_add_char(out, '\n');
}

void fst_sign_string_to_sign(struct fst_buf *out, const struct fst_sign_scope *s, struct fst_view canonical_request)
{
    begin_string(out, FST_SIGN_ALGORITHM, s);
    add_sha256(out, canonical_request);
}

void fst_sign_key(uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *s, struct fst_view secret)
{
    struct fst_buf start;
    uint8_t        next[FST_SHA256_BYTES];

    fst_buf_init(&start, CEILING);
    fst_buf_add_str(&start, "AWS4");
    fst_buf_add_view(&start, secret);
    fst_hmac_sha256(fst_buf_view(&start), fst_view_n(s->time, 8), key);
    if (start.p)
        explicit_bzero(start.p, start.len);
    fst_buf_clear(&start);
    fst_hmac_sha256(fst_view_n((const char *)key, FST_SHA256_BYTES), s->region, next);
    fst_hmac_sha256(fst_view_n((const char *)next, FST_SHA256_BYTES), s->service, key);
    fst_hmac_sha256(fst_view_n((const char *)key, FST_SHA256_BYTES), (struct fst_view)FST_VIEW("aws4_request"), next);
    memcpy(key, next, sizeof next);
}

void fst_sign_hmac_hex(char out[FST_HEX_SHA256], const uint8_t key[FST_SHA256_BYTES], struct fst_view string_to_sign)
{
    uint8_t mac[FST_SHA256_BYTES];

    fst_hmac_sha256(fst_view_n((const char *)key, FST_SHA256_BYTES), string_to_sign, mac);
    fst_hex(mac, sizeof mac, out);
}

/* ---- the whole */

enum fst_status fst_sign_signature(char out[FST_HEX_SHA256], const struct fst_sign_request *r,
                                   const struct fst_sign_scope *s, struct fst_view secret)
{
    struct fst_buf  canonical, text;
    uint8_t         key[FST_SHA256_BYTES];
    enum fst_status st;

    fst_buf_init(&canonical, CEILING);
    fst_buf_init(&text, CEILING);
    fst_sign_canonical_request(&canonical, r);
    fst_sign_string_to_sign(&text, s, fst_buf_view(&canonical));
    st = fst_buf_status(&canonical) || fst_buf_status(&text) || r->header_count > MAX_HEADERS ? FST_ENOMEM : FST_OK;
    fst_sign_key(key, s, secret);
    fst_sign_hmac_hex(out, key, fst_buf_view(&text));
    explicit_bzero(key, sizeof key);
    fst_buf_clear(&canonical);
    fst_buf_clear(&text);
    return st;
}

void fst_sign_authorization(struct fst_buf *out, const struct fst_sign_request *r, const struct fst_sign_scope *s,
                            struct fst_view access_key_id, const char *signature)
{
    fst_buf_add_str(out, FST_SIGN_ALGORITHM " Credential=");
    fst_buf_add_view(out, access_key_id);
    fst_buf_add_char(out, '/');
    fst_sign_scope_text(out, s);
    fst_buf_add_str(out, ", SignedHeaders=");
    fst_sign_signed_headers(out, r);
    fst_buf_addf(out, ", Signature=%s", signature);
}

void fst_sign_presign_query(struct fst_buf *query, const struct fst_sign_request *r, const struct fst_sign_scope *s,
                            struct fst_view access_key_id, struct fst_view token, unsigned expires_seconds)
{
    struct fst_buf text;

    fst_buf_init(&text, CEILING);
    fst_buf_add_view(&text, access_key_id);
    fst_buf_add_char(&text, '/');
    fst_sign_scope_text(&text, s);
    if (query->len)
        fst_buf_add_char(query, '&');
    fst_buf_add_str(query, "X-Amz-Algorithm=" FST_SIGN_ALGORITHM "&X-Amz-Credential=");
    fst_sign_encode(query, fst_buf_view(&text), false);
    fst_buf_addf(query, "&X-Amz-Date=%s&X-Amz-Expires=%u&X-Amz-SignedHeaders=", s->time, expires_seconds);
    fst_buf_reset(&text);
    fst_sign_signed_headers(&text, r);
    fst_sign_encode(query, fst_buf_view(&text), false);
    if (token.n) {
        fst_buf_add_str(query, "&X-Amz-Security-Token=");
        fst_sign_encode(query, token, false);
    }
    fst_buf_clear(&text);
}

/* ---- streaming */

static void sign_part(char out[FST_HEX_SHA256], const char *algorithm, const uint8_t key[FST_SHA256_BYTES],
                      const struct fst_sign_scope *s, const char *previous, bool has_header_hash, const char *hash)
{
    struct fst_buf text;

    fst_buf_init(&text, CEILING);
    begin_string(&text, algorithm, s);
    fst_buf_addf(&text, "%s\n", previous);
    if (has_header_hash)
        fst_buf_add_str(&text, FST_SIGN_EMPTY_SHA256 "\n");
    fst_buf_add_str(&text, hash);
    fst_sign_hmac_hex(out, key, fst_buf_view(&text));
    fst_buf_clear(&text);
}

static void hash_hex(char out[FST_HEX_SHA256], struct fst_view bytes)
{
    uint8_t digest[FST_SHA256_BYTES];

    fst_sha256(bytes, digest);
    fst_hex(digest, sizeof digest, out);
}

void fst_sign_chunk_hash(char out[FST_HEX_SHA256], const uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *s,
                         const char *previous, const char *sha256_hex)
{
    sign_part(out, FST_SIGN_ALGORITHM "-PAYLOAD", key, s, previous, true, sha256_hex);
}

void fst_sign_chunk(char out[FST_HEX_SHA256], const uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *s,
                    const char *previous, struct fst_view bytes)
{
    char hash[FST_HEX_SHA256];

    hash_hex(hash, bytes);
    fst_sign_chunk_hash(out, key, s, previous, hash);
}

void fst_sign_trailer(char out[FST_HEX_SHA256], const uint8_t key[FST_SHA256_BYTES], const struct fst_sign_scope *s,
                      const char *previous, struct fst_view trailer)
{
    char hash[FST_HEX_SHA256];

    hash_hex(hash, trailer);
    sign_part(out, FST_SIGN_ALGORITHM "-TRAILER", key, s, previous, false, hash);
}

/* ---- the other end */

/* "KEY/20150830/us-east-1/s3/aws4_request": a key may have slashes in it, so it is read from behind. */
static bool parse_credential(struct fst_sign_claim *c, struct fst_view v)
{
    struct fst_view *const fields[] = { NULL, &c->service, &c->region, &c->date };

    for (size_t i = 0; i < FST_COUNT(fields); i++) {
        const char *slash = v.n ? memrchr(v.p, '/', v.n) : NULL;
        struct fst_view last;
        if (!slash)
            return false;
        last = fst_view_n(slash + 1, v.n - (size_t)(slash - v.p) - 1);
        v.n = (size_t)(slash - v.p);
        if (fields[i])
            *fields[i] = last;
        else if (!fst_view_is(last, "aws4_request"))
            return false;
    }
    c->access_key_id = v;
    return v.n && c->date.n == 8;
}

bool fst_sign_parse_authorization(struct fst_sign_claim *c, struct fst_view header)
{
    bool has_credential = false;

    *c = (struct fst_sign_claim){ 0 };
    if (!fst_view_starts(header, FST_SIGN_ALGORITHM " "))
        return false;
    header = fst_view_from(header, sizeof FST_SIGN_ALGORITHM);
    while (header.n) {
        struct fst_view value = take_until(&header, ','), name;
        while (value.n && is_space(value.p[0]))
            value = fst_view_from(value, 1);
        name = take_until(&value, '=');
        if (fst_view_is(name, "Credential"))
            has_credential = parse_credential(c, value);
        else if (fst_view_is(name, "SignedHeaders"))
            c->signed_headers = value;
        else if (fst_view_is(name, "Signature"))
            c->signature = value;
    }
    return has_credential && c->signed_headers.n && c->signature.n;
}

bool fst_sign_parse_query(struct fst_sign_claim *c, struct fst_view query, struct fst_buf *scratch)
{
    static const char *const names[] = { "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature",
                                         "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Algorithm" };
    enum { CREDENTIAL, DATE, HEADERS, SIGNATURE, EXPIRES, TOKEN, ALGORITHM };
    struct fst_view values[FST_COUNT(names)] = { { 0 } };

    *c = (struct fst_sign_claim){ 0 };
    fst_buf_reset(scratch);
    if (!fst_buf_reserve(scratch, query.n + 1)) /* so that the views below stay */
        return false;
    while (query.n) {
        struct fst_view value = take_until(&query, '&'), name = take_until(&value, '=');
        for (size_t i = 0; i < FST_COUNT(names); i++)
            if (fst_view_is(name, names[i])) {
                size_t at = scratch->len;
                fst_sign_decode(scratch, value);
                values[i] = fst_view_n(scratch->p + at, scratch->len - at);
            }
    }
    c->time = values[DATE];
    c->signed_headers = values[HEADERS];
    c->signature = values[SIGNATURE];
    c->token = values[TOKEN];
    return fst_view_is(values[ALGORITHM], FST_SIGN_ALGORITHM) && parse_credential(c, values[CREDENTIAL]) &&
           fst_parse_u64(&c->expires, values[EXPIRES]) && c->time.n == FST_AMZ_DATE - 1 && c->signed_headers.n && c->signature.n;
}

bool fst_sign_equal(struct fst_view a, const char *signature)
{
    unsigned char differs = 0;

    if (a.n != FST_HEX_SHA256 - 1)
        return false;
    for (size_t i = 0; i < a.n; i++)
        differs |= (unsigned char)(a.p[i] ^ signature[i]);
    return !differs;
}
