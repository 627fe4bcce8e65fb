/* fhir/fhirpath.h — FHIRPath over tapes: expressions are parsed once into a small program, and evaluated on a node of
 * a known type. What R4's and US Core's invariants use.
 * Source: FHIRPath N1 (http://hl7.org/fhirpath/N1).
 * Work is bounded: an evaluation that takes too many steps gives up, and its result is unknown.
 * Threads: a program is read-only once compiled; one evaluator per thread. May use: base, json. */
#ifndef FST_FHIR_FHIRPATH_H
#define FST_FHIR_FHIRPATH_H

#include "base/arena.h"
#include "base/buf.h"
#include "fhir/schema.h"
#include "json/tape.h"

struct fst_path_expr;

/* A compiled expression; lives in the arena that it was compiled into. */
struct fst_path_program {
    const struct fst_path_expr *root;
    bool                        local; /* asks only for children of its context by name: see fst_path_names() */
};

/* NULL when the text is malformed or asks for something that is not known; *why is a static sentence then. */
struct fst_path_program *fst_path_compile(struct fst_arena *arena, struct fst_view text, const char **why);

/* An element of a collection. */
enum fst_path_kind {
    FST_PATH_NODE, FST_PATH_BOOLEAN, FST_PATH_INTEGER, FST_PATH_DECIMAL, FST_PATH_STRING,
    FST_PATH_DATE, FST_PATH_DATETIME, FST_PATH_TIME, /* their text, without '@' and 'T' before it */
    FST_PATH_QUANTITY                                /* number, and the unit as text: UCUM's code, or a word like "year" */
};
struct fst_path_item {
    enum fst_path_kind kind;
    fst_def            def;  /* of a node */
    uint32_t           node; /* of a node: its value; FST_NO_NODE for a primitive that has extensions alone */
    uint32_t           more; /* of a primitive: the object with its id and extensions, or FST_NO_NODE */
    bool               boolean;
    double             number;
    struct fst_view    text; /* of a string, date or time, or a unit; borrowed from the text, the program or the evaluator */
};

struct fst_path_eval {
    const struct fst_schema *schema;
    const struct fst_tape   *tape;
    struct fst_path_item     resource, root_resource, context;
    struct fst_path_item    *items; /* the stack of collections */
    uint32_t                 count, cap;
    struct fst_arena         texts; /* strings made while evaluating; reset by each evaluation */
    struct fst_path_item     self;  /* $this */
    uint32_t                 index; /* $index */
    uint32_t                 total_at, total_n; /* $total: a collection on the stack */
    uint32_t                 steps, depth;
    uint64_t                 beyond; /* how often %resource or %rootResource was asked for: an answer may depend on them then */
    uint64_t                 budget; /* steps that all evaluations to come may take together; 0: each fails at once */
    uint32_t               (*resolve)(void *ctx, struct fst_view reference); /* the resource that it leads to, or FST_NO_NODE; NULL: none can be told */
    void                    *resolve_ctx;
    bool                     failed; /* too many steps, or a thing that is not known: the result means nothing */
};

void fst_path_eval_init(struct fst_path_eval *e, const struct fst_schema *schema);
void fst_path_eval_clear(struct fst_path_eval *e);
/* Evaluate on `context`; e->resource and e->root_resource are set by the caller. The result is e->items[0 … e->count). */
void fst_path_run(struct fst_path_eval *e, const struct fst_path_program *p, struct fst_path_item context);

/* The text of result `i`, as toString() gives it; false for what has none. */
bool fst_path_show(struct fst_path_eval *e, uint32_t i, struct fst_view *out);

enum fst_path_truth { FST_PATH_FALSE, FST_PATH_TRUE, FST_PATH_UNKNOWN };
/* As an invariant: true, false, or unknown (failed). An empty result is false, a single thing that is no boolean true. */
enum fst_path_truth fst_path_is_true(struct fst_path_eval *e, const struct fst_path_program *p, struct fst_path_item context);

/* The names of the context's children that a local program asks for. False: stop. */
typedef void fst_path_name_fn(void *ctx, struct fst_view name);
void fst_path_names(const struct fst_path_program *p, fst_path_name_fn *fn, void *ctx);

#endif
