/* json/parse.h — what the parsers behind fst_json_parse() share. Private to json/. */
#ifndef FST_JSON_PARSE_H
#define FST_JSON_PARSE_H

#include "json/tape.h"

enum { FST_JSON_MAX_DEPTH = 255, FST_JSON_MAX_COUNT = (1 << 24) - 1 };

/* Fill *jerr; FST_EPARSE. */
enum fst_status fst_json_refuse(struct fst_json_error *jerr, struct fst_view text, size_t offset, const char *rule,
                                const char *what);
/* Refuse a text for bytes that may stand nowhere in it: what is not UTF-8, control characters that are no white space.
 * This comes before all else that is wrong with it. False when there are none. */
bool fst_json_refuse_bytes(struct fst_json_error *jerr, struct fst_view text);
/* What a syntax error at `offset` is called. */
const char *fst_json_syntax_error(struct fst_view text, size_t offset);
/* Room for more nodes; false when out of memory. */
bool fst_tape_grow(struct fst_tape *t);
/* FST_EPARSE when a member name occurs twice in a finished object of `members` members. */
enum fst_status fst_tape_refuse_duplicates(struct fst_tape *t, uint32_t object, uint32_t members,
                                           struct fst_json_error *jerr);

enum fst_status fst_json_parse_yajl(struct fst_tape *t, struct fst_view text, const struct fst_json_opts *opts,
                                    struct fst_json_error *jerr);

enum fst_status fst_json_parse_fast(struct fst_tape *t, struct fst_view text, const struct fst_json_opts *opts,
                                    struct fst_json_error *jerr);

#endif
