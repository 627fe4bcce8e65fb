#include "aws/s3_wire.h"

#include <ctype.h>
#include <stdio.h>

#include "base/digest.h"

void fst_s3_add_header(struct fst_s3_headers *h, const char *name, const char *value)
{
    if (!value)
        return;
    snprintf(h->text[h->count], FST_S3_HEADER_MAX, "%s: %s", name, value);
    h->items[h->count] = h->text[h->count];
    h->count++;
}

void fst_s3_crc_text(char out[FST_S3_CRC], uint32_t crc)
{
    uint8_t        bytes[4] = { (uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc };
    struct fst_buf text;

    fst_buf_init(&text, FST_S3_CRC);
    fst_base64(&text, bytes, sizeof bytes);
    snprintf(out, FST_S3_CRC, "%s", fst_buf_str(&text));
    fst_buf_clear(&text);
}

void fst_s3_add_sse(struct fst_s3_headers *h, const struct fst_s3_sse *sse)
{
    fst_s3_add_header(h, "x-amz-server-side-encryption", sse->algorithm);
    fst_s3_add_header(h, "x-amz-server-side-encryption-aws-kms-key-id", sse->kms_key_id);
}

struct fst_aws_request fst_s3_put_request(const struct fst_s3_put *p, const char *operation)
{
    return (struct fst_aws_request){ .operation = operation, .method = "PUT", .bucket = p->bucket, .key = p->key, .body = p->body,
                                     .body_fd = p->body_fd, .body_offset = p->body_offset, .body_size = p->body_size,
                                     .sent = p->sent, .payload_sha256 = p->payload_sha256 };
}

bool fst_s3_parse_crc(uint32_t *crc, struct fst_view text)
{
    struct fst_buf bytes;
    bool           ok;

    fst_buf_init(&bytes, 16);
    ok = text.n == 8 && fst_base64_decode(&bytes, text) && bytes.len == 4;
    *crc = 0;
    for (int i = 0; i < 4 && ok; i++)
        *crc = *crc << 8 | (uint8_t)bytes.p[i];
    fst_buf_clear(&bytes);
    return ok;
}

void fst_s3_set_etag(char out[FST_ETAG_MAX], struct fst_view etag)
{
    out[0] = '\0';
    if (etag.n >= 2 && etag.p[0] == '"' && etag.p[etag.n - 1] == '"')
        etag = fst_view_n(etag.p + 1, etag.n - 2);
    if (!etag.n || etag.n >= FST_ETAG_MAX)
        return;
    for (size_t i = 0; i < etag.n; i++)
        if (!isalnum((unsigned char)etag.p[i]) && !strchr("-_.+/=:", etag.p[i]))
            return;
    memcpy(out, etag.p, etag.n);
    out[etag.n] = '\0';
}
