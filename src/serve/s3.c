/* S3: which operation is asked for; buckets. */
#include "serve/s3.h"

#include <stdio.h>
#include <time.h>

#include "sign/sigv4.h"

void fst_xml_add(struct fst_buf *out, const char *element, struct fst_view text)
{
    fst_buf_addf(out, "<%s>", element);
    for (size_t i = 0; i < text.n; i++)
        switch (text.p[i]) {
        case '&': fst_buf_add_str(out, "&amp;"); break;
        case '<': fst_buf_add_str(out, "&lt;"); break;
        case '>': fst_buf_add_str(out, "&gt;"); break;
        case '"': fst_buf_add_str(out, "&quot;"); break;
        case '\r': fst_buf_add_str(out, "&#13;"); break;
        default: fst_buf_add_char(out, text.p[i]);
        }
    fst_buf_addf(out, "</%s>", element);
}

void fst_s3_begin(struct fst_exchange *x)
{
    fst_exchange_add_header(x, "Content-Type", "application/xml");
    fst_buf_reset(&x->out);
    fst_buf_add_str(&x->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}

void fst_s3_time_iso(char out[32], int64_t ms)
{
    time_t    t = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&t, &tm);
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
             tm.tm_sec, (int)(ms % 1000));
}

void fst_s3_time_http(char out[40], int64_t ms)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t    t = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&t, &tm);
    snprintf(out, 40, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
             tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void fst_serve_s3_error(struct fst_exchange *x, int status, const char *code, const char *message)
{
    x->status = status;
    fst_s3_begin(x);
    fst_buf_add_str(&x->out, "<Error>");
    fst_xml_add(&x->out, "Code", fst_view_of(code));
    fst_xml_add(&x->out, "Message", fst_view_of(message));
    fst_xml_add(&x->out, "Resource", x->path);
    fst_buf_add_str(&x->out, "</Error>");
}

void fst_s3_failed(struct fst_exchange *x, const struct fst_error *err)
{
    fst_serve_s3_error(x, 500, "InternalError", err->text);
}

/* ---- buckets */

static enum fst_status add_bucket(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_buf *out = ctx;
    char            time[32];

    fst_s3_time_iso(time, fst_row_int(row, 1));
    fst_buf_add_str(out, "<Bucket>");
    fst_xml_add(out, "Name", fst_row_text(row, 0));
    fst_xml_add(out, "CreationDate", fst_view_of(time));
    fst_buf_add_str(out, "</Bucket>");
    return FST_OK;
}

static void list_buckets(struct fst_serve *s, struct fst_exchange *x)
{
    struct fst_error err = { 0 };

    fst_s3_begin(x);
    fst_buf_add_str(&x->out, "<ListAllMyBucketsResult" FST_S3_NAMESPACE "><Owner><ID>local</ID></Owner><Buckets>");
    if (fst_db_run(s->db, add_bucket, &x->out, &err, "SELECT name, created FROM bucket ORDER BY name", ""))
        fst_s3_failed(x, &err);
    else
        fst_buf_add_str(&x->out, "</Buckets></ListAllMyBucketsResult>");
}

static bool is_bucket_name(struct fst_view v)
{
    if (v.n < 3 || v.n > 63)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (!((v.p[i] >= 'a' && v.p[i] <= 'z') || (v.p[i] >= '0' && v.p[i] <= '9') || (i && i + 1 < v.n && (v.p[i] == '-' || v.p[i] == '.'))))
            return false;
    return true;
}

static bool bucket_exists(struct fst_serve *s, struct fst_view bucket)
{
    int64_t n;
    return !fst_db_int(s->db, &n, 0, NULL, "SELECT count(*) FROM bucket WHERE name = ?", "t", bucket) && n;
}

static void create_bucket(struct fst_serve *s, struct fst_exchange *x, struct fst_view bucket)
{
    struct fst_error err = { 0 };

    if (!is_bucket_name(bucket))
        fst_serve_s3_error(x, 400, "InvalidBucketName", "The specified bucket is not valid.");
    else if (bucket_exists(s, bucket))
        fst_serve_s3_error(x, 409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.");
    else if (fst_db_run(s->db, NULL, NULL, &err, "INSERT INTO bucket VALUES (?, ?, 'us-east-1')", "ti", bucket, fst_serve_now_ms(s)))
        fst_s3_failed(x, &err);
    else
        fst_exchange_add_header(x, "Location", "/%.*s", FST_VIEW_ARGS(bucket));
}

static void delete_bucket(struct fst_serve *s, struct fst_exchange *x, struct fst_view bucket)
{
    struct fst_error err = { 0 };
    int64_t          n;

    if (fst_db_int(s->db, &n, 0, &err, "SELECT count(*) FROM (SELECT 1 FROM object WHERE bucket = ? LIMIT 1)", "t", bucket))
        fst_s3_failed(x, &err);
    else if (n)
        fst_serve_s3_error(x, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty.");
    else if (fst_db_run(s->db, NULL, NULL, &err, "DELETE FROM bucket WHERE name = ?", "t", bucket))
        fst_s3_failed(x, &err);
    else
        x->status = 204;
}

static void handle_bucket(struct fst_serve *s, struct fst_exchange *x, const struct fst_s3_target *t)
{
    const char *m = x->method;

    if (!strcmp(m, "PUT")) {
        create_bucket(s, x, t->bucket);
    } else if (!strcmp(m, "HEAD")) {
        fst_exchange_add_header(x, "x-amz-bucket-region", "us-east-1");
    } else if (!strcmp(m, "DELETE")) {
        delete_bucket(s, x, t->bucket);
    } else if (!strcmp(m, "POST") && fst_exchange_has(x, "delete")) {
        fst_s3_delete_many(s, x, t);
    } else if (!strcmp(m, "GET") && fst_exchange_has(x, "location")) {
        fst_s3_begin(x);
        fst_buf_add_str(&x->out, "<LocationConstraint" FST_S3_NAMESPACE "/>");
    } else if (!strcmp(m, "GET")) {
        if (!fst_s3_multipart(s, x, t))
            fst_serve_s3_list(s, x, t);
    } else {
        fst_serve_s3_error(x, 405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    }
}

/* ---- routing */

void fst_serve_s3(struct fst_serve *s, struct fst_exchange *x)
{
    struct fst_view      path = fst_view_from(x->path, 1);
    const char          *slash = path.n ? memchr(path.p, '/', path.n) : NULL;
    struct fst_buf       bucket, key;
    struct fst_s3_target t;

    fst_buf_init(&bucket, FST_TEXT_CEILING);
    fst_buf_init(&key, FST_TEXT_CEILING);
    fst_sign_decode(&bucket, slash ? fst_view_n(path.p, (size_t)(slash - path.p)) : path);
    if (slash)
        fst_sign_decode(&key, fst_view_from(path, (size_t)(slash - path.p) + 1));
    t = (struct fst_s3_target){ fst_buf_view(&bucket), fst_buf_view(&key) };
    if (!t.bucket.n)
        list_buckets(s, x);
    else if (!bucket_exists(s, t.bucket) && (t.key.n || strcmp(x->method, "PUT")))
        fst_serve_s3_error(x, 404, "NoSuchBucket", "The specified bucket does not exist");
    else if (!t.key.n)
        handle_bucket(s, x, &t);
    else if (!fst_s3_multipart(s, x, &t))
        fst_s3_object(s, x, &t);
    fst_buf_clear(&bucket);
    fst_buf_clear(&key);
}
