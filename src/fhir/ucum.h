/* fhir/ucum.h — is a text a unit of UCUM (The Unified Code for Units of Measure, case-sensitive form)?
 * Threads: thread-safe. May use: base. */
#ifndef FST_FHIR_UCUM_H
#define FST_FHIR_UCUM_H

#include "fhir/schema.h"

/* UCUM §2: terms of prefixed atoms with exponents, annotations, factors, '.' and '/', parentheses. */
bool fst_ucum_is_valid(const struct fst_schema *s, struct fst_view unit);

#endif
