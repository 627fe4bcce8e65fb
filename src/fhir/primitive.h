/* fhir/primitive.h — the grammars of R4's primitives, to the letter as HealthLake's validator applies them
 * (docs/validation.md says where that is not the specification's). Threads: thread-safe. May use: base. */
#ifndef FST_FHIR_PRIMITIVE_H
#define FST_FHIR_PRIMITIVE_H

#include "fhir/schema.h"

/* NULL when the text (of a JSON string with escapes undone, or of a JSON number) is a value of that type, else what it
 * should be: a static phrase such as "a date like 2020, 2020-06 or 2020-06-30". The empty text is none of any type. */
const char *fst_prim_refuse(enum fst_prim prim, struct fst_view v);

/* Is the text one of the usual values of the type, told at a glance? False says nothing: ask fst_prim_refuse(). */
bool fst_prim_passes(enum fst_prim prim, struct fst_view v);

/* The JSON kinds that hold the type. */
static inline bool fst_prim_is_number(enum fst_prim prim) { return prim >= FST_PRIM_INTEGER && prim <= FST_PRIM_DECIMAL; }

/* Nothing but white space. True of the empty text. */
bool fst_is_blank(struct fst_view v);
/* Base64 in groups of four without a blank, padded at its end alone: what any decoder takes. */
bool fst_base64_is_plain(struct fst_view v);
/* Of a kind that names code systems and the like: http, https, urn. */
bool fst_uri_is_system(struct fst_view v);
bool fst_uri_is_absolute(struct fst_view v);
bool fst_uuid_is_valid(struct fst_view v); /* without urn:uuid:; lower case */
bool fst_oid_is_valid(struct fst_view v);  /* without urn:oid: */

#endif
