/* healthlake/encode.h — a request as people and programs write it, made into what goes over the wire.
 * Threads: thread-safe. May use: json. */
#ifndef FST_HEALTHLAKE_ENCODE_H
#define FST_HEALTHLAKE_ENCODE_H

#include "fhirstage/env.h"
#include "healthlake/model.h"
#include "json/tape.h"

/* Append the object at `node` as a request of `op`: compact; RFC 3339 texts of times become epoch numbers; null members
 * are left out; a token that names the request is made up (a UUID) where the operation has one and none is given.
 * Everything else byte for byte. */
void fst_encode_request(struct fst_buf *out, const struct fst_tape *t, uint32_t node,
                        const struct fst_model_operation *op, const struct fst_env *env);

/* A random UUID (version 4). */
enum { FST_UUID_SIZE = 37 };
void fst_uuid(char out[FST_UUID_SIZE], const struct fst_env *env);

/* A timestamp node in milliseconds since 1970: a number (seconds) or RFC 3339 text; false when neither. */
FST_MUST_USE bool fst_decode_time_ms(int64_t *out, const struct fst_tape *t, uint32_t node);

#endif
