/* tags: list, add and remove the tags of a data store. */
#include "cli/api-run.h"

FST_API_COMMAND(list, "ListTagsForResource")
FST_API_COMMAND(add, "TagResource")
FST_API_COMMAND(remove, "UntagResource")

static const struct fst_example add_examples[] = {
    { "fhirstage tags add --resource-arn ARN Key=team,Value=genomics Key=stage,Value=test", "two tags" }, { 0 }
};
static const struct fst_example remove_examples[] = {
    { "fhirstage tags remove --resource-arn ARN team stage", "two tags" }, { 0 }
};

static const struct fst_cmd list = {
    .name = "list", .summary = "list the tags of a data store",
    .opts = list_opts, .args_size = sizeof(struct fst_api_args), .run = list_run
};
static const struct fst_cmd add = {
    .name = "add", .args = "[TAG...]", .summary = "set tags on a data store",
    .description = "Set tags, given with --tags (repeatable) or as arguments: Key=KEY,Value=VALUE each, or a JSON list. A tag with the same key is replaced.",
    .opts = add_opts, .args_size = sizeof(struct fst_api_args), .max_args = SIZE_MAX, .run = add_run, .examples = add_examples
};
static const struct fst_cmd remove_tags = {
    .name = "remove", .args = "[KEY...]", .summary = "remove tags from a data store",
    .description = "Remove the tags with these keys, given with --tag-keys (repeatable) or as arguments.",
    .opts = remove_opts, .args_size = sizeof(struct fst_api_args), .max_args = SIZE_MAX, .run = remove_run, .examples = remove_examples
};

static const struct fst_cmd *const subs[] = { &list, &add, &remove_tags, NULL };

const struct fst_cmd fst_cmd_tags = { .name = "tags", .summary = "list, set and remove the tags of data stores", .subs = subs };
