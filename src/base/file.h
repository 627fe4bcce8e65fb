/* base/file.h — files and folders: whole reads, writes that are there completely or not at all, walks.
 * New files are 0600, new folders 0700: what passes through here is patient data.
 * Errors carry the path. Threads: no shared state. May use: libc, POSIX. */
#ifndef FST_BASE_FILE_H
#define FST_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Append the whole file to `out` (its ceiling holds). */
FST_MUST_USE enum fst_status fst_file_read(struct fst_buf *out, const char *path, struct fst_error *err);
/* Write all n bytes to fd, whatever the kernel takes at a time. */
FST_MUST_USE enum fst_status fst_file_write_all(int fd, const void *p, size_t n, const char *path, struct fst_error *err);
/* Write to a temporary name beside `path`, then rename over it. */
FST_MUST_USE enum fst_status fst_file_replace(const char *path, struct fst_view bytes, struct fst_error *err);
/* mkdir -p. */
FST_MUST_USE enum fst_status fst_file_mkdirs(const char *path, struct fst_error *err);
/* mkdir -p of the folder that `path` stands in. */
FST_MUST_USE enum fst_status fst_file_mkdirs_for(const char *path, struct fst_error *err);
/* rm -r; no error when it is not there. */
FST_MUST_USE enum fst_status fst_file_remove_tree(const char *path, struct fst_error *err);

bool fst_file_exists(const char *path);
bool fst_file_is_dir(const char *path);

/* One regular file met by a walk. `rel` is relative to the root; both borrowed. Return not FST_OK to stop. */
typedef enum fst_status fst_file_fn(void *ctx, const char *path, const char *rel, uint64_t bytes, struct fst_error *err);
/* Every regular file under `root`, folder entries in bytewise order; symbolic links are followed once. */
FST_MUST_USE enum fst_status fst_file_walk(const char *root, fst_file_fn *fn, void *ctx, struct fst_error *err);
/* The same without the folders that `enter` says no to. */
typedef bool fst_folder_fn(void *ctx, const char *path);
FST_MUST_USE enum fst_status fst_file_walk_some(const char *root, fst_folder_fn *enter, fst_file_fn *fn, void *ctx, struct fst_error *err);

/* "a/b" into `out` (reset first). Returns the string, borrowed. */
const char *fst_path_join(struct fst_buf *out, const char *a, const char *b);

/* A new, already unlinked temporary file, read-write. `dir` NULL: TMPDIR or /tmp. */
FST_MUST_USE enum fst_status fst_file_temp(int *fd, const char *dir, struct fst_error *err);

#endif
