/* fhir/validate-profile-private.h — what the parts of the profile checks share. Private to fhir/. */
#ifndef FST_FHIR_VALIDATE_PROFILE_PRIVATE_H
#define FST_FHIR_VALIDATE_PROFILE_PRIVATE_H

#include "fhir/fhirpath.h"
#include "fhir/validate-private.h"

/* One value of an element. */
struct fst_occurrence {
    struct fst_place place;
    fst_def          def;  /* its type */
    uint32_t         node; /* FST_NO_NODE: a primitive of which there are extensions alone */
    uint32_t         more; /* of a primitive: the object with its id and extensions, or FST_NO_NODE */
};

struct fst_path_slot { /* a rule or a path, compiled when it is first met */
    const struct fst_path_program *program;
    bool                           tried;
};

struct fst_profile_check {
    struct fst_arena      arena;
    struct fst_path_eval  eval;
    struct fst_path_slot *rules, *paths, *contexts; /* one for each row */
    uint32_t             *counts;        /* a stack: how many values each slice has */
    uint32_t              count, cap;
    uint32_t              steps, depth;  /* of this resource; see fst_profile_step() */
};

/* False when too much has been done for this resource: nothing more is judged. */
bool fst_profile_step(struct fst_validator *v);

/* The program of that slot, or NULL when its text says nothing that is known. */
const struct fst_path_program *fst_profile_program(struct fst_validator *v, struct fst_path_slot *slot, struct fst_pool_str text);
/* Set %resource and %rootResource. */
void fst_profile_set_scope(struct fst_validator *v);

/* The object's frame for an occurrence; `frame` is filled but for seen and values. */
void fst_occurrence_frame(struct fst_validator *v, const struct fst_occurrence *o, struct fst_frame *frame);

/* Hold the object at `at` to what the point's children say. */
void fst_profile_children(struct fst_validator *v, const struct fst_frame *at, uint32_t point);
/* Hold a value to what the point says of it, and all in it. */
void fst_profile_occurrence(struct fst_validator *v, const struct fst_occurrence *o, uint32_t point);
/* Hold the object to the profile. */
void fst_profile_object(struct fst_validator *v, const struct fst_frame *at, uint32_t profile);
/* Would it hold? Nothing is told. */
bool fst_profile_fits(struct fst_validator *v, const struct fst_frame *at, uint32_t profile);

/* Sort a value into the slices of the point and hold it to those it is in; `counts` is one number for each. */
void     fst_profile_slice(struct fst_validator *v, const struct fst_occurrence *o, uint32_t point, uint32_t *last);
uint32_t fst_profile_slices(const struct fst_schema *s, uint32_t point); /* how many, slices of slices among them */

/* Does the value at `node` equal the fixed value, or have all that the pattern has? */
bool fst_profile_matches(struct fst_validator *v, uint32_t node, uint32_t value, bool is_pattern);
void fst_profile_value(struct fst_validator *v, const struct fst_occurrence *o, uint32_t value, bool is_pattern);
/* A number or a Quantity of the same unit against a least and a greatest value. */
void fst_profile_limits(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_point_row *p);
void fst_profile_binding(struct fst_validator *v, const struct fst_occurrence *o, const struct fst_binding_row *b);
/* Is the value, of that type, in the set? */
bool fst_profile_is_bound(struct fst_validator *v, fst_def def, uint32_t node, uint16_t set);

#endif
