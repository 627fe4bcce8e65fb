/* cli/shorthand.h — structures and lists on the command line, as the AWS CLI writes them: JSON, or in short
 *   S3Configuration={S3Uri=s3://b/out/,KmsKeyId=alias/k}     Key=team,Value=genomics     [a,b]     a,b
 * A value with ',', '{', '}', '[', ']' in it is quoted, '…' or "…", with a backslash before such a quote within. A
 * structure with one member alone takes that member's value without its name.
 * Threads: thread-safe. May use: json. */
#ifndef FST_CLI_SHORTHAND_H
#define FST_CLI_SHORTHAND_H

#include "fhirstage/model.h"
#include "json/writer.h"

/* Write `text` as a JSON value of `shape`. Values are not checked against the shape, only their form. FST_EUSAGE. */
FST_MUST_USE enum fst_status fst_shorthand(struct fst_json_writer *w, const struct fst_model_shape *shape, const char *text,
                                           struct fst_error *err);

#endif
