/* The program: find the command, parse its options, run it, say what went wrong, leave with the exit code. */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/say.h"
#include "fhirstage/version.h"

static struct fst_meter meter;

/* The first signal asks the command to wind up, the second ends at once. */
static void on_stop(int number)
{
    atomic_store(&meter.stop, number);
}

static void catch_signals(void)
{
    struct sigaction stop = { .sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static void apply_globals(struct fst_cli *cli, const struct fst_globals *g)
{
    const char *no_color = cli->env->getenv(cli->env->ctx, "NO_COLOR"), *term = cli->env->getenv(cli->env->ctx, "TERM");
    cli->verbosity = g->quiet ? -1 : g->verbose > 2 ? 2 : (int)g->verbose;
    cli->log_json = g->log_format;
    cli->progress = g->quiet ? FST_PROGRESS_NONE : g->progress;
    cli->color = isatty(STDERR_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb");
}

/* Parse what is behind the command's name and run it. */
static enum fst_status run(struct fst_cli *cli, const struct fst_command_path *path, struct fst_globals *globals,
                           const char *const *argv, size_t argc, struct fst_error *err)
{
    void            *args = calloc(1, path->cmd->args_size + 1);
    size_t           used;
    struct fst_parse p = { .opts = path->cmd->opts, .args = args, .globals = globals, .command = path->name };
    enum fst_status  st = args ? fst_parse_args(&p, argv, argc, &used, err) : fst_fail(err, FST_ENOMEM, "out of memory");
    apply_globals(cli, globals);
    if (!st && globals->help)
        st = fst_help_print(path, err);
    else if (!st) {
        st = fst_parse_complete(&p, path->cmd, err);
        if (!st)
            st = path->cmd->run(cli, args, p.operands, p.count, err);
    }
    fst_parse_clear(&p);
    free(args);
    return st;
}

/* Options before a command's name are global ones; then a name, of a subcommand where the command has them. */
static enum fst_status dispatch(struct fst_cli *cli, const char *const *argv, size_t argc, struct fst_error *err)
{
    struct fst_globals           globals = { 0 };
    struct fst_command_path      path = { 0 };
    const struct fst_cmd *const *list = fst_commands;
    for (;;) {
        struct fst_parse p = { .globals = &globals, .command = path.name, .stop_at_operand = true };
        size_t           used;
        enum fst_status  st = fst_parse_args(&p, argv, argc, &used, err);
        fst_parse_clear(&p);
        apply_globals(cli, &globals);
        if (st)
            return st;
        argv += used;
        argc -= used;
        if (globals.version) {
            printf("fhirstage %s\n", FST_VERSION);
            return FST_OK;
        }
        if (globals.help && !argc)
            return fst_help_print(&path, err);
        if (!argc)
            return fst_fail_usage(err, path.name, "missing command");
        const struct fst_cmd *cmd = fst_command_find(list, argv[0]);
        if (!cmd)
            return fst_command_unknown(list, path.name, argv[0], err);
        fst_command_path_add(&path, cmd);
        argv++;
        argc--;
        list = cmd->subs;
        if (!list)
            return run(cli, &path, &globals, argv, argc, err);
    }
}

/* Has whoever read our standard output gone? Then there is nobody to tell. */
static bool reader_gone(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
    return poll(&out, 1, 0) > 0 && (out.revents & POLLERR);
}

/* A result that did not reach the disk must not look like success. */
static enum fst_status close_stdout(enum fst_status st, struct fst_error *err)
{
    bool failed = fflush(stdout) || ferror(stdout);
    if (!failed)
        return st;
    if (reader_gone()) {
        *err = (struct fst_error){ 0 };
        return st ? st : FST_EIO;
    }
    return st ? st : fst_fail_errno(err, "standard output");
}

int main(int argc, char **argv)
{
    struct fst_env   env = *fst_env_real();
    struct fst_cli   cli = { .env = &env, .meter = &meter };
    struct fst_error err = { 0 };
    enum fst_status  st;
    env.requested = fst_say_request;
    fst_say_setup(&cli);
    catch_signals();
    st = dispatch(&cli, (const char *const *)argv + 1, argc ? (size_t)argc - 1 : 0, &err);
    st = close_stdout(st, &err);
    if (st)
        fst_say_error(&err);
    return fst_status_exit_code(st);
}
