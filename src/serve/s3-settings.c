/* S3: what a bucket is set to, each setting a document that is kept as it came. What comes of them: publicAccessBlock is
 * heeded where ACLs are put and looked at, encryption goes with objects that ask for none; the others are only told. */
#include <string.h>

#include "base/xml.h"
#include "serve/s3.h"

enum { MOST_TAGS = 50 };

#define DEFAULT_BLOCK                                                                                                          \
    "<PublicAccessBlockConfiguration" FST_S3_NAMESPACE "><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>"  \
    "<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
#define DEFAULT_ENCRYPTION                                                                                                     \
    "<ServerSideEncryptionConfiguration" FST_S3_NAMESPACE "><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>" \
    "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
#define BLOCK     "publicAccessBlock"
#define OWNERSHIP "ownershipControls"
#define ENFORCED  "BucketOwnerEnforced"

/* By the query's argument. `otherwise`: what a bucket is set to without it, as the live service makes buckets. */
static const struct setting {
    const char *argument, *root;
    const char *code, *message; /* where there is none */
    const char *otherwise;
    int         status; /* of a PUT */
    bool        are_tags, resets; /* deleting it leaves the bucket with `otherwise`, not without */
} settings[] = {
    { BLOCK, "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found",
      DEFAULT_BLOCK, 200, false, false },
    { "encryption", "ServerSideEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError",
      "The server side encryption configuration was not found", DEFAULT_ENCRYPTION, 200, false, true },
    { OWNERSHIP, "OwnershipControls", "OwnershipControlsNotFoundError", "The bucket ownership controls were not found", NULL, 200, false, false },
    { "tagging", "Tagging", "NoSuchTagSet", "The TagSet does not exist", NULL, 204, true, false },
};

static const struct setting *setting_of(const struct fst_exchange *x)
{
    size_t i = 0;

    while (i + 1 < FST_COUNT(settings) && !fst_exchange_has(x, settings[i].argument))
        i++;
    return &settings[i];
}

struct document {
    bool           found;
    struct fst_buf text; /* empty: it was deleted */
};

static enum fst_status take_document(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct document *d = ctx;
    d->found = true;
    fst_buf_add_view(&d->text, fst_row_text(row, 0));
    return FST_OK;
}

static enum fst_status find(struct fst_s3 *q, const char *name, struct document *d)
{
    *d = (struct document){ 0 };
    fst_buf_init(&d->text, FST_TEXT_CEILING);
    return fst_db_run(q->s->db, take_document, d, &q->err, "SELECT document FROM setting WHERE bucket = ? AND name = ?", "tt", q->bucket,
                      fst_view_of(name));
}

static enum fst_status set(struct fst_s3 *q, const char *name, struct fst_view document)
{
    return fst_db_run(q->s->db, NULL, NULL, &q->err, "INSERT OR REPLACE INTO setting VALUES (?, ?, ?)", "ttt", q->bucket, fst_view_of(name), document);
}

/* ---- the operations */

void fst_serve_get_setting(struct fst_s3 *q)
{
    const struct setting *s = setting_of(q->x);
    struct document       d;

    if (find(q, s->argument, &d)) {
        fst_s3_failed(q);
    } else if (d.text.len) {
        fst_s3_begin(q->x);
        fst_buf_reset(&q->x->out);
        fst_buf_add_view(&q->x->out, fst_buf_view(&d.text));
    } else if (!d.found && s->otherwise) {
        fst_s3_begin(q->x);
        fst_buf_add_str(&q->x->out, s->otherwise);
    } else {
        fst_serve_s3_error(q->x, 404, s->code, s->message);
    }
    fst_buf_clear(&d.text);
}

static bool is_in_root(void *ctx, const char *path, struct fst_view text, bool closed)
{
    const char **root = ctx;
    size_t       n = strlen(*root);

    if (!strncmp(path, *root, n) && (!path[n] || path[n] == '/'))
        return true;
    *root = NULL;
    return false;
}

void fst_serve_put_setting(struct fst_s3 *q)
{
    const struct setting *s = setting_of(q->x);
    const char           *root = s->root;
    struct fst_buf        tags;

    fst_buf_init(&tags, FST_TEXT_CEILING);
    if (!fst_s3_check_body(q->x) || (s->are_tags && !fst_s3_read_tags(q->x, MOST_TAGS, &tags)))
        ; /* answered */
    else if (!fst_xml_walk(fst_buf_view(&q->x->body), is_in_root, &root) || !root || !fst_xml_is_whole(fst_buf_view(&q->x->body)))
        fst_s3_refuse(q->x, FST_S3_MALFORMED_XML);
    else if (set(q, s->argument, fst_buf_view(&q->x->body)))
        fst_s3_failed(q);
    else
        q->x->status = s->status;
    fst_buf_clear(&tags);
}

