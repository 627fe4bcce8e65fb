/* fhirstage/status.h — how a function says that it could not do its work.
 * A status is never about the data (that is an issue, see fhirstage/issue.h): it says that we failed.
 * Threads: everything here is thread-safe as long as two threads do not share one fst_error. */
#ifndef FHIRSTAGE_STATUS_H
#define FHIRSTAGE_STATUS_H

#include <stdarg.h>

enum fst_status {
#define FST_STATUS(id, code, text) FST_##id,
#include "fhirstage/status.def"
#undef FST_STATUS
    FST_STATUS_COUNT
};

#if defined(__GNUC__)
#define FST_MUST_USE __attribute__((warn_unused_result))
#define FST_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define FST_MUST_USE
#define FST_PRINTF(fmt, args)
#endif

/* What went wrong, in words. Valid when {0}. Fixed-size, so that it works with no memory left. */
struct fst_error {
    enum fst_status status;
    char text[512]; /* "WHERE: WHAT", without a full stop */
    char hint[256]; /* what to do about it; empty where nothing helps */
};

/* Write the fact and return `st`. `err` may be NULL. */
enum fst_status fst_fail(struct fst_error *err, enum fst_status st, const char *fmt, ...)
    FST_PRINTF(3, 4);
/* As fst_fail, with ": strerror(errno)" behind it; maps ENOMEM, ENOENT, everything else to `EIO`. */
enum fst_status fst_fail_errno(struct fst_error *err, const char *fmt, ...) FST_PRINTF(2, 3);
/* Put "PREFIX: " before the fact that is there; when full, the prefix is cut, never the fact. */
enum fst_status fst_fail_while(struct fst_error *err, enum fst_status st, const char *fmt, ...)
    FST_PRINTF(3, 4);
/* What the signal of that number asks for: FST_EINTR or FST_ETERM, "interrupted"; FST_OK for 0. */
FST_MUST_USE enum fst_status fst_stopped_by(int signal, struct fst_error *err);
/* Add the line that tells what to do. */
void fst_error_hint(struct fst_error *err, const char *fmt, ...) FST_PRINTF(2, 3);

const char *fst_status_name(enum fst_status st);
const char *fst_status_text(enum fst_status st);
int         fst_status_exit_code(enum fst_status st);

#endif
