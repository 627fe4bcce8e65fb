#include "healthlake/fault.h"

#include "json/tape.h"

static void copy(char *out, size_t size, struct fst_view v)
{
    size_t n = v.n < size ? v.n : size - 1;
    if (n < v.n)
        while (n && ((unsigned char)v.p[n] & 0xC0) == 0x80)
            n--;
    if (n)
        memcpy(out, v.p, n);
    out[n] = 0;
}

/* "com.amazonaws.healthlake#ValidationException:http://…" → "ValidationException" */
static struct fst_view bare_code(struct fst_view v)
{
    const char *colon = v.n ? memchr(v.p, ':', v.n) : NULL, *hash;
    if (colon)
        v.n = (size_t)(colon - v.p);
    hash = v.n ? memchr(v.p, '#', v.n) : NULL;
    return hash ? fst_view_from(v, (size_t)(hash + 1 - v.p)) : v;
}

/* The first of these members that is there. */
static struct fst_view one_of(const struct fst_tape *t, const char *const *names, struct fst_buf *scratch)
{
    for (; *names; names++) {
        struct fst_view v = fst_tape_member_string(t, 0, *names, scratch);
        if (v.n)
            return v;
    }
    return (struct fst_view){ 0 };
}

void fst_fault_parse(struct fst_api_fault *fault, int http_status, struct fst_view error_type, struct fst_view body)
{
    static const char *const codes[] = { "__type", "code", "Code", NULL }, *const messages[] = { "message", "Message", NULL };
    struct fst_tape          tape = { 0 };
    struct fst_buf           scratch;
    struct fst_json_error    jerr;
    fst_buf_init(&scratch, body.n + 1);
    fault->http_status = http_status;
    fault->message[0] = 0;
    copy(fault->code, sizeof fault->code, bare_code(error_type));
    if (!fst_json_parse(&tape, body, &(struct fst_json_opts){ .allow_duplicates = true }, &jerr)) {
        if (!*fault->code)
            copy(fault->code, sizeof fault->code, bare_code(one_of(&tape, codes, &scratch)));
        copy(fault->message, sizeof fault->message, one_of(&tape, messages, &scratch));
    }
    if (!*fault->code)
        snprintf(fault->code, sizeof fault->code, "HTTP %d", http_status);
    fst_buf_clear(&scratch);
    fst_tape_clear(&tape);
}

enum fst_status fst_fault_fail(const struct fst_api_fault *fault, const char *operation, struct fst_error *err)
{
    static const struct { const char *code, *hint; } hints[] = {
        { "AccessDeniedException", "the caller needs the permission for the operation, and iam:PassRole for a role it gives" },
        { "ExpiredTokenException", "the credentials have expired: get new ones" },
        { "UnrecognizedClientException", "the access key is not known in this account or region" },
        { "InvalidSignatureException", "check the secret access key and this machine's clock" },
        { "ResourceNotFoundException", "check the id, the region and the account" },
        { "ThrottlingException", "too many requests in this account: try again later" },
    };
    (void)fst_fail(err, FST_ESERVICE, "%s: %s%s%s", operation, fault->code, *fault->message ? ": " : "", fault->message);
    for (size_t i = 0; i < FST_COUNT(hints); i++)
        if (!strcmp(fault->code, hints[i].code))
            fst_error_hint(err, "%s", hints[i].hint);
    return FST_ESERVICE;
}

bool fst_fault_passes(const struct fst_api_fault *fault)
{
    return fault->http_status >= 500 || fault->http_status == 429 || fault->http_status == 408 || strstr(fault->code, "Throttl") ||
           !strcmp(fault->code, "TooManyRequestsException") || !strcmp(fault->code, "RequestTimeoutException");
}
