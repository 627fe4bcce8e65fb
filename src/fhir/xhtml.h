/* fhir/xhtml.h — is a narrative's div what R4 allows: well-formed, of the right namespace, only formatting elements, and
 * with something to read in it (FHIR R4 §2.4, txt-1, txt-2)?
 * Threads: thread-safe. May use: base. */
#ifndef FST_FHIR_XHTML_H
#define FST_FHIR_XHTML_H

#include "fhirstage/view.h"

enum { FST_XHTML_IMAGES = 8 };

struct fst_xhtml {
    const char     *malformed;    /* not NULL: no XHTML, and why; static */
    bool            wrong_root, wrong_namespace;
    bool            not_allowed;  /* an element or attribute that is no formatting */
    bool            active;       /* a link that runs something */
    bool            empty;        /* nothing to read and no image */
    struct fst_view images[FST_XHTML_IMAGES]; /* those whose source is "#id": the ids */
    unsigned        image_count;
};

/* `text` is the div's value, escapes undone. Views point into it. */
void fst_xhtml_read(struct fst_xhtml *x, struct fst_view text);

#endif
