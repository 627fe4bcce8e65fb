/* fhir/define-private.h — what the parts of define share. Private to fhir/define*.c. */
#ifndef FST_FHIR_DEFINE_PRIVATE_H
#define FST_FHIR_DEFINE_PRIVATE_H

#include "fhir/define.h"

#define FST_HL7_STRUCTURE "http://hl7.org/fhir/StructureDefinition/"
#define FST_HL7_VALUESET "http://hl7.org/fhir/ValueSet/"

enum fst_define_kind { FST_DEFINE_STRUCTURE, FST_DEFINE_VALUESET, FST_DEFINE_CODESYSTEM };

struct fst_define_item {
    enum fst_define_kind kind;
    bool                 used; /* a value set that something binds to */
    struct fst_view      url;  /* into text */
    char                *text;
    struct fst_tape      tape;
};

struct fst_define {
    struct fst_define_item *items;
    size_t                  count, cap;
    struct fst_tape         scratch;
    struct fst_buf          undo; /* for strings with escapes */
    struct fst_buf          id, last_id; /* an element's, and that of the one before */
};

/* By canonical URL; a version behind "|" is left aside. NULL when not there. */
const struct fst_define_item *fst_define_find(const struct fst_define *d, enum fst_define_kind kind, struct fst_view url);

/* Each appends one record, or nothing when the item is not for it. */
typedef void fst_define_write_fn(struct fst_define *d, struct fst_define_item *item, struct fst_buf *out);
fst_define_write_fn fst_define_write_type, fst_define_write_profile, fst_define_write_valueset, fst_define_write_codesystem;

/* Mark the value sets that used ones import, and so on. */
void fst_define_use_imports(struct fst_define *d);

/* `url` without its version and, when it starts so, without `prefix`. */
void fst_define_add_url(struct fst_buf *out, struct fst_view url, const char *prefix);

#endif
