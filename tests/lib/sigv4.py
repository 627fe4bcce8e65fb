#!/usr/bin/env python3
"""sigv4.py SERVICE URL [-X METHOD] [-H 'name: value']... [-d BODY] [-o FILE] — one signed request, as an SDK signs it.

Prints the status on standard error's last line as "status N", the answer's headers before it; the body goes to
standard output or FILE. (curl's --aws-sigv4 signs neither a path with a $ in it nor further headers as AWS does.)
"""
import argparse, datetime, hashlib, hmac, http.client, sys, urllib.parse

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

url = urllib.parse.urlsplit(a.url)
now = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=a.skew)).strftime('%Y%m%dT%H%M%SZ')
body = a.body.encode()
headers = {h.split(':', 1)[0].strip().lower(): h.split(':', 1)[1].strip() for h in a.headers}
headers.update({'host': url.netloc, 'x-amz-date': now})
names = ';'.join(sorted(headers))
path = urllib.parse.quote(url.path or '/', safe='/~' if a.service != 's3' else '/~%')
query = '&'.join(sorted('='.join(urllib.parse.quote(urllib.parse.unquote(v), safe='-_.~') for v in (q.split('=', 1) + [''])[:2])
                        for q in url.query.split('&') if q))
canonical = '\n'.join([a.method, path, query, ''.join('%s:%s\n' % (n, headers[n]) for n in sorted(headers)), names,
                       hashlib.sha256(body).hexdigest()])
scope = '%s/us-east-1/%s/aws4_request' % (now[:8], a.service)
key = ('AWS4' + a.secret).encode()
for part in scope.split('/'):
    key = hmac.new(key, part.encode(), hashlib.sha256).digest()
text = '\n'.join(['AWS4-HMAC-SHA256', now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
headers['authorization'] = 'AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s' % (
    a.key, scope, names, hmac.new(key, text.encode(), hashlib.sha256).hexdigest())

c = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
c.request(a.method, (url.path or '/') + ('?' + url.query if url.query else ''), body, headers)
r = c.getresponse()
data = r.read()
for name, value in r.getheaders():
    print('%s: %s' % (name.lower(), value), file=sys.stderr)
print('status %d' % r.status, file=sys.stderr)
if a.out:
    open(a.out, 'wb').write(data)
else:
    sys.stdout.buffer.write(data)
