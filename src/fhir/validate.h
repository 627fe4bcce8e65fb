/* fhir/validate.h — is a resource valid R4? What HealthLake's validator would say, before a byte is sent.
 *
 * A validator walks a tape once, along the tables of fhir/schema.h, and hands what it finds to a sink, in the order
 * of the text. It takes no memory per resource once it has seen the largest. Work and issues are bounded.
 * Threads: one validator per thread; they share the constant tables and the profiles. May use: base, json. */
#ifndef FST_FHIR_VALIDATE_H
#define FST_FHIR_VALIDATE_H

#include "fhirstage/issue.h"
#include "fhirstage/status.h"
#include "fhirstage/validate.h"
#include "json/tape.h"

/* "strict", "structure-only", "minimal" (the API's spelling, also its upper case); false when it is none of them. */
FST_MUST_USE bool fst_level_parse(enum fst_level *out, struct fst_view text);
const char       *fst_level_name(enum fst_level level);

struct fst_profiles; /* see fhir/profiles.h */

/* The name of the type that a link without a type in its text leads to (urn:uuid:…), empty when that is not known. It is not asked
 * about searches, which are taken by their word.
 * The view need live until the next call only. */
typedef struct fst_view fst_link_type_fn(void *ctx, struct fst_view link);

struct fst_validate_opts {
    enum fst_level             level;
    unsigned                   max_issues;     /* a resource; 0: 100. What comes after is counted, not sent. */
    bool                       staged;         /* as the import judges a line: an id is required */
    bool                       show_values;    /* sentences may show what was found; else they only say what was expected */
    bool                       no_warnings;    /* errors alone */
    bool                       general_rules;  /* invariants by the general evaluator alone: what quick answers are held against */
    bool                       no_memo;        /* each object judged anew, though it was seen before: what is remembered is held against it */
    enum fst_unknown_profile   unknown_profile;
    const struct fst_profiles *profiles;       /* NULL: R4's own */
    fst_link_type_fn          *link_type;      /* NULL: links that name no type are not judged by it */
    void                      *link_ctx;
};

struct fst_validator;

/* *out is NULL after a failure. `opts` is copied. */
FST_MUST_USE enum fst_status fst_validator_new(struct fst_validator **out, const struct fst_validate_opts *opts,
                                               struct fst_error *err);
void fst_validator_free(struct fst_validator *v);

struct fst_verdict {
    bool     ok;                /* no error and no fatal issue */
    uint32_t errors, warnings;  /* also those past max_issues */
    uint32_t unknown_profiles;  /* meta.profile entries that are not known */
};

/* Judge the resource at node `root`. FST_ENOMEM alone can fail; a bad resource is FST_OK with verdict->ok false. */
FST_MUST_USE enum fst_status fst_validate(struct fst_validator *v, const struct fst_tape *tape, uint32_t root,
                                          fst_issue_fn *sink, void *ctx, struct fst_verdict *verdict);

#endif
