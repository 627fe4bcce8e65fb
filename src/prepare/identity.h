/* prepare/identity.h — what a resource is called, and the keys under which the index knows it.
 * Threads: thread-safe. May use: fhir, json. */
#ifndef FST_PREPARE_IDENTITY_H
#define FST_PREPARE_IDENTITY_H

#include "base/digest.h"
#include "fhir/types.h"
#include "prepare/facts.h"

enum { FST_UUID_TEXT = 36, FST_TARGET_MAX = 128 }; /* "Type/id" is shorter */

/* Where ids that a source numbers from 1 count: one Bundle. */
struct fst_scope {
    struct fst_view source; /* its path under its root */
    uint64_t        offset; /* of the Bundle in it */
};

enum fst_id_origin {
    FST_ID_KNOWN,     /* `id` is it */
    FST_ID_ANONYMOUS, /* from the resource's content: fst_anonymous_id() */
    FST_ID_MALFORMED  /* it has one that is none */
};

struct fst_identity {
    fst_type           type; /* FST_NO_TYPE: then nothing else holds */
    enum fst_id_origin origin;
    bool               renamed; /* others may point to it by an id that it will not have */
    char               id[FST_ID_MAX + 1];
};

/* The resource's own id, else that of a PUT's request.url, else the UUID of its fullUrl, else anonymous.
 * `scope` not NULL: derived from any of these and the scope. */
void fst_identity_of(struct fst_identity *out, const struct fst_facts *f, const struct fst_scope *scope);
/* The id of a PUT's request.url, "Type/id" or an absolute URL that ends so; empty when it has none. */
struct fst_view fst_put_id(const struct fst_facts *f);
/* UUID version 8 from the SHA-256 of the resource's minified bytes and how many equal ones come before it. */
void fst_anonymous_id(char out[FST_UUID_TEXT + 1], const uint8_t sha256[FST_SHA256_BYTES], uint64_t ordinal);
/* "Type/id". Returns its length. */
size_t fst_target_format(char out[FST_TARGET_MAX], fst_type type, const char *id);

/* Split "…Type/id" off its version ("/_history/2", with whatever follows) and its fragment. */
struct fst_link_parts {
    struct fst_view base;   /* without either */
    struct fst_view suffix; /* both, as they stand */
};
struct fst_link_parts fst_link_split(struct fst_view link);
/* Does `link` read "Type/id" with a type of R4? */
bool fst_link_is_relative(struct fst_view link, fst_type *type, struct fst_view *id);
/* "Type/id" at the end of a URL; false when it has none. */
bool fst_url_tail(struct fst_view url, fst_type *type, struct fst_view *id);

struct fst_query { /* Type?identifier=system|value */
    fst_type        type;
    bool            has_system; /* "|value" has one, that is empty */
    struct fst_view system, value; /* in `text` */
    struct fst_buf  text;
};
/* Percent-decoded. False when `link` is no such search. `q->text` must be a buffer. */
bool fst_query_parse(struct fst_query *q, struct fst_view link);

/* ---- keys of the index. The kind is in the top bits, so that each kind is a range of it. */

enum fst_key_kind {
    FST_KEY_CLAIM,      /* Type/id as it will be */
    FST_KEY_LINK,       /* a Bundle's position, and how its entries call the resource */
    FST_KEY_IDENTIFIER, /* type and value; system in `lo` */
    FST_KEY_CREATE,     /* type and ifNoneExist */
    FST_KEY_ANONYMOUS,  /* the content's SHA-256 */
    FST_KEY_POSITION    /* a value's position */
};
enum { FST_KEY_KIND_BITS = 3 };
static inline enum fst_key_kind fst_key_kind(struct fst_hash128 key)
{
    return (enum fst_key_kind)(key.hi >> (64 - FST_KEY_KIND_BITS));
}

struct fst_hash128 fst_key_first(enum fst_key_kind kind); /* the least key of a kind */
struct fst_hash128 fst_key_claim(fst_type type, const char *id);
struct fst_hash128 fst_key_link(uint64_t bundle, struct fst_view link);
struct fst_hash128 fst_key_identifier(fst_type type, struct fst_view system, struct fst_view value);
struct fst_hash128 fst_key_create(fst_type type, struct fst_view if_none_exist);
struct fst_hash128 fst_key_anonymous(const uint8_t sha256[FST_SHA256_BYTES]);
struct fst_hash128 fst_key_position(uint64_t pos);

#endif
