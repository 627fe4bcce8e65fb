#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/grow.h"

enum { READ_STEP = 64 * 1024, PATH_CEILING = 64 * 1024, WALK_DEPTH = 64 };

enum fst_status fst_file_read(struct fst_buf *out, const char *path, struct fst_error *err)
{
    enum fst_status st = FST_OK;
    ssize_t         n = 1;
    int             fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fst_fail_errno(err, "%s", path);
    while (!st && n > 0) {
        if (!fst_buf_reserve(out, READ_STEP)) {
            st = fst_buf_check(out, err);
            st = fst_fail_while(err, st, "%s", path);
            break;
        }
        n = read(fd, out->p + out->len, READ_STEP);
        if (n > 0)
            out->len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            st = fst_fail_errno(err, "%s", path);
    }
    if (!st)
        out->p[out->len] = '\0';
    close(fd);
    return st;
}

enum fst_status fst_file_write_all(int fd, const void *p, size_t n, const char *path, struct fst_error *err)
{
    const char *at = p;
    while (n) {
        ssize_t k = write(fd, at, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fst_fail_errno(err, "%s", path);
        at += k;
        n -= (size_t)k;
    }
    return FST_OK;
}

enum fst_status fst_file_replace(const char *path, struct fst_view bytes, struct fst_error *err)
{
    struct fst_buf  name;
    enum fst_status st;
    int             fd;

    fst_buf_init(&name, PATH_CEILING);
    fst_buf_addf(&name, "%s.tmp.%ld", path, (long)getpid());
    st = fst_buf_check(&name, err);
    if (st)
        return st;
    fd = open(name.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        st = fst_fail_errno(err, "%s", name.p);
        goto out;
    }
    st = fst_file_write_all(fd, bytes.p, bytes.n, name.p, err);
    if (close(fd) && !st)
        st = fst_fail_errno(err, "%s", name.p);
    if (!st && rename(name.p, path))
        st = fst_fail_errno(err, "%s", path);
    if (st)
        unlink(name.p);
out:
    fst_buf_clear(&name);
    return st;
}

enum fst_status fst_file_mkdirs(const char *path, struct fst_error *err)
{
    char  *copy = strdup(path);
    size_t i, n = strlen(path);

    if (!copy)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    for (i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        copy[i] = '\0';
        if (mkdir(copy, 0700) && errno != EEXIST && !fst_file_is_dir(copy)) {
            enum fst_status st = fst_fail_errno(err, "%s", copy);
            free(copy);
            return st;
        }
        copy[i] = path[i];
    }
    free(copy);
    if (n && !fst_file_is_dir(path))
        return fst_fail(err, FST_EIO, "%s: not a folder", path);
    return FST_OK;
}

enum fst_status fst_file_mkdirs_for(const char *path, struct fst_error *err)
{
    const char     *slash = strrchr(path, '/');
    enum fst_status st;
    char           *dir;

