/* Servers that keep one waiting: silent, or a byte at a time. */
#include "test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/http.h"

enum { PIECE_MS = 20, PATIENCE_MS = 30000 };

struct slow {
    const char *head; /* sent at once … */
    const char *piece; /* … and this again and again; NULL: nothing more */
    int         fd;
    _Atomic int stop;
    pthread_t   thread;
    char        url[64];
};

static void nap(int ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
    nanosleep(&t, NULL);
}

static void *serve(void *ctx)
{
    struct slow *s = ctx;
    char         request[4096];
    int          fd = accept(s->fd, NULL, NULL);

    if (recv(fd, request, sizeof request, 0) > 0 && s->head)
        (void)!send(fd, s->head, strlen(s->head), MSG_NOSIGNAL);
    while (!s->stop && (!s->piece || send(fd, s->piece, strlen(s->piece), MSG_NOSIGNAL) > 0))
        nap(PIECE_MS);
    close(fd);
    return NULL;
}

static void start(struct slow *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          n = sizeof a;

    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(s->fd, 1), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/", ntohs(a.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void end(struct slow *s)
{
    s->stop = 1;
    pthread_join(s->thread, NULL);
    close(s->fd);
}

static bool take(void *ctx, const char *p, size_t n)
{
    return true;
}

#define BODY "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"

static const struct {
    const char *why, *head, *piece;
    bool        sink;
    int64_t     stall_ms, deadline_ms;
    const char *text;
} rows[] = {
    { "silent", NULL, NULL, false, 300, 0, "nothing came" },
    { "silent behind the headers", BODY, NULL, false, 300, 0, "nothing came" },
    { "headers that trickle", "HTTP/1.1 200 OK\r\n", "X: y\r\n", false, PATIENCE_MS, 600, "no whole answer" },
    { "a header that trickles", "HTTP/1.1 200 OK\r\nX: ", "y", false, PATIENCE_MS, 600, "no whole answer" },
    { "a body that trickles", BODY, "y", false, PATIENCE_MS, 600, "no whole answer" },
    { "a large body that trickles", BODY, "y", true, 600, 0, "nothing came" },
};

static void waits_end(void **state)
{
    for (size_t i = 0; i < FST_COUNT(rows); i++) {
        struct slow              s = { .head = rows[i].head, .piece = rows[i].piece };
        struct fst_http_opts     opts = { .stall_ms = rows[i].stall_ms };
        struct fst_http_request  req = { .method = "GET", .sink = rows[i].sink ? take : NULL, .deadline_ms = rows[i].deadline_ms };
        struct fst_http         *http;
        struct fst_http_response resp;
        struct fst_error         err = { 0 };
        start(&s);
        req.url = s.url;
        fst_http_response_init(&resp, 1 << 20);
        assert_int_equal(fst_http_new(&http, &opts, &err), FST_OK);
        if (fst_http_do(http, &req, &resp, &err) != FST_ENET || !strstr(err.text, rows[i].text))
            fail_msg("%s: %s", rows[i].why, err.text);
        if (resp.ended_ms - resp.begun_ms > 5000)
            fail_msg("%s: %lld ms", rows[i].why, (long long)(resp.ended_ms - resp.begun_ms));
        fst_http_free(http);
        fst_http_response_clear(&resp);
        end(&s);
    }
}

FST_TESTS(cmocka_unit_test(waits_end))
