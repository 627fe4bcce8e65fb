/* fhir/fhirpath-value.h — what items of a collection are worth: their value as a scalar, and how two compare.
 * Private to fhir/. */
#ifndef FST_FHIR_FHIRPATH_VALUE_H
#define FST_FHIR_FHIRPATH_VALUE_H

#include "fhir/fhirpath-private.h"

enum { FST_PATH_MAX_STEPS = 2000000 };

/* Count work; false when it was too much, and the evaluation has failed. */
static inline bool fst_path_work(struct fst_path_eval *e, size_t steps)
{
    if (steps > FST_PATH_MAX_STEPS || e->steps > FST_PATH_MAX_STEPS - (uint32_t)steps) {
        e->steps = FST_PATH_MAX_STEPS;
        e->failed = true;
        return false;
    }
    e->steps += (uint32_t)steps;
    return true;
}

/* A primitive's, or a literal's, value. */
struct fst_path_scalar {
    enum fst_path_kind kind; /* FST_PATH_NODE: it has none */
    bool               boolean, is_time;
    enum fst_path_kind moment; /* when is_time: FST_PATH_DATE, …_DATETIME, …_TIME; its kind is FST_PATH_STRING */
    double             number;
    struct fst_view    text;
};
struct fst_path_scalar fst_path_scalar(struct fst_path_eval *e, const struct fst_path_item *item);
/* A string node's text, escapes undone; also of a member's name. */
struct fst_view fst_path_node_text(struct fst_path_eval *e, uint32_t node);
/* A string of the evaluator's own; empty when out of memory. */
struct fst_view fst_path_text(struct fst_path_eval *e, struct fst_view v);
/* The item as a string; false for what has no such form. */
bool fst_path_to_string(struct fst_path_eval *e, const struct fst_path_item *item, struct fst_view *out);

/* A date, a time or both, to any precision: its kind by the text's form, FST_PATH_NODE when it is none. */
enum fst_path_kind fst_path_moment_kind(struct fst_view text);
/* The text as a number; false when it is none. `whole`: without a fraction or exponent. */
bool fst_path_parse_number(struct fst_view text, bool whole, double *out);

enum fst_path_order { FST_ORDER_LESS, FST_ORDER_EQUAL, FST_ORDER_GREATER, FST_ORDER_UNKNOWN };
enum fst_path_order fst_path_compare(struct fst_path_eval *e, const struct fst_path_item *a, const struct fst_path_item *b);
/* =, three-valued. */
enum fst_path_truth fst_path_same(struct fst_path_eval *e, const struct fst_path_item *a, const struct fst_path_item *b);
/* ~: letter case and white space of strings aside, numbers to the precision of the less precise. */
bool fst_path_alike(struct fst_path_eval *e, const struct fst_path_item *a, const struct fst_path_item *b);
bool fst_path_equal(struct fst_path_eval *e, const struct fst_path_item *a, const struct fst_path_item *b);

#endif
