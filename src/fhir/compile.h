/* fhir/compile.h — from facts (the text that fhir/define.h writes) to tables (fhir/image.h). Used while the program is
 * built, for R4, and at run time, for profiles.
 * Threads: no shared state. May use: base. */
#ifndef FST_FHIR_COMPILE_H
#define FST_FHIR_COMPILE_H

#include "base/buf.h"
#include "fhir/image.h"

struct fst_image_map { /* where in an image each section is */
#define FST_SECTION(type, name) uint32_t name##_at, name##_count;
    FST_SECTIONS(FST_SECTION)
#undef FST_SECTION
};

/* Append the image of `facts`: of `base` (R4's tables; NULL: of nothing) with their profiles, value sets and code systems
 * behind; types only without a base. FST_EPARSE says which line is wrong. */
FST_MUST_USE enum fst_status fst_compile_facts(const struct fst_schema *base, struct fst_view facts, struct fst_buf *image,
                                               struct fst_image_map *map, struct fst_error *err);
/* Make a schema of an image, which must outlive it. */
struct fst_schema fst_image_open(const char *image, const struct fst_image_map *map);
/* Append the image as C: an array of words, and the map as macros. */
void fst_compile_write_c(const struct fst_buf *image, const struct fst_image_map *map, struct fst_buf *out);

#endif
