/* fhir/package.h — the JSON files of a FHIR package (.tgz), or a plain JSON file, one after another.
 * Threads: no shared state. May use: base. */
#ifndef FST_FHIR_PACKAGE_H
#define FST_FHIR_PACKAGE_H

#include "base/buf.h"

/* One JSON text; `name` is the file's path in the package. Return not FST_OK to stop. */
typedef enum fst_status fst_package_fn(void *ctx, const char *name, struct fst_view json, struct fst_error *err);

enum { FST_PACKAGE_MAX_BYTES = 1 << 30 };

/* Hand over each package/….json of the .tgz at `path` (folders below package/ are left out), or the whole file when it is
 * not gzip. FST_EPARSE when damaged, FST_ELIMIT past FST_PACKAGE_MAX_BYTES uncompressed. */
FST_MUST_USE enum fst_status fst_package_each(const char *path, fst_package_fn *fn, void *ctx, struct fst_error *err);

#endif
