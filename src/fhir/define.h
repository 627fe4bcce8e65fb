/* fhir/define.h — from HL7's JSON definitions (StructureDefinition, ValueSet, CodeSystem) to facts, the text that
 * fhir/compile.h makes tables of. The same code writes data/r4.facts and reads a user's profiles.
 * docs/facts.md describes the text.
 *
 * Owns copies of what was added. Threads: none share one. May use: base, json. */
#ifndef FST_FHIR_DEFINE_H
#define FST_FHIR_DEFINE_H

#include "json/tape.h"

struct fst_define;

struct fst_define *fst_define_new(void); /* NULL when out of memory */
void               fst_define_free(struct fst_define *d);

/* Take the resource of that text: one of the three types, or a Bundle of them; any other type is passed over. What was
 * added first wins. `name` is for errors. FST_EPARSE, FST_ENOMEM. */
FST_MUST_USE enum fst_status fst_define_add(struct fst_define *d, struct fst_view json, const char *name, struct fst_error *err);
/* Number of StructureDefinitions taken. */
size_t fst_define_structures(const struct fst_define *d);

/* Keep all value sets, not only those that something binds to: what comes later may. */
void fst_define_use_sets(struct fst_define *d);
/* Append the facts: types, profiles, then the value sets they bind to and the code systems, each sorted by name. */
FST_MUST_USE enum fst_status fst_define_write(struct fst_define *d, struct fst_buf *out, struct fst_error *err);

#endif
