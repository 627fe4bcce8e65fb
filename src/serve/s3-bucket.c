/* S3: buckets. */
#include <stdio.h>

#include "base/xml.h"
#include "serve/s3.h"

#define FIRST_REGION "us-east-1"

static enum fst_status add_bucket(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct fst_buf *out = ctx;
    char            time[FST_S3_TIME_ISO];

    fst_s3_time_iso(time, fst_row_int(row, 1));
    fst_buf_add_str(out, "<Bucket>");
    fst_xml_add(out, "Name", fst_row_text(row, 0));
    fst_xml_add(out, "CreationDate", fst_view_of(time));
    fst_xml_add(out, "BucketRegion", fst_row_text(row, 2));
    fst_buf_add_str(out, "</Bucket>");
    return FST_OK;
}

void fst_serve_list_buckets(struct fst_s3 *q)
{
    struct fst_view account = fst_view_of(q->x->caller.account);

    fst_s3_begin(q->x);
    fst_buf_add_str(&q->x->out, "<ListAllMyBucketsResult" FST_S3_NAMESPACE ">");
    fst_s3_add_account(&q->x->out, q->s, "Owner", account);
    fst_buf_add_str(&q->x->out, "<Buckets>");
    if (fst_db_run(q->s->db, add_bucket, &q->x->out, &q->err, "SELECT name, created, region FROM bucket WHERE owner = ? ORDER BY name", "t", account))
        fst_s3_failed(q);
    else
        fst_buf_add_str(&q->x->out, "</Buckets></ListAllMyBucketsResult>");
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_bucket_name(struct fst_view v)
{
    if (v.n < 3 || v.n > 63)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        bool inside = i && i + 1 < v.n;
        if (!is_letter_or_digit(v.p[i]) && !(inside && (v.p[i] == '-' || (v.p[i] == '.' && v.p[i - 1] != '.'))))
            return false;
    }
    return true;
}

/* The canned ACL that the request asks for, when it is one that is known here. */
static bool asked_acl(const struct fst_exchange *x, struct fst_view *acl)
{
    static const char *const known[] = { "private", "public-read", "public-read-write" };

    *acl = fst_exchange_header(x, "x-amz-acl");
    if (!acl->n)
        *acl = fst_view_of(known[0]);
    for (size_t i = 0; i < FST_COUNT(known); i++)
        if (fst_view_is(*acl, known[i]))
            return true;
    return false;
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
    else
        fst_exchange_add_header(q->x, "Location", "/%.*s", FST_VIEW_ARGS(q->bucket));
}

void fst_serve_create_bucket(struct fst_s3 *q)
{
    struct fst_buf  region;
    struct fst_view acl;

    fst_buf_init(&region, FST_TEXT_CEILING);
    if (!is_bucket_name(q->bucket))
        fst_serve_s3_error(q->x, 400, "InvalidBucketName", "The specified bucket is not valid.");
    else if (!asked_acl(q->x, &acl))
        fst_s3_refuse(q->x, FST_S3_NOT_IMPLEMENTED);
    else if (!read_region(q, &region))
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
        st = fst_db_run(q->s->db, NULL, NULL, &q->err, "DELETE FROM bucket WHERE name = ?", "t", q->bucket);
    st = fst_db_end(q->s->db, st, &q->err);
    if (st)
        fst_s3_failed(q);
    else if (n)
        fst_serve_s3_error(q->x, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty.");
    else
        q->x->status = 204;
}

/* ---- access: the canned ACLs of buckets */

static void add_grant(struct fst_buf *out, const char *permission)
{
    fst_buf_addf(out, "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\">"
                      "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>%s</Permission></Grant>", permission);
}

void fst_serve_get_acl(struct fst_s3 *q)
{
    struct fst_buf     *out = &q->x->out;
    struct fst_view     owner = fst_view_of(q->owner);
    struct fst_s3_found f = { 0 };

    if (!q->key.n || fst_s3_find_asked(q, &f)) {
        fst_s3_begin(q->x);
        fst_buf_add_str(out, "<AccessControlPolicy" FST_S3_NAMESPACE ">");
        fst_s3_add_account(out, q->s, "Owner", owner);
        fst_buf_add_str(out, "<AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">");
        fst_xml_add(out, "ID", owner);
        fst_xml_add(out, "DisplayName", fst_view_of(fst_keys_account_name(&q->s->keys, owner)));
        fst_buf_add_str(out, "</Grantee><Permission>FULL_CONTROL</Permission></Grant>");
        if (!q->key.n && strncmp(q->acl, "public-", 7) == 0)
            add_grant(out, "READ");
        if (!q->key.n && !strcmp(q->acl, "public-read-write"))
            add_grant(out, "WRITE");
        fst_buf_add_str(out, "</AccessControlList></AccessControlPolicy>");
    }
    fst_s3_found_clear(&f);
}

void fst_serve_put_bucket_acl(struct fst_s3 *q)
{
    struct fst_view acl;

    if (!asked_acl(q->x, &acl) || q->x->body.len)
        fst_s3_refuse(q->x, FST_S3_NOT_IMPLEMENTED);
    else if (fst_db_run(q->s->db, NULL, NULL, &q->err, "UPDATE bucket SET acl = ? WHERE name = ?", "tt", acl, q->bucket))
        fst_s3_failed(q);
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
