/* fhir/coded.h — what is coded in a resource, held against a value set: for bindings of R4 and of profiles, and for memberOf().
 * Threads: thread-safe (no state). May use: base, json. */
#ifndef FST_FHIR_CODED_H
#define FST_FHIR_CODED_H

#include "fhir/terms.h"
#include "json/tape.h"

enum fst_coded { FST_CODED_CODE, FST_CODED_CODING /* or a Quantity's unit */, FST_CODED_CONCEPT };

/* Is the value at `node` in the set? The buffers are for strings with escapes. What is not coded at all is FST_IN_UNKNOWN,
 * but for a concept without codings, which is not in the set. */
enum fst_in fst_coded_in_set(const struct fst_schema *s, const struct fst_tape *t, uint32_t node, enum fst_coded shape, uint16_t set,
                             struct fst_buf *system, struct fst_buf *code);

#endif
