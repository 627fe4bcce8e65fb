/* Rules about data types that R4 says in words, or that the validator adds: docs/validation.md lists them. */
#include "base/digest.h"
#include "fhir/primitive.h"
#include "fhir/validate-private.h"

/* A full URI, as the value of an identifier: a scheme, and behind that of a file a path. */
static bool is_full_uri(struct fst_view v)
{
    const char     *colon = v.n ? memchr(v.p, ':', v.n) : NULL;
    struct fst_view tail = colon ? fst_view_from(v, (size_t)(colon - v.p) + 1) : v;

    if (!colon || colon == v.p)
        return false;
    for (const char *p = v.p; p < colon; p++)
        if (!((*p | 32) >= 'a' && (*p | 32) <= 'z') && (p == v.p || !((*p >= '0' && *p <= '9') || *p == '_' || *p == '[' || *p == ']')))
            return false;
    return !fst_view_starts(v, "file:") || fst_view_starts(tail, "/") || (tail.n && memchr(tail.p, ':', tail.n));
}

void fst_rule_identifier(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view system = fst_known_string(v, at, FST_KNOWN_IDENTIFIER_SYSTEM, &v->scratch);
    struct fst_view value = fst_known_string(v, at, FST_KNOWN_IDENTIFIER_VALUE, &v->scratch2);
    if (system.n && !fst_uri_is_system(system) && !fst_view_starts(system, "ldap:"))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_CODE_INVALID, "identifier-system", at->node,
                     "Identifier.system %.*s is not an absolute URI", FST_VIEW_ARGS(fst_shown(v, system)));
    if (fst_view_is(system, "urn:ietf:rfc:3986") && value.n && !is_full_uri(value))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_CODE_INVALID, "identifier-value", at->node,
                     "with the system urn:ietf:rfc:3986 a value is a full URI, which %.*s is not", FST_VIEW_ARGS(fst_shown(v, value)));
}

/* ---- attachments: what is said of the data must be true of it */

static void check_hash(struct fst_validator *v, const struct fst_frame *at, struct fst_view data)
{
    uint8_t         digest[FST_SHA1_BYTES];
    struct fst_view stated = fst_known_string(v, at, FST_KNOWN_ATTACHMENT_HASH, &v->scratch);
    if (!stated.n)
        return;
    fst_sha1(data, digest);
    fst_buf_reset(&v->hint);
    fst_base64(&v->hint, digest, sizeof digest);
    if (!fst_view_equal(stated, fst_buf_view(&v->hint)))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "attachment-hash", at->node,
                     "hash is not the SHA-1 of the data, in base64");
}

void fst_rule_attachment(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view text = fst_known_string(v, at, FST_KNOWN_ATTACHMENT_DATA, &v->scratch);
    uint32_t        size = fst_known(v, at, FST_KNOWN_ATTACHMENT_SIZE);
    if (!text.n || (size == FST_NO_NODE && fst_known(v, at, FST_KNOWN_ATTACHMENT_HASH) == FST_NO_NODE && fst_base64_is_plain(text)))
        return;
    fst_buf_reset(&v->scratch2);
    if (!fst_base64_decode(&v->scratch2, text)) {
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "attachment-data", at->node, "data is not base64 that can be decoded");
        return;
    }
    struct fst_view data = fst_buf_view(&v->scratch2);
    char            number[24];
    snprintf(number, sizeof number, "%zu", data.n);
    if (size != FST_NO_NODE && !fst_view_is(fst_tape_raw(v->tape, size), number))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "attachment-size", size, "size is not that of the data, %zu bytes", data.n);
    check_hash(v, at, data);
}

/* ---- extensions */

void fst_rule_extension(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view url = fst_known_string(v, at, FST_KNOWN_EXTENSION_URL, &v->scratch);
    uint64_t        value = (uint64_t)1 << v->known[FST_KNOWN_EXTENSION_VALUE], nested = (uint64_t)1 << v->known[FST_KNOWN_EXTENSION_NESTED];
    if (url.n && !fst_is_nested_extension(at) && !fst_uri_is_absolute(url))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "extension-url", at->node, "url %.*s is not an absolute URL",
                     FST_VIEW_ARGS(fst_shown(v, url)));
    if (!(at->seen & value) == !(at->seen & nested))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVARIANT, "ext-1", at->node,
                     at->seen & value ? "both a value and extensions: an extension has one or the other" : "neither a value nor extensions");
    else if (url.n)
        fst_validate_extension(v, at, url);
}
