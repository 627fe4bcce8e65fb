/* healthlake/check.h — hold JSON against a shape of the model, and say everything that is wrong in the words the
 * service uses. The client asks before it sends, the local service before it works.
 * Threads: one report per thread. May use: json. */
#ifndef FST_HEALTHLAKE_CHECK_H
#define FST_HEALTHLAKE_CHECK_H

#include "healthlake/model.h"
#include "base/arena.h"
#include "json/tape.h"

enum fst_check_rule {
    FST_CHECK_TYPE,     /* another JSON type than the shape's; the service says SerializationException */
    FST_CHECK_REQUIRED,
    FST_CHECK_MIN,      /* too short, too small, too few */
    FST_CHECK_MAX,
    FST_CHECK_PATTERN,
    FST_CHECK_ENUM,
    FST_CHECK_UNION,    /* not exactly one member of a union */
    FST_CHECK_UNKNOWN,  /* no such member; the service passes over it */
    FST_CHECK_RULE_COUNT
};

enum fst_check_flags {
    FST_CHECK_UNKNOWN_PASSES = 1 << 0, /* as the service: members that the model doesn't know are passed over */
    FST_CHECK_TIME_TEXT = 1 << 1       /* times may be RFC 3339 text (see healthlake/encode.h) beside numbers */
};

struct fst_violation {
    enum fst_check_rule           rule;
    const char                   *path;    /* "Tags[0].Key"; "" for the whole */
    const char                   *message; /* "Value '' at 'tags.1.member.key' failed to satisfy constraint: …" */
    const struct fst_model_shape *shape;
    uint32_t                      node;    /* the value; FST_NO_NODE where it is missing */
};

struct fst_check_report {
    struct fst_violation *items; /* in the order of the text; what is missing comes behind its siblings */
    size_t                count, cap;
    struct fst_arena     *arena; /* holds the texts and the items */
};

/* Check the value at `node`. Violations are appended to `report`, whose arena the caller has set ({ .arena = &a }).
 * FST_OK whatever was found: ask report->count; FST_ENOMEM. */
FST_MUST_USE enum fst_status fst_check(const struct fst_tape *t, uint32_t node, const struct fst_model_shape *shape,
                                       unsigned flags, struct fst_check_report *report);

/* The error's code that the service answers with: SerializationException if a type is wrong, else ValidationException. */
const char *fst_check_code(const struct fst_check_report *report);
/* Its message: "2 validation errors detected: …; …" into `out`. Nothing when there is none. */
void fst_check_message(const struct fst_check_report *report, struct fst_buf *out);

#endif
