/* prepare/check.h — is this value a resource to stage? What stands between parsing and rewriting: everything that is said
 * against a resource's content goes through a checker to the issue sink.
 * Threads: one checker per thread. May use: fhir, json. */
#ifndef FST_PREPARE_CHECK_H
#define FST_PREPARE_CHECK_H

#include "fhir/validate.h"
#include "prepare/resolve.h"

struct fst_checker {
    struct fst_validator *validator;
    struct fst_resolver  *resolver; /* tells where links lead; NULL: links are taken as they stand */
    fst_issue_fn         *sink;
    void                 *ctx;
    unsigned              errors;   /* of the value at hand */
    uint64_t              unknown_profiles; /* of all */
    uint64_t              bundle;   /* the one it is an entry of, or FST_NO_BUNDLE */
    uint32_t              base;     /* where its text begins in the tape's */
    char                  target[FST_TARGET_MAX];
    enum fst_status       failed;   /* of the resolver */
    struct fst_error     *err;
};

FST_MUST_USE enum fst_status fst_checker_init(struct fst_checker *c, const struct fst_prepare_opts *opts,
                                              struct fst_resolver *resolver, fst_issue_fn *sink, void *ctx, struct fst_error *err);
void fst_checker_clear(struct fst_checker *c);

/* The resource at node `root` of `t`, an entry of `bundle`; adds to `errors`. Offsets of issues count from the
 * resource's first byte. Warnings are not sent. */
FST_MUST_USE enum fst_status fst_check_resource(struct fst_checker *c, const struct fst_tape *t, uint32_t root,
                                                uint64_t bundle, struct fst_error *err);
/* The value's text is no JSON. */
void fst_check_refuse_text(struct fst_checker *c, struct fst_view json, const struct fst_json_error *jerr);
/* These bytes are no value. */
void fst_check_refuse_bytes(struct fst_checker *c, const char *rule, const char *why);
/* Another fact against the value; `text` is shown as it is. */
void fst_check_report(struct fst_checker *c, enum fst_issue_code code, const char *rule, struct fst_view expression,
                      struct fst_view text);

#endif
