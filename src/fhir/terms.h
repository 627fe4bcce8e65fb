/* fhir/terms.h — code systems and value sets of the definitions: is a code in them?
 * Threads: thread-safe (constant). May use: base. */
#ifndef FST_FHIR_TERMS_H
#define FST_FHIR_TERMS_H

#include "fhir/image.h"

enum fst_in {
    FST_IN_NO,
    FST_IN_YES,
    FST_IN_UNKNOWN /* the definitions do not tell: the system is not there, or not whole */
};

#define FST_UCUM "http://unitsofmeasure.org"

/* The system's index; FST_NONE when it is not in the definitions. A version behind '|' is left aside. */
uint16_t    fst_system_find(const struct fst_schema *s, struct fst_view url);
enum fst_in fst_system_has(const struct fst_schema *s, uint16_t system, struct fst_view code);
/* The same by URL; UCUM is judged by its grammar. */
enum fst_in fst_code_exists(const struct fst_schema *s, struct fst_view system, struct fst_view code);

/* The set's index by its canonical URL; FST_NONE when it is not there. */
uint16_t    fst_set_find(const struct fst_schema *s, struct fst_view url);
/* Is the code of that system in the set? A system with p NULL: of whatever system. */
enum fst_in fst_set_has(const struct fst_schema *s, uint16_t set, struct fst_view system, struct fst_view code);
/* The set's name, as the facts have it. */
struct fst_view fst_set_name(const struct fst_schema *s, uint16_t set);
/* A code of the set that looks like `code`; empty when none does. */
struct fst_view fst_set_nearest(const struct fst_schema *s, uint16_t set, struct fst_view code);

#endif
