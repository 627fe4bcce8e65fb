/* serve/s3.h — what the parts of the S3 side share. Threads: thread-safe. May use: all that serve may. */
#ifndef FST_SERVE_S3_H
#define FST_SERVE_S3_H

#include "serve/service.h"

#define FST_S3_NAMESPACE " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

enum { FST_S3_KEY_MAX = 1024, FST_ETAG_MAX = 80, FST_S3_TIME_ISO = 32, FST_S3_TIME_HTTP = 40 };

/* Are earlier versions of a bucket's objects kept? Suspended: new ones are called null, those that are there stay. */
enum fst_s3_versioning { FST_S3_UNVERSIONED, FST_S3_VERSIONED, FST_S3_SUSPENDED };
#define FST_S3_NULL_VERSION "null"

/* One request. */
struct fst_s3 {
    struct fst_serve    *s;
    struct fst_exchange *x;
    struct fst_buf       texts[2];
    struct fst_view      bucket, key; /* decoded; the key empty for a bucket, both for the service */
    char                 owner[32];   /* of the bucket: an account */
    char                 acl[32];     /* the bucket's: "private", … */
    enum fst_s3_versioning versioning; /* the bucket's */
    struct fst_error     err;
};

/* ---- s3.c: answers */

void fst_xml_add(struct fst_buf *out, const char *element, struct fst_view text); /* <element>text</element> */
void fst_s3_begin(struct fst_exchange *x); /* the answer is XML */
void fst_s3_time_iso(char out[FST_S3_TIME_ISO], int64_t ms);
void fst_s3_time_http(char out[FST_S3_TIME_HTTP], int64_t ms);
/* "Wed, 21 Oct 2015 07:28:00 GMT", or RFC 3339. */
bool fst_s3_parse_time(int64_t *ms, struct fst_view v);
/* 500, with the reason in the server's own words. */
void fst_s3_failed(struct fst_s3 *q);
/* Errors that more than one part answers with. */
enum fst_s3_error {
    FST_S3_BAD_DIGEST, FST_S3_INVALID_DIGEST, FST_S3_MALFORMED_XML, FST_S3_NO_SUCH_BUCKET, FST_S3_NO_SUCH_KEY, FST_S3_NO_SUCH_UPLOAD,
    FST_S3_NO_SUCH_VERSION, FST_S3_PRECONDITION, FST_S3_INVALID_RANGE, FST_S3_INVALID_PART, FST_S3_NOT_IMPLEMENTED, FST_S3_DENIED,
    FST_S3_INVALID_ARGUMENT, FST_S3_KEY_TOO_LONG, FST_S3_INTERNAL
};
void fst_s3_refuse(struct fst_exchange *x, enum fst_s3_error error);
void fst_s3_add_error(struct fst_buf *out, enum fst_s3_error error); /* <Code>, <Message> */
/* A number in the query, `otherwise` when it is not there; false when it is none: that is answered. */
bool fst_s3_number(struct fst_s3 *q, const char *argument, uint64_t otherwise, uint64_t *n);
/* Is the bucket's owner the one whom that header expects? Also when it is not there. */
bool fst_s3_is_owner(const struct fst_exchange *x, const char *header, struct fst_view owner);
/* <Owner>, <Initiator>: an account as S3 writes it. */
void fst_s3_add_account(struct fst_buf *out, const struct fst_serve *s, const char *element, struct fst_view account);

enum fst_s3_versioning fst_s3_versioning_of(struct fst_view status); /* "Enabled", "Suspended", or anything else */

/* ---- s3-meta.c: what stays with an object, as lines "name: value\n", names in lower case */

void fst_s3_kept_headers(struct fst_buf *out, const struct fst_exchange *x);
struct fst_view fst_s3_header(struct fst_view lines, const char *name); /* its value; empty when there is none */
/* The lines with that one in place of what it was; an empty value leaves it out. */
void fst_s3_replace_line(struct fst_buf *out, struct fst_view lines, const char *name, struct fst_view value);
void fst_s3_echo(struct fst_exchange *x, struct fst_view lines, const char *prefix); /* those that begin so, into the answer */
/* Is the user's metadata within S3's 2 KB? Else that is answered. */
bool fst_s3_check_metadata(struct fst_exchange *x);
/* The checksum that the request names for its body; FST_SUMS when it names none. */
enum fst_sum fst_s3_named_sum(const struct fst_exchange *x);
/* What the body must be summed for. */
unsigned fst_s3_sums_of(const struct fst_exchange *x);
/* Hold the body against the checksums that came with it; false when an error was answered. */
bool fst_s3_check_body(struct fst_exchange *x);

/* ---- s3-condition.c */

