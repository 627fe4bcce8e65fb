#include "aws/refusal.h"

#include "base/str.h"
#include "base/xml.h"
#include "json/tape.h"

enum { SCRATCH_CEILING = 1 << 20, MESSAGE_SHOWN = 300, HOST_SHOWN = 100, ID_SHOWN = 128, SECRET_MIN = 8 };

#define NEW_CREDENTIALS "the credentials have expired: get new ones, and run the same command again"
#define KEY_ID          "check the access key id: the service does not know it"
#define OTHER_REGION    "the bucket is in another region: give --region"

/* What an error code means for another try, and for people. */
static const struct { const char *code; enum fst_retry retry; const char *hint; } codes[] = {
    { "RequestTimeout", FST_RETRY_TRANSIENT, NULL },
    { "RequestTimeoutException", FST_RETRY_TRANSIENT, NULL },
    { "InternalError", FST_RETRY_TRANSIENT, NULL },
    { "InternalFailure", FST_RETRY_TRANSIENT, NULL },
    { "InternalServerException", FST_RETRY_TRANSIENT, NULL },
    { "ServiceUnavailable", FST_RETRY_TRANSIENT, NULL },
    { "IDPCommunicationError", FST_RETRY_TRANSIENT, NULL },
    { "PriorRequestNotComplete", FST_RETRY_TRANSIENT, NULL },
    { "OperationAborted", FST_RETRY_TRANSIENT, NULL },
    { "Throttling", FST_RETRY_THROTTLE, NULL },
    { "ThrottlingException", FST_RETRY_THROTTLE, "the service asks to go slower: run the same command again later" },
    { "ThrottledException", FST_RETRY_THROTTLE, NULL },
    { "RequestThrottled", FST_RETRY_THROTTLE, NULL },
    { "RequestThrottledException", FST_RETRY_THROTTLE, NULL },
    { "EC2ThrottledException", FST_RETRY_THROTTLE, NULL },
    { "TooManyRequestsException", FST_RETRY_THROTTLE, NULL },
    { "ProvisionedThroughputExceededException", FST_RETRY_THROTTLE, NULL },
    { "TransactionInProgressException", FST_RETRY_THROTTLE, NULL },
    { "LimitExceededException", FST_RETRY_THROTTLE, NULL },
    { "RequestLimitExceeded", FST_RETRY_THROTTLE, NULL },
    { "BandwidthLimitExceeded", FST_RETRY_THROTTLE, NULL },
    { "SlowDown", FST_RETRY_THROTTLE, "S3 asks to go slower: run the same command again later" },
    { "RequestTimeTooSkewed", FST_RETRY_CLOCK, "the clock of this machine is wrong: set it" },
    { "InvalidSignatureException", FST_RETRY_CLOCK, "check the secret access key, and the clock of this machine" },
    { "SignatureDoesNotMatch", FST_RETRY_CLOCK, "check the secret access key" },
    { "AuthFailure", FST_RETRY_CLOCK, "check the credentials, and the clock of this machine" },
    { "AccessDenied", FST_RETRY_CLOCK, "the credentials are known but may not do this: their policy must allow it" },
    { "AccessDeniedException", FST_RETRY_CLOCK, "the credentials are known but may not do this: their policy must allow it" },
    { "InvalidAccessKeyId", FST_RETRY_NO, KEY_ID },
    { "UnrecognizedClientException", FST_RETRY_NO, KEY_ID },
    { "InvalidClientTokenId", FST_RETRY_NO, KEY_ID },
    { "InvalidToken", FST_RETRY_CREDENTIALS, "the session token is not one of this key: get new credentials" },
    { "ExpiredToken", FST_RETRY_CREDENTIALS, NEW_CREDENTIALS },
    { "ExpiredTokenException", FST_RETRY_CREDENTIALS, NEW_CREDENTIALS },
    { "TokenRefreshRequired", FST_RETRY_CREDENTIALS, NEW_CREDENTIALS },
    { "ExpiredIdentityTokenException", FST_RETRY_NO, "the web identity's token has expired: have a new one written to its file" },
    { "NoSuchBucket", FST_RETRY_NO, "create the bucket first, or check its name and the region" },
    { "PermanentRedirect", FST_RETRY_REGION, OTHER_REGION },
    { "TemporaryRedirect", FST_RETRY_REGION, OTHER_REGION },
    { "AuthorizationHeaderMalformed", FST_RETRY_REGION, OTHER_REGION },
    { "IllegalLocationConstraintException", FST_RETRY_REGION, OTHER_REGION },
    { "InvalidObjectState", FST_RETRY_NO, "the object is in an archive: restore it first" },
    { "KMS.DisabledException", FST_RETRY_NO, "enable the key, or name another one" },
    { "KMS.NotFoundException", FST_RETRY_NO, "check the key's ARN, its account and region" },
    { "KMS.KMSInvalidStateException", FST_RETRY_NO, "the key is not ready for use, or is to be deleted: see KMS" },
};

static size_t code_row(const char *code)
{
    size_t i = 0;
    while (i < FST_COUNT(codes) && strcmp(codes[i].code, code) != 0)
        i++;
    return i;
}

