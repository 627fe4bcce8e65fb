/* base/xml.h — XML in: a flat walk over the text elements of a small document. And text out.
 * Threads: thread-safe. May use: expat. */
#ifndef FST_BASE_XML_H
#define FST_BASE_XML_H

#include "base/buf.h"

/* An element with text in it, or (`closed`) the end of one with elements in it. `path` is slash-separated from the
 * root: "ListBucketResult/Contents/Key". False stops. */
typedef bool fst_xml_fn(void *ctx, const char *path, struct fst_view text, bool closed);

/* False when the document is malformed, too deep, or has a DTD. */
FST_MUST_USE bool fst_xml_walk(struct fst_view document, fst_xml_fn *fn, void *ctx);
/* Well-formed from the root's start to its end. */
bool fst_xml_is_whole(struct fst_view document);
/* The text of the first element of that path, appended; false when there is none. */
FST_MUST_USE bool fst_xml_find(struct fst_view document, const char *path, struct fst_buf *out);
/* Escaped, for an element or an attribute in double quotes; of HTML too. */
void fst_xml_add_text(struct fst_buf *out, struct fst_view text);

#endif
