/* healthlake/check.h — hold JSON against a shape of the model, and say everything that is wrong in the words that AWS
 * services use. The client asks before it sends, the local service before it works.
 * Threads: one report per thread. May use: json. */
#ifndef FST_HEALTHLAKE_CHECK_H
#define FST_HEALTHLAKE_CHECK_H

#include "base/arena.h"
#include "healthlake/model.h"
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
    FST_CHECK_TIME_TEXT = 1 << 1       /* times may be text (see healthlake/encode.h) beside numbers */
};

struct fst_violation {
    enum fst_check_rule           rule;
    const char                   *path;    /* in the API's names: "Tags[0].Key"; "" for the whole */
    const char                   *message; /* "Value '' at 'tags.1.member.key' failed to satisfy constraint: …" */
    const struct fst_model_shape *shape;
    uint32_t                      node;    /* the value; FST_NO_NODE where it is missing */
    struct fst_violation         *next;
};

/* Valid when { .arena = &a }; lives as long as what is in the arena. */
struct fst_check_report {
    struct fst_arena     *arena;
    struct fst_violation *first, *last; /* in the order of the text; what is missing comes behind its siblings */
    size_t                count;
};

/* Check the value at `node`; append what is wrong to `report`. FST_OK whatever was found: ask report->count. FST_ENOMEM.
 * A sensitive value is not shown, a long one cut. */
FST_MUST_USE enum fst_status fst_check(const struct fst_tape *t, uint32_t node, const struct fst_model_shape *shape,
                                       unsigned flags, struct fst_check_report *report);

/* The error's code that the service answers with: SerializationException if a type is wrong, else ValidationException. */
const char *fst_check_code(const struct fst_check_report *report);
/* Append its message: "2 validation errors detected: …; …", or what is wrong with the type. Nothing when nothing is wrong. */
void fst_check_message(const struct fst_check_report *report, struct fst_buf *out);

#endif