/* ---- reading */

/* "namespace#Code:url" */
static void set_code(struct fst_aws *a, struct fst_view code)
{
    const char *hash = code.n ? memchr(code.p, '#', code.n) : NULL, *colon;

    if (hash)
        code = fst_view_from(code, (size_t)(hash - code.p) + 1);
    colon = code.n ? memchr(code.p, ':', code.n) : NULL;
    if (colon)
        code.n = (size_t)(colon - code.p);
    snprintf(a->code, sizeof a->code, "%.*s", FST_VIEW_ARGS(code));
}

static void read_json(struct fst_aws *a, struct fst_buf *message)
{
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    struct fst_buf        scratch;
    struct fst_view       header = fst_http_header(&a->resp, "x-amzn-errortype"), v;

    fst_buf_init(&scratch, SCRATCH_CEILING);
    if (!fst_json_parse(&t, fst_buf_view(&a->resp.body), &opts, &jerr)) {
        v = fst_tape_member_string(&t, 0, "__type", &scratch);
        set_code(a, header.n ? header : v);
        v = fst_tape_member_string(&t, 0, "message", &scratch);
        if (!v.n)
            v = fst_tape_member_string(&t, 0, "Message", &scratch);
        fst_buf_add_view(message, v);
    } else {
        set_code(a, header);
    }
    fst_tape_clear(&t);
    fst_buf_clear(&scratch);
}

/* S3's root is the error, those of the Query protocol have it inside. */
static void read_xml(struct fst_aws *a, struct fst_buf *message)
{
    static const char *const codes_at[] = { "Error/Code", "ErrorResponse/Error/Code" };
    static const char *const messages_at[] = { "Error/Message", "ErrorResponse/Error/Message" };
    struct fst_view          body = fst_buf_view(&a->resp.body);
    struct fst_buf           code;

    fst_buf_init(&code, SCRATCH_CEILING);
    for (size_t i = 0; i < FST_COUNT(codes_at); i++) {
        if (!fst_xml_find(body, codes_at[i], &code))
            continue;
        set_code(a, fst_buf_view(&code));
        if (!fst_xml_find(body, messages_at[i], message))
            fst_buf_reset(message);
        break;
    }
    fst_buf_clear(&code);
}

/* An answer without a body, as to a HEAD, has its status alone. */
static const char *code_of_status(int status)
{
    switch (status) {
    case 301: return "PermanentRedirect";
    case 302: case 303: case 307: case 308: return "TemporaryRedirect";
    case 400: return "BadRequest";
    case 403: return "AccessDenied";
    case 404: return "NotFound";
    case 412: return "PreconditionFailed";
    case 429: return "TooManyRequestsException";
    case 503: return "SlowDown";
    default: return status >= 500 ? "InternalError" : "UnexpectedAnswer";
    }
}

/* ---- telling */

static bool holds(struct fst_view text, const char *secret)
{
    return secret && text.n && memmem(text.p, text.n, secret, strlen(secret));
}

/* What is shorter is no secret, and stands in any text. */
static bool holds_secret(struct fst_view text, const char *secret)
{
    return secret && strlen(secret) >= SECRET_MIN && holds(text, secret);
}

