/* fhir/xhtml.h — is a narrative's div what R4 allows: well-formed, of the right namespace, only formatting elements where they may
 * be, links that lead somewhere harmless, and something to read (FHIR R4 §2.4, txt-1, txt-2)?
 * Threads: thread-safe. May use: base. */
#ifndef FST_FHIR_XHTML_H
#define FST_FHIR_XHTML_H

#include "fhirstage/view.h"

enum fst_xhtml_fault {
    FST_XHTML_ROOT,       /* it does not begin with a div */
    FST_XHTML_NAMESPACE,
    FST_XHTML_FORMATTING, /* an element or attribute that is no formatting */
    FST_XHTML_PLACE,      /* an element or text where it may not be: a list in a paragraph, text in a table row */
    FST_XHTML_SCRIPT,     /* a link that runs something */
    FST_XHTML_LINK,       /* a link or source that is no URL, or leads nowhere by its kind */
    FST_XHTML_EMPTY,      /* nothing to read and no image */
    FST_XHTML_FAULT_COUNT
};

enum { FST_XHTML_LINKS = 64 };

/* "#id", of a link or an image's source, without the '#'. */
struct fst_xhtml_link {
    struct fst_view id;
    bool            is_image;
    bool            found; /* something here has that id, or is an anchor of that name */
};

struct fst_xhtml {
    const char           *malformed; /* not NULL: no XHTML, and why; static */
    unsigned              faults;    /* a bit for each */
    struct fst_xhtml_link links[FST_XHTML_LINKS]; /* what is beyond is not noted */
    unsigned              link_count;
};

/* `text` is the div's value, escapes undone. Views point into it. */
void fst_xhtml_read(struct fst_xhtml *x, struct fst_view text);
/* Mark those of x's links that lead to something in another div. */
void fst_xhtml_find(struct fst_xhtml *x, struct fst_view text);

#endif
