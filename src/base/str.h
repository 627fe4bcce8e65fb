/* base/str.h — numbers and times in text, both ways. Locale-free. Threads: thread-safe. */
#ifndef FST_BASE_STR_H
#define FST_BASE_STR_H

#include <stdint.h>

#include "base/buf.h"

/* Decimal digits alone; false on anything else or on overflow. */
FST_MUST_USE bool fst_parse_u64(uint64_t *out, struct fst_view v);
/* Exactly n digits (9 at the most), or that character, at the start of *v, which moves past them; else false. */
FST_MUST_USE bool fst_take_digits(int *out, struct fst_view *v, size_t n);
FST_MUST_USE bool fst_take_char(struct fst_view *v, char c);
/* "64MiB", "1.5 GB", "4096", "10k": units of 1000 (kB MB GB TB) and 1024 (KiB MiB GiB TiB, and K M G T alone). */
FST_MUST_USE bool fst_parse_size(uint64_t *out, struct fst_view v);
/* "30s", "5m", "2h", "1d", "250ms", "10" (seconds). */
FST_MUST_USE bool fst_parse_duration_ms(int64_t *out, struct fst_view v);
/* RFC 3339 with zone, e.g. 2026-11-23T10:00:00.5Z. */
FST_MUST_USE bool fst_parse_time_ms(int64_t *out, struct fst_view v);

void fst_add_size(struct fst_buf *b, uint64_t bytes);     /* "12.3 MB" (10^6) */
void fst_add_count(struct fst_buf *b, uint64_t n);        /* "1,234,567" */
void fst_add_duration(struct fst_buf *b, int64_t ms);     /* "1 h 02 min", "3.4 s" */
enum { FST_TIME_ISO = 21, FST_TIME_ISO_MS = 25, FST_TIME_BASIC = 17 };
void fst_format_time_iso(char out[FST_TIME_ISO], int64_t ms);     /* 2026-11-23T10:00:00Z */
void fst_format_time_iso_ms(char out[FST_TIME_ISO_MS], int64_t ms); /* 2026-11-23T10:00:00.000Z */
void fst_format_time_basic(char out[FST_TIME_BASIC], int64_t ms); /* 20261123T100000Z */

#endif
