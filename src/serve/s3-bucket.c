/* S3: buckets: list, create, where they are, delete; whether they keep versions. */
#include <stdio.h>

#include "base/digest.h"
#include "base/xml.h"
#include "serve/s3.h"

#define FIRST_REGION "us-east-1"

enum { MOST_BUCKETS = 10000 };

/* ---- ListBuckets */

struct bucket_page {
    struct fst_buf *out, last;
    uint64_t        count, most;
    bool            truncated;
};

static enum fst_status add_bucket(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct bucket_page *p = ctx;
    char                time[FST_S3_TIME_ISO];

    p->truncated = p->count == p->most;
    if (p->truncated)
        return FST_ELIMIT;
    p->count++;
    fst_buf_reset(&p->last);
    fst_buf_add_view(&p->last, fst_row_text(row, 0));
    fst_s3_time_iso(time, fst_row_int(row, 1));
    fst_buf_add_str(p->out, "<Bucket>");
    fst_xml_add(p->out, "Name", fst_row_text(row, 0));
    fst_xml_add(p->out, "CreationDate", fst_view_of(time));
    fst_xml_add(p->out, "BucketRegion", fst_row_text(row, 2));
    fst_buf_add_str(p->out, "</Bucket>");
    return FST_OK;
}

static void end_bucket_page(struct bucket_page *p, struct fst_view prefix)
{
    struct fst_buf token;

    fst_buf_add_str(p->out, "</Buckets>");
    if (p->truncated) {
        fst_buf_init(&token, FST_TEXT_CEILING);
        fst_base64(&token, p->last.p, p->last.len);
        fst_xml_add(p->out, "ContinuationToken", fst_buf_view(&token));
        fst_buf_clear(&token);
    }
    if (prefix.n)
        fst_xml_add(p->out, "Prefix", prefix);
    fst_buf_add_str(p->out, "</ListAllMyBucketsResult>");
}

void fst_serve_list_buckets(struct fst_s3 *q)
{
    struct fst_view    account = fst_view_of(q->x->caller.account);
    struct bucket_page p = { .out = &q->x->out };
    struct fst_buf     prefix, token, region, after;
    enum fst_status    st;

    fst_buf_init(&p.last, FST_TEXT_CEILING);
    fst_buf_init(&prefix, FST_TEXT_CEILING);
    fst_buf_init(&token, FST_TEXT_CEILING);
    fst_buf_init(&region, FST_TEXT_CEILING);
    fst_buf_init(&after, FST_TEXT_CEILING);
    fst_exchange_argument(q->x, "prefix", &prefix);
    fst_exchange_argument(q->x, "bucket-region", &region);
    fst_exchange_argument(q->x, "continuation-token", &token);
    if (!fst_s3_number(q, "max-buckets", MOST_BUCKETS, &p.most)) {
        /* answered */
    } else if (!p.most || p.most > MOST_BUCKETS || !fst_base64_decode(&after, fst_buf_view(&token))) {
        fst_s3_refuse(q->x, FST_S3_INVALID_ARGUMENT);
    } else {
        fst_s3_begin(q->x);
        fst_buf_add_str(p.out, "<ListAllMyBucketsResult" FST_S3_NAMESPACE ">");
        fst_s3_add_account(p.out, q->s, "Owner", account);
        fst_buf_add_str(p.out, "<Buckets>");
        st = fst_db_run(q->s->db, add_bucket, &p, &q->err, "SELECT name, created, region FROM bucket WHERE owner = ?1 AND name > ?2"
                        " AND substr(name, 1, length(?3)) = ?3 AND (?4 = '' OR region = ?4) ORDER BY name", "tttt", account, fst_buf_view(&after),
                        fst_buf_view(&prefix), fst_buf_view(&region));
        if (st && st != FST_ELIMIT)
            fst_s3_failed(q);
        else
            end_bucket_page(&p, fst_buf_view(&prefix));
    }
    fst_buf_clear(&after);
    fst_buf_clear(&region);
    fst_buf_clear(&token);
    fst_buf_clear(&prefix);
    fst_buf_clear(&p.last);
}

