/* fhir/validate-private.h — what the parts of the validator share. Private to fhir/. */
#ifndef FST_FHIR_VALIDATE_PRIVATE_H
#define FST_FHIR_VALIDATE_PRIVATE_H

#include "fhir/image.h"
#include "fhir/terms.h"
#include "fhir/validate.h"

enum { FST_MAX_ELEMENTS = 64, FST_ID_BIT = 1 /* `id` is the first element of everything */ };

/* The way from the root to an object: one frame a level, on the stack. */
struct fst_frame {
    const struct fst_frame    *up;     /* NULL at the root */
    const struct fst_member   *member; /* how it hangs on `up`; NULL at the root */
    int32_t                    index;  /* within an array; -1: in none */
    uint32_t                   node;
    const struct fst_type_row *type;
    uint64_t                   seen;   /* elements that are there, if only by their extensions */
    uint64_t                   valued; /* those that have a value, not just extensions */
    uint32_t                   values[FST_MAX_ELEMENTS]; /* of those seen: the value's node, else that of "_name" */
};

/* Elements that rules in C look at: their index within the type is looked up once. */
#define FST_KNOWN_ELEMENTS(X)                                                                                         \
    X(CODING_SYSTEM, "Coding", "system") X(CODING_CODE, "Coding", "code") X(CONCEPT_CODING, "CodeableConcept", "coding") \
    X(QUANTITY_SYSTEM, "Quantity", "system") X(QUANTITY_CODE, "Quantity", "code")                                     \
    X(IDENTIFIER_SYSTEM, "Identifier", "system") X(IDENTIFIER_VALUE, "Identifier", "value")                           \
    X(ATTACHMENT_DATA, "Attachment", "data") X(ATTACHMENT_SIZE, "Attachment", "size") X(ATTACHMENT_HASH, "Attachment", "hash") \
    X(EXTENSION_URL, "Extension", "url") X(EXTENSION_VALUE, "Extension", "value") X(EXTENSION_NESTED, "Extension", "extension") \
    X(META_SECURITY, "Meta", "security") X(NARRATIVE_DIV, "Narrative", "div") X(REFERENCE_REFERENCE, "Reference", "reference") X(REFERENCE_TYPE, "Reference", "type") \
    X(RESOURCE_META, "Resource", "meta") X(RESOURCE_CONTAINED, "DomainResource", "contained")
enum fst_known_element {
#define FST_KNOWN_ID(id, type, element) FST_KNOWN_##id,
    FST_KNOWN_ELEMENTS(FST_KNOWN_ID)
#undef FST_KNOWN_ID
    FST_KNOWN_COUNT
};

struct fst_frame;
struct fst_validator;
/* A rule in C about objects of a type, run when its members have been seen. */
typedef void fst_type_rule_fn(struct fst_validator *v, const struct fst_frame *at);
fst_type_rule_fn fst_rule_coding, fst_rule_concept, fst_rule_quantity, fst_rule_identifier, fst_rule_attachment, fst_rule_extension,
    fst_rule_narrative, fst_rule_reference, fst_rule_entry, fst_rule_bundle, fst_rule_canonical, fst_rule_code_system, fst_rule_concept_definition,
    fst_rule_include, fst_rule_map_element, fst_rule_map_target, fst_rule_question, fst_rule_stratifier, fst_rule_guide,
    fst_rule_search_parameter, fst_rule_map_rule_source, fst_rule_map_rule_target, fst_rule_meta, fst_rule_dependency, fst_rule_definition, fst_rule_snapshot;

struct fst_type_rule {
    fst_type_rule_fn *check;  /* NULL: none */
    bool              within; /* it looks at nothing but the object */
};

/* A resource being checked, and those it is in. */
struct fst_resource_scope {
    const struct fst_resource_scope *up;
    const struct fst_frame          *frame;
    const struct fst_frame          *entry; /* of a Bundle, whose resource this is or stands in; NULL: none */
    bool                             is_contained;
};

