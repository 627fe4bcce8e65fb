/* healthlake/encode.h — a request as people and programs write it, made into what goes over the wire; times.
 * Threads: thread-safe. May use: json. */
#ifndef FST_HEALTHLAKE_ENCODE_H
#define FST_HEALTHLAKE_ENCODE_H

#include "fhirstage/env.h"
#include "healthlake/model.h"
#include "json/tape.h"

/* Append the object at `node` as a request of `op`: compact; texts of times become epoch numbers; null members are left
 * out; a token that names the request is made up (a UUID) where the operation has one and none is given. What is not the
 * model's stays as it is. */
void fst_encode_request(struct fst_buf *out, const struct fst_tape *t, uint32_t node, const struct fst_model_operation *op,
                        const struct fst_env *env);

/* A random UUID (version 4). `env` NULL: the real one. */
enum { FST_UUID_SIZE = 37 };
void fst_uuid(char out[FST_UUID_SIZE], const struct fst_env *env);

/* A time in milliseconds since 1970: a number (seconds), a text per RFC 3339 (with zone), a date (its midnight in UTC). */
FST_MUST_USE bool fst_decode_time_ms(int64_t *out, const struct fst_tape *t, uint32_t node);
/* The same of a text alone, where digits with a fraction are seconds too. */
FST_MUST_USE bool fst_decode_time_text(int64_t *out, struct fst_view text);
/* Append it as it goes over the wire: "1606272542.161", "1606272542". */
void fst_encode_time(struct fst_buf *out, int64_t ms);

#endif
