/* pipeline/sender.h — objects to a prefix, many at a time over connections that are kept: small ones whole, large ones
 * in parts. They come as streams, from the threads that make them, or as files. What is there already with the same
 * bytes is kept; a multipart upload that broke off goes on where it was.
 *
 * A body is read or made once, into the buffer that is checksummed and sent. When more bodies wait than `memory_bytes`
 * allow, who makes them waits; what only grows is put aside into a file then. The number of connections grows as long
 * as that makes it faster, and is halved when the service asks to go slower.
 * Threads: one sender may be used by many. May use: aws. */
#ifndef FST_PIPELINE_SENDER_H
#define FST_PIPELINE_SENDER_H

#include "aws/s3.h"
#include "fhirstage/meter.h"

struct fst_sender_opts {
    const struct fst_aws_config *config;
    const struct fst_env        *env;
    struct fst_view              bucket, prefix; /* the prefix without slashes at its ends; may be empty */
    struct fst_s3_storing        storing;
    struct fst_s3_guard          guard;
    unsigned                     connections;   /* at most */
    uint64_t                     memory_bytes;  /* of bodies; a part of each connection is always allowed */
    uint64_t                     largest_bytes; /* no object is larger; 0: not known */
    const char                  *tmp_dir;
    struct fst_meter            *meter;         /* may be NULL; asked to stop … */
    bool                         counts;        /* … and told of bytes as they go out, and of files that are done */
    enum fst_status            (*before_write)(void *ctx, struct fst_error *err); /* before anything is changed; may be NULL */
    void                        *ctx;
};

struct fst_sender_result {
    uint64_t files_sent, bytes_sent, files_kept, bytes_kept;
};

struct fst_sender;
FST_MUST_USE enum fst_status fst_sender_new(struct fst_sender **out, const struct fst_sender_opts *opts, struct fst_error *err);
void fst_sender_free(struct fst_sender *s);

/* The caller's own connection, while no stream is open. */
struct fst_aws *fst_sender_client(struct fst_sender *s);
/* PREFIX/KEY into `out`; borrowed. */
struct fst_view fst_sender_key(const struct fst_sender *s, const char *key, struct fst_buf *out);

/* ---- files */

struct fst_sender_file {
    const char *path, *key; /* the key under the prefix */
    uint64_t    size;
    uint32_t    crc32;
    bool        crc_known; /* the file is refused if it has another one */
    bool        listed;    /* an object of that key and size is there */
    bool        touched;   /* that CRC32 is not to be trusted without reading the file */
};
FST_MUST_USE enum fst_status fst_sender_file(struct fst_sender *s, const struct fst_sender_file *f, struct fst_error *err);

/* ---- streams */

struct fst_stream;
/* `listed`: an object of that key is there. */
FST_MUST_USE enum fst_status fst_stream_open(struct fst_stream **out, struct fst_sender *s, const char *key, bool listed,
                                             struct fst_error *err);
FST_MUST_USE enum fst_status fst_stream_write(struct fst_stream *stream, struct fst_view bytes, struct fst_error *err);
/* It is whole, and this its CRC32. What is large and listed was not sent but compared: if it differs its key is told by
 * fst_sender_again(), to be streamed once more. Frees the stream, as _drop does. */
FST_MUST_USE enum fst_status fst_stream_close(struct fst_stream *stream, uint32_t crc32, struct fst_error *err);
void fst_stream_drop(struct fst_stream *stream);
/* Is that a key that was compared and differs? Forgets it. */
bool   fst_sender_again(struct fst_sender *s, const char *key);
size_t fst_sender_again_count(struct fst_sender *s);

/* ---- checking */

/* Read the object back, and compare. */
FST_MUST_USE enum fst_status fst_sender_verify(struct fst_sender *s, const char *key, uint64_t size, uint32_t crc32, struct fst_error *err);

/* Wait until all is done. The first failure is returned, by this and every later call. */
FST_MUST_USE enum fst_status fst_sender_wait(struct fst_sender *s, struct fst_error *err);
/* When all is done: abort the multipart uploads under PREFIX/FOLDER that are not completed: they would cost money for ever. */
void fst_sender_abort_stale(struct fst_sender *s, const char *folder);
void fst_sender_result(struct fst_sender *s, struct fst_sender_result *out);

#endif