struct fst_node_list {
    uint32_t *nodes;
    uint32_t  count, cap;
};

/* What a Bundle's entries are called: by their fullUrl, and by the "Type/id" of their resources. */
enum fst_entry_name { FST_ENTRY_URL, FST_ENTRY_RESOURCE, FST_ENTRY_NAMES };
struct fst_entries {
    uint32_t      of;    /* the array of entries; FST_NO_NODE: none */
    uint32_t     *slots; /* a hash table of `size` slots for each kind of name */
    uint32_t      size, cap;
    uint32_t      probes;   /* of the resource being checked */
    uint32_t      nameless; /* the entry that was told last to need a fullUrl */
    struct fst_buf name, part, url, base;
};

struct fst_validator {
    struct fst_validate_opts         opts;
    const struct fst_schema         *schema;
    const struct fst_tape           *tape;
    const struct fst_resource_scope *scope;
    fst_issue_fn                    *sink;
    void                            *ctx;
    struct fst_verdict               verdict;
    uint32_t                         sent;
    uint32_t                         searches; /* for what a narrative's links lead to */
    uint32_t                         steps;    /* of searching for what items refer to */
    uint32_t                         lookups; /* of contained resources, for links */
    struct fst_view                  root_name; /* stands for the place while there is no frame */
    bool                             out_of_memory;
    struct fst_buf                   expression, text, shown, hint, scratch, scratch2;
    uint8_t                          known[FST_KNOWN_COUNT];
    struct fst_node_list             links; /* values "#…", and narratives with such links, of the resources being checked, in order of the text */
    struct fst_node_list             ids;   /* of elements of the resources being checked, in order of the text */
    fst_def                          usual_resource; /* the type of the resource that came last */
    fst_def                         *usual_targets;  /* of each member: what it referred to last; FST_NO_DEF: nothing yet */
    uint16_t                        *guesses; /* of each type the member that came first last time, then of each member the one behind */
    struct fst_node_list             concepts;    /* a hash table: of a code system's, the first of each code */
    uint32_t                         concepts_of; /* the array that it is of; FST_NO_NODE: none */
    struct fst_entries               entries;
    struct fst_type_rule            *type_rules; /* one for each type */
    struct fst_invariants           *invariants;
    struct fst_profile_check        *profile_check;
    struct fst_pool_str              extension_name; /* of the type */
    struct fst_memo                 *memo;  /* NULL: every object is judged anew */
    uint64_t                         beyond; /* see fst_beyond() */
    uint32_t                        *trial; /* not NULL: errors are counted there, and nothing is told */
};

/* A place: an object, or its member `member` (at `index`, or -1). */
struct fst_place {
    const struct fst_frame  *at;
    const struct fst_member *member;
    int32_t                  index;
};

/* Send an issue about node `node` at that place. */
void fst_report(struct fst_validator *v, struct fst_place place, enum fst_severity severity, enum fst_issue_code code,
                const char *rule, uint32_t node, const char *fmt, ...) FST_PRINTF(7, 8);
#define fst_error_at(v, place, code, rule, node, ...) \
    fst_report(v, place, FST_SEVERITY_ERROR, code, rule, node, __VA_ARGS__)
#define fst_warn_at(v, place, code, rule, node, ...) fst_report(v, place, FST_SEVERITY_WARNING, code, rule, node, __VA_ARGS__)

/* A found value for "%.*s": the value in quotes when values may be shown, else "the value". Void at the next call. */
struct fst_view fst_shown(struct fst_validator *v, struct fst_view value);
/* The same of a code or a resourceType, which are shown in any case (docs/cli.md), unless there are control characters in it. */
struct fst_view fst_shown_code(struct fst_validator *v, struct fst_view value);

static inline struct fst_place fst_place_of(const struct fst_frame *at)
{
    return (struct fst_place){ at, NULL, -1 };
}

