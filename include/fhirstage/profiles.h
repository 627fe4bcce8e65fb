/* fhirstage/profiles.h — a user's profiles: what resources are held to when they claim it in meta.profile (strict level),
 * besides R4's own. Issues that come of them borrow names from here.
 * Memory: some 2 MB for R4's tables and what is added. Threads: constant once loaded. */
#ifndef FHIRSTAGE_PROFILES_H
#define FHIRSTAGE_PROFILES_H

#include <stdbool.h>
#include <stddef.h>

#include "fhirstage/status.h"
#include "fhirstage/view.h"

struct fst_profiles;

/* Load every file: a StructureDefinition, a Bundle of definitions, or a FHIR package (.tgz). Of two of a URL the first
 * counts, R4's own before all. *out is NULL after a failure, and when `count` is 0. FST_EPARSE names the file and what is
 * wrong, also when it has no StructureDefinition in it. */
FST_MUST_USE enum fst_status fst_profiles_load(struct fst_profiles **out, const char *const *paths, size_t count, struct fst_error *err);
/* The same of one JSON text: a StructureDefinition or a Bundle of definitions; `name` is for errors. */
FST_MUST_USE enum fst_status fst_profiles_parse(struct fst_profiles **out, struct fst_view json, const char *name, struct fst_error *err);
void                         fst_profiles_free(struct fst_profiles *p);
/* The SHA-256, in hex, of what they say: equal for equal profiles. */
const char                  *fst_profiles_digest(const struct fst_profiles *p);
/* Can a resource be held to that profile ("url" or "url|version")? A type's own definition counts. `p` NULL: R4's own. */
bool fst_profiles_know(const struct fst_profiles *p, struct fst_view canonical);

#endif
