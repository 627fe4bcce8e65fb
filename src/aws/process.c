/* credential_process: a command that prints credentials as JSON. What it writes to standard error may hold secrets, and
 * is shown to nobody.
 * Source: AWS SDKs and Tools Reference Guide, "Process credential provider". */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/providers.h"

enum { MAX_WORDS = 64, OUTPUT_CEILING = 1 << 18, WAIT_MS = 5 * 60 * 1000 };

extern char **environ;

/* The next word of a command line, quotes and backslashes undone as a shell would; NULL behind the last. */
static char *next_word(const char **at, struct fst_arena *strings)
{
    const char *p = *at + strspn(*at, " \t");
    char       *out = *p ? fst_arena_alloc(strings, strlen(p) + 1) : NULL;
    size_t      n = 0;
    char        quote = 0;

    for (; out && *p && (quote || (*p != ' ' && *p != '\t')); p++) {
        if (quote ? *p == quote : *p == '"' || *p == '\'')
            quote = quote ? 0 : *p;
        else if (*p == '\\' && p[1] && quote != '\'')
            out[n++] = *++p;
        else
            out[n++] = *p;
    }
    if (out)
        out[n] = '\0';
    *at = p;
    return out;
}

static enum fst_status start(pid_t *pid, char **words, int out_fd, const char *origin, struct fst_error *err)
{
    posix_spawn_file_actions_t actions;
    int                        rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    rc = posix_spawnp(pid, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return rc ? fst_fail(err, FST_ECONFIG, "%s: '%s' cannot be started: %s", origin, words[0], strerror(rc)) : FST_OK;
}

/* All that it prints, until it closes its output. */
static enum fst_status collect(struct fst_buf *out, int fd, const struct fst_env *env, const char *origin, struct fst_error *err)
{
    int64_t until = env->mono_ms(env->ctx) + WAIT_MS;

    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t       left = until - env->mono_ms(env->ctx);
        char          block[4096];
        ssize_t       n;
        int           ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return fst_fail(err, FST_ECONFIG, "%s: still running after %d minutes", origin, WAIT_MS / 60000);
        n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        fst_buf_add(out, block, n > 0 ? (size_t)n : 0);
        explicit_bzero(block, sizeof block);
        if (fst_buf_status(out))
            return fst_fail(err, FST_ECONFIG, "%s: prints more than credentials", origin);
        if (n <= 0)
            return FST_OK;
    }
}

static enum fst_status finish(pid_t pid, enum fst_status st, const char *origin, struct fst_error *err)
{
    int status = 0;

    if (st)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (st || (WIFEXITED(status) && !WEXITSTATUS(status)))
        return st;
    if (WIFEXITED(status))
        (void)fst_fail(err, FST_ECONFIG, "%s: ended with exit code %d", origin, WEXITSTATUS(status));
    else
        (void)fst_fail(err, FST_ECONFIG, "%s: ended by signal %d", origin, WTERMSIG(status));
    fst_error_hint(err, "run the command by itself to see what it says");
    return FST_ECONFIG;
}

enum fst_status fst_provider_process(struct fst_providers *p, const char *profile, struct fst_credentials **out, struct fst_error *err)
{
    static const struct fst_credentials_names names = { "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", false };
    const char     *command = fst_settings_get(&p->settings, profile, "credential_process");
    const char     *origin = fst_arena_printf(p->settings.strings, "credential_process of profile %s", profile);
    char           *words[MAX_WORDS + 1] = { 0 };
    int             pipes[2];
    struct fst_buf  text;
    pid_t           pid;
    enum fst_status st;

    *out = NULL;
    if (!command || !origin)
        return origin ? FST_OK : fst_fail(err, FST_ENOMEM, "out of memory");
    for (size_t i = 0; i < MAX_WORDS && (words[i] = next_word(&command, p->settings.strings)); i++)
        ;
    if (!words[0])
        return fst_fail(err, FST_ECONFIG, "%s: no command", origin);
    if (pipe2(pipes, O_CLOEXEC))
        return fst_fail_errno(err, "%s", origin);
    fst_buf_init(&text, OUTPUT_CEILING);
    st = start(&pid, words, pipes[1], origin, err);
    close(pipes[1]);
    if (!st) {
        st = collect(&text, pipes[0], p->env, origin, err);
        st = finish(pid, st, origin, err);
    }
    close(pipes[0]);
    if (!st)
        st = fst_credentials_parse(out, fst_buf_view(&text), NULL, &names, origin, err);
    if (text.p)
        explicit_bzero(text.p, text.cap);
    fst_buf_clear(&text);
    return st;
}
