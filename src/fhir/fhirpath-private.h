/* fhir/fhirpath-private.h — what the parser makes and the evaluator reads. Private to fhir/. */
#ifndef FST_FHIR_FHIRPATH_PRIVATE_H
#define FST_FHIR_FHIRPATH_PRIVATE_H

#include "fhir/fhirpath.h"

enum fst_path_op {
    FST_OP_EMPTY, FST_OP_BOOLEAN, FST_OP_NUMBER, FST_OP_STRING, FST_OP_MOMENT, FST_OP_QUANTITY, /* literals */
    FST_OP_THIS, FST_OP_INDEX, FST_OP_TOTAL, FST_OP_VARIABLE,
    FST_OP_MEMBER, FST_OP_CALL, FST_OP_ITEM, /* of `left`: name, function, [index] */
    FST_OP_NEGATE,
    FST_OP_MULTIPLY, FST_OP_DIVIDE, FST_OP_DIV, FST_OP_MOD, FST_OP_ADD, FST_OP_SUBTRACT, FST_OP_JOIN, FST_OP_UNION,
    FST_OP_LESS, FST_OP_LESS_EQUAL, FST_OP_GREATER, FST_OP_GREATER_EQUAL,
    FST_OP_IS, FST_OP_AS,
    FST_OP_EQUAL, FST_OP_NOT_EQUAL, FST_OP_LIKE, FST_OP_NOT_LIKE, FST_OP_IN, FST_OP_CONTAINS,
    FST_OP_AND, FST_OP_OR, FST_OP_XOR, FST_OP_IMPLIES
};

/* Functions: name, least and most arguments. */
#define FST_PATH_FUNCTIONS(X)                                                                                            \
    X(exists, 0, 1) X(empty, 0, 0) X(not, 0, 0) X(count, 0, 0) X(all, 1, 1) X(where, 1, 1) X(select, 1, 1) X(repeat, 1, 1)  \
    X(first, 0, 0) X(last, 0, 0) X(tail, 0, 0) X(skip, 1, 1) X(take, 1, 1) X(single, 0, 0) X(matches, 1, 1) X(matchesFull, 1, 1) \
    X(replaceMatches, 2, 2) X(replace, 2, 2) X(startsWith, 1, 1) X(endsWith, 1, 1) X(contains, 1, 1) X(indexOf, 1, 1)     \
    X(substring, 1, 2) X(length, 0, 0) X(upper, 0, 0) X(lower, 0, 0) X(toString, 0, 0) X(toInteger, 0, 0)                 \
    X(toDecimal, 0, 0) X(isDistinct, 0, 0) X(distinct, 0, 0) X(trace, 1, 2) X(descendants, 0, 0) X(children, 0, 0)        \
    X(hasValue, 0, 0) X(getValue, 0, 0) X(as, 1, 1) X(is, 1, 1) X(ofType, 1, 1) X(iif, 2, 3) X(htmlChecks, 0, 0)          \
    X(resolve, 0, 0) X(intersect, 1, 1) X(exclude, 1, 1) X(combine, 1, 1) X(union, 1, 1) X(allTrue, 0, 0) X(anyTrue, 0, 0) \
    X(allFalse, 0, 0) X(anyFalse, 0, 0) X(subsetOf, 1, 1) X(supersetOf, 1, 1) X(extension, 1, 1) X(conformsTo, 1, 1)      \
    X(memberOf, 1, 1) X(lastIndexOf, 1, 1) X(trim, 0, 0) X(split, 1, 1) X(join, 0, 1) X(toChars, 0, 0) X(abs, 0, 0)        \
    X(ceiling, 0, 0) X(floor, 0, 0) X(truncate, 0, 0) X(exp, 0, 0) X(ln, 0, 0) X(sqrt, 0, 0) X(log, 1, 1) X(power, 1, 1)     \
    X(round, 0, 1) X(aggregate, 1, 2) X(toBoolean, 0, 0) X(toDate, 0, 0) X(toDateTime, 0, 0) X(toTime, 0, 0)                \
    X(toQuantity, 0, 1) X(convertsToBoolean, 0, 0) X(convertsToInteger, 0, 0) X(convertsToDecimal, 0, 0)                    \
    X(convertsToString, 0, 0) X(convertsToDate, 0, 0) X(convertsToDateTime, 0, 0) X(convertsToTime, 0, 0)                   \
    X(convertsToQuantity, 0, 1)

enum fst_path_function {
#define FST_FN_ID(name, least, most) FST_FN_##name,
    FST_PATH_FUNCTIONS(FST_FN_ID)
#undef FST_FN_ID
    FST_FN_COUNT
};

enum { FST_PATH_ARGS = 3 };

struct fst_path_expr {
    enum fst_path_op            op;
    enum fst_path_function      function;
    const struct fst_path_expr *left, *right; /* `left` NULL for a member or call: of $this */
    const struct fst_path_expr *args[FST_PATH_ARGS];
    unsigned                    arg_count;
    struct fst_view             text;   /* name, string, variable, type, moment, unit */
    struct fst_view             space;  /* of a type: its namespace, empty when none is said */
    enum fst_path_kind          kind;   /* of FST_OP_MOMENT */
    double                      number;
    bool                        decimal, boolean;
    void                       *regex;  /* of matches and replaceMatches with a literal: compiled, the arena's */
};

/* Every node, `expr` first. */
typedef void fst_path_expr_fn(void *ctx, const struct fst_path_expr *expr);
void fst_path_each(const struct fst_path_expr *expr, fst_path_expr_fn *fn, void *ctx);

#endif