/* A string's value; in v->scratch when it has escapes. */
static inline struct fst_view fst_value_of(struct fst_validator *v, uint32_t node)
{
    const struct fst_node *n = &v->tape->nodes[node];
    if (fst_node_flags(n) & FST_JSON_ESCAPED)
        return fst_tape_string(v->tape, node, &v->scratch);
    return fst_view_n(v->tape->text + n->off, n->len);
}

/* The node of that element's value, or FST_NO_NODE. */
static inline uint32_t fst_known(const struct fst_validator *v, const struct fst_frame *at, enum fst_known_element known)
{
    uint8_t i = v->known[known];
    return at->valued >> i & 1 ? at->values[i] : FST_NO_NODE;
}
/* That string, borrowed until the next such call for the same `scratch`; empty when absent or no string. */
static inline struct fst_view fst_known_string(const struct fst_validator *v, const struct fst_frame *at,
                                               enum fst_known_element known, struct fst_buf *scratch)
{
    uint32_t node = fst_known(v, at, known);
    return node == FST_NO_NODE ? (struct fst_view){ 0 } : fst_tape_string(v->tape, node, scratch);
}

/* ---- objects that are known to be valid */

/* Something was told, or what is outside of the objects being judged was asked for: none of them is to be remembered. */
static inline void fst_beyond(struct fst_validator *v)
{
    v->beyond++;
}

enum fst_memo_part { FST_MEMO_OBJECT, FST_MEMO_UNIT }; /* the whole object; of a Quantity the text from its system to its code */
struct fst_memo_mark { /* how things stood before it was judged */
    bool     is_set; /* it may be remembered */
    uint32_t place;
    uint64_t hash, beyond, rules, profiles;
};
enum fst_status fst_memo_new(struct fst_memo **out, const struct fst_schema *schema);
void            fst_memo_free(struct fst_memo *memo);
/* Is the text known to be valid as that member, or that part of it? Else it is to be judged, and _learn called behind that. */
bool fst_memo_knows(struct fst_validator *v, const struct fst_member *m, enum fst_memo_part part, struct fst_view text,
                    struct fst_memo_mark *mark);
void fst_memo_learn(struct fst_validator *v, const struct fst_member *m, struct fst_view text, const struct fst_memo_mark *mark);

/* Note a value that begins with '#': a link within the resource. */
void fst_validate_note_link(struct fst_validator *v, uint32_t node);
/* An element's id is no other's in the resource. */
void fst_validate_element_id(struct fst_validator *v, const struct fst_frame *at);
/* The resource's contained resources: their ids, and whether they belong to it, by the links from `first_link` on. */
void fst_validate_contained(struct fst_validator *v, const struct fst_frame *at, uint32_t first_link);
/* The invariants of the object's type, when its members have been seen. */
enum fst_status fst_invariants_new(struct fst_invariants **out, const struct fst_schema *schema);
void            fst_invariants_free(struct fst_invariants *x);
/* Before a resource: how much work its invariants may be. After it: was that too little? */
void            fst_invariants_begin(struct fst_validator *v);
bool            fst_invariants_are_spent(const struct fst_validator *v);
uint64_t       *fst_invariants_budget(struct fst_validator *v);
/* A number that grows whenever one of them asks for the resource that its object is in. */
uint64_t        fst_invariants_beyond(const struct fst_validator *v);
void            fst_validate_invariants(struct fst_validator *v, const struct fst_frame *at);

/* The resource that a reference leads to, contained or in the Bundle that this one is in; FST_NO_NODE: neither. */
uint32_t fst_reference_resource(struct fst_validator *v, struct fst_view reference);
/* The type of what a reference leads to, as far as that can be known; false and empty when it cannot. */
bool fst_reference_type(struct fst_validator *v, struct fst_view reference, struct fst_view *type);

