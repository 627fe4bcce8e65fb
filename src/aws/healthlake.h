/* aws/healthlake.h — a call of a HealthLake operation: JSON in, JSON out.
 * Threads: as the client's. May use: net, sign, healthlake, json. */
#ifndef FST_AWS_HEALTHLAKE_H
#define FST_AWS_HEALTHLAKE_H

#include "aws/client.h"
#include "json/tape.h"

/* Send `json` to `operation` and parse the answer into `t`, which borrows from a->resp until the next request.
 * FST_ESERVICE as in aws/client.h; FST_EPARSE when the answer is no JSON. */
FST_MUST_USE enum fst_status fst_healthlake_call(struct fst_aws *a, const char *operation, struct fst_view json,
                                                 struct fst_tape *t, struct fst_error *err);

#endif
