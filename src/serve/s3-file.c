/* S3: the files that hold objects' and parts' bytes, each under a random name. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "serve/s3.h"

enum { BLOCK = 256 * 1024, MOVE_MOST = 1 << 30 };

void fst_s3_forget(struct fst_serve *s, struct fst_view file)
{
    struct fst_buf path;

    if (file.n < 2)
        return;
    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(s, &path, file);
    unlink(path.p);
    fst_buf_clear(&path);
}

/* A new name, and its path, whose folder is there. */
static enum fst_status name_file(struct fst_serve *s, struct fst_s3_stored *stored, struct fst_buf *path, struct fst_error *err)
{
    fst_serve_id(s, stored->file);
    fst_buf_init(path, FST_TEXT_CEILING);
    fst_serve_object_path(s, path, fst_view_of(stored->file));
    return fst_buf_check(path, err);
}

/* open(), making the folder when it is not there yet. */
static int create_exclusive(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == ENOENT && !fst_file_mkdirs_for(path, NULL))
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd;
}

enum fst_status fst_s3_create_file(struct fst_serve *s, struct fst_s3_stored *stored, int *fd, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st = name_file(s, stored, &path, err);

    *fd = -1;
    stored->size = 0;
    if (!st) {
        *fd = create_exclusive(path.p);
        st = *fd < 0 ? fst_fail_errno(err, "%s", path.p) : FST_OK;
    }
    fst_buf_clear(&path);
    return st;
}

/* Nobody knows the name before the row is there: an incomplete file is never seen. */
static enum fst_status write_file(struct fst_serve *s, struct fst_s3_stored *stored, struct fst_view bytes, struct fst_error *err)
{
    int             fd;
    enum fst_status st = fst_s3_create_file(s, stored, &fd, err);

    if (!st)
        st = fst_file_write_all(fd, bytes.p, bytes.n, "an object's file", err);
    if (fd >= 0 && close(fd) && !st)
        st = fst_fail_errno(err, "an object's file");
    if (st)
        fst_s3_forget(s, fst_view_of(stored->file));
    return st;
}

static enum fst_status take_file(struct fst_serve *s, struct fst_s3_stored *stored, char *from, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st = name_file(s, stored, &path, err);

    if (!st && rename(from, path.p) && (errno != ENOENT || fst_file_mkdirs_for(path.p, err) || rename(from, path.p)))
        st = fst_fail_errno(err, "%s", path.p);
    if (!st)
        *from = '\0';
    fst_buf_clear(&path);
    return st;
}

enum fst_status fst_s3_store_body(struct fst_serve *s, struct fst_exchange *x, struct fst_s3_stored *stored, struct fst_error *err)
{
    enum fst_status st = x->in.file[0] ? take_file(s, stored, x->in.file, err) : write_file(s, stored, fst_buf_view(&x->body), err);
    stored->size = x->in.size;
    return st;
}

/* ---- from file to file */

static enum fst_status copy_read(int to, int from, uint64_t offset, uint64_t n, struct fst_sums *sums, struct fst_error *err)
{
    char           *block = malloc(BLOCK);
    enum fst_status st = block ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");

    while (!st && n) {
        ssize_t got = pread(from, block, n < BLOCK ? (size_t)n : BLOCK, (off_t)offset);
        if (got <= 0) {
            st = got ? fst_fail_errno(err, "an object's file") : fst_fail(err, FST_EIO, "an object's file is shorter than it was");
            break;
        }
        fst_sums_add(sums, block, (size_t)got);
        st = fst_file_write_all(to, block, (size_t)got, "an object's file", err);
        offset += (uint64_t)got;
        n -= (uint64_t)got;
    }
    free(block);
    return st;
}

/* Within the kernel, where the file systems can. */
static void copy_within(int to, int from, uint64_t *offset, uint64_t *n)
{
    loff_t  at = (loff_t)*offset;
    ssize_t moved;

    while (*n && (moved = copy_file_range(from, &at, to, NULL, *n < MOVE_MOST ? (size_t)*n : MOVE_MOST, 0)) > 0) {
        *n -= (uint64_t)moved;
        *offset += (uint64_t)moved;
    }
}

enum fst_status fst_s3_copy_bytes(struct fst_serve *s, int to, struct fst_view file, uint64_t from, uint64_t n, struct fst_sums *sums,
                                  struct fst_error *err)
{
    struct fst_sums none = { 0 };
    struct fst_buf  path;
    enum fst_status st;
    int             in;

    fst_buf_init(&path, FST_TEXT_CEILING);
    fst_serve_object_path(s, &path, file);
    in = open(path.p, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        st = fst_fail_errno(err, "%s", path.p);
    } else {
        if (!sums)
            copy_within(to, in, &from, &n);
        st = copy_read(to, in, from, n, sums ? sums : &none, err);
        close(in);
    }
    fst_buf_clear(&path);
    return st;
}
