#include "aws/s3_storing.h"

#include <ctype.h>
#include <string.h>

#include "base/digest.h"
#include "json/tape.h"
#include "sign/sigv4.h"

enum { TAGS_MAX = 10, TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256, METADATA_MAX = 16, METADATA_BYTES = 2048, CONTEXT_MAX = 8192, TEXT_CEILING = 1 << 15 };

struct building {
    struct fst_s3_storing *out;
    struct fst_arena      *strings;
    struct fst_error      *err;
};

static enum fst_status add(struct building *b, const char *name, const char *value)
{
    const char *line = value ? fst_arena_printf(b->strings, "%s: %s", name, value) : NULL;

    if (!value)
        return FST_OK;
    if (!line)
        return fst_fail(b->err, FST_ENOMEM, "out of memory");
    b->out->headers[b->out->count++] = line;
    return FST_OK;
}

/* Fit for a header's value: printable ASCII. */
static bool is_plain(struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < ' ' || (unsigned char)v.p[i] > '~')
            return false;
    return true;
}

static enum fst_status add_plain(struct building *b, const char *name, const char *option, const char *value)
{
    if (value && (!*value || !is_plain(fst_view_of(value))))
        return fst_fail(b->err, FST_EUSAGE, "%s: printable ASCII alone", option);
    return add(b, name, value);
}

static bool split(const char *text, struct fst_view *key, struct fst_view *value)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text)
        return false;
    *key = fst_view_n(text, (size_t)(equals - text));
    *value = fst_view_of(equals + 1);
    return true;
}

/* As a query: "stage=test&team=genomics". */
static enum fst_status add_tags(struct building *b, const struct fst_storing *in)
{
    struct fst_buf  text;
    enum fst_status st = FST_OK;

    if (in->tag_count > TAGS_MAX)
        return fst_fail(b->err, FST_EUSAGE, "--tag: an object has at most %d tags", TAGS_MAX);
    fst_buf_init(&text, TEXT_CEILING);
    for (size_t i = 0; i < in->tag_count && !st; i++) {
        struct fst_view key, value;
        if (!split(in->tags[i], &key, &value) || key.n > TAG_KEY_MAX || value.n > TAG_VALUE_MAX) {
            st = fst_fail(b->err, FST_EUSAGE, "--tag '%s': KEY=VALUE, of at most %d and %d bytes", in->tags[i], TAG_KEY_MAX, TAG_VALUE_MAX);
            break;
        }
        if (i)
            fst_buf_add_char(&text, '&');
        fst_sign_encode(&text, key, false);
        fst_buf_add_char(&text, '=');
        fst_sign_encode(&text, value, false);
    }
    if (!st)
        st = fst_buf_check(&text, b->err);
    if (!st && in->tag_count)
        st = add(b, "x-amz-tagging", fst_buf_str(&text));
    fst_buf_clear(&text);
    return st;
}

static bool is_token(struct fst_view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!isalnum((unsigned char)v.p[i]) && !strchr("-_.", v.p[i]))
            return false;
    return v.n != 0;
}

static enum fst_status add_metadata(struct building *b, const struct fst_storing *in)
{
    size_t          bytes = 0;
    enum fst_status st = FST_OK;

    if (in->metadata_count > METADATA_MAX)
        return fst_fail(b->err, FST_EUSAGE, "--metadata: at most %d", METADATA_MAX);
    for (size_t i = 0; i < in->metadata_count && !st; i++) {
        struct fst_view key, value;
        char           *name;
        if (!split(in->metadata[i], &key, &value) || !is_token(key) || !is_plain(value))
            return fst_fail(b->err, FST_EUSAGE, "--metadata '%s': KEY=VALUE, the key of letters, digits, '-', '_' and '.', the value of printable ASCII",
                            in->metadata[i]);
        bytes += key.n + value.n;
        name = fst_arena_printf(b->strings, "x-amz-meta-%.*s", FST_VIEW_ARGS(key));
        if (!name)
            return fst_fail(b->err, FST_ENOMEM, "out of memory");
        for (char *p = name; *p; p++)
            *p = (char)tolower((unsigned char)*p);
        st = add(b, name, value.p);
    }
    return st || bytes <= METADATA_BYTES ? st : fst_fail(b->err, FST_EUSAGE, "--metadata: more than %d bytes in all", METADATA_BYTES);
}

static enum fst_status add_context(struct building *b, const char *json)
{
    struct fst_tape       t = { 0 };
    struct fst_json_opts  opts = { .parser = FST_JSON_YAJL };
    struct fst_json_error jerr;
    struct fst_buf        text;
    bool                  ok;
    enum fst_status       st;

    if (!json)
        return FST_OK;
    ok = strlen(json) <= CONTEXT_MAX && !fst_json_parse(&t, fst_view_of(json), &opts, &jerr) && fst_tape_kind(&t, 0) == FST_JSON_OBJECT;
    if (ok)
        FST_EACH_MEMBER(&t, 0, name)
            ok &= fst_tape_kind(&t, name + 1) == FST_JSON_STRING;
    fst_tape_clear(&t);
    if (!ok)
        return fst_fail(b->err, FST_EUSAGE, "--sse-kms-context: a JSON object of strings, of at most %d bytes", CONTEXT_MAX);
    fst_buf_init(&text, TEXT_CEILING);
    fst_base64(&text, json, strlen(json));
    st = fst_buf_check(&text, b->err);
    if (!st)
        st = add(b, "x-amz-server-side-encryption-context", fst_buf_str(&text));
    fst_buf_clear(&text);
    return st;
}

enum fst_status fst_s3_storing_build(struct fst_s3_storing *out, const struct fst_storing *in, struct fst_arena *strings, struct fst_error *err)
{
    struct building b = { out, strings, err };
    enum fst_status st;

    *out = (struct fst_s3_storing){ .count = 0 };
    if ((in->sse_kms_key_id || in->sse_kms_context) && (!in->sse || strncmp(in->sse, "aws:kms", 7) != 0))
        return fst_fail(err, FST_EUSAGE, "--sse-kms-key-id and --sse-kms-context go with --sse=aws:kms");
    st = add_plain(&b, "x-amz-server-side-encryption", "--sse", in->sse);
    if (!st)
        st = add_plain(&b, "x-amz-server-side-encryption-aws-kms-key-id", "--sse-kms-key-id", in->sse_kms_key_id);
    if (!st)
        st = add_context(&b, in->sse_kms_context);
    if (!st && in->storage_class && (!strcmp(in->storage_class, "GLACIER") || !strcmp(in->storage_class, "DEEP_ARCHIVE")))
        st = fst_fail(err, FST_EUSAGE, "--storage-class=%s: what is in an archive cannot be imported", in->storage_class);
    if (!st)
        st = add_plain(&b, "x-amz-storage-class", "--storage-class", in->storage_class);
    if (!st)
        st = add_tags(&b, in);
    return st ? st : add_metadata(&b, in);
}
