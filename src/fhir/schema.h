/* fhir/schema.h — R4's definitions as constant tables: types, their elements, the JSON members they may have.
 *
 * The tables are one flat image: arrays that refer to each other by index, strings by offset into a pool. R4's is
 * compiled from data/r4.facts while the program is built; no start-up work, no allocation.
 * A *type* is a data type, a primitive, a resource, or the nested type of a backbone element, which is named by its
 * path ("Patient.contact"). A content reference is simply an element with the nested type it refers to.
 * Threads: thread-safe (constant). May use: base. */
#ifndef FST_FHIR_SCHEMA_H
#define FST_FHIR_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "fhirstage/view.h"

struct fst_schema;

/* R4's own tables; never fails, never NULL. */
const struct fst_schema *fst_schema_r4(void);

/* ---- types */

typedef uint16_t fst_def; /* index of a type in its schema */
#define FST_NO_DEF ((fst_def)UINT16_MAX)
#define FST_NONE ((uint16_t)UINT16_MAX)

enum fst_def_kind { FST_DEF_PRIMITIVE, FST_DEF_COMPLEX, FST_DEF_BACKBONE, FST_DEF_RESOURCE };

/* The grammars of primitives; FST_PRIM_NONE for a type that is none. */
#define FST_PRIMS(X)                                                                                       \
    X(BOOLEAN, "boolean") X(INTEGER, "integer") X(UNSIGNED_INT, "unsignedInt") X(POSITIVE_INT, "positiveInt") \
    X(DECIMAL, "decimal") X(STRING, "string") X(MARKDOWN, "markdown") X(CODE, "code") X(ID, "id")           \
    X(URI, "uri") X(URL, "url") X(CANONICAL, "canonical") X(OID, "oid") X(UUID, "uuid")                     \
    X(BASE64, "base64Binary") X(DATE, "date") X(DATETIME, "dateTime") X(INSTANT, "instant") X(TIME, "time") \
    X(XHTML, "xhtml") X(SYSTEM_STRING, "http://hl7.org/fhirpath/System.String")
enum fst_prim {
    FST_PRIM_NONE,
#define FST_PRIM_ID(id, name) FST_PRIM_##id,
    FST_PRIMS(FST_PRIM_ID)
#undef FST_PRIM_ID
};

/* "Patient", "HumanName", "dateTime", "Patient.contact"; FST_NO_DEF when there is none of that name. */
fst_def           fst_schema_find(const struct fst_schema *s, struct fst_view name);
struct fst_view   fst_schema_name(const struct fst_schema *s, fst_def def);
enum fst_def_kind fst_schema_kind(const struct fst_schema *s, fst_def def);
enum fst_prim     fst_schema_prim(const struct fst_schema *s, fst_def def);
bool              fst_schema_is_abstract(const struct fst_schema *s, fst_def def);
/* What the type specializes (Patient: DomainResource; code: string; Patient.contact: BackboneElement); FST_NO_DEF at
 * the top (Resource, Element). */
fst_def           fst_schema_base(const struct fst_schema *s, fst_def def);
/* Is `def` the type `ancestor` or a specialization of it? */
bool              fst_schema_is_a(const struct fst_schema *s, fst_def def, fst_def ancestor);

/* ---- elements and members */

enum fst_element_flags {
    FST_ELEMENT_ARRAY = 1 << 0,  /* max > 1: an array in JSON, even for one value */
    FST_ELEMENT_CHOICE = 1 << 1, /* name[x] */
    FST_ELEMENT_MODIFIER = 1 << 2
};

/* An element of a type, inherited ones among them, in the order of the definitions. */
struct fst_element {
    uint32_t name;         /* in the pool; a choice without its "[x]" */
    uint8_t  name_len;
    uint8_t  flags;
    uint8_t  min;
    uint8_t  index;        /* within its type: the bit in presence masks; below 64 */
    uint32_t max;          /* UINT32_MAX: * */
    fst_def  def;          /* the type; of a choice FST_NO_DEF */
    uint16_t member_count; /* its JSON members, "_name" left out: one, or one for each type of a choice */
    uint16_t members;      /* the first of them, within the type */
    uint16_t binding;      /* see fhir/terms.h; FST_NONE: none */
};

enum fst_member_flags {
    FST_MEMBER_ARRAY = 1 << 0,
    FST_MEMBER_PRIMITIVE = 1 << 1,
    FST_MEMBER_UNDERSCORE = 1 << 2, /* "_name": id and extensions of the primitive `name` */
    FST_MEMBER_CHOICE = 1 << 3,
    FST_MEMBER_RESOURCE = 1 << 4    /* holds any resource: its type is its resourceType */
};

/* A property that a type's JSON objects may have. */
struct fst_member {
    uint32_t name; /* in the pool, as in JSON: "valueQuantity", "_birthDate" */
    uint8_t  name_len;
    uint8_t  flags;
    uint8_t  element; /* its element's index within the type */
    uint8_t  prim;    /* enum fst_prim */
    fst_def  def;     /* type of the value */
    uint16_t twin;    /* the member with, or without, the underscore, within the type; FST_NONE: none */
    uint16_t targets; /* of a Reference: a list of types; FST_NONE: any */
    uint16_t profile; /* the profile of the data type that it must keep to; FST_NONE: none */
    uint16_t binding; /* its element's */
};

/* The member of that JSON name (escapes undone), or NULL. One probe into the type's perfect hash. "resourceType" is
 * no member. */
const struct fst_member  *fst_schema_member(const struct fst_schema *s, fst_def def, struct fst_view name);
const struct fst_element *fst_schema_elements(const struct fst_schema *s, fst_def def, size_t *count);
/* The element of that FHIRPath name: "value" finds value[x]. */
const struct fst_element *fst_schema_element(const struct fst_schema *s, fst_def def, struct fst_view name);
/* The member's element. */
const struct fst_element *fst_schema_element_of(const struct fst_schema *s, fst_def def, const struct fst_member *m);
struct fst_view fst_schema_element_name(const struct fst_schema *s, const struct fst_element *e);
struct fst_view fst_schema_member_name(const struct fst_schema *s, const struct fst_member *m);

#endif
