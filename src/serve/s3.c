/* S3: answers; which operation is asked for, and who may. */
#include "serve/s3.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "base/str.h"
#include "base/xml.h"
#include "sign/sigv4.h"

/* ---- answers */

void fst_xml_add(struct fst_buf *out, const char *element, struct fst_view text)
{
    fst_buf_addf(out, "<%s>", element);
    fst_xml_add_text(out, text);
    fst_buf_addf(out, "</%s>", element);
}

void fst_s3_begin(struct fst_exchange *x)
{
    fst_exchange_add_header(x, "Content-Type", "application/xml");
    fst_buf_reset(&x->out);
    fst_buf_add_str(&x->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}

void fst_s3_time_iso(char out[FST_S3_TIME_ISO], int64_t ms)
{
    fst_format_time_iso_ms(out, ms);
}

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

void fst_s3_time_http(char out[FST_S3_TIME_HTTP], int64_t ms)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    time_t                   t = (time_t)(ms / 1000);
    struct tm                tm;

    gmtime_r(&t, &tm);
    snprintf(out, FST_S3_TIME_HTTP, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool fst_s3_parse_time(int64_t *ms, struct fst_view v)
{
    char     text[FST_S3_TIME_HTTP], month[4], iso[FST_S3_TIME_HTTP];
    unsigned day, year, hour, minute, second, m = 0;

    if (fst_parse_time_ms(ms, v))
        return true;
    if (v.n >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(v));
    if (sscanf(text, "%*3s, %2u %3s %4u %2u:%2u:%2u GMT", &day, month, &year, &hour, &minute, &second) != 6)
        return false;
    while (m < FST_COUNT(months) && strcmp(month, months[m]) != 0)
        m++;
    snprintf(iso, sizeof iso, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, m + 1, day, hour, minute, second);
    return fst_parse_time_ms(ms, fst_view_of(iso));
}

void fst_serve_s3_error(struct fst_exchange *x, int status, const char *code, const char *message)
{
    x->status = status;
    fst_s3_begin(x);
    fst_buf_add_str(&x->out, "<Error>");
    fst_xml_add(&x->out, "Code", fst_view_of(code));
    fst_xml_add(&x->out, "Message", fst_view_of(message));
    fst_xml_add(&x->out, "Resource", x->path);
    fst_xml_add(&x->out, "RequestId", fst_view_of(x->id));
    fst_xml_add(&x->out, "HostId", fst_view_of(x->host_id));
    fst_buf_add_str(&x->out, "</Error>");
}

void fst_s3_failed(struct fst_s3 *q)
{
    fst_serve_s3_error(q->x, 500, "InternalError", q->err.text);
}

static const struct { int status; const char *code, *message; } errors[] = {
    [FST_S3_BAD_DIGEST] = { 400, "BadDigest", "The checksum you specified did not match the calculated checksum." },
    [FST_S3_INVALID_DIGEST] = { 400, "InvalidDigest", "The Content-MD5 you specified was invalid." },
    [FST_S3_MALFORMED_XML] = { 400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema" },
    [FST_S3_NO_SUCH_BUCKET] = { 404, "NoSuchBucket", "The specified bucket does not exist" },
    [FST_S3_NO_SUCH_KEY] = { 404, "NoSuchKey", "The specified key does not exist." },
    [FST_S3_NO_SUCH_UPLOAD] = { 404, "NoSuchUpload", "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed." },
    [FST_S3_NO_SUCH_VERSION] = { 404, "NoSuchVersion", "The specified version does not exist." },
    [FST_S3_PRECONDITION] = { 412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold" },
    [FST_S3_INVALID_RANGE] = { 416, "InvalidRange", "The requested range is not satisfiable" },
    [FST_S3_INVALID_PART] = { 400, "InvalidPart", "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag." },
    [FST_S3_NOT_IMPLEMENTED] = { 501, "NotImplemented", "The local service does not have this operation." },
    [FST_S3_DENIED] = { 403, "AccessDenied", "Access Denied" },
    [FST_S3_INVALID_ARGUMENT] = { 400, "InvalidArgument", "Invalid Argument" },
    [FST_S3_KEY_TOO_LONG] = { 400, "KeyTooLongError", "Your key is too long" },
    [FST_S3_INTERNAL] = { 500, "InternalError", "We encountered an internal error. Please try again." },
};

void fst_s3_add_error(struct fst_buf *out, enum fst_s3_error error)
{
    fst_xml_add(out, "Code", fst_view_of(errors[error].code));
    fst_xml_add(out, "Message", fst_view_of(errors[error].message));
}

void fst_s3_refuse(struct fst_exchange *x, enum fst_s3_error error)
{
    fst_serve_s3_error(x, errors[error].status, errors[error].code, errors[error].message);
}

bool fst_s3_number(struct fst_s3 *q, const char *argument, uint64_t otherwise, uint64_t *n)
{
    struct fst_buf text;
    char           message[128];
    bool           ok;

    fst_buf_init(&text, FST_TEXT_CEILING);
    *n = otherwise;
    ok = !fst_exchange_argument(q->x, argument, &text) || !text.len || (fst_parse_u64(n, fst_buf_view(&text)) && *n <= INT32_MAX);
    fst_buf_clear(&text);
    if (ok)
        return true;
    snprintf(message, sizeof message, "Argument %s must be an integer between 0 and 2147483647", argument);
    fst_serve_s3_error(q->x, 400, "InvalidArgument", message);
    return false;
}

void fst_s3_add_account(struct fst_buf *out, const struct fst_serve *s, const char *element, struct fst_view account)
{
    fst_buf_addf(out, "<%s>", element);
    fst_xml_add(out, "ID", account);
    fst_xml_add(out, "DisplayName", fst_view_of(fst_keys_account_name(&s->keys, account)));
    fst_buf_addf(out, "</%s>", element);
}

/* ---- operations */

enum about { SERVICE, BUCKET, OBJECT };
/* By the canned ACL of the bucket, or of the object: who else than its owner may. */
enum access { ANYONE_SIGNED, READS, READS_OBJECT, WRITES, OWNS };

/* The first row that fits. `argument`: one that the query must have. */
static const struct operation {
    const char          *method;
    enum about           about;
    const char          *argument, *header;
    const char          *name;
    fst_s3_operation_fn *run;
    enum access          access;
} operations[] = {
    { "GET", SERVICE, NULL, NULL, "ListBuckets", fst_serve_list_buckets, ANYONE_SIGNED },
    { "GET", BUCKET, "location", NULL, "GetBucketLocation", fst_serve_get_location, OWNS },
    { "GET", BUCKET, "acl", NULL, "GetBucketAcl", fst_serve_get_acl, OWNS },
    { "GET", BUCKET, "versioning", NULL, "GetBucketVersioning", fst_serve_get_versioning, OWNS },
    { "GET", BUCKET, "publicAccessBlock", NULL, "GetPublicAccessBlock", fst_serve_get_setting, OWNS },
    { "GET", BUCKET, "encryption", NULL, "GetBucketEncryption", fst_serve_get_setting, OWNS },
    { "GET", BUCKET, "ownershipControls", NULL, "GetBucketOwnershipControls", fst_serve_get_setting, OWNS },
    { "GET", BUCKET, "tagging", NULL, "GetBucketTagging", fst_serve_get_setting, OWNS },
    { "GET", BUCKET, "versions", NULL, "ListObjectVersions", fst_serve_list_versions, READS },
    { "GET", BUCKET, "uploads", NULL, "ListMultipartUploads", fst_serve_list_uploads, READS },
    { "GET", BUCKET, "list-type", NULL, "ListObjectsV2", fst_serve_list_objects, READS },
    { "GET", BUCKET, NULL, NULL, "ListObjects", fst_serve_list_objects, READS },
    { "HEAD", BUCKET, NULL, NULL, "HeadBucket", fst_serve_head_bucket, READS },
    { "PUT", BUCKET, "versioning", NULL, "PutBucketVersioning", fst_serve_put_versioning, OWNS },
    { "PUT", BUCKET, "acl", NULL, "PutBucketAcl", fst_serve_put_acl, OWNS },
    { "PUT", BUCKET, "publicAccessBlock", NULL, "PutPublicAccessBlock", fst_serve_put_setting, OWNS },
    { "PUT", BUCKET, "encryption", NULL, "PutBucketEncryption", fst_serve_put_setting, OWNS },
    { "PUT", BUCKET, "ownershipControls", NULL, "PutBucketOwnershipControls", fst_serve_put_setting, OWNS },
    { "PUT", BUCKET, "tagging", NULL, "PutBucketTagging", fst_serve_put_setting, OWNS },
    { "PUT", BUCKET, NULL, NULL, "CreateBucket", fst_serve_create_bucket, ANYONE_SIGNED },
    { "DELETE", BUCKET, "publicAccessBlock", NULL, "DeletePublicAccessBlock", fst_serve_delete_setting, OWNS },
    { "DELETE", BUCKET, "encryption", NULL, "DeleteBucketEncryption", fst_serve_delete_setting, OWNS },
    { "DELETE", BUCKET, "ownershipControls", NULL, "DeleteBucketOwnershipControls", fst_serve_delete_setting, OWNS },
    { "DELETE", BUCKET, "tagging", NULL, "DeleteBucketTagging", fst_serve_delete_setting, OWNS },
    { "DELETE", BUCKET, NULL, NULL, "DeleteBucket", fst_serve_delete_bucket, OWNS },
    { "POST", BUCKET, "delete", NULL, "DeleteObjects", fst_serve_delete_objects, WRITES },
    { "GET", OBJECT, "uploadId", NULL, "ListParts", fst_serve_list_parts, WRITES },
    { "GET", OBJECT, "attributes", NULL, "GetObjectAttributes", fst_serve_get_attributes, OWNS },
    { "GET", OBJECT, "acl", NULL, "GetObjectAcl", fst_serve_get_acl, OWNS },
    { "GET", OBJECT, "tagging", NULL, "GetObjectTagging", fst_serve_get_tags, OWNS },
    { "GET", OBJECT, NULL, NULL, "GetObject", fst_serve_get_object, READS_OBJECT },
    { "HEAD", OBJECT, NULL, NULL, "HeadObject", fst_serve_get_object, READS_OBJECT },
    { "PUT", OBJECT, "uploadId", "x-amz-copy-source", "UploadPartCopy", fst_serve_copy_part, WRITES },
    { "PUT", OBJECT, "uploadId", NULL, "UploadPart", fst_serve_put_part, WRITES },
    { "PUT", OBJECT, "acl", NULL, "PutObjectAcl", fst_serve_put_acl, OWNS },
    { "PUT", OBJECT, "tagging", NULL, "PutObjectTagging", fst_serve_put_tags, OWNS },
    { "PUT", OBJECT, NULL, "x-amz-copy-source", "CopyObject", fst_serve_copy_object, WRITES },
    { "PUT", OBJECT, NULL, NULL, "PutObject", fst_serve_put_object, WRITES },
    { "POST", OBJECT, "uploads", NULL, "CreateMultipartUpload", fst_serve_create_upload, WRITES },
    { "POST", OBJECT, "uploadId", NULL, "CompleteMultipartUpload", fst_serve_complete_upload, WRITES },
    { "DELETE", OBJECT, "uploadId", NULL, "AbortMultipartUpload", fst_serve_abort_upload, WRITES },
    { "DELETE", OBJECT, "tagging", NULL, "DeleteObjectTagging", fst_serve_delete_tags, OWNS },
    { "DELETE", OBJECT, NULL, NULL, "DeleteObject", fst_serve_delete_object, WRITES },
};

/* Parts of S3 that are not here: without this they would be taken for the operation without the argument. */
static bool is_elsewhere(const struct fst_exchange *x, const char *argument)
{
    static const char *const others[] = {
        "accelerate", "analytics", "cors", "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "logging",
        "metrics", "notification", "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "replication",
        "requestPayment", "restore", "retention", "select", "torrent", "website", "acl", "tagging", "versioning", "versions" };

    for (size_t i = 0; i < FST_COUNT(others); i++)
        if (!(argument && !strcmp(argument, others[i])) && fst_exchange_has(x, others[i]))
            return true;
    return false;
}

static const struct operation *find_operation(const struct fst_exchange *x, enum about about)
{
    for (size_t i = 0; i < FST_COUNT(operations); i++) {
        const struct operation *o = &operations[i];
        if (o->about == about && !strcmp(o->method, x->method) && (!o->argument || fst_exchange_has(x, o->argument)) &&
            (!o->header || fst_exchange_header(x, o->header).n))
            return o;
    }
    return NULL;
}

/* ---- which bucket and key: by the host's name or by the path */

/* What of "Host" stands before the service's own name: "b" of b.localhost:8200, b.s3.localhost and
 * b.s3.eu-west-1.amazonaws.com. Empty for an address, localhost, and s3.… alone. */
struct fst_view fst_serve_s3_host_bucket(struct fst_view host)
{
    static const char *const suffixes[] = { ".localhost", ".localhost.localdomain", ".amazonaws.com" };
    const char              *colon = host.n ? memrchr(host.p, ':', host.n) : NULL, *s3;

    if (colon)
        host.n = (size_t)(colon - host.p);
    for (size_t i = 0; i < FST_COUNT(suffixes); i++) {
        size_t n = strlen(suffixes[i]);
        if (host.n <= n || strncasecmp(host.p + host.n - n, suffixes[i], n) != 0)
            continue;
        host.n -= n;
        if (fst_view_is(host, "s3") || fst_view_starts(host, "s3."))
            return (struct fst_view){ 0 };
        s3 = memmem(host.p, host.n, ".s3.", 4);
        if (s3)
            host.n = (size_t)(s3 - host.p);
        else if (host.n > 3 && !memcmp(host.p + host.n - 3, ".s3", 3))
            host.n -= 3;
        return host;
    }
    return (struct fst_view){ 0 };
}

/* The parts of the wire's path, not decoded. */
static enum about split(const struct fst_exchange *x, struct fst_view *bucket, struct fst_view *key)
{
    struct fst_view path = fst_view_from(x->path, 1);
    const char     *slash = path.n ? memchr(path.p, '/', path.n) : NULL;

    *bucket = fst_serve_s3_host_bucket(fst_exchange_header(x, "host"));
    if (bucket->n) {
        *key = path;
    } else {
        *bucket = slash ? fst_view_n(path.p, (size_t)(slash - path.p)) : path;
        *key = slash ? fst_view_from(path, bucket->n + 1) : (struct fst_view){ 0 };
    }
    return !bucket->n ? SERVICE : key->n ? OBJECT : BUCKET;
}

const char *fst_serve_s3_operation(const struct fst_exchange *x)
{
    struct fst_view         bucket, key;
    const struct operation *o = find_operation(x, split(x, &bucket, &key));
    return o && !is_elsewhere(x, o->argument) ? o->name : "S3";
}

/* ---- may the caller */

struct bucket_row {
    struct fst_s3 *q;
    bool           found;
};

static enum fst_status take_bucket(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct bucket_row *b = ctx;
    b->found = true;
    snprintf(b->q->owner, sizeof b->q->owner, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 0)));
    snprintf(b->q->acl, sizeof b->q->acl, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 1)));
    b->q->versioning = fst_s3_versioning_of(fst_row_text(row, 2));
    return FST_OK;
}

