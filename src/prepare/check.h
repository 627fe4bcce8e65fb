/* prepare/check.h — is this value a resource? What stands between parsing and rewriting: everything that is said
 * against a resource's content goes through fst_check_resource() to the issue sink.
 * Threads: one checker per thread. May use: fhir, json. */
#ifndef FST_PREPARE_CHECK_H
#define FST_PREPARE_CHECK_H

#include "fhirstage/issue.h"
#include "prepare/facts.h"

struct fst_checker {
    bool          include_values;
    fst_issue_fn *sink;
    void         *ctx;
    unsigned      errors; /* of the value at hand */
};

/* The resource at node `root` of `t`; adds to `errors`. Offsets of issues count from the resource's first byte. */
void fst_check_resource(struct fst_checker *c, const struct fst_tape *t, uint32_t root, const struct fst_facts *f);
/* The value's text is no JSON. */
void fst_check_refuse_text(struct fst_checker *c, const struct fst_json_error *jerr);
/* These bytes are no value. */
void fst_check_refuse_bytes(struct fst_checker *c, const char *rule, const char *why);
/* Another fact against the value; `text` is shown as it is. */
void fst_check_report(struct fst_checker *c, enum fst_issue_code code, const char *rule, struct fst_view expression,
                      struct fst_view text);

#endif
