/* serve/preload.h — the resources of samples/ as `prepare` makes them, gzipped NDJSON, put into the program when it is
 * built (mk/preload.mk): what PreloadDataType SYNTHEA fills a data store with. Threads: constants. */
#ifndef FST_SERVE_PRELOAD_H
#define FST_SERVE_PRELOAD_H

#include <stdint.h>

extern const uint8_t fst_preload[], fst_preload_end[];

#endif
