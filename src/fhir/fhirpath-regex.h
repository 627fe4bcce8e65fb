/* fhir/fhirpath-regex.h — the regular expressions of FHIRPath (Java's, the common part) as POSIX ones.
 * Threads: a compiled one is read-only. Private to fhir/. */
#ifndef FST_FHIR_FHIRPATH_REGEX_H
#define FST_FHIR_FHIRPATH_REGEX_H

#include "base/buf.h"

/* Append the POSIX extended form. */
void fst_regex_translate(struct fst_buf *out, struct fst_view pattern);
/* Does the pattern match the text, or only a part of it? *known is false when it is no pattern that can be understood. */
bool fst_regex_matches(struct fst_view pattern, struct fst_view text, bool whole, bool *known);
/* `text` with every match replaced (without references to groups), appended. */
bool fst_regex_replace(struct fst_buf *out, struct fst_view pattern, struct fst_view text, struct fst_view by);

#endif