/* ---- CreateBucket */

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_address(struct fst_view v)
{
    char     text[64];
    unsigned a, b, c, d;
    int      end = 0;

    snprintf(text, sizeof text, "%.*s", FST_VIEW_ARGS(v));
    return sscanf(text, "%3u.%3u.%3u.%3u%n", &a, &b, &c, &d, &end) == 4 && (size_t)end == v.n;
}

/* docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
static bool is_bucket_name(struct fst_view v)
{
    if (v.n < 3 || v.n > 63 || is_address(v) || fst_view_starts(v, "xn--"))
        return false;
    for (size_t i = 0; i < v.n; i++) {
        bool inside = i && i + 1 < v.n;
        bool between = inside && (v.p[i] == '-' ? v.p[i - 1] != '.' : v.p[i] == '.' && is_letter_or_digit(v.p[i - 1]));
        if (!is_letter_or_digit(v.p[i]) && !between)
            return false;
    }
    return true;
}

struct owner {
    bool           found, same;
    struct fst_view account;
};

static enum fst_status take_owner(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct owner *o = ctx;
    o->found = true;
    o->same = fst_view_equal(fst_row_text(row, 0), o->account);
    return FST_OK;
}

/* The region that the body asks for, else that of the signature. */
static bool read_region(const struct fst_s3 *q, struct fst_buf *region)
{
    bool ok = !q->x->body.len || fst_xml_find(fst_buf_view(&q->x->body), "CreateBucketConfiguration/LocationConstraint", region) ||
              fst_xml_find(fst_buf_view(&q->x->body), "CreateBucketConfiguration", region);
    if (!region->len)
        fst_buf_add_str(region, q->x->caller.region);
    return ok;
}

