/* fhir/fhirpath-eval.h — what evaluating operators and functions share: collections on one stack. Private to fhir/. */
#ifndef FST_FHIR_FHIRPATH_EVAL_H
#define FST_FHIR_FHIRPATH_EVAL_H

#include "fhir/fhirpath-value.h"

struct fst_coll { /* items[at … at + n) */
    uint32_t at, n;
};

struct fst_coll fst_path_eval_expr(struct fst_path_eval *e, const struct fst_path_expr *x);
struct fst_coll fst_path_call(struct fst_path_eval *e, const struct fst_path_expr *x, struct fst_coll focus, uint32_t base);
/* Conversions and arithmetic: functions of one scalar. */
struct fst_coll fst_path_call_scalar(struct fst_path_eval *e, const struct fst_path_expr *x, struct fst_coll focus, uint32_t base);
void            fst_path_push(struct fst_path_eval *e, struct fst_path_item item);
/* Drop everything from `base` on but `c`, which moves down to there. */
struct fst_coll fst_path_keep(struct fst_path_eval *e, uint32_t base, struct fst_coll c);
struct fst_coll fst_path_boolean(struct fst_path_eval *e, uint32_t base, bool b);
struct fst_coll fst_path_none(struct fst_path_eval *e, uint32_t base);
/* A collection as a condition: unknown when it is empty. */
enum fst_path_truth fst_path_truth_of(struct fst_path_eval *e, struct fst_coll c);
/* Push the item's children: those called `name`, or all when it is empty. */
void fst_path_children(struct fst_path_eval *e, struct fst_path_item item, struct fst_view name);
/* The type that `type` names; `exactly`: no specialization of it. */
bool fst_path_has_type(struct fst_path_eval *e, const struct fst_path_item *item, const struct fst_path_expr *type, bool exactly);
bool fst_path_contains(struct fst_path_eval *e, struct fst_coll c, const struct fst_path_item *item);

static inline struct fst_path_item fst_path_node(fst_def def, uint32_t node, uint32_t more)
{
    return (struct fst_path_item){ .kind = FST_PATH_NODE, .def = def, .node = node, .more = more };
}
static inline struct fst_path_item fst_path_string(struct fst_view text)
{
    return (struct fst_path_item){ .kind = FST_PATH_STRING, .text = text, .node = FST_NO_NODE, .more = FST_NO_NODE };
}
static inline struct fst_path_item fst_path_number(double n, bool decimal)
{
    return (struct fst_path_item){ .kind = decimal ? FST_PATH_DECIMAL : FST_PATH_INTEGER, .number = n, .node = FST_NO_NODE, .more = FST_NO_NODE };
}

#endif
