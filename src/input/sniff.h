/* input/sniff.h — what a source is, told by its first bytes.
 * Threads: thread-safe. May use: json. */
#ifndef FST_INPUT_SNIFF_H
#define FST_INPUT_SNIFF_H

#include "input/frame.h"

/* From the first bytes of a source, a byte order mark left out. `whole`: there are no more. */
enum fst_framing fst_sniff(struct fst_view head, bool whole, const char **why);

#endif
