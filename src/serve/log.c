#include "serve/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"

enum { BUFFER = 256 * 1024 };

void fst_log_init(struct fst_log *l, struct fst_serve *s)
{
    *l = (struct fst_log){ .s = s, .fd = -1 };
    fst_buf_init(&l->bucket, FST_TEXT_CEILING);
    fst_buf_init(&l->key, FST_TEXT_CEILING);
    fst_buf_init(&l->path, FST_TEXT_CEILING);
    fst_buf_init(&l->text, (size_t)1 << 30);
}

static void forget(struct fst_log *l)
{
    if (l->fd < 0)
        return;
    close(l->fd);
    unlink(l->path.p);
    l->fd = -1;
}

void fst_log_clear(struct fst_log *l)
{
    forget(l);
    fst_buf_clear(&l->bucket);
    fst_buf_clear(&l->key);
    fst_buf_clear(&l->path);
    fst_buf_clear(&l->text);
}

void fst_log_begin(struct fst_log *l, struct fst_view bucket, struct fst_view key)
{
    forget(l);
    fst_buf_reset(&l->bucket);
    fst_buf_add_view(&l->bucket, bucket);
    fst_buf_reset(&l->key);
    fst_buf_add_view(&l->key, key);
    fst_buf_reset(&l->text);
    l->size = 0;
    fst_serve_id(l->s, l->file);
}

static enum fst_status put(struct fst_log *l, struct fst_view bytes, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    if (l->fd < 0) {
        fst_serve_object_path(l->s, &l->path, fst_view_of(l->file));
        st = fst_file_mkdirs_for(l->path.p, err);
        if (!st) {
            l->fd = open(l->path.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
            st = l->fd < 0 ? fst_fail_errno(err, "%s", l->path.p) : FST_OK;
        }
    }
    if (!st)
        st = fst_file_write_all(l->fd, bytes.p, bytes.n, l->path.p, err);
    l->size += bytes.n;
    return st;
}

static enum fst_status flush(struct fst_log *l, struct fst_error *err)
{
    enum fst_status st = fst_buf_check(&l->text, err);

    if (!st)
        st = put(l, fst_buf_view(&l->text), err);
    fst_buf_reset(&l->text);
    return st;
}

enum fst_status fst_log_write(struct fst_log *l, struct fst_view bytes, struct fst_error *err)
{
    enum fst_status st = l->text.len ? flush(l, err) : FST_OK;
    return st || !bytes.n ? st : put(l, bytes, err);
}

enum fst_status fst_log_added(struct fst_log *l, struct fst_error *err)
{
    return l->text.len < BUFFER ? FST_OK : flush(l, err);
}

enum fst_status fst_log_finish(struct fst_log *l, struct fst_error *err)
{
    struct fst_s3_stored stored;
    char                 etag[FST_HEX_ID + 8];
    enum fst_status      st = l->text.len ? flush(l, err) : FST_OK;

    if (st || l->fd < 0)
        return st;
    if (close(l->fd))
        st = fst_fail_errno(err, "%s", l->path.p);
    l->fd = -1;
    memcpy(stored.file, l->file, sizeof stored.file);
    stored.size = l->size;
    snprintf(etag, sizeof etag, "\"%s-1\"", l->file); /* as of a multipart upload: no MD5 of the whole */
    return st ? st : fst_s3_place(l->s, fst_buf_view(&l->bucket), fst_buf_view(&l->key), &stored, fst_view_of(etag),
                                  (struct fst_view)FST_VIEW("content-type: application/x-ndjson\n"), err);
}
