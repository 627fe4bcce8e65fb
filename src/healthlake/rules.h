/* healthlake/rules.h — what the API's model does not say of an IdentityProviderConfiguration and an SseConfiguration:
 * a strategy of SMART on FHIR needs the provider's metadata, a JSON document in a string; a customer's key its id.
 * The client asks before it sends, the local service before it works.
 * Threads: thread-safe. May use: json. */
#ifndef FST_HEALTHLAKE_RULES_H
#define FST_HEALTHLAKE_RULES_H

#include "json/tape.h"

/* Look at these members of a request. False: `why` has one sentence. */
bool fst_rules_check(const struct fst_tape *request, struct fst_buf *why);

#endif
