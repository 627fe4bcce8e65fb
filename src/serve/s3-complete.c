/* S3: CompleteMultipartUpload. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/grow.h"
#include "base/str.h"
#include "base/xml.h"
#include "serve/s3-upload.h"

enum { PART_LEAST = 5 << 20, VALUE_MAX = 64 };

struct part {
    uint64_t number, size;
    char     file[FST_HEX_ID], etag[FST_ETAG_MAX], sum[VALUE_MAX];
};

struct completion {
    struct fst_s3              *q;
    const struct fst_s3_upload *upload;
    struct part                *parts; /* as the request lists them */
    size_t                      count, cap;
    struct part                 next;
    uint64_t                    size;
    char                        etag[FST_ETAG_MAX];
    struct fst_buf              sum;   /* of the object */
    struct fst_buf              lines; /* of its parts */
    bool                        incomplete; /* a part is listed without its number or its ETag */
    bool                        lost;       /* a part is not there (any more): another request may have completed it */
};

/* ---- what the request lists */

static bool list_element(void *ctx, const char *path, struct fst_view text, bool closed)
{
    static const char  part[] = "CompleteMultipartUpload/Part/";
    struct completion *c = ctx;
    const char        *name = path + sizeof part - 1;

    if (!closed && !strncmp(path, part, sizeof part - 1)) {
        if (!strcmp(name, "PartNumber") && !fst_parse_u64(&c->next.number, text))
            c->next.number = 0;
        else if (!strcmp(name, "ETag"))
            snprintf(c->next.etag, sizeof c->next.etag, "%.*s", FST_VIEW_ARGS(text));
        else if (!strcmp(name, fst_sum_kinds[c->upload->sum].element))
            snprintf(c->next.sum, sizeof c->next.sum, "%.*s", FST_VIEW_ARGS(text));
    }
    if (!closed || strcmp(path, "CompleteMultipartUpload/Part") != 0)
        return true;
    if (!fst_grow(&c->parts, c->count, &c->cap, sizeof *c->parts))
        return false;
    c->incomplete |= !c->next.number || !c->next.etag[0];
    c->parts[c->count++] = c->next;
    c->next = (struct part){ 0 };
    return true;
}

static enum fst_status take_part(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    struct part *p = ctx;
    snprintf(p->file, sizeof p->file, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 0)));
    snprintf(p->etag, sizeof p->etag, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 1)));
    snprintf(p->sum, sizeof p->sum, "%.*s", FST_VIEW_ARGS(fst_row_text(row, 2)));
    p->size = (uint64_t)fst_row_int(row, 3);
    return FST_OK;
}

/* Is it the part that was sent? What is stored of it is filled in. */
static bool check_part(struct completion *c, struct part *p)
{
    struct part stored = { .number = p->number };

    return !fst_db_run(c->q->s->db, take_part, &stored, &c->q->err, "SELECT file, etag, sum, size FROM part WHERE upload = ? AND number = ?", "ti",
                       fst_buf_view(&c->upload->id), (int64_t)p->number) &&
           stored.file[0] && fst_s3_same_etag(fst_view_of(stored.etag), fst_view_of(p->etag)) &&
           (!p->sum[0] || !strcmp(p->sum, stored.sum)) && (*p = stored, true);
}

