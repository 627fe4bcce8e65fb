/* fake_server.h — an HTTP server on loopback that answers as a test tells it: one thread a connection, kept alive. */
#ifndef FST_TEST_FAKE_SERVER_H
#define FST_TEST_FAKE_SERVER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

enum { FAKE_CEILING = 256 << 20, FAKE_CONNECTIONS = 64 };

struct fake_request {
    char            method[16];
    char           *target; /* "/bucket/key?query" */
    struct fst_view head;   /* header lines, NUL-terminated behind */
    struct fst_view body;
};

/* Answer with fake_answer(), or write raw bytes to `out`. False closes the connection behind it. One call at a time. */
struct fake_server;
typedef bool fake_handler(struct fake_server *s, const struct fake_request *r, struct fst_buf *out);

struct fake_server {
    fake_handler   *handler;
    void           *ctx;
    int             fd;
    char            url[64];
    pthread_t       thread;
    pthread_mutex_t lock;
    int             connections, requests; /* so far; under the lock */
    int             fds[FAKE_CONNECTIONS];
    pthread_t       threads[FAKE_CONNECTIONS];
};

struct fake_connection {
    struct fake_server *server;
    int                 fd;
};

static inline struct fst_view fake_header(const struct fake_request *r, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = r->head.p; line && *line; line = strstr(line, "\r\n") ? strstr(line, "\r\n") + 2 : NULL) {
        if (!strncasecmp(line, name, n) && line[n] == ':') {
            const char *value = line + n + 1;
            value += strspn(value, " ");
            return fst_view_n(value, strcspn(value, "\r"));
        }
    }
    return (struct fst_view){ 0 };
}

/* `headers`: whole lines, each with \r\n; may be NULL. */
static inline void fake_answer(struct fst_buf *out, int status, const char *headers, const char *body)
{
    fst_buf_addf(out, "HTTP/1.1 %d Said\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body), headers ? headers : "", body);
}

static inline bool fake_read_more(int fd, struct fst_buf *in)
{
    ssize_t got;
    if (!fst_buf_reserve(in, 65536))
        return false;
    got = read(fd, in->p + in->len, 65536);
    if (got <= 0)
        return false;
    in->len += (size_t)got;
    in->p[in->len] = '\0';
    return true;
}

/* One request out of `in`; false at the end of the connection. `used` is set to its bytes. */
static inline bool fake_read_request(int fd, struct fst_buf *in, struct fst_buf *copy, struct fake_request *r, size_t *used)
{
    char           *end, *space;
    struct fst_view length;
    size_t          body = 0, head;

    while (!in->len || !(end = strstr(in->p, "\r\n\r\n")))
        if (!fake_read_more(fd, in))
            return false;
    head = (size_t)(end - in->p) + 4;
    fst_buf_reset(copy);
    fst_buf_add(copy, in->p, head - 2);
    fst_buf_add_char(copy, '\0');
    *r = (struct fake_request){ .head = { strstr(copy->p, "\r\n") + 2, 0 } };
    space = strchr(copy->p, ' ');
    snprintf(r->method, sizeof r->method, "%.*s", (int)(space - copy->p), copy->p);
    r->target = space + 1;
    *strchr(r->target, ' ') = '\0';
    length = fake_header(r, "content-length");
    if (length.n)
        body = strtoul(length.p, NULL, 10);
    while (in->len < head + body)
        if (!fake_read_more(fd, in))
            return false;
    r->body = fst_view_n(in->p + head, body);
    *used = head + body;
    return true;
}

static inline void *fake_serve(void *arg)
{
    struct fake_connection *c = arg;
    struct fst_buf          in, copy, out;
    struct fake_request     r;
    size_t                  used;
    bool                    go_on = true;

    fst_buf_init(&in, FAKE_CEILING);
    fst_buf_init(&copy, FAKE_CEILING);
    fst_buf_init(&out, FAKE_CEILING);
    while (go_on && fake_read_request(c->fd, &in, &copy, &r, &used)) {
        fst_buf_reset(&out);
        pthread_mutex_lock(&c->server->lock);
        c->server->requests++;
        go_on = c->server->handler(c->server, &r, &out);
        pthread_mutex_unlock(&c->server->lock);
        for (size_t sent = 0; sent < out.len;) {
            ssize_t n = send(c->fd, out.p + sent, out.len - sent, MSG_NOSIGNAL);
            if (n <= 0)
                break;
            sent += (size_t)n;
        }
        fst_buf_consume(&in, used);
        if (in.p)
            in.p[in.len] = '\0';
    }
    shutdown(c->fd, SHUT_RDWR);
    fst_buf_clear(&in);
    fst_buf_clear(&copy);
    fst_buf_clear(&out);
    free(c);
    return NULL;
}

static inline void *fake_accept(void *arg)
{
    struct fake_server *s = arg;
    int                 fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        struct fake_connection *c = malloc(sizeof *c);
        if (!c || s->connections == FAKE_CONNECTIONS)
            abort();
        *c = (struct fake_connection){ s, fd };
        s->fds[s->connections] = fd;
        if (pthread_create(&s->threads[s->connections], NULL, fake_serve, c) != 0)
            abort();
        s->connections++;
    }
    return NULL;
}

static inline void fake_start(struct fake_server *s, fake_handler *handler, void *ctx)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          n = sizeof address;

    *s = (struct fake_server){ .handler = handler, .ctx = ctx, .lock = PTHREAD_MUTEX_INITIALIZER };
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&address, sizeof address) || listen(s->fd, 64) ||
        getsockname(s->fd, (struct sockaddr *)&address, &n) || pthread_create(&s->thread, NULL, fake_accept, s))
        abort();
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", ntohs(address.sin_port));
}

static inline void fake_stop(struct fake_server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    for (int i = 0; i < s->connections; i++) {
        shutdown(s->fds[i], SHUT_RDWR);
        pthread_join(s->threads[i], NULL);
        close(s->fds[i]);
    }
}

#endif
