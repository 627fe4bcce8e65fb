#include "prepare/part.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/crc.h"

enum { PATH_CEILING = 64 * 1024 };

void fst_part_init(struct fst_part *p, size_t buffer_bytes, size_t max_bytes)
{
    *p = (struct fst_part){ .buffer_bytes = buffer_bytes };
    fst_buf_init(&p->buf, max_bytes);
    fst_buf_init(&p->temp, PATH_CEILING);
    fst_buf_init(&p->final, PATH_CEILING);
}

static void forget_file(struct fst_part *p)
{
    if (p->created && p->sink)
        p->sink->drop(p->file);
    else if (p->created)
        unlink(p->temp.p);
    p->created = false;
    p->bytes = 0;
    p->crc32 = 0;
    fst_buf_reset(&p->temp);
    fst_buf_reset(&p->final);
}

void fst_part_clear(struct fst_part *p)
{
    forget_file(p);
    fst_buf_clear(&p->buf);
    fst_buf_clear(&p->temp);
    fst_buf_clear(&p->final);
}

enum fst_status fst_part_begin(struct fst_part *p, const char *dir, const char *key, bool summed, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    forget_file(p);
    p->summed = summed;
    if (!dir)
        return FST_OK;
    if (p->sink) {
        fst_buf_add_str(&p->final, key);
        return fst_buf_check(&p->final, err);
    }
    fst_buf_addf(&p->temp, "%s/" FST_PARTIAL_DIR "/", dir);
    for (const char *c = key; *c; c++)
        fst_buf_add_char(&p->temp, (char)(*c == '/' ? '+' : *c));
    fst_path_join(&p->final, dir, key);
    st = fst_buf_check(&p->temp, err);
    return st ? st : fst_buf_check(&p->final, err);
}

static enum fst_status append_to_sink(struct fst_part *p, size_t n, struct fst_error *err)
{
    enum fst_status st = p->created ? FST_OK : p->sink->begin(p->sink->ctx, fst_buf_str(&p->final), &p->file, err);

    p->created |= !st;
    return st ? st : p->sink->write(p->file, p->buf.p, n, err);
}

static enum fst_status append(struct fst_part *p, size_t n, struct fst_error *err)
{
    int             fd = open(p->temp.p, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (p->created ? 0 : O_TRUNC), 0600);
    enum fst_status st;

    if (fd < 0)
        return fst_fail_errno(err, "%s", p->temp.p);
    p->created = true;
    st = fst_file_write_all(fd, p->buf.p, n, p->final.p, err);
    if (close(fd) && !st)
        st = fst_fail_errno(err, "%s", p->final.p);
    return st;
}

enum fst_status fst_part_flush(struct fst_part *p, size_t n, struct fst_error *err)
{
    enum fst_status st = fst_buf_check(&p->buf, err);

    if (st || !n)
        return st;
    if (p->final.len)
        st = p->sink ? append_to_sink(p, n, err) : append(p, n, err);
    if (p->summed)
        p->crc32 = fst_crc32(p->crc32, p->buf.p, n);
    p->bytes += n;
    fst_buf_consume(&p->buf, n);
    if (!p->buf.len && p->buf.cap > p->buffer_bytes * 4) { /* a giant passed: give its room back */
        struct fst_buf fresh;
        fst_buf_init(&fresh, p->buf.max);
        fst_buf_clear(&p->buf);
        p->buf = fresh;
    }
    return st;
}

enum fst_status fst_part_added(struct fst_part *p, struct fst_error *err)
{
    return p->buf.len < p->buffer_bytes ? fst_buf_check(&p->buf, err) : fst_part_flush(p, p->buf.len, err);
}

enum fst_status fst_part_close(struct fst_part *p, struct fst_error *err)
{
    enum fst_status st;

    if (!p->created)
        return FST_OK;
    if (p->sink) {
        p->created = false;
        return p->sink->finish(p->file, p->crc32, err);
    }
    st = fst_file_mkdirs_for(p->final.p, err);
    if (!st && rename(p->temp.p, p->final.p))
        st = fst_fail_errno(err, "%s", p->final.p);
    if (!st)
        p->created = false;
    return st;
}

enum fst_status fst_part_finish(struct fst_part *p, struct fst_error *err)
{
    enum fst_status st = fst_part_flush(p, p->buf.len, err);
    return st ? st : fst_part_close(p, err);
}
