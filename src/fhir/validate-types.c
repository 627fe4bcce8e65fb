/* Rules about data types that R4 says in words, or that the validator adds: docs/validation.md lists them. */
#include "base/digest.h"
#include "fhir/primitive.h"
#include "fhir/profiles.h"
#include "fhir/validate-private.h"

enum { MAX_STEPS = 1000000 };

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

/* ---- meta: each security label once */

static bool is_label(struct fst_validator *v, uint32_t a, uint32_t b, const char *name)
{
    return fst_view_equal(fst_tape_member_string(v->tape, a, name, &v->scratch), fst_tape_member_string(v->tape, b, name, &v->scratch2));
}

static bool is_repeated(struct fst_validator *v, uint32_t labels, uint32_t label)
{
    FST_EACH_ELEMENT(v->tape, labels, other) {
        if (other == label || ++v->steps > MAX_STEPS)
            return false;
        if (is_label(v, other, label, "system") && is_label(v, other, label, "code"))
            return true;
    }
    return false;
}

void fst_rule_meta(struct fst_validator *v, const struct fst_frame *at)
{
    static const struct fst_view name = FST_VIEW("security");
    uint32_t                     labels = fst_known(v, at, FST_KNOWN_META_SECURITY);
    struct fst_place             place = { at, NULL, 0 };

    if (labels == FST_NO_NODE || fst_node_count(&v->tape->nodes[labels]) < 2 || !at->up || at->up->type->kind != FST_DEF_RESOURCE)
        return;
    place.member = fst_schema_member(v->schema, (fst_def)(at->type - v->schema->types), name);
    FST_EACH_ELEMENT(v->tape, labels, label) {
        if (is_repeated(v, labels, label))
            fst_error_at(v, place, FST_ISSUE_DUPLICATE, "security-label", label, "this security label is there already");
        place.index++;
    }
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

/* "http://hl7.org/fhir/5.0/StructureDefinition/extension-…" stands for an element of another version, which is not known here. */
static bool is_of_other_version(struct fst_view url)
{
    static const char *const versions[] = { "1.0", "1.4", "3.0", "4.0", "4.3", "5.0", "6.0" };
    static const char        base[] = "http://hl7.org/fhir/";

    if (!fst_view_starts(url, base))
        return false;
    url = fst_view_from(url, sizeof base - 1);
    for (size_t i = 0; i < FST_COUNT(versions); i++)
        if (fst_view_starts(url, versions[i]) && fst_view_starts(fst_view_from(url, strlen(versions[i])), "/StructureDefinition/extension-"))
            return true;
    return false;
}

/* Extensions that mean something to the validator itself. */
static void check_special(struct fst_validator *v, const struct fst_frame *at, struct fst_view url)
{
    const struct fst_frame *on = at->up;

    if (is_of_other_version(url))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "extension-version", at->node,
                     "the extension stands for an element of another version of FHIR, which is not known");
    if (!on || on->type->kind != FST_DEF_RESOURCE)
        return;
    if (fst_view_is(url, "http://hl7.org/fhir/tools/StructureDefinition/matchetype"))
        fst_error_at(v, fst_place_of(on), FST_ISSUE_INVALID, "matchetype", at->node, "this is no resource, but a pattern of one");
    if (fst_view_is(url, "http://hl7.org/fhir/StructureDefinition/structuredefinition-compliesWithProfile")) {
        uint32_t value = fst_known(v, at, FST_KNOWN_EXTENSION_VALUE);
        if (value != FST_NO_NODE && fst_profile_find(v->schema, fst_tape_string(v->tape, value, &v->scratch2)) == UINT32_MAX)
            fst_error_at(v, fst_place_of(on), FST_ISSUE_NOT_FOUND, "complies-with", at->node, "the profile that this one complies with is not known");
    }
}

void fst_rule_extension(struct fst_validator *v, const struct fst_frame *at)
{
    struct fst_view url = fst_known_string(v, at, FST_KNOWN_EXTENSION_URL, &v->scratch);
    uint64_t        value = (uint64_t)1 << v->known[FST_KNOWN_EXTENSION_VALUE], nested = (uint64_t)1 << v->known[FST_KNOWN_EXTENSION_NESTED];
    if (url.n && !fst_is_nested_extension(at) && !fst_uri_is_absolute(url))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVALID, "extension-url", at->node, "url %.*s is not an absolute URL",
                     FST_VIEW_ARGS(fst_shown(v, url)));
    if (url.n > 20 && fst_view_starts(url, "http://hl7.org/fhir/"))
        check_special(v, at, url);
    if (!(at->seen & value) == !(at->seen & nested))
        fst_error_at(v, fst_place_of(at), FST_ISSUE_INVARIANT, "ext-1", at->node,
                     at->seen & value ? "both a value and extensions: an extension has one or the other" : "neither a value nor extensions");
    else if (url.n)
        fst_validate_extension(v, at, url);
}
