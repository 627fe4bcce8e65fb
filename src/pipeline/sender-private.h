/* pipeline/sender-private.h — what the sender's parts share: the pool of connections, the objects under way.
 * Only sender*.c include it. */
#ifndef FST_PIPELINE_SENDER_PRIVATE_H
#define FST_PIPELINE_SENDER_PRIVATE_H

#include <pthread.h>

#include "pipeline/same.h"
#include "pipeline/sender.h"

#define FST_SENDER_PART ((uint64_t)8 << 20) /* an object up to this size goes whole */
enum { FST_SENDER_HOT = 256 * 1024 /* a file's bytes up to this size stay in the processor's cache from reading to sending */ };

/* A part that is there. */
struct fst_sent_part {
    struct fst_s3_part part;
    uint64_t           size;
    uint32_t           crc32;
};

/* An object under way; freed with its last unit. */
struct fst_object {
    struct fst_sender *sender;
    char              *key;  /* with the prefix */
    char              *path; /* of the file; NULL: a stream's */
    uint64_t           size; /* of a file, known beforehand */
    uint32_t           crc32;
    bool               crc_known, listed, touched;
    struct fst_same    same; /* of a stream that is compared */

    pthread_mutex_t lock;
    struct {
        bool                  begun;
        char                 *upload_id;
        struct fst_sent_part *parts, *found; /* of `cap`; found: what an earlier run sent, without an ETag where there is nothing */
        unsigned              cap, found_cap, count, done; /* parts: there will be, are done */
        unsigned              left;   /* units of it that are not over, and its stream */
        bool                  closed; /* `count` is final */
    } synced;
};

enum fst_unit_kind { FST_UNIT_WHOLE, FST_UNIT_PART, FST_UNIT_COMPLETE, FST_UNIT_COMPARE, FST_UNIT_VERIFY };

/* One request's worth of work. */
struct fst_unit {
    struct fst_unit   *next;
    enum fst_unit_kind kind;
    struct fst_object *object;
    unsigned           part;   /* from 0 */
    uint64_t           offset; /* of a file */
    char              *body;   /* NULL: to be read from the file */
    size_t             size, room; /* room: what the body takes of the memory */
};

/* A thread, with what it keeps from unit to unit. */
struct fst_worker {
    struct fst_aws *aws;
    char           *hot; /* FST_SENDER_HOT bytes */
};

/* What a unit sends, and what is known of that. */
struct fst_payload {
    const struct fst_object *object;
    struct fst_body          body;
    bool                     opened, whole, summed, hashed; /* whole: all of the object; hashed: sha256 is there */
    struct fst_s3_sum        sum;
    uint32_t                 crc32;
    struct fst_digest        digest;
    uint8_t                  sha256[FST_SHA256_BYTES];
    struct fst_s3_late       late;
};

/* A multipart upload that was found at the beginning. */
struct fst_begun {
    char *key, *upload_id;
    bool  taken; /* one of ours goes on with it */
};

struct fst_sender {
    struct fst_sender_opts opts;
    uint64_t               part_bytes;
    struct fst_aws        *client; /* the caller's */
    pthread_mutex_t        client_lock;

    pthread_mutex_t lock;
    pthread_cond_t  work, room, done;
    struct {
        struct fst_unit *first, **last;
        unsigned         queued, active, threads, limit;
        uint64_t         used, moving; /* memory: all of it, and what units hold */
        bool             ends, wrote;
        enum fst_status  st;
        struct fst_error err;
        struct fst_sender_result result;
        char           **again;
        size_t           again_count, again_cap;
        /* how fast it goes, to find the number of connections */
        int64_t          window_ms, halved_ms; /* halved: for going too fast */
        uint64_t         window_work;
        double           rate;
        unsigned         quiet; /* windows to pass before the next try */
    } synced;
    pthread_t *workers;

    pthread_mutex_t   begun_lock;
    struct fst_begun *begun;
    size_t            begun_count, begun_cap;
    bool              begun_known;
};

/* ---- sender.c: the pool */

FST_MUST_USE enum fst_status fst_sender_queue(struct fst_sender *s, const struct fst_unit *unit, struct fst_error *err);
/* The first failure, or that it is to stop. */
FST_MUST_USE enum fst_status fst_sender_check(struct fst_sender *s, struct fst_error *err);
/* Room for n bytes; false: there is none, and none will come while the caller holds what it has. `force` takes it all
 * the same. Waits while bodies are under way. */
bool fst_sender_reserve(struct fst_sender *s, size_t n, bool force);
void fst_sender_release(struct fst_sender *s, size_t n);
/* Room for what a unit reads; waits for it. */
void fst_sender_reserve_unit(struct fst_sender *s, struct fst_unit *u, size_t n);
FST_MUST_USE enum fst_status fst_sender_before_write(struct fst_sender *s, struct fst_error *err);
void fst_sender_count(struct fst_sender *s, bool kept, uint64_t bytes);

/* ---- sender-body.c: what a unit sends */

FST_MUST_USE enum fst_status fst_payload_open(struct fst_payload *p, struct fst_unit *u, struct fst_worker *w, struct fst_error *err);
void fst_payload_clear(struct fst_payload *p);
/* Make its sums before it is sent. FST_EIO when it is all of an object, and not what the manifest names. */
FST_MUST_USE enum fst_status fst_payload_sum(struct fst_payload *p, struct fst_error *err);
/* May its sums be made while it is sent, instead? */
bool fst_payload_may_be_late(const struct fst_payload *p);
/* The request that sends it. Borrows p; sums that are not there are made on the way. */
struct fst_s3_put fst_payload_put(struct fst_payload *p);
/* FST_EIO with a word about what was changed by hand. */
FST_MUST_USE enum fst_status fst_object_changed(const struct fst_object *o, const char *what, struct fst_error *err);
FST_MUST_USE enum fst_status fst_object_check(const struct fst_object *o, uint32_t crc32, struct fst_error *err);

/* ---- sender-object.c: what a unit does */

FST_MUST_USE enum fst_status fst_object_new(struct fst_object **out, struct fst_sender *s, const char *key, struct fst_error *err);
void fst_object_free(struct fst_object *o);
/* Give up one's share of it: who is the last frees it. */
void fst_object_leave(struct fst_object *o);
/* Queue a unit of it; the body goes with it. */
FST_MUST_USE enum fst_status fst_object_queue(struct fst_object *o, struct fst_unit unit, struct fst_error *err);
/* There will be no parts beyond those queued. */
FST_MUST_USE enum fst_status fst_object_close(struct fst_object *o, struct fst_error *err);
FST_MUST_USE enum fst_status fst_object_grow(struct fst_object *o, unsigned parts, struct fst_error *err);
FST_MUST_USE enum fst_status fst_unit_do(struct fst_unit *u, struct fst_worker *w, struct fst_error *err);
void fst_sender_clear_begun(struct fst_sender *s);

#endif
