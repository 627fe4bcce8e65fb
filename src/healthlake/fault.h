/* healthlake/fault.h — an error answer of the service, read.
 * Threads: thread-safe. May use: json. */
#ifndef FST_HEALTHLAKE_FAULT_H
#define FST_HEALTHLAKE_FAULT_H

#include "fhirstage/api.h"

/* `error_type` is the header x-amzn-errortype (empty: none), which wins over the body's __type; from either the name
 * alone is kept ("ns#Code:url"). The text is `message` or `Message`. Without a code: "HTTP 503". request_id is left. */
void fst_fault_parse(struct fst_api_fault *fault, int http_status, struct fst_view error_type, struct fst_view body);

/* "StartFHIRImportJob: ValidationException: …" with a hint where one helps; FST_ESERVICE. */
enum fst_status fst_fault_fail(const struct fst_api_fault *fault, const char *operation, struct fst_error *err);

/* May the same request succeed later: throttling, a failure of the service. */
bool fst_fault_passes(const struct fst_api_fault *fault);

#endif