enum fst_s3_verdict { FST_S3_GOES_ON, FST_S3_NOT_MODIFIED, FST_S3_FAILS, FST_S3_IS_GONE /* If-Match, and nothing there */ };
/* What a condition is about: an object that is there, or is not. */
struct fst_s3_state {
    bool            exists;
    struct fst_view etag;
    int64_t         modified;
    uint64_t        size;
};
bool fst_s3_same_etag(struct fst_view a, struct fst_view b); /* with quotes or without */
/* Of GET and HEAD. */
enum fst_s3_verdict fst_s3_read_condition(const struct fst_exchange *x, const struct fst_s3_state *o);
/* Of the source of a copy. */
enum fst_s3_verdict fst_s3_source_condition(const struct fst_exchange *x, const struct fst_s3_state *o);
/* Of PUT, of completing an upload, of a copy's target. */
enum fst_s3_verdict fst_s3_write_condition(const struct fst_exchange *x, const struct fst_s3_state *o);
/* Of deleting: empty views for what is not asked. Nothing there is no failure. */
struct fst_s3_delete_condition {
    struct fst_view etag, size, modified;
};
bool fst_s3_has_condition(const struct fst_s3_delete_condition *c);
enum fst_s3_verdict fst_s3_delete_condition(const struct fst_s3_delete_condition *c, const struct fst_s3_state *o);
/* Answers what is not FST_S3_GOES_ON; true when it did. */
bool fst_s3_answer_condition(struct fst_exchange *x, enum fst_s3_verdict v);

/* ---- s3-file.c: bytes, each lot under a random file name */

struct fst_s3_stored {
    char     file[FST_HEX_ID];
    uint64_t size;
};
/* Take over the request's body. */
FST_MUST_USE enum fst_status fst_s3_store_body(struct fst_serve *s, struct fst_exchange *x, struct fst_s3_stored *stored, struct fst_error *err);
/* An empty new file, 0600, open for writing. */
FST_MUST_USE enum fst_status fst_s3_create_file(struct fst_serve *s, struct fst_s3_stored *stored, int *fd, struct fst_error *err);
void fst_s3_forget(struct fst_serve *s, struct fst_view file); /* unlink; nothing when the name is empty */
/* Copy bytes of a file to the end of another, summing them when `sums` is given. */
FST_MUST_USE enum fst_status fst_s3_copy_bytes(struct fst_serve *s, int to, struct fst_view file, uint64_t from, uint64_t n,
                                               struct fst_sums *sums, struct fst_error *err);

/* ---- s3-row.c: objects and their versions */

struct fst_s3_found { /* cleared by _clear also when nothing was found */
    bool           found, is_marker; /* a delete marker: nothing is there */
    struct fst_buf file, etag, headers, parts;
    char           version[FST_HEX_ID];
    int64_t        seq; /* 0 when nothing was found */
    uint64_t       size;
    int64_t        modified;
};
/* That version; with an empty one the newest, which may be a delete marker. */
FST_MUST_USE enum fst_status fst_s3_find(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_view version,
                                         struct fst_s3_found *f, struct fst_error *err);
void fst_s3_found_clear(struct fst_s3_found *f);
bool fst_s3_is_there(const struct fst_s3_found *f); /* found, and no marker */
struct fst_s3_state fst_s3_state_of(const struct fst_s3_found *f); /* borrows */

/* Of one that was found; false when that failed, and is answered. */
bool fst_s3_set_headers(struct fst_s3 *q, const struct fst_s3_found *f, struct fst_view headers);

/* Put the object into its place; the file of what it replaces is removed. `headers` are lines "name: value\n". */
FST_MUST_USE enum fst_status fst_s3_place(struct fst_serve *s, struct fst_view bucket, struct fst_view key, const struct fst_s3_stored *stored,
                                          struct fst_view etag, struct fst_view headers, struct fst_error *err);
/* The same as the request's conditions allow, or answers why not, and then forgets the file. `parts`: lines "NUMBER SIZE
 * CHECKSUM\n", of a multipart upload. */
bool fst_s3_place_if(struct fst_s3 *q, const struct fst_s3_stored *stored, struct fst_view etag, struct fst_view headers, struct fst_view parts);

struct fst_s3_deletion {
    struct fst_view                version; /* empty: what the key stands for */
    struct fst_s3_delete_condition only_if;
    enum fst_s3_verdict            verdict; /* the outcome */
    bool                           is_marker;      /* a marker was made, or the version was one */
    char                           id[FST_HEX_ID]; /* the version that was made or deleted; empty: none */
};
/* Nothing there is no failure. */
FST_MUST_USE enum fst_status fst_s3_delete_if(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_s3_deletion *d,
                                           struct fst_error *err);
/* Of no condition, and the outcome doesn't matter. */
FST_MUST_USE enum fst_status fst_s3_remove(struct fst_serve *s, struct fst_view bucket, struct fst_view key, struct fst_error *err);

