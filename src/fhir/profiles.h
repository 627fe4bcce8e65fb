/* fhir/profiles.h — profiles in the tables: R4's own, and a user's (fhirstage/profiles.h).
 * Threads: thread-safe (constant). May use: base, json. */
#ifndef FST_FHIR_PROFILES_H
#define FST_FHIR_PROFILES_H

#include "fhir/image.h"
#include "fhirstage/profiles.h"

const struct fst_schema *fst_profiles_schema(const struct fst_profiles *p);

/* The profile of that canonical URL, which may end in "|version"; UINT32_MAX: not known, or not in that version. */
uint32_t fst_profile_find(const struct fst_schema *s, struct fst_view canonical);
/* Is it the URL of a type's own definition, which every resource of that type keeps to? */
bool fst_is_base_definition(const struct fst_schema *s, struct fst_view canonical);

#endif
