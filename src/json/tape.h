/* json/tape.h — a JSON value as a flat array over its text: the interface between parsing and all the rest.
 *
 * Node 0 is the value. A container's children follow it; an object's members alternate name, value.
 * `next` is the index of the node behind a whole value, so next(child) is its sibling, and the end of a
 * container is its own `next`. Strings and numbers stay text: `off`/`len` are the bytes in the text (a
 * string's without its quotes, escapes not undone).
 * Owns the nodes, borrows the text. Texts up to 4 GiB - 1. A tape is reused: no allocation in the steady state.
 * Threads: one tape per thread. May use: base. */
#ifndef FST_JSON_TAPE_H
#define FST_JSON_TAPE_H

#include <stdint.h>

#include "base/buf.h"

enum fst_json_kind { FST_JSON_NULL, FST_JSON_FALSE, FST_JSON_TRUE, FST_JSON_NUMBER, FST_JSON_STRING, FST_JSON_ARRAY, FST_JSON_OBJECT };

enum fst_json_flags {
    FST_JSON_ESCAPED = 1 << 0, /* a string with at least one backslash */
    FST_JSON_NAME = 1 << 1     /* a string that is a member's name */
};

struct fst_node {
    uint32_t off;   /* first byte: of a string's content, a container's bracket, a scalar */
    uint32_t len;   /* bytes: of a string's content, of a container with its brackets, of a scalar */
    uint32_t next;  /* index of the node behind this whole value */
    uint32_t count_kind_flags; /* count << 8 | flags << 4 | kind; count: members or elements, saturating at 2^24 - 1 */
};

static inline enum fst_json_kind fst_node_kind(const struct fst_node *n) { return (enum fst_json_kind)(n->count_kind_flags & 15); }
static inline unsigned fst_node_flags(const struct fst_node *n) { return n->count_kind_flags >> 4 & 15; }
static inline uint32_t fst_node_count(const struct fst_node *n) { return n->count_kind_flags >> 8; }

struct fst_tape {
    const char      *text;
    size_t           text_len;
    struct fst_node *nodes;
    uint32_t         count, cap;
    bool             compact; /* the text has no white space between its tokens; false when that was not found out */
    struct { void *p; size_t cap; } scratch; /* the parser's own, kept between texts */
};

/* Valid when {0}. */
void fst_tape_clear(struct fst_tape *t);

enum fst_json_parser { FST_JSON_FAST, FST_JSON_YAJL };

struct fst_json_opts {
    enum fst_json_parser parser;
    unsigned             max_depth;       /* 0: 255, which is the most */
    bool                 allow_duplicates; /* duplicate member names pass (they are an error in FHIR, not in JSON) */
};

/* Where and why a text is not JSON. */
struct fst_json_error {
    uint64_t    offset; /* of the offending byte */
    uint32_t    line;   /* from 1, within the text */
    const char *what;   /* one static sentence, e.g. "control character in a string" */
    const char *rule;   /* static: "json-syntax", "json-utf8", "json-depth", "json-duplicate", "json-size" */
};

/* Parse exactly one value (white space around it is fine; anything else behind it is an error) per RFC 8259
 * to the letter, UTF-8 to the letter (no surrogates, no overlong forms, no lone surrogate escapes).
 * FST_EPARSE with *jerr filled (must not be NULL) when the text is not that; FST_ENOMEM. */
FST_MUST_USE enum fst_status fst_json_parse(struct fst_tape *t, struct fst_view text, const struct fst_json_opts *opts,
                                            struct fst_json_error *jerr);

/* ---- reading: a cursor is a tape and an index; FST_NO_NODE says "not there" and is safe to pass on. */

#define FST_NO_NODE UINT32_MAX

static inline enum fst_json_kind fst_tape_kind(const struct fst_tape *t, uint32_t i) { return fst_node_kind(&t->nodes[i]); }
/* Raw bytes: a string's content with escapes as they stand, a number's text, a container's whole text. */
static inline struct fst_view fst_tape_raw(const struct fst_tape *t, uint32_t i)
{
    return i == FST_NO_NODE ? (struct fst_view){ 0 } : fst_view_n(t->text + t->nodes[i].off, t->nodes[i].len);
}
/* First child (a name in an object), or FST_NO_NODE. */
static inline uint32_t fst_tape_first(const struct fst_tape *t, uint32_t i)
{
    return i != FST_NO_NODE && t->nodes[i].next > i + 1 && fst_tape_kind(t, i) >= FST_JSON_ARRAY ? i + 1 : FST_NO_NODE;
}
/* The sibling behind `i` within container `parent`, or FST_NO_NODE. Behind a name stands its value (i + 1). */
static inline uint32_t fst_tape_sibling(const struct fst_tape *t, uint32_t parent, uint32_t i)
{
    uint32_t n = t->nodes[i].next;
    return n < t->nodes[parent].next ? n : FST_NO_NODE;
}
#define FST_EACH_MEMBER(t, object, name) /* value is name + 1 */                                          \
    for (uint32_t name = fst_tape_kind(t, object) == FST_JSON_OBJECT ? (object) + 1 : (t)->nodes[object].next; \
         name < (t)->nodes[object].next; name = (t)->nodes[name + 1].next)
#define FST_EACH_ELEMENT(t, array, item)                                                                  \
    for (uint32_t item = fst_tape_kind(t, array) == FST_JSON_ARRAY ? (array) + 1 : (t)->nodes[array].next; \
         item < (t)->nodes[array].next; item = (t)->nodes[item].next)

/* The value of a member; escapes in names are honoured. FST_NO_NODE when absent, or `object` is no object. */
uint32_t fst_tape_member(const struct fst_tape *t, uint32_t object, const char *name);
/* Is node `i` a string that, escapes undone, equals `s`? */
bool fst_tape_string_is(const struct fst_tape *t, uint32_t i, const char *s);
/* A string without escapes as a view into the text, else undone into `scratch` (reset first). Empty when not a string. */
struct fst_view fst_tape_string(const struct fst_tape *t, uint32_t i, struct fst_buf *scratch);
/* The same of a member; empty when absent. */
struct fst_view fst_tape_member_string(const struct fst_tape *t, uint32_t object, const char *name, struct fst_buf *scratch);
/* Undo the escapes of a valid raw string, appending. */
void fst_json_unescape(struct fst_buf *out, struct fst_view raw);

#endif