static enum fst_status find_bucket(struct bucket_row *b, struct fst_view name)
{
    return fst_db_run(b->q->s->db, take_bucket, b, &b->q->err, "SELECT owner, acl, versioning FROM bucket WHERE name = ?", "t", name);
}

static bool may(struct fst_s3 *q, enum access access)
{
    const char     *account = q->x->caller.account;
    struct fst_view acl = fst_view_of(q->acl);

    if (account && !strcmp(account, q->owner))
        return true;
    if (access == OWNS || fst_s3_ignores_acls(q))
        return false;
    if (access == READS_OBJECT)
        return fst_s3_object_lets(q, q->bucket, q->key, acl);
    return fst_s3_acl_lets(q->x, acl, access == WRITES ? FST_S3_WRITING : FST_S3_READING);
}

bool fst_s3_is_owner(const struct fst_exchange *x, const char *header, struct fst_view owner)
{
    struct fst_view expected = fst_exchange_header(x, header);
    return !expected.n || fst_view_equal(expected, owner);
}

static bool is_utf8(struct fst_view v)
{
    for (size_t i = 0; i < v.n;) {
        unsigned char c = (unsigned char)v.p[i++];
        size_t        more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 4;
        if (more == 4 || i + more > v.n)
            return false;
        for (; more; more--)
            if (((unsigned char)v.p[i++] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static void run(struct fst_s3 *q, const struct operation *o)
{
    struct bucket_row b = { .q = q };

    if (o->access == ANYONE_SIGNED) {
        if (q->x->caller.account)
            o->run(q);
        else
            fst_s3_refuse(q->x, FST_S3_DENIED);
    } else if (find_bucket(&b, q->bucket)) {
        fst_s3_failed(q);
    } else if (!b.found) {
        fst_s3_refuse(q->x, FST_S3_NO_SUCH_BUCKET);
    } else if (!may(q, o->access) || !fst_s3_is_owner(q->x, "x-amz-expected-bucket-owner", fst_view_of(q->owner))) {
        fst_s3_refuse(q->x, FST_S3_DENIED);
    } else {
        o->run(q);
    }
}

static void route(struct fst_s3 *q, enum about about)
{
    const struct operation *o = find_operation(q->x, about);

    if (q->key.n > FST_S3_KEY_MAX)
        fst_s3_refuse(q->x, FST_S3_KEY_TOO_LONG);
    else if (!is_utf8(q->key) || !is_utf8(q->bucket) || (q->key.n && memchr(q->key.p, '\0', q->key.n)))
        fst_serve_s3_error(q->x, 400, "InvalidURI", "Couldn't parse the specified URI.");
    else if (o ? is_elsewhere(q->x, o->argument) : is_elsewhere(q->x, NULL))
        fst_s3_refuse(q->x, FST_S3_NOT_IMPLEMENTED);
    else if (!o)
        fst_serve_s3_error(q->x, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    else
        run(q, o);
}

/* ---- before the body is there */

static void plan_sums(struct fst_serve *s, struct fst_exchange *x, const struct operation *o)
{
    struct fst_view       payload = fst_exchange_header(x, "x-amz-content-sha256");
    struct fst_body_plan *plan = &x->plan;
    struct fst_buf        id;
    enum fst_sum          sum;
    bool                  encrypted = false;

    plan->chunked = fst_view_starts(payload, "STREAMING-");
    plan->is_signed = fst_view_starts(payload, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    if (!plan->chunked && !fst_view_is(payload, FST_SIGN_UNSIGNED_PAYLOAD) && !x->caller.is_presigned)
        plan->sums |= 1u << FST_SUM_SHA256;
    if (!o || (o->run != fst_serve_put_object && o->run != fst_serve_put_part)) {
        plan->most = 8 << 20; /* documents; deleting a thousand keys of a kilobyte is the largest */
        plan->sums |= fst_exchange_header(x, "content-md5").n ? 1u << FST_SUM_MD5 : 0;
        for (unsigned i = 0; i < FST_SUMS; i++)
            if (*fst_sum_kinds[i].header && fst_exchange_header(x, fst_sum_kinds[i].header).n)
                plan->sums |= 1u << i;
        return;
    }
    plan->most = (uint64_t)5 << 30;
    plan->sums |= fst_s3_sums_of(x);
    if (o->run == fst_serve_put_object)
        return;
    fst_buf_init(&id, FST_TEXT_CEILING);
    fst_exchange_argument(x, "uploadId", &id);
    sum = fst_s3_upload_sum(s, fst_buf_view(&id), &encrypted);
    plan->sums |= sum < FST_SUMS ? 1u << sum : 0;
    if (encrypted && !fst_exchange_header(x, "content-md5").n)
        plan->sums &= ~(1u << FST_SUM_MD5);
    fst_buf_clear(&id);
}

/* Nobody is known by a signature: is the bucket open to all? */
static bool is_open(struct fst_serve *s, struct fst_exchange *x, const struct operation *o, struct fst_view wire_bucket)
{
    struct fst_s3     q = { .s = s, .x = x };
    struct bucket_row b = { .q = &q };
    struct fst_buf    bucket;
    bool              open = false;

    if (!o || o->access == ANYONE_SIGNED)
        return false;
    if (o->access == READS_OBJECT)
        return true; /* that has no body to be kept */
    fst_buf_init(&bucket, FST_TEXT_CEILING);
    fst_sign_decode(&bucket, wire_bucket);
    q.bucket = fst_buf_view(&bucket);
    if (!find_bucket(&b, q.bucket) && b.found)
        open = may(&q, o->access);
    fst_buf_clear(&bucket);
    return open;
}

void fst_serve_s3_plan(struct fst_serve *s, struct fst_exchange *x)
{
    struct fst_view         bucket, key;
    const struct operation *o = find_operation(x, split(x, &bucket, &key));

    if (x->caller.auth == FST_AUTH_MISSING && !is_open(s, x, o, bucket))
        x->plan.discard = x->answer_early = true;
    else
        plan_sums(s, x, o);
}

/* ---- */

void fst_serve_s3_preflight(struct fst_exchange *x)
{
    if (fst_exchange_header(x, "origin").n)
        fst_serve_s3_error(x, 403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.");
    else
        fst_serve_s3_error(x, 400, "BadRequest", "Insufficient information. Origin request header needed.");
}

void fst_serve_s3(struct fst_serve *s, struct fst_exchange *x)
{
    struct fst_s3   q = { .s = s, .x = x };
    struct fst_view bucket, key;
    enum about      about = split(x, &bucket, &key);

    for (size_t i = 0; i < FST_COUNT(q.texts); i++)
        fst_buf_init(&q.texts[i], FST_TEXT_CEILING);
    fst_sign_decode(&q.texts[0], bucket);
    fst_sign_decode(&q.texts[1], key);
    q.bucket = fst_buf_view(&q.texts[0]);
    q.key = fst_buf_view(&q.texts[1]);
    route(&q, about);
    for (size_t i = 0; i < FST_COUNT(q.texts); i++)
        fst_buf_clear(&q.texts[i]);
}
