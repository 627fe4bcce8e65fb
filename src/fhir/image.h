/* fhir/image.h — how the schema's tables are laid out: rows that refer to each other by index, strings as offsets into
 * the pool. Private to fhir/; the functions of fhir/schema.h and fhir/terms.h read them.
 * Threads: constant. */
#ifndef FST_FHIR_IMAGE_H
#define FST_FHIR_IMAGE_H

#include <string.h>

#include "fhir/schema.h"

struct fst_pool_str { /* a string in the pool */
    uint32_t at, n;
};

/* An open-addressed hash table of names: slots[at … at + 2^bits), each 1 + an index or 0. The seed is chosen so that
 * most names are found by the first probe. */
struct fst_hash_row {
    uint32_t at;
    uint32_t seed;
    uint32_t bits; /* fills the row: bytes of no member would differ from build to build */
};

struct fst_type_row {
    struct fst_pool_str name;
    uint8_t             kind, prim;
    bool                is_abstract;
    fst_def             base;
    uint16_t            element_count, member_count;
    uint32_t            elements, members;
    struct fst_hash_row hash; /* of the members */
    uint64_t            required; /* elements with min > 0 */
    uint32_t            rules, rule_count; /* inherited ones first */
};

enum fst_rule_severity { FST_RULE_WARNING, FST_RULE_ERROR };

struct fst_rule_row {
    struct fst_pool_str key, human, expression;
    uint32_t            program; /* equal for rules with equal expressions; below the schema's program_count */
    uint8_t             severity;
    uint8_t             element; /* the rule is about that element of the type, not about the type */
    bool                on_element;
};

enum fst_strength { FST_STRENGTH_NONE, FST_STRENGTH_PREFERRED, FST_STRENGTH_EXTENSIBLE, FST_STRENGTH_REQUIRED };

struct fst_binding_row {
    uint16_t set, max_set; /* FST_NONE: not known, or none */
    uint8_t  strength;
};

enum fst_part_mode { FST_PART_ALL, FST_PART_OPEN, FST_PART_CODES };

struct fst_set_row {
    struct fst_pool_str url;
    uint16_t            parts, part_count;
    bool                is_open; /* holds codes that are not known here */
};

struct fst_code_table {
    uint32_t            first, count;
    struct fst_hash_row hash;
};

struct fst_part_row { /* what a value set takes from one system */
    struct fst_pool_str   url;    /* the system's */
    uint16_t              system; /* FST_NONE: not in the definitions */
    uint8_t               mode;
    struct fst_code_table codes; /* of FST_PART_CODES */
};

enum fst_content { FST_CONTENT_COMPLETE, FST_CONTENT_FRAGMENT, FST_CONTENT_EXAMPLE, FST_CONTENT_ABSENT };

struct fst_system_row {
    struct fst_pool_str   url;
    uint8_t               content;
    bool                  nocase;
    struct fst_code_table codes;
};

struct fst_code_row {
    struct fst_pool_str text;
    uint16_t            depth; /* below the one before it that has less */
};

/* ---- profiles: each a tree of points, a point being what a profile says of an element, or of a slice of one */

enum fst_context_kind { FST_CONTEXT_ELEMENT, FST_CONTEXT_EXTENSION, FST_CONTEXT_PATH, FST_CONTEXT_RULE };

struct fst_context_row { /* where an extension may stand */
    struct fst_pool_str expression;
    uint8_t             kind;
};

struct fst_profile_row {
    struct fst_pool_str url, version;
    uint32_t            point; /* the root's */
    uint32_t            contexts, context_count;
    uint32_t            also;  /* a profile that must hold besides: its base, when that is not repeated; UINT32_MAX: none */
    fst_def             type;
    bool                is_modifier;
};

enum fst_slicing { FST_SLICING_NONE, FST_SLICING_OPEN, FST_SLICING_AT_END, FST_SLICING_CLOSED };

