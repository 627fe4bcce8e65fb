/* sink.c — an S3 endpoint that discards what it gets, so that uploaders are measured and not a service: a thread a
 * connection; bodies are dropped in the kernel; nothing is verified. It prints its URL. Small objects named lock.json are
 * kept, since who takes a lock reads it back. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 64 * 1024, KEPT_MAX = 4096, DROP = 1 << 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char            kept[KEPT_MAX];
static size_t          kept_size;

struct connection {
    int    fd;
    char   in[HEAD_MAX + 1];
    size_t len;
};

static void answer(struct connection *c, const char *status, const char *headers, const char *body, size_t n)
{
    char head[1024];
    int  m = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, n, headers);

    if (send(c->fd, head, (size_t)m, MSG_NOSIGNAL | (n ? MSG_MORE : 0)) < 0 || (n && send(c->fd, body, n, MSG_NOSIGNAL) < 0))
        return;
}

static void answer_xml(struct connection *c, const char *xml)
{
    answer(c, "200 OK", "Content-Type: application/xml\r\n", xml, strlen(xml));
}

static size_t header_number(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

/* What is behind the header is the body's beginning; the rest is dropped where it is. */
static int drop_body(struct connection *c, size_t head, size_t size, int keep)
{
    size_t have = c->len - head < size ? c->len - head : size;

    if (keep && size < KEPT_MAX) {
        while (c->len - head < size) {
            ssize_t got = recv(c->fd, c->in + c->len, HEAD_MAX - c->len, 0);
            if (got <= 0)
                return 0;
            c->len += (size_t)got;
        }
        have = size;
        pthread_mutex_lock(&lock);
        memcpy(kept, c->in + head, size);
        kept_size = size;
        pthread_mutex_unlock(&lock);
    }
    for (size_t left = size - have; left;) {
        ssize_t got = recv(c->fd, NULL, left < DROP ? left : DROP, MSG_TRUNC);
        if (got <= 0)
            return 0;
        left -= (size_t)got;
    }
    memmove(c->in, c->in + head + have, c->len - head - have);
    c->len -= head + have;
    return 1;
}

static void reply(struct connection *c, const char *method, const char *target, int is_lock)
{
    const char *query = strchr(target, '?');

    if (!strcmp(method, "PUT"))
        answer(c, "200 OK", "ETag: \"00000000000000000000000000000000\"\r\n", "", 0);
    else if (!strcmp(method, "POST") && query && strstr(query, "uploads"))
        answer_xml(c, "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId></InitiateMultipartUploadResult>");
    else if (!strcmp(method, "POST"))
        answer_xml(c, "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag>\"0-1\"</ETag></CompleteMultipartUploadResult>");
    else if (!strcmp(method, "DELETE"))
        answer(c, "204 No Content", "", "", 0);
    else if (!strcmp(method, "HEAD"))
        answer(c, strchr(target + 1, '/') ? "404 Not Found" : "200 OK", "", "", 0);
    else if (is_lock && kept_size)
        answer(c, "200 OK", "", kept, kept_size);
    else
        answer_xml(c, query && strstr(query, "uploads") ? "<ListMultipartUploadsResult></ListMultipartUploadsResult>"
                                                        : "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
}

static void *serve(void *arg)
{
    struct connection *c = arg;
    char              *end;

    for (;;) {
        char   method[16], target[2048];
        size_t head, size;
        int    is_lock;
        c->in[c->len] = '\0';
        while (!(end = strstr(c->in, "\r\n\r\n"))) {
            ssize_t got = c->len < HEAD_MAX ? recv(c->fd, c->in + c->len, HEAD_MAX - c->len, 0) : 0;
            if (got <= 0)
                goto out;
            c->len += (size_t)got;
            c->in[c->len] = '\0';
        }
        head = (size_t)(end - c->in) + 4;
        *end = '\0';
        if (sscanf(c->in, "%15s %2047s", method, target) != 2)
            goto out;
        size = header_number(c->in, "\r\ncontent-length:");
        if (strcasestr(c->in, "\r\nexpect: 100-continue") && send(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL) < 0)
            goto out;
        is_lock = strstr(target, "lock.json") != NULL;
        if (!drop_body(c, head, size, is_lock && !strcmp(method, "PUT")))
            goto out;
        reply(c, method, target, is_lock);
    }
out:
    close(c->fd);
    free(c);
    return NULL;
}

int main(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          n = sizeof at;
    int                fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 512) || getsockname(fd, (struct sockaddr *)&at, &n)) {
        perror("sink");
        return 1;
    }
    printf("http://127.0.0.1:%d\n", ntohs(at.sin_port));
    fflush(stdout);
    for (;;) {
        struct connection *c = calloc(1, sizeof *c);
        pthread_t          thread;
        if (!c || (c->fd = accept(fd, NULL, NULL)) < 0) {
            free(c);
            continue;
        }
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (pthread_create(&thread, NULL, serve, c) == 0)
            pthread_detach(thread);
        else
            close(c->fd);
    }
}
