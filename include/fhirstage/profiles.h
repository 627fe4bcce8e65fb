/* fhirstage/profiles.h — a user's profiles: what resources are held to when they claim it in meta.profile (strict level),
 * besides R4's own. Issues that come of them borrow names from here.
 * Memory: some 2 MB for R4's tables and what is added. Threads: constant once loaded. */
#ifndef FHIRSTAGE_PROFILES_H
#define FHIRSTAGE_PROFILES_H

#include <stddef.h>

#include "fhirstage/status.h"

struct fst_profiles;

/* Load every file: a StructureDefinition, a Bundle of definitions, or a FHIR package (.tgz). Of two of a URL the first
 * counts, R4's own before all. *out is NULL after a failure, and when `count` is 0. FST_EPARSE names the file and what is
 * wrong, also when it has no StructureDefinition in it. */
FST_MUST_USE enum fst_status fst_profiles_load(struct fst_profiles **out, const char *const *paths, size_t count, struct fst_error *err);
void                         fst_profiles_free(struct fst_profiles *p);

#endif
