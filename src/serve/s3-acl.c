/* S3: the canned ACLs of buckets and objects: who else than the owner may. Grants to single accounts there are none, and
 * all that is in a bucket is its owner's. */
#include <stdio.h>

#include "serve/s3.h"

#define GROUPS "http://acs.amazonaws.com/groups/global/"
#define ACL    "x-amz-acl"

enum { ALL_READ = 1, ALL_WRITE = 2, SIGNED_READ = 4 };

static const struct { const char *name; unsigned grants; } canned[] = {
    { "private", 0 },
    { "public-read", ALL_READ },
    { "public-read-write", ALL_READ | ALL_WRITE },
    { "authenticated-read", SIGNED_READ },
    { "bucket-owner-read", 0 },
    { "bucket-owner-full-control", 0 },
};

static const struct { unsigned grant; const char *group, *permission; } grants[] = {
    { ALL_READ, "AllUsers", "READ" },
    { ALL_WRITE, "AllUsers", "WRITE" },
    { SIGNED_READ, "AuthenticatedUsers", "READ" },
};

static unsigned grants_of(struct fst_view acl)
{
    for (size_t i = 0; i < FST_COUNT(canned); i++)
        if (fst_view_is(acl, canned[i].name))
            return canned[i].grants;
    return 0;
}

bool fst_s3_asked_acl(struct fst_exchange *x, struct fst_view *acl)
{
    *acl = fst_exchange_header(x, ACL);
    if (!acl->n)
        *acl = fst_view_of(canned[0].name);
    for (size_t i = 0; i < FST_COUNT(canned); i++)
        if (fst_view_is(*acl, canned[i].name))
            return true;
    fst_s3_refuse(x, FST_S3_INVALID_ARGUMENT);
    return false;
}

/* ---- may the caller */

bool fst_s3_acl_lets(const struct fst_exchange *x, struct fst_view acl, enum fst_s3_deed deed)
{
    unsigned g = grants_of(acl);

    if (deed == FST_S3_WRITING)
        return g & ALL_WRITE;
    return g & ALL_READ || (g & SIGNED_READ && x->caller.account);
}

bool fst_s3_object_lets(struct fst_s3 *q, struct fst_view bucket, struct fst_view key, struct fst_view bucket_acl)
{
    struct fst_s3_found f = { 0 };
    bool                lets = false;

    if (!fst_s3_find(q->s, bucket, key, (struct fst_view){ 0 }, &f, &q->err))
        lets = fst_s3_acl_lets(q->x, fst_s3_is_there(&f) ? fst_s3_header(fst_buf_view(&f.headers), ACL) : bucket_acl, FST_S3_READING);
    fst_s3_found_clear(&f);
    return lets;
}

bool fst_s3_may_make(struct fst_s3 *q, struct fst_view acl)
{
    if (!grants_of(acl))
        return true;
    if (fst_s3_has_no_acls(q))
        fst_serve_s3_error(q->x, 400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
    else if (!fst_s3_lift_block(q))
        fst_s3_refuse(q->x, FST_S3_DENIED);
    else
        return true;
    return false;
}

/* ---- the operations */

static void answer_acl(struct fst_s3 *q, struct fst_view acl)
{
    struct fst_buf *out = &q->x->out;
    struct fst_view owner = fst_view_of(q->owner);
    unsigned        g = grants_of(acl);

    fst_s3_begin(q->x);
    fst_buf_add_str(out, "<AccessControlPolicy" FST_S3_NAMESPACE ">");
    fst_s3_add_account(out, q->s, "Owner", owner);
    fst_buf_add_str(out, "<AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">");
    fst_xml_add(out, "ID", owner);
    fst_xml_add(out, "DisplayName", fst_view_of(fst_keys_account_name(&q->s->keys, owner)));
    fst_buf_add_str(out, "</Grantee><Permission>FULL_CONTROL</Permission></Grant>");
    for (size_t i = 0; i < FST_COUNT(grants); i++)
        if (g & grants[i].grant)
            fst_buf_addf(out, "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"><URI>" GROUPS "%s</URI></Grantee>"
                         "<Permission>%s</Permission></Grant>", grants[i].group, grants[i].permission);
    fst_buf_add_str(out, "</AccessControlList></AccessControlPolicy>");
}

void fst_serve_get_acl(struct fst_s3 *q)
{
    struct fst_s3_found f = { 0 };

    if (!q->key.n)
        answer_acl(q, fst_view_of(q->acl));
    else if (fst_s3_find_asked(q, &f))
        answer_acl(q, fst_s3_header(fst_buf_view(&f.headers), ACL));
    fst_s3_found_clear(&f);
}

void fst_serve_put_acl(struct fst_s3 *q)
{
    struct fst_s3_found f = { 0 };
    struct fst_buf      headers;
    struct fst_view     acl;

    fst_buf_init(&headers, FST_TEXT_CEILING);
    if (q->x->body.len) {
        fst_s3_refuse(q->x, FST_S3_NOT_IMPLEMENTED);
    } else if (!fst_s3_asked_acl(q->x, &acl) || !fst_s3_may_make(q, acl)) {
        /* answered */
    } else if (!q->key.n) {
        if (fst_db_run(q->s->db, NULL, NULL, &q->err, "UPDATE bucket SET acl = ? WHERE name = ?", "tt", acl, q->bucket))
            fst_s3_failed(q);
    } else if (fst_s3_find_asked(q, &f)) {
        fst_s3_replace_line(&headers, fst_buf_view(&f.headers), ACL, acl);
        fst_s3_set_headers(q, &f, fst_buf_view(&headers));
    }
    fst_buf_clear(&headers);
    fst_s3_found_clear(&f);
}
