/* prepare/folder.h — the folder that a preparation writes: is it ours to write, and what is left of the last one.
 * Threads: one at a time. May use: base. */
#ifndef FST_PREPARE_FOLDER_H
#define FST_PREPARE_FOLDER_H

#include "fhirstage/status.h"

/* Refuse a folder that holds something and is not marked as ours; create and mark it otherwise. */
FST_MUST_USE enum fst_status fst_folder_claim(const char *dir, struct fst_error *err);
/* Remove an earlier preparation's files, the manifest first; make room for partial files. */
FST_MUST_USE enum fst_status fst_folder_empty(const char *dir, struct fst_error *err);
/* Remove the partial files. */
FST_MUST_USE enum fst_status fst_folder_tidy(const char *dir, struct fst_error *err);

#endif
