#include "cli/help.h"

#include "cli/options.h"
#include "fhirstage/version.h"

enum { WIDTH = 88, COLUMN = 28 };

const struct fst_exit_code fst_exit_codes[] = {
    { 0, "done, everything accepted" },
    { 1, "failed, or a part of the input could not be read (the rest was done)" },
    { 2, "usage: unknown option, missing argument, impossible value" },
    { 3, "done, but resources were rejected, the job completed with errors, or its report and our figures differ" },
    { 4, "the service refused, or the remote job failed" },
    { 5, "a wait timed out; the job goes on" },
    { 130, "interrupted (SIGINT): a second run goes on from there" },
    { 143, "terminated (SIGTERM): a second run goes on from there" },
    { 0, NULL }
};

/* Fill `text` between columns `indent` and WIDTH; the cursor stands at `column`. An empty line is kept. */
static void add_filled(struct fst_buf *out, const char *text, size_t column, size_t indent)
{
    while (*text) {
        size_t word = strcspn(text, " \n");
        if (column > indent && column + 1 + word > WIDTH) {
            fst_buf_add_char(out, '\n');
            column = 0;
        }
        if (column == 0 || column < indent) {
            fst_buf_addf(out, "%*s", (int)(indent - column), "");
            column = indent;
        } else if (column > indent) {
            fst_buf_add_char(out, ' ');
            column++;
        }
        fst_buf_add(out, text, word);
        column += word;
        text += word;
        if (text[0] == '\n' && text[1] == '\n') {
            fst_buf_add_str(out, "\n\n");
            column = 0;
        }
        text += strspn(text, " \n");
    }
    fst_buf_add_char(out, '\n');
}

static void add_row(struct fst_buf *out, const char *left, const char *text)
{
    size_t column = 2 + strlen(left);
    fst_buf_addf(out, "  %s", left);
    if (column + 2 > COLUMN) {
        fst_buf_add_char(out, '\n');
        column = 0;
    }
    add_filled(out, text, column, COLUMN);
}

static void add_options(struct fst_buf *out, const struct fst_opt *opts, const char *heading)
{
    struct fst_buf left;
    fst_buf_init(&left, 1 << 12);
    if (opts && opts->name && opts->kind != FST_OPT_HEADING)
        fst_buf_addf(out, "\n%s:\n", heading);
    for (; opts && opts->name; opts++) {
        if (opts->kind == FST_OPT_HEADING) {
            fst_buf_addf(out, "\n%s:\n", opts->name);
            continue;
        }
        fst_buf_reset(&left);
        if (opts->letter)
            fst_buf_addf(&left, "-%c, ", opts->letter);
        else
            fst_buf_add_str(&left, "    ");
        fst_opt_add_synopsis(&left, opts);
        add_row(out, fst_buf_str(&left), opts->help);
    }
    fst_buf_clear(&left);
}

static void add_commands(struct fst_buf *out, const struct fst_cmd *const *list)
{
    fst_buf_add_str(out, "\nCommands:\n");
    for (; *list; list++)
        if (!(*list)->hidden)
            add_row(out, (*list)->name, (*list)->summary);
}

void fst_usage_add(struct fst_buf *out, const struct fst_command_path *path)
{
    const struct fst_cmd *cmd = path->cmd;
    fst_buf_addf(out, "fhirstage%s%s", cmd ? " " : "", path->name);
    if (!cmd || cmd->subs) {
        fst_buf_add_str(out, " COMMAND [OPTION]... [ARGUMENT]...");
        return;
    }
    if (cmd->opts && cmd->opts->name)
        fst_buf_add_str(out, " [OPTION]...");
    if (cmd->args)
        fst_buf_addf(out, " %s", cmd->args);
    for (const struct fst_opt *o = cmd->opts; o && o->name; o++)
        if (o->required) {
            fst_buf_add_char(out, ' ');
            fst_opt_add_synopsis(out, o);
        }
}

static void add_examples(struct fst_buf *out, const struct fst_example *e)
{
    if (e)
        fst_buf_add_str(out, "\nExamples:\n");
    for (; e && e->line; e++)
        fst_buf_addf(out, "  # %s\n  %s\n", e->what, e->line);
}

static void add_program(struct fst_buf *out)
{
    fst_buf_add_str(out, "fhirstage " FST_VERSION ": " FST_HELP_ABOUT "\n");
    add_commands(out, fst_commands);
    add_options(out, fst_global_opts, "Options of every command");
    fst_buf_add_str(out, "\nExit codes:\n");
    for (const struct fst_exit_code *c = fst_exit_codes; c->meaning; c++) {
        char code[8];
        snprintf(code, sizeof code, "%d", c->code);
        add_row(out, code, c->meaning);
    }
    fst_buf_add_str(out, "\n'fhirstage help COMMAND' tells more about a command.\n");
}

void fst_description_add(struct fst_buf *out, const struct fst_cmd *cmd)
{
    if (cmd->description)
        fst_buf_add_str(out, cmd->description);
    else
        fst_buf_addf(out, "%c%s.", cmd->summary[0] & ~0x20, cmd->summary + 1);
}

void fst_help_add(struct fst_buf *out, const struct fst_command_path *path)
{
    const struct fst_cmd *cmd = path->cmd;
    struct fst_buf        text;
    fst_buf_init(&text, 1 << 16);
    fst_usage_add(&text, path);
    fst_buf_add_str(out, "usage: ");
    add_filled(out, fst_buf_str(&text), strlen("usage: "), strlen("usage: "));
    fst_buf_add_char(out, '\n');
    if (!cmd) {
        fst_buf_clear(&text);
        add_program(out);
        return;
    }
    fst_buf_reset(&text);
    fst_description_add(&text, cmd);
    add_filled(out, fst_buf_str(&text), 0, 0);
    fst_buf_clear(&text);
    if (cmd->subs)
        add_commands(out, cmd->subs);
    add_options(out, cmd->opts, "Options");
    add_examples(out, cmd->examples);
    fst_buf_add_str(out, "\nOptions of every command: ");
    for (const struct fst_opt *o = fst_global_opts; o->name; o++)
        fst_buf_addf(out, "%s--%s", o == fst_global_opts ? "" : ", ", o->name);
    fst_buf_add_char(out, '\n');
}

enum fst_status fst_help_print(const struct fst_command_path *path, struct fst_error *err)
{
    struct fst_buf  out;
    enum fst_status st;
    fst_buf_init(&out, 1 << 20);
    fst_help_add(&out, path);
    fputs(fst_buf_str(&out), stdout);
    st = fst_buf_check(&out, err);
    fst_buf_clear(&out);
    return st;
}
