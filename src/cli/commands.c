#include "cli/commands.h"

#include "cli/options.h"
#include "fhirstage/view.h"

const struct fst_cmd *const fst_commands[] = {
#define FST_CMD(symbol) &fst_cmd_##symbol,
#include "cli/commands.def"
#undef FST_CMD
    NULL
};

const struct fst_cmd *fst_command_find(const struct fst_cmd *const *list, const char *name)
{
    for (; *list; list++)
        if (!strcmp((*list)->name, name))
            return *list;
    return NULL;
}

enum fst_status fst_command_unknown(const struct fst_cmd *const *list, const char *parent, const char *name, struct fst_error *err)
{
    struct fst_suggestion s = { 0 };
    (void)fst_fail_usage(err, parent, "no such command '%.200s'", name);
    for (; *list; list++)
        if (!(*list)->hidden)
            fst_suggest(&s, name, (*list)->name);
    if (s.best)
        fst_error_hint(err, "did you mean '%s'?", s.best);
    return FST_EUSAGE;
}

void fst_command_path_add(struct fst_command_path *path, const struct fst_cmd *cmd)
{
    size_t n = strlen(path->name);
    snprintf(path->name + n, sizeof path->name - n, "%s%s", n ? " " : "", cmd->name);
    path->cmd = cmd;
}

enum fst_status fst_command_path(struct fst_command_path *path, const char *const *words, size_t count, struct fst_error *err)
{
    const struct fst_cmd *const *list = fst_commands;
    *path = (struct fst_command_path){ 0 };
    for (size_t i = 0; i < count; i++) {
        const struct fst_cmd *cmd = list ? fst_command_find(list, words[i]) : NULL;
        if (!cmd) {
            static const struct fst_cmd *const none[] = { NULL };
            return fst_command_unknown(list ? list : none, path->name, words[i], err);
        }
        fst_command_path_add(path, cmd);
        list = cmd->subs;
    }
    return FST_OK;
}

static void each(const struct fst_cmd *const *list, const struct fst_command_path *above, fst_command_fn *fn, void *ctx)
{
    for (; list && *list; list++) {
        struct fst_command_path path = *above;
        if ((*list)->hidden)
            continue;
        fst_command_path_add(&path, *list);
        fn(ctx, &path);
        each((*list)->subs, &path, fn, ctx);
    }
}

void fst_commands_each(fst_command_fn *fn, void *ctx)
{
    each(fst_commands, &(struct fst_command_path){ 0 }, fn, ctx);
}
