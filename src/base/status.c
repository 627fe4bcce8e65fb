#include "fhirstage/status.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "fhirstage/issue.h"
#include "fhirstage/view.h"

static const struct {
    const char *name, *text;
    int         exit_code;
} statuses[] = {
#define FST_STATUS(id, code, text) { #id, text, code },
#include "fhirstage/status.def"
#undef FST_STATUS
};

const char *fst_status_name(enum fst_status st)
{
    return (unsigned)st < FST_STATUS_COUNT ? statuses[st].name : "?";
}

const char *fst_status_text(enum fst_status st)
{
    return (unsigned)st < FST_STATUS_COUNT ? statuses[st].text : "unknown status";
}

int fst_status_exit_code(enum fst_status st)
{
    return (unsigned)st < FST_STATUS_COUNT ? statuses[st].exit_code : 1;
}

enum fst_status fst_fail(struct fst_error *err, enum fst_status st, const char *fmt, ...)
{
    if (err) {
        va_list args;
        err->status = st;
        err->hint[0] = '\0';
        va_start(args, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, args);
        va_end(args);
    }
    return st;
}

enum fst_status fst_stopped_by(int signal, struct fst_error *err)
{
    return signal ? fst_fail(err, signal == SIGTERM ? FST_ETERM : FST_EINTR, "interrupted") : FST_OK;
}

enum fst_status fst_fail_errno(struct fst_error *err, const char *fmt, ...)
{
    int             cause = errno;
    enum fst_status st = cause == ENOMEM ? FST_ENOMEM : cause == ENOENT ? FST_ENOENT : FST_EIO;
    if (err) {
        char    what[sizeof err->text];
        va_list args;
        va_start(args, fmt);
        vsnprintf(what, sizeof what, fmt, args);
        va_end(args);
        (void)fst_fail(err, st, "%.400s: %s", what, strerror(cause));
        if (cause == ENOSPC)
            fst_error_hint(err, "make room on that file system and run the same command again");
    }
    return st;
}

enum fst_status fst_fail_while(struct fst_error *err, enum fst_status st, const char *fmt, ...)
{
    if (err) {
        char    prefix[sizeof err->text], fact[sizeof err->text];
        va_list args;
        size_t  room;
        va_start(args, fmt);
        vsnprintf(prefix, sizeof prefix, fmt, args);
        va_end(args);
        memcpy(fact, err->text, sizeof fact);
        room = sizeof err->text - 1 - strlen(fact);
        err->status = st;
        if (room < 2)
            return st;
        snprintf(err->text, sizeof err->text, "%.*s: %.*s", (int)(room - 2), prefix,
                 (int)(sizeof err->text - 1), fact);
    }
    return st;
}

void fst_error_hint(struct fst_error *err, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(err->hint, sizeof err->hint, fmt, args);
        va_end(args);
    }
}

const char *fst_severity_name(enum fst_severity severity)
{
    static const char *const names[] = { "information", "warning", "error", "fatal" };
    return (unsigned)severity < FST_COUNT(names) ? names[severity] : "?";
}

const char *fst_issue_code_name(enum fst_issue_code code)
{
    static const char *const names[] = {
#define FST_ISSUE_NAME(id, text) text,
        FST_ISSUE_CODES(FST_ISSUE_NAME)
#undef FST_ISSUE_NAME
    };
    return (unsigned)code < FST_COUNT(names) ? names[code] : "?";
}
