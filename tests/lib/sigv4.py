#!/usr/bin/env python3
"""sigv4.py SERVICE URL [-X METHOD] [-H 'name: value']... [-d BODY] [-o FILE] — one signed request, as an SDK signs it.

The body goes to standard output or FILE; the answer's headers and, last, "status N" to standard error. (curl's
--aws-sigv4 signs neither a path with a $ in it nor further headers as AWS does.) Tests import request().
"""
import argparse, datetime, hashlib, hmac, http.client, sys, urllib.parse


def signature(secret, scope, text):
    key = ('AWS4' + secret).encode()
    for part in scope.split('/'):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def canonical_query(query):
    quote = lambda v: urllib.parse.quote(urllib.parse.unquote(v), safe='-_.~')
    return '&'.join(sorted('='.join(quote(v) for v in (q.split('=', 1) + [''])[:2]) for q in query.split('&') if q))


def request(service, method, url, headers={}, body=b'', key='local', secret='local-secret', skew=0, timeout=60):
    """The answer's status, headers (a list) and body."""
    url = urllib.parse.urlsplit(url)
    now = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=skew)).strftime('%Y%m%dT%H%M%SZ')
    headers = {name.lower(): value for name, value in headers.items()}
    headers.update({'host': url.netloc, 'x-amz-date': now})
    names = ';'.join(sorted(headers))
    path = urllib.parse.quote(url.path or '/', safe='/~%' if service == 's3' else '/~')
    canonical = '\n'.join([method, path, canonical_query(url.query), ''.join('%s:%s\n' % (n, headers[n]) for n in sorted(headers)),
                           names, hashlib.sha256(body).hexdigest()])
    scope = '%s/us-east-1/%s/aws4_request' % (now[:8], service)
    text = '\n'.join(['AWS4-HMAC-SHA256', now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    headers['authorization'] = 'AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s' % (
        key, scope, names, signature(secret, scope, text))
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
    try:
        connection.request(method, (url.path or '/') + ('?' + url.query if url.query else ''), body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def main():
    p = argparse.ArgumentParser()
    p.add_argument('service')
    p.add_argument('url')
    p.add_argument('-X', dest='method', default='GET')
    p.add_argument('-H', dest='headers', action='append', default=[])
    p.add_argument('-d', dest='body', default='')
    p.add_argument('-o', dest='out')
    p.add_argument('--key', default='local')
    p.add_argument('--secret', default='local-secret')
    p.add_argument('--skew', type=int, default=0, help='seconds that the clock is off')
    a = p.parse_args()
    headers = {name: value.strip() for name, value in (h.split(':', 1) for h in a.headers)}
    status, got, data = request(a.service, a.method, a.url, headers, a.body.encode(), a.key, a.secret, a.skew)
    for name, value in got:
        print('%s: %s' % (name.lower(), value), file=sys.stderr)
    print('status %d' % status, file=sys.stderr)
    if a.out:
        open(a.out, 'wb').write(data)
    else:
        sys.stdout.buffer.write(data)


if __name__ == '__main__':
    main()
