#include "test.h"

#include "cli/commands.h"
#include "cli/options.h"

static bool is_lower(char c)
{
    return c < 'A' || c > 'Z';
}

/* A line of help: there, and without a full stop at its end. */
static void check_line(const char *command, const char *what, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    if (!n || text[n - 1] == '.')
        fail_msg("%s: %s: '%s'", command, what, text ? text : "NULL");
}

static bool same_option(const struct fst_opt *a, const struct fst_opt *b)
{
    return !strcmp(a->name, b->name) || (a->letter && a->letter == b->letter);
}

static void check_option(const char *command, const struct fst_opt *o)
{
    if (o->kind == FST_OPT_HEADING)
        return;
    check_line(command, o->name, o->help);
    if (o->kind == FST_OPT_CHOICE && !o->choices)
        fail_msg("%s: --%s has no choices", command, o->name);
    if (o->kind != FST_OPT_FLAG && !o->arg && !o->choices)
        fail_msg("%s: the value of --%s has no name", command, o->name);
    if (o->arg_optional && o->kind != FST_OPT_STRING)
        fail_msg("%s: --%s: only a string may be left out", command, o->name);
    for (const struct fst_opt *later = o + 1; later->name; later++)
        if (later->kind != FST_OPT_HEADING && same_option(o, later))
            fail_msg("%s: --%s and --%s clash", command, o->name, later->name);
    for (const struct fst_opt *global = fst_global_opts; global->name; global++)
        if (same_option(o, global))
            fail_msg("%s: --%s clashes with the global --%s", command, o->name, global->name);
}

static void check_command(void *ctx, const struct fst_command_path *path)
{
    const struct fst_cmd *cmd = path->cmd;
    ++*(size_t *)ctx;
    check_line(path->name, "summary", cmd->summary);
    if (!is_lower(cmd->summary[0]) && is_lower(cmd->summary[1]))
        fail_msg("%s: the summary begins with a capital", path->name);
    if (!cmd->run == !cmd->subs)
        fail_msg("%s: a command either runs or has subcommands", path->name);
    if (cmd->min_args && !cmd->args)
        fail_msg("%s: its arguments have no name", path->name);
    for (const struct fst_opt *o = cmd->opts; o && o->name; o++)
        check_option(path->name, o);
    for (const struct fst_example *e = cmd->examples; e && e->line; e++)
        check_line(path->name, "example", e->what);
}

static void tables_are_sound(void **state)
{
    size_t count = 0;
    fst_commands_each(check_command, &count);
    assert_true(count > 10);
}

static void paths(void **state)
{
    struct fst_command_path path;
    struct fst_error        err = { 0 };
    assert_int_equal(fst_command_path(&path, (const char *const[]){ "import", "start" }, 2, &err), FST_OK);
    assert_string_equal(path.name, "import start");
    assert_int_equal(fst_command_path(&path, (const char *const[]){ "import", "strat" }, 2, &err), FST_EUSAGE);
    assert_string_equal(err.text, "import: no such command 'strat'");
    assert_string_equal(err.hint, "did you mean 'start'?");
    assert_int_equal(fst_command_path(&path, (const char *const[]){ "version", "now" }, 2, &err), FST_EUSAGE);
    assert_int_equal(fst_command_path(&path, NULL, 0, &err), FST_OK);
    assert_null(path.cmd);
}

FST_TESTS(cmocka_unit_test(tables_are_sound), cmocka_unit_test(paths))
