/* prepare/place.h — where something is, in words: FHIRPath within a resource, file and line or entry in the input.
 * Threads: thread-safe. May use: json. */
#ifndef FST_PREPARE_PLACE_H
#define FST_PREPARE_PLACE_H

#include "prepare/value.h"

/* Append the FHIRPath, with indexes, from the resource at `root` to `node`: "Patient.link[0].other.reference". */
void fst_place_path(struct fst_buf *out, const struct fst_tape *t, uint32_t root, uint32_t node);
/* The innermost object around `node`, and the name under which it, or the array it is in, stands in its own
 * object; FST_NO_NODE for the resource itself. */
void fst_place_parent(const struct fst_tape *t, uint32_t root, uint32_t node, uint32_t *object, uint32_t *under);
/* Append "file:line", "file#entry[12]", or "file:line#entry[12]" where the Bundle does not begin the file. */
void fst_place_value(struct fst_buf *out, const struct fst_value *v);

#endif
