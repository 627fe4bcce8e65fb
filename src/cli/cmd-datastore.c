/* datastore: create, describe, list, update, delete, restore and wait for data stores. */
#include "cli/api-run.h"

FST_API_COMMAND(create, "CreateFHIRDatastore")
FST_API_COMMAND(describe, "DescribeFHIRDatastore")
FST_API_COMMAND(list, "ListFHIRDatastores")
FST_API_COMMAND(update, "UpdateFHIRDatastore")
FST_API_COMMAND(delete, "DeleteFHIRDatastore")
FST_API_COMMAND(restore, "RestoreFHIRDatastore")

static struct fst_opt wait_opts[FST_API_OPTS_MAX];

__attribute__((constructor)) static void lay_out_wait(void)
{
    static const struct fst_opt deleted = {
        0, "deleted", FST_OPT_FLAG, offsetof(struct fst_api_args, deleted), NULL, "until it is DELETED (default: until it is ACTIVE)"
    };
    static struct fst_opt own[4];
    own[0] = deleted;
    own[1] = fst_api_wait_opts[0];
    own[2] = fst_api_wait_opts[1];
    fst_api_opts(wait_opts, "DescribeFHIRDatastore", own);
}

static enum fst_status wait_run(struct fst_cli *cli, void *args, const char *const *operands, size_t count, struct fst_error *err)
{
    const struct fst_api_args *a = args;
    return fst_api_wait_run(cli, a, a->deleted ? "FHIRDatastoreDeleted" : "FHIRDatastoreActive", err);
}

static const struct fst_example create_examples[] = {
    { "fhirstage datastore create --datastore-name clinic --tags Key=team,Value=genomics", "with a tag" },
    { "fhirstage datastore create --datastore-name trial --preload-data-config SYNTHEA", "with synthetic patients in it" },
    { 0 }
};
static const struct fst_example list_examples[] = {
    { "fhirstage datastore list --filter DatastoreStatus=ACTIVE,CreatedAfter=2026-01-01", "those that can be used" }, { 0 }
};

static const struct fst_cmd create = {
    .name = "create", .args = "[TAG...]", .summary = "create a data store",
    .description = "Create a data store and print its id and endpoint. It takes minutes until it is ACTIVE ('datastore wait'). A CONFIG "
                   "is given as JSON, as file://FILE or in short: NAME=VALUE,NAME={NAME=VALUE}; more tags may follow as arguments.",
    .opts = create_opts, .args_size = sizeof(struct fst_api_args), .max_args = SIZE_MAX, .run = create_run, .examples = create_examples
};
static const struct fst_cmd describe = {
    .name = "describe", .summary = "tell the properties and the state of a data store",
    .opts = describe_opts, .args_size = sizeof(struct fst_api_args), .run = describe_run
};
static const struct fst_cmd list = {
    .name = "list", .summary = "list the account's data stores, the newest first",
    .opts = list_opts, .args_size = sizeof(struct fst_api_args), .run = list_run, .examples = list_examples
};
static const struct fst_cmd update = {
    .name = "update", .summary = "change the settings of a data store",
    .opts = update_opts, .args_size = sizeof(struct fst_api_args), .run = update_run
};
static const struct fst_cmd delete = {
    .name = "delete", .summary = "delete a data store and all that is in it",
    .opts = delete_opts, .args_size = sizeof(struct fst_api_args), .run = delete_run
};
static const struct fst_cmd restore = {
    .name = "restore", .args = "[TAG...]", .summary = "make a new data store from a backup",
    .opts = restore_opts, .args_size = sizeof(struct fst_api_args), .max_args = SIZE_MAX, .run = restore_run
};
static const struct fst_cmd wait = {
    .name = "wait", .summary = "wait until a data store is ACTIVE, or DELETED",
    .description = "Wait until the data store is ACTIVE, or with --deleted until it is gone. There is no limit of time unless --timeout "
                   "gives one: then the exit code is 5. It is 4 when creating or updating failed.",
    .opts = wait_opts, .args_size = sizeof(struct fst_api_args), .run = wait_run
};

static const struct fst_cmd *const subs[] = { &create, &describe, &list, &update, &delete, &restore, &wait, NULL };

const struct fst_cmd fst_cmd_datastore = { .name = "datastore", .summary = "create, list, change and delete HealthLake data stores", .subs = subs };
