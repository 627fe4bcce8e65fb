/* serve/db.h — one SQLite file behind a lock: statements by their text, rows by a callback.
 * Values are bound by a format: t text (struct fst_view), b blob (struct fst_view), i int64_t.
 * Threads: thread-safe; a transaction keeps the others waiting. May use: SQLite. */
#ifndef FST_SERVE_DB_H
#define FST_SERVE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "fhirstage/status.h"
#include "fhirstage/view.h"

struct fst_db;
struct fst_row; /* of an answer */

struct fst_view fst_row_text(const struct fst_row *row, int column); /* borrowed until the callback returns */
int64_t         fst_row_int(const struct fst_row *row, int column);

typedef enum fst_status fst_row_fn(void *ctx, const struct fst_row *row, struct fst_error *err);

/* Opens or creates the file, and runs `schema`, which must do nothing when it is there already. */
FST_MUST_USE enum fst_status fst_db_open(struct fst_db **out, const char *path, const char *schema, struct fst_error *err);
FST_MUST_USE enum fst_status fst_db_schema(struct fst_db *db, const char *schema, struct fst_error *err);
void fst_db_close(struct fst_db *db);

/* `sql` is a literal: its statement is kept by its address. `fn` may be NULL. */
FST_MUST_USE enum fst_status fst_db_run(struct fst_db *db, fst_row_fn *fn, void *ctx, struct fst_error *err, const char *sql,
                                        const char *format, ...);
/* The first column of the only row; `otherwise` when there is none. */
FST_MUST_USE enum fst_status fst_db_int(struct fst_db *db, int64_t *out, int64_t otherwise, struct fst_error *err, const char *sql,
                                        const char *format, ...);
int64_t fst_db_changes(struct fst_db *db); /* rows that the last statement of this thread's transaction changed */

/* A transaction keeps the lock, so that what is between is done at once or not at all. It must be ended. One within
 * another is a part of it: when it fails the outer one does. */
FST_MUST_USE enum fst_status fst_db_begin(struct fst_db *db, struct fst_error *err);
/* Commits when `st` is FST_OK, else rolls back; returns the first failure. */
FST_MUST_USE enum fst_status fst_db_end(struct fst_db *db, enum fst_status st, struct fst_error *err);
/* Between two transactions of many: let those in that wait. */
void fst_db_yield(struct fst_db *db);

#endif
