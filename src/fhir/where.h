/* fhir/where.h — the FHIRPath of the element around a byte of a text that is not JSON, or not yet known to be.
 * Threads: thread-safe. May use: base, json. */
#ifndef FST_FHIR_WHERE_H
#define FST_FHIR_WHERE_H

#include "base/buf.h"

/* Append the place of byte `offset`: of the value it belongs to, or of the object when it belongs to a member's name.
 * Nothing when the type of the resource does not stand before it. */
void fst_where(struct fst_buf *out, struct fst_view text, uint64_t offset);

#endif
