/* fhir/fhirpath-quick.h — answers to the usual questions of an invariant without collections: what is there is told by
 * presence masks, paths are walked until the first thing found, and strings are compared where they stand in the text.
 *
 * A program is typed: compiled for the type of the objects it is asked of, so that names become bits and members. What
 * has no quick form is unsure, and unsure too is all that hangs on it: then the general evaluator (fhir/fhirpath.h) is
 * to be asked. Where an answer is given, it is the general evaluator's; a test holds the two against each other.
 * It takes for granted that the object, and all in it, has the structure that its type says: see fst_path_quick().
 * Threads: a program is read-only once compiled. Private to fhir/. */
#ifndef FST_FHIR_FHIRPATH_QUICK_H
#define FST_FHIR_FHIRPATH_QUICK_H

#include "fhir/fhirpath-private.h"

struct fst_quick;

enum fst_quick_answer { FST_QUICK_FALSE, FST_QUICK_TRUE, FST_QUICK_EMPTY, FST_QUICK_UNSURE };

/* The object that a program is asked of. Masks and values by the elements' index, as in struct fst_frame. */
struct fst_quick_object {
    struct fst_path_item item;
    uint64_t             seen, valued;
    const uint32_t      *values;
};

/* NULL when there is nothing in it that could be answered, or no memory. */
const struct fst_quick *fst_path_quick_compile(struct fst_arena *arena, const struct fst_schema *schema,
                                               const struct fst_path_program *p, fst_def def);
/* May only be asked of an object without structural errors in it. Of `e` the tape and the resources are used. */
enum fst_quick_answer fst_path_quick(struct fst_path_eval *e, const struct fst_quick *q, const struct fst_quick_object *object);

#endif
