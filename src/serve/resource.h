/* serve/resource.h — a stored resource as it is read: with the version and the time that the service gave it; and what
 * a search looks at in one.
 * A resource is kept as it was imported; meta.versionId and meta.lastUpdated are columns beside it.
 * Threads: one tape per thread. May use: json. */
#ifndef FST_SERVE_RESOURCE_H
#define FST_SERVE_RESOURCE_H

#include "json/tape.h"

/* Append the resource whose text is `body`, minified, with these two in its meta. FST_EPARSE when it is not JSON. */
FST_MUST_USE enum fst_status fst_resource_add(struct fst_buf *out, struct fst_tape *scratch, struct fst_view body, int64_t version,
                                              int64_t updated_ms);

/* Has the resource an identifier that `token` asks for: "value", "system|value", "|value" or "system|"? */
bool fst_resource_has_identifier(const struct fst_tape *t, struct fst_view token, struct fst_buf *scratch);
/* What the elements that point to a patient are looked at for; serve/patient-links.def says which they are. */
enum fst_patient_use {
    FST_PATIENT_SEARCHED,   /* by the search parameter `patient` */
    FST_PATIENT_COMPARTMENT, /* they put the resource into the patient's compartment */
    FST_PATIENT_USES
};
/* Does the search for the patient `id` (without "Patient/") find it? */
bool fst_resource_is_of_patient(const struct fst_tape *t, struct fst_view id, struct fst_buf *scratch);
/* Have resources of that type a search parameter `patient`? */
bool fst_resource_names_patient(struct fst_view type);
/* Hand the ids of the patients that it points to to `fn`, until that says yes; of a Group, its patients. */
typedef bool fst_patient_fn(void *ctx, struct fst_view id);
bool fst_resource_any_patient(const struct fst_tape *t, enum fst_patient_use use, struct fst_buf *scratch, fst_patient_fn *fn, void *ctx);
bool fst_resource_each_member(const struct fst_tape *t, struct fst_buf *scratch, fst_patient_fn *fn, void *ctx);

#endif
