#include "serve/db.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { STATEMENTS = 256, YIELD_NS = 1000000 };

struct statement {
    const char   *sql;
    sqlite3_stmt *stmt;
};

struct fst_db {
    sqlite3         *handle;
    pthread_mutex_t  lock; /* recursive: a transaction's statements take it again */
    _Atomic int      waiting; /* threads that want it */
    struct statement statements[STATEMENTS];
    size_t           count;
    unsigned         depth;  /* of transactions; under the lock */
    bool             doomed; /* an inner one failed */
};

struct fst_row {
    sqlite3_stmt *stmt;
};

static enum fst_status fail(struct fst_db *db, struct fst_error *err)
{
    return fst_fail(err, FST_EIO, "the service's database: %s", db->handle ? sqlite3_errmsg(db->handle) : "out of memory");
}

enum fst_status fst_db_open(struct fst_db **out, const char *path, const char *schema, struct fst_error *err)
{
    struct fst_db      *db = calloc(1, sizeof *db);
    pthread_mutexattr_t recursive;
    enum fst_status     st = FST_OK;

    *out = NULL;
    if (!db)
        return fst_fail(err, FST_ENOMEM, "out of memory");
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&db->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    if (sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_exec(db->handle, "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=4096;", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db->handle, schema, NULL, NULL, NULL) != SQLITE_OK) {
        st = fail(db, err);
        fst_fail_while(err, st, "%s", path);
        fst_db_close(db);
        return st;
    }
    *out = db;
    return FST_OK;
}

enum fst_status fst_db_schema(struct fst_db *db, const char *schema, struct fst_error *err)
{
    return sqlite3_exec(db->handle, schema, NULL, NULL, NULL) == SQLITE_OK ? FST_OK : fail(db, err);
}

void fst_db_close(struct fst_db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < db->count; i++)
        sqlite3_finalize(db->statements[i].stmt);
    sqlite3_close(db->handle);
    pthread_mutex_destroy(&db->lock);
    free(db);
}

struct fst_view fst_row_text(const struct fst_row *row, int column)
{
    const void *p = sqlite3_column_blob(row->stmt, column);
    return fst_view_n(p ? p : "", (size_t)sqlite3_column_bytes(row->stmt, column));
}

int64_t fst_row_int(const struct fst_row *row, int column)
{
    return sqlite3_column_int64(row->stmt, column);
}

static void take_lock(struct fst_db *db)
{
    db->waiting++;
    pthread_mutex_lock(&db->lock);
    db->waiting--;
}

/* Whoever holds a mutex and takes it again at once has it before those that sleep for it. */
void fst_db_yield(struct fst_db *db)
{
    if (db->waiting)
        nanosleep(&(struct timespec){ 0, YIELD_NS }, NULL);
}

static sqlite3_stmt *statement(struct fst_db *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    for (size_t i = 0; i < db->count; i++)
        if (db->statements[i].sql == sql)
            return db->statements[i].stmt;
    if (db->count == STATEMENTS || sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        return NULL;
    db->statements[db->count++] = (struct statement){ sql, stmt };
    return stmt;
}

static void bind(sqlite3_stmt *stmt, const char *format, va_list args)
{
    for (int i = 1; *format; i++, format++) {
        struct fst_view v;
        if (*format == 'i') {
            sqlite3_bind_int64(stmt, i, va_arg(args, int64_t));
            continue;
        }
        v = va_arg(args, struct fst_view);
        if (*format == 't')
            sqlite3_bind_text64(stmt, i, v.p ? v.p : "", v.n, SQLITE_STATIC, SQLITE_UTF8);
        else
            sqlite3_bind_blob64(stmt, i, v.p ? v.p : "", v.n, SQLITE_STATIC);
    }
}

static enum fst_status run(struct fst_db *db, fst_row_fn *fn, void *ctx, struct fst_error *err, const char *sql,
                           const char *format, va_list args)
{
    sqlite3_stmt   *stmt;
    struct fst_row  row;
    enum fst_status st = FST_OK;
    int             rc;

    take_lock(db);
    row.stmt = stmt = statement(db, sql);
    if (!stmt) {
        st = fail(db, err);
    } else {
        bind(stmt, format, args);
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && !st)
            st = fn ? fn(ctx, &row, err) : FST_OK;
        if (!st && rc != SQLITE_DONE)
            st = fail(db, err);
        sqlite3_reset(stmt);
    }
    pthread_mutex_unlock(&db->lock);
    return st;
}

enum fst_status fst_db_run(struct fst_db *db, fst_row_fn *fn, void *ctx, struct fst_error *err, const char *sql,
                           const char *format, ...)
{
    va_list         args;
    enum fst_status st;

    va_start(args, format);
    st = run(db, fn, ctx, err, sql, format, args);
    va_end(args);
    return st;
}

static enum fst_status take_int(void *ctx, const struct fst_row *row, struct fst_error *err)
{
    *(int64_t *)ctx = fst_row_int(row, 0);
    return FST_OK;
}

enum fst_status fst_db_int(struct fst_db *db, int64_t *out, int64_t otherwise, struct fst_error *err, const char *sql,
                           const char *format, ...)
{
    va_list         args;
    enum fst_status st;

    *out = otherwise;
    va_start(args, format);
    st = run(db, take_int, out, err, sql, format, args);
    va_end(args);
    return st;
}

int64_t fst_db_changes(struct fst_db *db)
{
    return sqlite3_changes64(db->handle);
}

enum fst_status fst_db_begin(struct fst_db *db, struct fst_error *err)
{
    enum fst_status st = FST_OK;

    take_lock(db);
    if (!db->depth++)
        st = fst_db_run(db, NULL, NULL, err, "BEGIN IMMEDIATE", "");
    if (st) {
        db->depth--;
        pthread_mutex_unlock(&db->lock);
    }
    return st;
}

enum fst_status fst_db_end(struct fst_db *db, enum fst_status st, struct fst_error *err)
{
    enum fst_status ended = FST_OK;

    db->doomed |= st != FST_OK;
    if (!--db->depth) {
        if (!db->doomed)
            ended = fst_db_run(db, NULL, NULL, err, "COMMIT", "");
        if (db->doomed || ended)
            sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
        if (db->doomed && !st)
            ended = fst_fail(err, FST_EIO, "a part of the transaction failed");
        db->doomed = false;
    }
    pthread_mutex_unlock(&db->lock);
    return st ? st : ended;
}
