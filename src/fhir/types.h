/* fhir/types.h — R4's resource types, which of them HealthLake imports, and the grammar of an id.
 * Threads: thread-safe (constant tables). May use: base. */
#ifndef FST_FHIR_TYPES_H
#define FST_FHIR_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "fhirstage/view.h"

enum fst_type_support {
    FST_TYPE_IMPORTED,
    FST_TYPE_NOT_READ,  /* listed by HealthLake, but neither read nor posted */
    FST_TYPE_NOT_LISTED /* R4, but HealthLake does not take it */
};

enum { FST_TYPE_COUNT =
#define FST_TYPE(name, support) 1 +
#include "fhir/types.def"
#undef FST_TYPE
0 };

/* A type is its index in the sorted table, or FST_NO_TYPE. */
typedef uint8_t fst_type;
#define FST_NO_TYPE ((fst_type)UINT8_MAX)

fst_type              fst_type_find(struct fst_view name); /* FST_NO_TYPE when R4 has no such type */
const char           *fst_type_name(fst_type type);
enum fst_type_support fst_type_support(fst_type type);

enum { FST_ID_MAX = 64 }; /* FHIR R4 §2.24.0.1, primitive type id: [A-Za-z0-9\-\.]{1,64} */
bool fst_id_is_valid(struct fst_view id);

#endif