/* ---- s3-object.c */

/* The ETag of a body that was summed: its MD5, or as with KMS none. */
void fst_s3_body_etag(struct fst_serve *s, const struct fst_exchange *x, char etag[FST_ETAG_MAX]);

/* ---- s3-list.c */

/* The key up to the delimiter behind the prefix, which it begins with; empty when there is none. */
struct fst_view fst_s3_common_prefix(struct fst_view key, size_t prefix_bytes, struct fst_view delimiter);

/* ---- s3-acl.c: canned ACLs */

/* The one that the request names, "private" when it names none; false when it is not known: that is answered. */
bool fst_s3_asked_acl(struct fst_exchange *x, struct fst_view *acl);
enum fst_s3_deed { FST_S3_READING, FST_S3_WRITING };
/* Does it let the caller, who is not the owner? */
bool fst_s3_acl_lets(const struct fst_exchange *x, struct fst_view acl, enum fst_s3_deed deed);
/* Does an object's own let the caller read it? Where there is none, who may list the bucket is told so. */
bool fst_s3_object_lets(struct fst_s3 *q, struct fst_view bucket, struct fst_view key, struct fst_view bucket_acl);
/* May it be put here? A public one lifts a block of public access that nobody asked for; else that is answered. */
bool fst_s3_may_make(struct fst_s3 *q, struct fst_view acl);

/* ---- s3-settings.c */

bool fst_s3_has_no_acls(struct fst_s3 *q);  /* does all belong to the bucket's owner, and to nobody else? */
bool fst_s3_lift_block(struct fst_s3 *q);   /* false when public ACLs are blocked */
bool fst_s3_ignores_acls(struct fst_s3 *q); /* are public ones as good as none? */
/* Of a bucket that is made, the ownership that the request names; false when that failed, and is answered. */
bool fst_s3_begin_settings(struct fst_s3 *q);
/* The request's headers that stay with an object, and what the bucket adds to them. */
void fst_s3_kept_of(struct fst_s3 *q, struct fst_buf *headers);

/* ---- s3-tags.c */

/* The body's, as "a=1&b=2", `most` at most; false when an error was answered. */
bool fst_s3_read_tags(struct fst_exchange *x, size_t most, struct fst_buf *tags);

/* ---- s3-copy.c: the object that x-amz-copy-source names, and may be read; false when an error was answered */

struct fst_s3_source {
    struct fst_buf      bucket, key, version;
    struct fst_s3_found found;
};
bool fst_s3_open_source(struct fst_s3 *q, struct fst_s3_source *source);
void fst_s3_source_clear(struct fst_s3_source *source);

/* ---- s3-read.c */

/* The object or the version that the request names; else it is answered why not. `f` is to be cleared in any case. */
bool fst_s3_find_asked(struct fst_s3 *q, struct fst_s3_found *f);

enum fst_s3_range { FST_S3_RANGE_NONE, FST_S3_RANGE_SOME, FST_S3_RANGE_BEYOND };
enum fst_s3_range fst_s3_parse_range(struct fst_view v, uint64_t size, uint64_t *from, uint64_t *n);
/* One of an object's parts: its number in the line; false at the end. */
struct fst_s3_part {
    uint64_t        number, size;
    struct fst_view sum;
};
bool fst_s3_next_part(struct fst_view *lines, struct fst_s3_part *part);

/* ---- the operations */

typedef void fst_s3_operation_fn(struct fst_s3 *q);
fst_s3_operation_fn fst_serve_list_buckets, fst_serve_create_bucket, fst_serve_head_bucket, fst_serve_delete_bucket, fst_serve_get_location,
    fst_serve_get_acl, fst_serve_put_acl, fst_serve_get_setting, fst_serve_put_setting, fst_serve_delete_setting, fst_serve_get_versioning, fst_serve_put_versioning, fst_serve_list_objects, fst_serve_list_versions, fst_serve_put_object,
    fst_serve_get_object, fst_serve_get_attributes, fst_serve_delete_object, fst_serve_delete_objects, fst_serve_copy_object, fst_serve_create_upload,
    fst_serve_put_part, fst_serve_copy_part, fst_serve_complete_upload, fst_serve_abort_upload, fst_serve_list_parts, fst_serve_list_uploads,
    fst_serve_get_tags, fst_serve_put_tags, fst_serve_delete_tags;

/* The algorithm of an upload's checksums, for the plan of a part; FST_SUMS when it is not known. `encrypted`: by KMS. */
enum fst_sum fst_s3_upload_sum(struct fst_serve *s, struct fst_view id, bool *encrypted);
/* All that are under way in a bucket, and their parts. */
FST_MUST_USE enum fst_status fst_s3_forget_uploads(struct fst_serve *s, struct fst_view bucket, struct fst_error *err);

#endif