static enum fst_status unset(struct fst_s3 *q, const char *name)
{
    return fst_db_run(q->s->db, NULL, NULL, &q->err, "DELETE FROM setting WHERE bucket = ? AND name = ?", "tt", q->bucket, fst_view_of(name));
}

void fst_serve_delete_setting(struct fst_s3 *q)
{
    const struct setting *s = setting_of(q->x);

    if (s->resets ? unset(q, s->argument) : set(q, s->argument, (struct fst_view){ 0 }))
        fst_s3_failed(q);
    else
        q->x->status = 204;
}

/* ---- what comes of them */

static bool blocks(const struct document *d, const char *what)
{
    struct fst_buf text;
    char           path[128];
    bool           is;

    fst_buf_init(&text, sizeof path);
    snprintf(path, sizeof path, "PublicAccessBlockConfiguration/%s", what);
    is = d->text.len && fst_xml_find(fst_buf_view(&d->text), path, &text) && (fst_view_is(fst_buf_view(&text), "true") ||
                                                                             fst_view_is(fst_buf_view(&text), "TRUE"));
    fst_buf_clear(&text);
    return is;
}

bool fst_s3_has_no_acls(struct fst_s3 *q)
{
    struct document d;
    struct fst_buf  text;
    bool            has_none;

    fst_buf_init(&text, FST_TEXT_CEILING);
    has_none = !find(q, OWNERSHIP, &d) && d.text.len && fst_xml_find(fst_buf_view(&d.text), "OwnershipControls/Rule/ObjectOwnership", &text) &&
               fst_view_is(fst_buf_view(&text), ENFORCED);
    fst_buf_clear(&text);
    fst_buf_clear(&d.text);
    return has_none;
}

bool fst_s3_begin_settings(struct fst_s3 *q)
{
    static const char *const known[] = { ENFORCED, "BucketOwnerPreferred", "ObjectWriter" };
    struct fst_view          ownership = fst_exchange_header(q->x, "x-amz-object-ownership");
    struct fst_buf           text;
    enum fst_status          st;
    size_t                   i = 0;

    if (!ownership.n)
        return true;
    while (i < FST_COUNT(known) && !fst_view_is(ownership, known[i]))
        i++;
    if (i == FST_COUNT(known)) {
        fst_s3_refuse(q->x, FST_S3_INVALID_ARGUMENT);
        return false;
    }
    fst_buf_init(&text, FST_TEXT_CEILING);
    fst_buf_addf(&text, "<OwnershipControls" FST_S3_NAMESPACE "><Rule><ObjectOwnership>%s</ObjectOwnership></Rule></OwnershipControls>", known[i]);
    st = set(q, OWNERSHIP, fst_buf_view(&text));
    fst_buf_clear(&text);
    if (st)
        fst_s3_failed(q);
    return !st;
}

bool fst_s3_lift_block(struct fst_s3 *q)
{
    struct document d;
    bool            lifted = false;

    if (!find(q, BLOCK, &d) && !blocks(&d, "BlockPublicAcls"))
        lifted = d.found || !set(q, BLOCK, (struct fst_view){ 0 });
    fst_buf_clear(&d.text);
    return lifted;
}

bool fst_s3_ignores_acls(struct fst_s3 *q)
{
    struct document d;
    bool            ignores = find(q, BLOCK, &d) || blocks(&d, "IgnorePublicAcls") || blocks(&d, "RestrictPublicBuckets");

    fst_buf_clear(&d.text);
    return ignores;
}

void fst_s3_kept_of(struct fst_s3 *q, struct fst_buf *headers)
{
    static const char *const paths[] = { "ServerSideEncryptionConfiguration/Rule/ApplyServerSideEncryptionByDefault/SSEAlgorithm",
                                         "ServerSideEncryptionConfiguration/Rule/ApplyServerSideEncryptionByDefault/KMSMasterKeyID" };
    static const char *const names[] = { "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id" };
    struct document          d = { 0 };
    struct fst_buf           text;

    fst_s3_kept_headers(headers, q->x);
    if (fst_s3_header(fst_buf_view(headers), names[0]).n)
        return;
    fst_buf_init(&text, FST_TEXT_CEILING);
    if (!find(q, "encryption", &d) && d.text.len)
        for (size_t i = 0; i < FST_COUNT(paths); i++) {
            fst_buf_reset(&text);
            if (fst_xml_find(fst_buf_view(&d.text), paths[i], &text))
                fst_buf_addf(headers, "%s: %s\n", names[i], fst_buf_str(&text));
        }
    fst_buf_clear(&text);
    fst_buf_clear(&d.text);
}
