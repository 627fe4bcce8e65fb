#include "prepare/folder.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "prepare/manifest.h"
#include "prepare/part.h"

enum { PATH_CEILING = 64 * 1024 };

static const char marker[] = ".fhirstage";
static const char marker_text[] = "This folder was made by fhirstage, which may replace what is in it.\n";

static bool is_empty(const char *dir)
{
    DIR           *d = opendir(dir);
    struct dirent *entry;
    bool           empty = true;

    while (d && (entry = readdir(d)))
        empty = empty && (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."));
    if (d)
        closedir(d);
    return empty;
}

enum fst_status fst_folder_claim(const char *dir, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st = FST_OK;

    fst_buf_init(&path, PATH_CEILING);
    fst_path_join(&path, dir, marker);
    if (fst_file_exists(fst_buf_str(&path)))
        goto out;
    if (fst_file_is_dir(dir) && !is_empty(dir)) {
        st = fst_fail(err, FST_ECONFIG, "%s: the folder is not empty, and not made by fhirstage", dir);
        fst_error_hint(err, "name another folder, or empty this one");
        goto out;
    }
    st = fst_file_mkdirs(dir, err);
    if (!st)
        st = fst_file_replace(path.p, fst_view_of(marker_text), err);
out:
    fst_buf_clear(&path);
    return st;
}

enum fst_status fst_folder_empty(const char *dir, struct fst_error *err)
{
    static const char *const parts[] = { FST_MANIFEST_KEY, "meta", "input", "quarantine", FST_PARTIAL_DIR };
    struct fst_buf  path;
    enum fst_status st = FST_OK;

    fst_buf_init(&path, PATH_CEILING);
    for (size_t i = 0; i < FST_COUNT(parts) && !st; i++)
        st = fst_file_remove_tree(fst_path_join(&path, dir, parts[i]), err);
    if (!st)
        st = fst_file_mkdirs(path.p, err);
    fst_buf_clear(&path);
    return st;
}

enum fst_status fst_folder_tidy(const char *dir, struct fst_error *err)
{
    struct fst_buf  path;
    enum fst_status st;

    fst_buf_init(&path, PATH_CEILING);
    st = fst_file_remove_tree(fst_path_join(&path, dir, FST_PARTIAL_DIR), err);
    fst_buf_clear(&path);
    return st;
}