struct fst_point_row {
    struct fst_pool_str path;       /* below the root, with slices: "component:systolic.code"; empty: the root */
    struct fst_pool_str name;       /* the element's, without "[x]" */
    uint32_t            min, max;   /* UINT32_MAX: * */
    uint32_t            children, slices, next; /* points; 0: none. Slices are apart from children, each a chain by `next`. */
    uint32_t            same;       /* a content reference: its children are those of that point; 0: none */
    uint32_t            kinds, kind_count; /* the types that are left of those the base has; none: all */
    uint32_t            value;      /* fixed, or a pattern; 0: none */
    uint32_t            rules, rule_count;
    uint32_t            tests, test_count; /* of a slice: a value that passes all is one of it */
    uint32_t            max_length; /* 0: none */
    struct fst_pool_str least, most; /* "5" or "5|mg|http://unitsofmeasure.org"; empty: none */
    uint16_t            binding;
    uint8_t             slicing;
    bool                is_ordered, is_pattern;
};

struct fst_kind_row {
    fst_def  def;
    uint32_t targets;                /* of a Reference: see the members'; UINT32_MAX: any */
    uint32_t profiles, profile_count; /* in `links`: one of these must hold */
};

/* JSON, flattened as on a tape: a value, those in it behind it. */
struct fst_value_row {
    struct fst_pool_str name, text; /* as a member; a scalar's text, escapes undone */
    uint32_t            next;       /* behind the whole value */
    uint8_t             kind;       /* enum fst_json_kind */
};

enum fst_test_kind { FST_TEST_VALUE, FST_TEST_BINDING, FST_TEST_TYPE, FST_TEST_PROFILE, FST_TEST_EXISTS, FST_TEST_ABSENT };

struct fst_test_row { /* of what `path` leads to, something … */
    uint32_t path;      /* 0: the value itself */
    uint32_t at, count; /* a value's row, a binding's; kinds; links */
    uint8_t  kind;
    bool     resolved;  /* what the references there lead to, instead of them */
};

#define FST_SECTIONS(X)                                                                                        \
    X(char, pool) X(struct fst_type_row, types) X(struct fst_element, elements) X(struct fst_member, members)  \
    X(uint16_t, slots) X(uint16_t, targets) X(struct fst_rule_row, rules) X(struct fst_binding_row, bindings)  \
    X(struct fst_set_row, sets) X(struct fst_part_row, parts) X(struct fst_system_row, systems)                \
    X(struct fst_code_row, codes) X(struct fst_hash_row, hashes) X(struct fst_profile_row, profiles)             \
    X(struct fst_context_row, contexts) X(struct fst_point_row, points) X(struct fst_kind_row, kinds)          \
    X(uint32_t, links) X(struct fst_value_row, values) X(struct fst_test_row, tests)                           \
    X(struct fst_pool_str, paths)

/* The named hashes. */
enum { FST_HASH_TYPES, FST_HASH_SETS, FST_HASH_SYSTEMS, FST_HASH_PROFILES, FST_HASH_COUNT };

struct fst_schema {
#define FST_SECTION(type, name) const type *name; uint32_t name##_count;
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
};

static inline struct fst_view fst_pool_view(const struct fst_schema *s, struct fst_pool_str str)
{
    return fst_view_n(s->pool + str.at, str.n);
}

/* The first eight bytes at p, of which only n are the string's; those behind count as zero. */
static inline uint64_t fst_hash_load(const char *p, size_t n)
{
    uint64_t w = 0;
    if (n) /* an empty view may point nowhere */
        memcpy(&w, p, n < sizeof w ? n : sizeof w);
    return w;
}

static inline uint32_t fst_hash_name(const char *p, size_t n, uint32_t seed, unsigned bits)
{
    uint64_t head = fst_hash_load(p, n), tail = n > 8 ? fst_hash_load(p + n - 8, 8) : 0;
    uint64_t h = (head ^ (tail << 23 | tail >> 41) ^ (uint64_t)n << 57) * (0x9E3779B97F4A7C15u + 2 * (uint64_t)seed);
    return (uint32_t)(h >> (64 - bits));
}

#endif
