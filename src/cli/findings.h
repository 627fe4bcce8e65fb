/* cli/findings.h — the most frequent findings, for people.
 * Threads: as the findings. May use: base. */
#ifndef FST_CLI_FINDINGS_H
#define FST_CLI_FINDINGS_H

#include "base/buf.h"
#include "fhirstage/findings.h"

/* "3,000 × Patient.gender: … (binding)" and where the first is; `all` tells where the rest can be found. */
void fst_findings_add_text(struct fst_buf *out, struct fst_findings *f, const char *all);
/* The same, to standard output. */
FST_MUST_USE enum fst_status fst_findings_print(struct fst_findings *f, const char *all, struct fst_error *err);

#endif
