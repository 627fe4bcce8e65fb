/* json/utf8.h — is it UTF-8, to the letter (RFC 3629: no surrogates, nothing overlong, nothing past U+10FFFF).
 * Threads: thread-safe. */
#ifndef FST_JSON_UTF8_H
#define FST_JSON_UTF8_H

#include <stdint.h>

#include "fhirstage/view.h"

/* Bytes of the well-formed sequence at p (1 to 4), or 0. */
size_t fst_utf8_sequence(const char *p, size_t n);
/* The offset of the first byte that is not well-formed UTF-8, or v.n. */
size_t fst_utf8_valid_prefix(struct fst_view v);
/* Code points in valid UTF-8. */
size_t fst_utf8_count(struct fst_view v);

#endif
