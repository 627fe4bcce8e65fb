/* fhirstage/issue.h — what is wrong with a resource. Issues are data: they go to a sink and never
 * mix with fst_status, which says that fhirstage itself could not work. */
#ifndef FHIRSTAGE_ISSUE_H
#define FHIRSTAGE_ISSUE_H

#include <stddef.h>
#include <stdint.h>

#include "fhirstage/view.h"

enum fst_severity { FST_SEVERITY_INFORMATION, FST_SEVERITY_WARNING, FST_SEVERITY_ERROR, FST_SEVERITY_FATAL };

/* The codes of http://hl7.org/fhir/issue-type that fhirstage uses. */
#define FST_ISSUE_CODES(X)                                                                        \
    X(INVALID, "invalid") X(STRUCTURE, "structure") X(REQUIRED, "required") X(VALUE, "value")     \
    X(INVARIANT, "invariant") X(CODE_INVALID, "code-invalid") X(NOT_FOUND, "not-found")           \
    X(NOT_SUPPORTED, "not-supported") X(DUPLICATE, "duplicate") X(TOO_LONG, "too-long")           \
    X(TOO_COSTLY, "too-costly") X(EXTENSION, "extension") X(BUSINESS_RULE, "business-rule")       \
    X(PROCESSING, "processing") X(INFORMATIONAL, "informational")

enum fst_issue_code {
#define FST_ISSUE_ID(id, text) FST_ISSUE_##id,
    FST_ISSUE_CODES(FST_ISSUE_ID)
#undef FST_ISSUE_ID
    FST_ISSUE_CODE_COUNT
};

/* Every view is borrowed and dies when the sink returns. */
struct fst_issue {
    enum fst_severity   severity;
    enum fst_issue_code code;
    const char         *rule;       /* the invariant or check, such as "pat-1" or "json-syntax"; static */
    struct fst_view     expression; /* FHIRPath with indexes; empty where there is no place */
    struct fst_view     text;       /* one sentence for people; shows no value unless that is allowed */
    uint64_t            offset;     /* byte offset within the resource's own text */
};

typedef void fst_issue_fn(void *ctx, const struct fst_issue *issue);

const char *fst_severity_name(enum fst_severity severity);
const char *fst_issue_code_name(enum fst_issue_code code);

#endif