static void insert_bucket(struct fst_s3 *q, struct fst_view acl, struct fst_view region)
{
    struct owner o = { .account = fst_view_of(q->x->caller.account) };

    if (fst_db_run(q->s->db, take_owner, &o, &q->err, "SELECT owner FROM bucket WHERE name = ?", "t", q->bucket))
        fst_s3_failed(q);
    else if (o.found && o.same && !fst_view_is(region, FIRST_REGION)) /* there it is no error, and resets the ACL */
        fst_serve_s3_error(q->x, 409, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.");
    else if (o.found && !o.same)
        fst_serve_s3_error(q->x, 409, "BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users"
                           " of the system. Please select a different name and try again.");
    else if (fst_db_run(q->s->db, NULL, NULL, &q->err, "INSERT INTO bucket (name, created, region, owner, acl) VALUES (?, ?, ?, ?, ?)"
                        " ON CONFLICT DO UPDATE SET acl = excluded.acl", "tittt", q->bucket, fst_serve_now_ms(q->s), region, o.account, acl))
        fst_s3_failed(q);
    else if (fst_s3_begin_settings(q))
        fst_exchange_add_header(q->x, "Location", "/%.*s", FST_VIEW_ARGS(q->bucket));
}

void fst_serve_create_bucket(struct fst_s3 *q)
{
    struct fst_buf  region;
    struct fst_view acl;

    if (!is_bucket_name(q->bucket)) {
        fst_serve_s3_error(q->x, 400, "InvalidBucketName", "The specified bucket is not valid.");
        return;
    }
    if (!fst_s3_asked_acl(q->x, &acl))
        return;
    fst_buf_init(&region, FST_TEXT_CEILING);
    if (!read_region(q, &region))
        fst_s3_refuse(q->x, FST_S3_MALFORMED_XML);
    else
        insert_bucket(q, acl, fst_buf_view(&region));
    fst_buf_clear(&region);
}

static enum fst_status take_region(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    fst_buf_add_view(ctx, fst_row_text(row, 0));
    return FST_OK;
}

static bool find_region(struct fst_s3 *q, struct fst_buf *region)
{
    fst_buf_init(region, FST_TEXT_CEILING);
    if (!fst_db_run(q->s->db, take_region, region, &q->err, "SELECT region FROM bucket WHERE name = ?", "t", q->bucket))
        return true;
    fst_s3_failed(q);
    return false;
}

void fst_serve_head_bucket(struct fst_s3 *q)
{
    struct fst_buf region;

    if (find_region(q, &region))
        fst_exchange_add_header(q->x, "x-amz-bucket-region", "%s", fst_buf_str(&region));
    fst_buf_clear(&region);
}

/* us-east-1 has an empty one. */
void fst_serve_get_location(struct fst_s3 *q)
{
    struct fst_buf region;

    if (find_region(q, &region)) {
        bool is_first = fst_view_is(fst_buf_view(&region), FIRST_REGION);
        fst_s3_begin(q->x);
        fst_buf_addf(&q->x->out, "<LocationConstraint" FST_S3_NAMESPACE ">%s</LocationConstraint>", is_first ? "" : fst_buf_str(&region));
    }
    fst_buf_clear(&region);
}

void fst_serve_delete_bucket(struct fst_s3 *q)
{
    int64_t         n;
    enum fst_status st = fst_db_begin(q->s->db, &q->err);

    if (st) {
        fst_s3_failed(q);
        return;
    }
    st = fst_db_int(q->s->db, &n, 0, &q->err, "SELECT EXISTS (SELECT 1 FROM object WHERE bucket = ?1) OR"
                    " EXISTS (SELECT 1 FROM version WHERE bucket = ?1)", "t", q->bucket);
    if (!st && !n)
        st = fst_s3_forget_uploads(q->s, q->bucket, &q->err);
    if (!st && !n)
        st = fst_db_run(q->s->db, NULL, NULL, &q->err, "DELETE FROM setting WHERE bucket = ?", "t", q->bucket);
    if (!st && !n)
        st = fst_db_run(q->s->db, NULL, NULL, &q->err, "DELETE FROM bucket WHERE name = ?", "t", q->bucket);
    st = fst_db_end(q->s->db, st, &q->err);
    if (st)
        fst_s3_failed(q);
    else if (n)
        fst_serve_s3_error(q->x, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty.");
    else
        q->x->status = 204;
}

/* ---- versioning */

enum fst_s3_versioning fst_s3_versioning_of(struct fst_view status)
{
    return fst_view_is(status, "Enabled") ? FST_S3_VERSIONED : fst_view_is(status, "Suspended") ? FST_S3_SUSPENDED : FST_S3_UNVERSIONED;
}

void fst_serve_get_versioning(struct fst_s3 *q)
{
    static const char *const status[] = { [FST_S3_UNVERSIONED] = "", [FST_S3_VERSIONED] = "<Status>Enabled</Status>",
                                          [FST_S3_SUSPENDED] = "<Status>Suspended</Status>" };

    fst_s3_begin(q->x);
    fst_buf_addf(&q->x->out, "<VersioningConfiguration" FST_S3_NAMESPACE ">%s</VersioningConfiguration>", status[q->versioning]);
}

void fst_serve_put_versioning(struct fst_s3 *q)
{
    struct fst_buf status;

    fst_buf_init(&status, FST_TEXT_CEILING);
    if (!fst_s3_check_body(q->x)) {
        /* answered */
    } else if (!fst_xml_find(fst_buf_view(&q->x->body), "VersioningConfiguration/Status", &status) ||
             fst_s3_versioning_of(fst_buf_view(&status)) == FST_S3_UNVERSIONED) {
        fst_s3_refuse(q->x, FST_S3_MALFORMED_XML);
    } else if (fst_db_run(q->s->db, NULL, NULL, &q->err, "UPDATE bucket SET versioning = ? WHERE name = ?", "tt", fst_buf_view(&status), q->bucket)) {
        fst_s3_failed(q);
    }
    fst_buf_clear(&status);
}