/* A resource that has a canonical URL: one that is published. */
bool fst_is_published(const struct fst_schema *s, fst_def def);
/* Is it the name of a resource type? */
bool fst_names_resource(const struct fst_validator *v, struct fst_view type);
/* Is it "Type?parameter=value&…"? */
bool fst_reference_is_search(const struct fst_validator *v, struct fst_view reference);

/* ---- Bundles */
/* "http://x.org/fhir/Type/id", a URL that looks like a server's: its parts. */
bool fst_url_is_of(const struct fst_validator *v, struct fst_view url, struct fst_view *base, struct fst_view *type, struct fst_view *id);
/* The entry whose resource hangs on `at`; else that which the resource being checked is in; NULL: none. */
const struct fst_frame *fst_entry_around(const struct fst_validator *v, const struct fst_frame *at);
void fst_entries_init(struct fst_entries *x);
void fst_entries_clear(struct fst_entries *x);
/* How many of the Bundle's entries are called that, with or without a version behind it, and the first of them. */
uint32_t fst_entries_called(struct fst_validator *v, uint32_t bundle, enum fst_entry_name kind, struct fst_view name, uint32_t *first);
enum fst_bundled {
    FST_BUNDLED_ELSEWHERE, /* nothing here is called that */
    FST_BUNDLED_HERE,
    FST_BUNDLED_TWICE,     /* more than one entry is called that */
    FST_BUNDLED_OTHER,     /* what is called that is of another type than the reference says */
    FST_BUNDLED_MALFORMED, /* neither "Type/id" nor a URL */
    FST_BUNDLED_NAMELESS   /* the entry has no fullUrl, which a reference starts from */
};
/* What a reference in the resource being checked, which is in an entry (v->scope->entry), leads to: that resource, or FST_NO_NODE. */
enum fst_bundled fst_entries_resolve(struct fst_validator *v, struct fst_view reference, uint32_t *resource);
/* In a document or a message everything hangs together. */
void fst_validate_linked(struct fst_validator *v, const struct fst_frame *bundle, uint32_t entries, bool is_document);

/* ---- profiles */
enum fst_status fst_profile_check_new(struct fst_profile_check **out, const struct fst_schema *schema);
void            fst_profile_check_free(struct fst_profile_check *x);
/* The resource at `at` against the profiles in its meta.profile. */
void fst_validate_profiles(struct fst_validator *v, const struct fst_frame *at);
/* A value of a data type that R4 itself holds to a profile. */
void fst_validate_member_profile(struct fst_validator *v, const struct fst_frame *at);
/* The extension against the definition that its url names, when that is known. */
void fst_validate_extension(struct fst_validator *v, const struct fst_frame *at, struct fst_view url);

static inline bool fst_is_nested_extension(const struct fst_frame *at)
{
    return at->up && at->up->type == at->type;
}

/* Is the code, Coding, CodeableConcept or Quantity in what its element binds to? */
void fst_validate_bound_code(struct fst_validator *v, struct fst_place place, uint32_t node, struct fst_view code);
/* What a code without a value, or a concept without a coding, is told where the binding requires one. */
void fst_validate_bound_nothing(struct fst_validator *v, struct fst_place place, uint32_t node, const struct fst_binding_row *b);
/* Is a value of that type, which may be coded, in the set? */
enum fst_in fst_value_in_set(struct fst_validator *v, fst_def def, uint32_t node, uint16_t set);
/* A value against what its element, or a profile, binds it to. */
void fst_validate_binding(struct fst_validator *v, struct fst_place place, fst_def def, uint32_t node, const struct fst_binding_row *b);

/* Check the object at frame->node, whose type is frame->type, and all in it. */
void fst_validate_object(struct fst_validator *v, struct fst_frame *frame);
/* Check the resource at `node`, hanging on `up` (NULL: the root). */
void fst_validate_resource(struct fst_validator *v, const struct fst_frame *up, const struct fst_member *member, int32_t index,
                        uint32_t node);
void fst_validate_primitive(struct fst_validator *v, struct fst_place place, uint32_t node);

#endif