/* A service's words, fit to be shown: no control characters, not without end, and nothing of ours that is secret. */
static void add_message(struct fst_buf *out, struct fst_view text, const struct fst_aws *a)
{
    const struct fst_credentials *c = a->credentials;

    if (c && (holds_secret(text, c->secret_access_key) || holds_secret(text, c->token))) {
        fst_buf_add_str(out, "(a message that holds credentials is not shown)");
        return;
    }
    for (size_t i = 0; i < text.n && i < MESSAGE_SHOWN; i++)
        fst_buf_add_char(out, (unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f ? ' ' : text.p[i]);
    if (text.n > MESSAGE_SHOWN)
        fst_buf_add_str(out, "…");
}

static void add_where(struct fst_buf *out, const struct fst_aws_request *r)
{
    if (r->bucket.n)
        fst_buf_addf(out, "s3://%.*s/%.*s: ", FST_VIEW_ARGS(r->bucket), FST_VIEW_ARGS(r->key));
    fst_buf_add_str(out, r->operation);
}

struct fst_view fst_refusal_request_id(const struct fst_aws *a)
{
    const struct fst_credentials *c = a->credentials;
    struct fst_view               id = fst_http_header(&a->resp, "x-amz-request-id");

    if (!id.n)
        id = fst_http_header(&a->resp, "x-amzn-requestid");
    if (id.n > ID_SHOWN || (c && (holds_secret(id, c->secret_access_key) || holds_secret(id, c->token))))
        return (struct fst_view){ 0 };
    return id;
}

static void add_ids(struct fst_buf *out, const struct fst_aws *a)
{
    struct fst_view id = fst_refusal_request_id(a), extended = fst_http_header(&a->resp, "x-amz-id-2");

    if (!id.n)
        return;
    fst_buf_add_str(out, " (request id ");
    add_message(out, id, a);
    if (extended.n) {
        fst_buf_add_str(out, ", ");
        add_message(out, extended, a);
    }
    fst_buf_add_char(out, ')');
}

/* "… is not authorized to perform: kms:GenerateDataKey on resource: …": what it was that may not be done. */
static struct fst_view denied_action(struct fst_view message)
{
    static const char needle[] = "to perform: ";
    const char       *p = message.n ? memmem(message.p, message.n, needle, sizeof needle - 1) : NULL;
    struct fst_view   action;

    if (!p)
        return (struct fst_view){ 0 };
    action = fst_view_from(message, (size_t)(p - message.p) + sizeof needle - 1);
    for (size_t i = 0; i < action.n; i++)
        if (action.p[i] == ' ' || action.p[i] == '\n' || (unsigned char)action.p[i] < ' ')
            action.n = i;
    return action.n < HOST_SHOWN ? action : (struct fst_view){ 0 };
}

static void hint(const struct fst_aws *a, struct fst_view message, struct fst_error *err)
{
    size_t          row = code_row(a->code);
    struct fst_view action = denied_action(message);
    bool            denied = !strcmp(a->code, "AccessDenied") || !strcmp(a->code, "AccessDeniedException");

    if (denied && (fst_view_starts(action, "kms:") || holds(message, "kms:")))
        fst_error_hint(err, "it is the KMS key that refuses, not the bucket: the key's policy or the caller's must allow %s%.*s on the key",
                       action.n ? "" : "kms:GenerateDataKey and kms:Decrypt", FST_VIEW_ARGS(action));
    else if (denied && action.n)
        fst_error_hint(err, "the credentials are known, but their policy must allow %.*s", FST_VIEW_ARGS(action));
    else if (!strncmp(a->code, "KMS.", 4) && row == FST_COUNT(codes))
        fst_error_hint(err, "it is the KMS key that refuses, not the bucket: check the key and its policy");
    else if (row < FST_COUNT(codes) && codes[row].hint)
        fst_error_hint(err, "%s", codes[row].hint);
}

/* Redirects are not followed but for a bucket's region: what we have to say is for the host that was asked alone. */
static void add_redirect(struct fst_buf *out, const struct fst_aws *a)
{
    struct fst_view to = fst_http_header(&a->resp, "location");
    const char     *scheme = to.n ? memmem(to.p, to.n, "://", 3) : NULL;
    struct fst_view host = scheme ? fst_view_from(to, (size_t)(scheme - to.p) + 3) : (struct fst_view){ 0 };

    for (size_t i = 0; i < host.n; i++)
        if (strchr("/?#", host.p[i]))
            host.n = i;
    if (a->resp.status / 100 != 3 || !host.n)
        return;
    fst_buf_add_str(out, ": redirects to ");
    add_message(out, fst_view_n(host.p, host.n < HOST_SHOWN ? host.n : HOST_SHOWN), a);
    fst_buf_add_str(out, ", which is not followed");
}

enum fst_status fst_refusal_read(struct fst_aws *a, const struct fst_aws_request *r, struct fst_error *err)
{
    struct fst_buf message, text;

    a->code[0] = '\0';
    fst_buf_init(&message, SCRATCH_CEILING);
    fst_buf_init(&text, SCRATCH_CEILING);
    if (fst_service_row(r->service)->wire == FST_WIRE_XML)
        read_xml(a, &message);
    else
        read_json(a, &message);
    if (!a->code[0])
        set_code(a, fst_view_of(code_of_status(a->resp.status)));
    for (char *p = a->code; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f)
            *p = '?';
    add_where(&text, r);
    fst_buf_addf(&text, ": %s", a->code);
    if (message.len) {
        fst_buf_add_str(&text, ": ");
        add_message(&text, fst_buf_view(&message), a);
    } else {
        fst_buf_addf(&text, " (HTTP status %d)", a->resp.status);
    }
    add_redirect(&text, a);
    add_ids(&text, a);
    fst_fail(err, FST_ESERVICE, "%s", fst_buf_str(&text));
    if (err)
        hint(a, fst_buf_view(&message), err);
    fst_buf_clear(&message);
    fst_buf_clear(&text);
    return FST_ESERVICE;
}

/* ---- again? */

enum fst_retry fst_refusal_retry(const struct fst_aws *a, const struct fst_aws_request *r)
{
    size_t row = code_row(a->code);

    if (row < FST_COUNT(codes) && codes[row].retry != FST_RETRY_NO)
        return codes[row].retry;
    switch (a->resp.status) {
    case 400: /* what a HEAD hears of an expired token, or of another region */
        if (strcmp(r->method, "HEAD") != 0)
            return FST_RETRY_NO;
        return fst_http_header(&a->resp, "x-amz-bucket-region").n ? FST_RETRY_REGION : FST_RETRY_CREDENTIALS;
    case 408: case 500: case 502: case 503: case 504: return FST_RETRY_TRANSIENT;
    case 429: return FST_RETRY_THROTTLE;
    default: return FST_RETRY_NO;
    }
}