    if (!slash || slash == path)
        return FST_OK;
    dir = strndup(path, (size_t)(slash - path));
    if (!dir)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    st = fst_file_mkdirs(dir, err);
    free(dir);
    return st;
}

bool fst_file_exists(const char *path)
{
    struct stat s;
    return lstat(path, &s) == 0;
}

bool fst_file_is_dir(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

const char *fst_path_join(struct fst_buf *out, const char *a, const char *b)
{
    fst_buf_reset(out);
    fst_buf_add_str(out, a);
    if (out->len && out->p[out->len - 1] != '/' && *b)
        fst_buf_add_char(out, '/');
    fst_buf_add_str(out, b);
    return fst_buf_str(out);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **names, size_t n)
{
    while (n)
        free(names[--n]);
    free(names);
}

/* The names in a folder, sorted bytewise; the caller frees them with free_names(). */
static enum fst_status list_folder(const char *path, char ***names, size_t *count, struct fst_error *err)
{
    DIR           *dir = opendir(path);
    struct dirent *entry;
    size_t         cap = 0;

    *names = NULL;
    *count = 0;
    if (!dir)
        return fst_fail_errno(err, "%s", path);
    while ((entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (!fst_grow(names, *count, &cap, sizeof **names))
            goto nomem;
        (*names)[*count] = strdup(entry->d_name);
        if (!(*names)[*count])
            goto nomem;
        ++*count;
    }
    closedir(dir);
    if (*count)
        qsort(*names, *count, sizeof **names, by_name);
    return FST_OK;
nomem:
    closedir(dir);
    free_names(*names, *count);
    return fst_fail(err, FST_ENOMEM, "out of memory");
}

struct walk {
    fst_folder_fn *enter; /* NULL: into all */
    fst_file_fn   *fn;
    void          *ctx;
    size_t         root_len;
    struct { dev_t dev; ino_t ino; } above[WALK_DEPTH]; /* the folders we stand in: a link back to one is a loop */
};

static enum fst_status walk_folder(struct walk *w, const char *path, size_t depth, struct fst_error *err);

static enum fst_status walk_entry(struct walk *w, const char *path, size_t depth, struct fst_error *err)
{
    struct stat s;
    const char *rel = path + w->root_len;

    if (stat(path, &s))
        return errno == ENOENT ? FST_OK /* a dangling link, or gone since */ : fst_fail_errno(err, "%s", path);
    while (*rel == '/')
        rel++;
    if (S_ISREG(s.st_mode))
        return w->fn(w->ctx, path, rel, (uint64_t)s.st_size, err);
    if (!S_ISDIR(s.st_mode) || (w->enter && !w->enter(w->ctx, path)))
        return FST_OK;
    if (depth == WALK_DEPTH)
        return fst_fail(err, FST_ELIMIT, "%s: folders nested deeper than %d", path, WALK_DEPTH);
    for (size_t i = 0; i < depth; i++)
        if (w->above[i].dev == s.st_dev && w->above[i].ino == s.st_ino)
            return FST_OK;
    w->above[depth].dev = s.st_dev;
    w->above[depth].ino = s.st_ino;
    return walk_folder(w, path, depth + 1, err);
}

static enum fst_status walk_folder(struct walk *w, const char *path, size_t depth, struct fst_error *err)
{
    char          **names;
    size_t          count, i;
    struct fst_buf  child;
    enum fst_status st = list_folder(path, &names, &count, err);

    if (st)
        return st;
    fst_buf_init(&child, PATH_CEILING);
    for (i = 0; i < count && !st; i++) {
        fst_path_join(&child, path, names[i]);
        st = fst_buf_check(&child, err);
        if (!st)
            st = walk_entry(w, child.p, depth, err);
    }
    fst_buf_clear(&child);
    free_names(names, count);
    return st;
}

enum fst_status fst_file_walk(const char *root, fst_file_fn *fn, void *ctx, struct fst_error *err)
{
    return fst_file_walk_some(root, NULL, fn, ctx, err);
}

enum fst_status fst_file_walk_some(const char *root, fst_folder_fn *enter, fst_file_fn *fn, void *ctx, struct fst_error *err)
{
    struct walk w = { .enter = enter, .fn = fn, .ctx = ctx, .root_len = strlen(root) };
    if (!fst_file_is_dir(root)) {
        errno = fst_file_exists(root) ? ENOTDIR : ENOENT;
        return fst_fail_errno(err, "%s", root);
    }
    return walk_entry(&w, root, 0, err);
}

static enum fst_status remove_entry(const char *path, struct fst_error *err)
{
    struct stat     s;
    char          **names;
    size_t          count, i;
    struct fst_buf  child;
    enum fst_status st;

    if (lstat(path, &s))
        return errno == ENOENT ? FST_OK : fst_fail_errno(err, "%s", path);
    if (!S_ISDIR(s.st_mode))
        return unlink(path) ? fst_fail_errno(err, "%s", path) : FST_OK;
    st = list_folder(path, &names, &count, err);
    if (st)
        return st;
    fst_buf_init(&child, PATH_CEILING);
    for (i = 0; i < count && !st; i++)
        st = remove_entry(fst_path_join(&child, path, names[i]), err);
    fst_buf_clear(&child);
    free_names(names, count);
    if (!st && rmdir(path))
        st = fst_fail_errno(err, "%s", path);
    return st;
}

enum fst_status fst_file_remove_tree(const char *path, struct fst_error *err)
{
    return remove_entry(path, err);
}

enum fst_status fst_file_temp(int *fd, const char *dir, struct fst_error *err)
{
    char name[PATH_MAX];

    if (!dir)
        dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    if (snprintf(name, sizeof name, "%s/fhirstage.XXXXXX", dir) >= (int)sizeof name)
        return fst_fail(err, FST_ELIMIT, "%s: path too long", dir);
    *fd = mkstemp(name);
    if (*fd < 0)
        return fst_fail_errno(err, "%s", dir);
    unlink(name);
    if (fcntl(*fd, F_SETFD, FD_CLOEXEC) < 0)
        return fst_fail_errno(err, "%s", dir);
    return FST_OK;
}