static bool check_parts(struct completion *c)
{
    struct fst_exchange *x = c->q->x;

    for (size_t i = 0; i < c->count; i++) {
        struct part *p = &c->parts[i];
        if (i && p->number <= p[-1].number) {
            fst_serve_s3_error(x, 400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.");
            return false;
        }
        if (!check_part(c, p)) {
            c->lost = true;
            fst_s3_refuse(x, FST_S3_INVALID_PART);
            return false;
        }
        if (i && p[-1].size < PART_LEAST) {
            fst_serve_s3_error(x, 400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
            return false;
        }
        c->size += p->size;
    }
    return true;
}

/* ---- the whole: its ETag, its checksum, its bytes */

/* MD5 of the parts' MD5s; of KMS's, which have none, of what stands for them. */
static bool make_etag(struct completion *c)
{
    struct fst_sums etags;
    char            hex[2 * FST_MD5_BYTES + 1];

    if (fst_sums_init(&etags, 1u << FST_SUM_MD5))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        uint8_t md5[FST_MD5_BYTES];
        for (size_t at = 0; at < sizeof md5; at++) {
            unsigned byte = 0;
            sscanf(c->parts[i].etag + 1 + 2 * at, "%2x", &byte);
            md5[at] = (uint8_t)byte;
        }
        fst_sums_add(&etags, md5, sizeof md5);
    }
    fst_sums_finish(&etags);
    fst_hex(etags.values[FST_SUM_MD5], FST_MD5_BYTES, hex);
    snprintf(c->etag, sizeof c->etag, "\"%s-%zu\"", hex, c->count);
    return true;
}

static uint64_t number_of(const uint8_t *bytes, size_t n)
{
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* Of all bytes, from those of the parts. */
static bool combine_sums(const struct completion *c, struct fst_sums *all)
{
    static const enum fst_crc_kind kinds[] = { [FST_SUM_CRC32] = FST_CRC32, [FST_SUM_CRC32C] = FST_CRC32C, [FST_SUM_CRC64NVME] = FST_CRC64NVME };
    enum fst_sum                   sum = c->upload->sum;
    uint8_t                        value[FST_SUM_MAX];

    for (size_t i = 0; i < c->count; i++) {
        if (!fst_sum_decode(sum, fst_view_of(c->parts[i].sum), value))
            return false;
        all->crcs[sum] = fst_crc_combine(kinds[sum], all->crcs[sum], number_of(value, fst_sum_kinds[sum].bytes), c->parts[i].size);
    }
    return true;
}

/* Of the parts' checksums, with how many. */
static bool compose_sums(const struct completion *c, struct fst_sums *all)
{
    uint8_t value[FST_SUM_MAX];

    for (size_t i = 0; i < c->count; i++) {
        if (!fst_sum_decode(c->upload->sum, fst_view_of(c->parts[i].sum), value))
            return false;
        fst_sums_add(all, value, fst_sum_kinds[c->upload->sum].bytes);
    }
    return true;
}

static bool make_sum(struct completion *c)
{
    struct fst_sums all;
    bool            ok;

    if (fst_sums_init(&all, 1u << c->upload->sum))
        return false;
    ok = c->upload->is_whole ? combine_sums(c, &all) : compose_sums(c, &all);
    fst_sums_finish(&all);
    fst_sums_text(&all, c->upload->sum, &c->sum);
    if (!c->upload->is_whole)
        fst_buf_addf(&c->sum, "-%zu", c->count);
    return ok;
}

static void make_lines(struct completion *c)
{
    for (size_t i = 0; i < c->count; i++)
        fst_buf_addf(&c->lines, "%llu %llu %s\n", (unsigned long long)c->parts[i].number, (unsigned long long)c->parts[i].size,
                     c->upload->is_named ? c->parts[i].sum : "");
}

/* All parts one after another, as a new file. */
static enum fst_status join_parts(struct completion *c, struct fst_s3_stored *stored)
{
    struct fst_error *err = &c->q->err;
    int               out;
    enum fst_status   st = fst_s3_create_file(c->q->s, stored, &out, err);

    for (size_t i = 0; i < c->count && !st; i++)
        st = fst_s3_copy_bytes(c->q->s, out, fst_view_of(c->parts[i].file), 0, c->parts[i].size, NULL, err);
    if (out >= 0 && close(out) && !st)
        st = fst_fail_errno(err, "an object's file");
    if (st && out >= 0)
        fst_s3_forget(c->q->s, fst_view_of(stored->file));
    stored->size = c->size;
    return st;
}

/* ---- */

/* Does the request say what it should be, and is it that? */
static bool check_claims(const struct completion *c)
{
    static const char *const modes[] = { "COMPOSITE", "FULL_OBJECT" };
    struct fst_exchange     *x = c->q->x;
    struct fst_view          sum = fst_exchange_header(x, fst_sum_kinds[c->upload->sum].header), size = fst_exchange_header(x, "x-amz-mp-object-size");
    struct fst_view          type = fst_exchange_header(x, "x-amz-checksum-type");
    const char              *code = "InvalidRequest", *mode = modes[c->upload->is_whole];
    char                     message[160] = "";
    uint64_t                 n;

    if (type.n && !fst_view_is(type, modes[0]) && !fst_view_is(type, modes[1]))
        snprintf(message, sizeof message, "Value for x-amz-checksum-type header is invalid.");
    else if (type.n && c->upload->is_named && !fst_view_is(type, mode))
        snprintf(message, sizeof message, "The upload was created using the %s checksum mode. The complete request must use the same checksum mode.", mode);
    else if (size.n && (!fst_parse_u64(&n, size) || n != c->size))
        snprintf(message, sizeof message, "The provided 'x-amz-mp-object-size' header does not match what was computed.");
    else if (sum.n && !fst_view_equal(sum, fst_buf_view(&c->sum))) {
        code = "BadDigest";
        snprintf(message, sizeof message, "The %s you specified did not match the calculated checksum.", fst_sum_kinds[c->upload->sum].name);
    }
    if (message[0])
        fst_serve_s3_error(x, 400, code, message);
    return !message[0];
}

static void answer(struct completion *c)
{
    struct fst_s3  *q = c->q;
    struct fst_buf *out = &q->x->out;

    fst_s3_echo(q->x, fst_buf_view(&c->upload->headers), "x-amz-server-side-");
    fst_s3_begin(q->x);
    fst_buf_add_str(out, "<CompleteMultipartUploadResult" FST_S3_NAMESPACE ">");
    fst_buf_addf(out, "<Location>%s/%.*s/", q->s->endpoint, FST_VIEW_ARGS(q->bucket));
    fst_xml_add_text(out, q->key);
    fst_buf_add_str(out, "</Location>");
    fst_xml_add(out, "Bucket", q->bucket);
    fst_xml_add(out, "Key", q->key);
    fst_xml_add(out, "ETag", fst_view_of(c->etag));
    fst_xml_add(out, fst_sum_kinds[c->upload->sum].element, fst_buf_view(&c->sum));
    fst_xml_add(out, "ChecksumType", fst_view_of(c->upload->is_whole ? "FULL_OBJECT" : "COMPOSITE"));
    fst_buf_add_str(out, "</CompleteMultipartUploadResult>");
}

/* The answer is kept for who asks again, since the first may have got lost; the parts are not needed any more. */
static enum fst_status close_upload(struct completion *c)
{
    struct fst_s3  *q = c->q;
    enum fst_status st = fst_db_run(q->s->db, NULL, NULL, &q->err, "UPDATE upload SET answer = ? WHERE id = ?", "tt", fst_buf_view(&q->x->out),
                                    fst_buf_view(&c->upload->id));
    return st ? st : fst_s3_forget_parts(q->s, fst_buf_view(&c->upload->id), &q->err);
}

static void complete(struct completion *c)
{
    struct fst_s3       *q = c->q;
    struct fst_s3_stored stored;
    struct fst_buf       headers;

    if (!make_etag(c) || !make_sum(c)) {
        fst_s3_failed(q);
        return;
    }
    if (!check_claims(c))
        return;
    make_lines(c);
    fst_buf_init(&headers, FST_TEXT_CEILING);
    fst_buf_add_view(&headers, fst_buf_view(&c->upload->headers));
    fst_buf_addf(&headers, "%s: %s\nx-amz-checksum-type: %s\n", fst_sum_kinds[c->upload->sum].header, fst_buf_str(&c->sum),
                 c->upload->is_whole ? "FULL_OBJECT" : "COMPOSITE");
    if (join_parts(c, &stored)) {
        c->lost = true;
        fst_s3_failed(q);
    } else if (fst_s3_place_if(q, &stored, fst_view_of(c->etag), fst_buf_view(&headers), fst_buf_view(&c->lines))) {
        answer(c);
        if (close_upload(c))
            fst_s3_failed(q);
    }
    fst_buf_clear(&headers);
}

/* False: it failed in a way that one meets who is second. */
static bool read_and_complete(struct fst_s3 *q, const struct fst_s3_upload *u)
{
    struct completion c = { .q = q, .upload = u };

    fst_buf_init(&c.sum, FST_TEXT_CEILING);
    fst_buf_init(&c.lines, FST_TEXT_CEILING);
    if (!fst_xml_walk(fst_buf_view(&q->x->body), list_element, &c) || c.incomplete || !c.count)
        fst_s3_refuse(q->x, FST_S3_MALFORMED_XML);
    else if (check_parts(&c))
        complete(&c);
    free(c.parts);
    fst_buf_clear(&c.lines);
    fst_buf_clear(&c.sum);
    return !c.lost;
}

static void repeat_answer(struct fst_s3 *q, const struct fst_s3_upload *u)
{
    q->x->status = 200;
    if (!q->x->out.len) /* else an error began it */
        fst_s3_begin(q->x);
    fst_buf_reset(&q->x->out);
    fst_buf_add_view(&q->x->out, fst_buf_view(&u->answer));
}

void fst_serve_complete_upload(struct fst_s3 *q)
{
    struct fst_s3_upload u, again;

    if (fst_s3_find_upload(q, &u)) {
        if (u.answer.len) {
            repeat_answer(q, &u);
        } else if (!read_and_complete(q, &u)) {
            if (fst_s3_find_upload(q, &again) && again.answer.len)
                repeat_answer(q, &again);
            fst_s3_upload_clear(&again);
        }
    }
    fst_s3_upload_clear(&u);
}
