"""Broken and hostile servers: for each, one clear error line, a bounded time, bounded memory, and no secret anywhere it should
not be. What can be put right (a region, a clock, a throttle) is, and the request comes again."""
import email.utils, http.server, os, resource, shutil, ssl, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'lib'))
from hostile import Hostile, answer  # noqa: E402

program = os.environ['FHIRSTAGE']
MEMORY = (1500 if 'asan' in program else 200) << 10  # KiB
SECRET, TOKEN = 'the-secret-access-key', 'the-session-token'
LISTING = '<ListBucketResult><IsTruncated>false</IsTruncated>%s</ListBucketResult>'
LINE = '{"resourceType":"Patient","id":"a"}\n'
ONE = LISTING % ('<Contents><Key>in/a.ndjson</Key><Size>%d</Size><ETag>"e1"</ETag></Contents>' % len(LINE))
scratch = tempfile.mkdtemp()
server, other = Hostile(), Hostile()
other.behave = lambda c, r: answer(c, 200, '{}')
failed, cases = [], [0]


def environment(url, attempts):
    env = {k: v for k, v in os.environ.items() if not k.startswith('AWS_') and 'proxy' not in k.lower()}
    env.update(AWS_ENDPOINT_URL=url, AWS_REGION='us-east-1', AWS_ACCESS_KEY_ID='AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN=TOKEN,
               AWS_CONFIG_FILE='/dev/null', AWS_SHARED_CREDENTIALS_FILE='/dev/null', AWS_MAX_ATTEMPTS=str(attempts))
    return env


def check(why, behave, command, exit_code, text, requests=None, attempts=1, seconds=20, url=None, env=None):
    cases[0] += 1
    server.requests.clear()
    server.behave = behave
    begun = time.time()
    child = subprocess.Popen([program, *command], env=dict(environment(url or server.url, attempts), **(env or {})), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    timer = threading.Timer(90, child.kill)
    timer.start()
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    timer.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    lines = [line for line in out.split('\n') if line.startswith('fhirstage: ')]
    took = time.time() - begun
    if child.returncode != exit_code:
        fail(why, 'exit %d, not %d: %s' % (child.returncode, exit_code, out[-600:]))
    elif text not in out:
        fail(why, out[-600:])
    elif exit_code and len(lines) != 1:
        fail(why, '%d error lines: %s' % (len(lines), out[-600:]))
    if SECRET in out or TOKEN in out or any(ord(c) < 32 and c not in '\n\t' for c in out):
        fail(why, 'a secret, or control characters: ' + repr(out[-600:]))
    if took > seconds:
        fail(why, 'took %.1f s' % took)
    if usage.ru_maxrss > MEMORY:
        fail(why, 'took %d KiB' % usage.ru_maxrss)
    if requests is not None and len(server.requests) != requests:
        fail(why, '%d requests, not %d' % (len(server.requests), requests))
    if other.requests:
        fail(why, 'the other host was asked: ' + other.requests[0][:300])
        other.requests.clear()


def fail(why, what):
    failed.append(why)
    print('%s: %s' % (why, what))


def endless(head, piece, forever=True):
    def behave(connection, request):
        connection.sendall(head)
        while forever:
            connection.sendall(piece)
    return behave


def raw(data):
    def behave(connection, request):
        connection.sendall(data)
        return False
    return behave


def always(status, body='', headers=(), length=None):
    return lambda connection, request: answer(connection, status, body, headers, length) and length is None


def in_turn(*behaviours):
    left = list(behaviours)

    def behave(connection, request):
        return (left.pop(0) if len(left) > 1 else left[0])(connection, request)
    return behave


FIGURES = ['figures', 's3://bucket/in/']
API = ['api', 'ListFHIRDatastores']
STORES = '{"DatastorePropertiesList":[]}'

# ---- answers that break off, or are none
check('closed without an answer', lambda c, r: False, FIGURES, 1, 'ListObjectsV2')
check('no HTTP', raw(b'SSH-2.0-OpenSSH_9.2\r\n'), FIGURES, 1, 'ListObjectsV2')
check('broken off within the body', raw(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<ListBucketResult>'), FIGURES, 1, 'ListObjectsV2')
check('broken off within a chunk', raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n500\r\n<ListBucketResult>'), FIGURES, 1, 'ListObjectsV2')
check('broken off within the headers', raw(b'HTTP/1.1 200 OK\r\nContent-Le'), FIGURES, 1, 's3://bucket')
check('a length that is too small', always(200, ONE, length=40), FIGURES, 1, 'malformed')
check('a length that is no number', raw(b'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx'), FIGURES, 1, 's3://bucket')
check('a length beyond all bounds', raw(b'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nx'), FIGURES, 1, 's3://bucket')
check('two lengths', raw(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n<a/>\n    '), FIGURES, 1, 's3://bucket')
check('JSON where XML should be', always(200, STORES), FIGURES, 1, 'malformed')
check('HTML where JSON should be', always(200, '<html>'), API, 1, 'JSON')

# ---- XML that is an attack
check('entities that multiply', always(200, '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">%s]><ListBucketResult><Contents><Key>&j;</Key></Contents></ListBucketResult>'
      % ''.join('<!ENTITY %s "%s">' % (b, ('&%s;' % a) * 10) for a, b in zip('abcdefghi', 'bcdefghij'))), FIGURES, 1, 'malformed')
check('an external entity', always(200, '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><ListBucketResult><Contents><Key>&x;</Key></Contents>'
                                        '</ListBucketResult>'), FIGURES, 1, 'malformed')
check('nested without end', always(200, '<a>' * 200000), FIGURES, 1, 'malformed')
check('a listing in a circle', always(200, '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>'
                                           '</ListBucketResult>'), FIGURES, 1, 'circle')
check('an error that is an attack', always(403, '<!DOCTYPE a [<!ENTITY a "b">]><Error><Code>&a;</Code></Error>'), FIGURES, 4, 'AccessDenied')

# ---- without end
check('an endless body', endless(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', b'10000\r\n' + b' ' * 65536 + b'\r\n'), FIGURES, 1,
      'longer than it may be', attempts=3)
check('an endless error', endless(b'HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n', b'10000\r\n' + b' ' * 65536 + b'\r\n'), API, 1,
      'longer than it may be', attempts=3)
check('endless headers', endless(b'HTTP/1.1 200 OK\r\n', b'X-Filler: ' + b'a' * 1000 + b'\r\n'), FIGURES, 1, 's3://bucket', attempts=3)
check('an endless header', endless(b'HTTP/1.1 200 OK\r\nX-Filler: ', b'a' * 65536), FIGURES, 1, 's3://bucket', attempts=3)
check('endless interim answers', endless(b'', b'HTTP/1.1 100 Continue\r\nX-Filler: ' + b'a' * 1000 + b'\r\n\r\n'), FIGURES, 1, 'longer than it may be', attempts=3)

# ---- elsewhere
elsewhere = ['Location: %s/bucket/' % other.url]
for status in 301, 302, 303, 307, 308:
    check('S3 redirects, %d' % status, always(status, '', elsewhere), FIGURES, 4, 'which is not followed', requests=1)
    check('HealthLake redirects, %d' % status, always(status, '', elsewhere), API, 4, 'which is not followed', requests=1)
check('a region that is a host', always(301, '<Error><Code>PermanentRedirect</Code></Error>', ['x-amz-bucket-region: evil.example/']), FIGURES, 4,
      'PermanentRedirect', requests=1)
check('an endpoint in the error', always(307, '<Error><Code>TemporaryRedirect</Code><Endpoint>127.0.0.1:%d</Endpoint></Error>' % other.port, elsewhere),
      FIGURES, 4, 'TemporaryRedirect', requests=1)


def in_region(region, refusal):
    def behave(connection, request):
        return answer(connection, 200, LISTING % '') if '/%s/s3/' % region in request else refusal(connection, request)
    return behave


check('another region, by header', in_region('eu-west-1', always(301, '', ['x-amz-bucket-region: eu-west-1'])), FIGURES, 1, 'no object of that name', requests=2)
check('another region, by body', in_region('eu-west-1', always(400, '<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>')),
      FIGURES, 1, 'no object of that name', requests=2)
check('regions in a circle', in_turn(always(301, '', ['x-amz-bucket-region: eu-west-1']), always(301, '', ['x-amz-bucket-region: us-east-1'])), FIGURES, 4,
      'PermanentRedirect', requests=2)
check('a region of another partition', always(301, '', ['x-amz-bucket-region: cn-north-1']), FIGURES, 4, 'PermanentRedirect', requests=1)

# ---- words that are not fit to be shown
check('control characters', always(403, '<Error><Code>Access&#10;Denied</Code><Message>a\x1b[31mred&#13;b</Message></Error>'.replace('\x1b', '')), FIGURES, 4, 'red')
check('control characters in JSON', always(400, '{"__type":"ValidationException","message":"a\\u001b[31mred\\u0007\\nb"}'), API, 4, 'red')
check('the token in the message', always(403, '<Error><Code>InvalidToken</Code><Message>%s is not good</Message></Error>' % TOKEN), FIGURES, 4, 'InvalidToken')
check('the token in JSON', always(400, '{"__type":"InvalidToken","message":"%s is not good"}' % TOKEN), API, 4, 'InvalidToken')
check('a message without end', always(400, '{"__type":"ValidationException","message":"%s"}' % ('x' * 100000)), API, 4, 'ValidationException')

# ---- tries
check('503, and then well', in_turn(always(503), always(503), always(200, STORES)), API, 0, 'DatastorePropertiesList', requests=3, attempts=3)
check('as often as it may be', always(500), API, 4, 'InternalError', requests=4, attempts=4)
check('AWS_MAX_ATTEMPTS=1', always(500), API, 4, 'InternalError', requests=1)
check('what is final is final', always(400, '{"__type":"ValidationException","message":"no"}'), API, 4, 'ValidationException: no', requests=1, attempts=5)
check('throttled', in_turn(always(400, '{"__type":"ThrottlingException"}'), always(200, STORES)), API, 0, '', requests=2, attempts=3)
check('the connection is cut, and then well', in_turn(lambda c, r: False, always(200, STORES)), API, 0, '', requests=2, attempts=3)
for header, least in ('Retry-After: 2', 2), ('x-amz-retry-after: 1500', 1.5):
    begun = time.time()
    check(header, in_turn(always(503, '', [header]), always(200, STORES)), API, 0, '', requests=2, attempts=2)
    if time.time() - begun < least:
        fail(header, 'again after %.1f s' % (time.time() - begun))
ahead = email.utils.formatdate(time.time() + 7200, usegmt=True)


def by_clock(connection, request):
    stamp = next(line for line in request.split('\r\n') if line.lower().startswith('x-amz-date')).split(': ')[1]
    right = abs(time.mktime(time.strptime(stamp, '%Y%m%dT%H%M%SZ')) - time.mktime(time.gmtime(time.time() + 7200))) < 300
    return answer(connection, 200, STORES) if right else answer(connection, 403, '{"__type":"InvalidSignatureException"}', ['Date: ' + ahead])


check('a clock that is wrong', by_clock, API, 0, '', requests=2)
check('a wrong secret', always(403, '{"__type":"InvalidSignatureException"}', ['Date: ' + email.utils.formatdate(usegmt=True)]), API, 4,
      'check the secret access key', requests=1, attempts=5)
check('an expired token', always(400, '<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>'), FIGURES, 4, 'get new ones', requests=1, attempts=5)


# ---- objects that are not what was listed
def of_object(reply):
    return lambda c, r: answer(c, 200, ONE) if 'list-type=2' in r.split(' ')[1] else reply(c, r)


n = len(LINE)
part = ['Content-Range: bytes 0-%d/%d' % (n - 1, n)]
check('an object that is right', of_object(always(206, LINE, part)), FIGURES, 0, '1')
check('changed since it was listed', of_object(always(412, '<Error><Code>PreconditionFailed</Code></Error>')), FIGURES, 1, 'was changed while it was read')
check('gone since it was listed', of_object(always(404, '<Error><Code>NoSuchKey</Code></Error>')), FIGURES, 1, 'is gone since it was listed')
check('shorter than it was listed', of_object(always(416, '<Error><Code>InvalidRange</Code></Error>')), FIGURES, 1, 'is shorter than when it was listed')
check('another part than was asked for', of_object(always(206, LINE, ['Content-Range: bytes 5-%d/%d' % (n + 4, n + 5)])), FIGURES, 1, 'not the part')
check('less than was asked for', of_object(always(206, LINE[:-3], part)), FIGURES, 1, 'not the part')
check('more than was asked for', of_object(always(200, LINE + LINE)), FIGURES, 1, 'not the part')
check('an object without end', of_object(endless(b'HTTP/1.1 206 OK\r\nTransfer-Encoding: chunked\r\n\r\n', b'10000\r\n' + b'{' * 65536 + b'\r\n')), FIGURES, 1,
      'longer than it may be')
check('an object in an archive', of_object(always(403, '<Error><Code>InvalidObjectState</Code></Error>')), FIGURES, 1, 'InvalidObjectState')

# ---- whose bucket, and who pays
check('owner and payer', always(200, LISTING % ''), [*FIGURES, '--expected-bucket-owner', '111122223333', '--requester-pays'], 1, 'no object of that name')
for header in 'x-amz-expected-bucket-owner: 111122223333', 'x-amz-request-payer: requester':
    if '\r\n%s\r\n' % header not in server.requests[0] or header.split(':')[0] not in server.requests[0].split('SignedHeaders=')[1].split(',')[0]:
        fail(header, server.requests[0])
check('an owner that is none', always(200, LISTING % ''), [*FIGURES, '--expected-bucket-owner', 'me'], 2, 'an account has 12 digits', requests=0)

# ---- TLS
plain = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.BaseHTTPRequestHandler)
plain.RequestHandlerClass.log_message = lambda *args: None
threading.Thread(target=plain.serve_forever, daemon=True).start()
check('http where https is asked', None, API, 1, 'does the endpoint speak https', url='https://127.0.0.1:%d' % plain.server_port)
key = os.path.join(scratch, 'key.pem')
made = shutil.which('openssl') and not subprocess.run(
    ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', scratch + '/cert.pem', '-days', '2', '-subj', '/CN=x', '-addext',
     'subjectAltName=IP:127.0.0.1'], capture_output=True).returncode
if made:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(scratch + '/cert.pem', key)
    secure = Hostile(context)
    secure.behave = always(200, STORES)
    check('a certificate of nobody', None, API, 1, 'AWS_CA_BUNDLE', url=secure.url)
    check('a certificate that is trusted', None, API, 0, 'DatastorePropertiesList', url=secure.url, env={'AWS_CA_BUNDLE': scratch + '/cert.pem'})
    check('a bundle that is not there', None, API, 1, 'AWS_CA_BUNDLE', url=secure.url, env={'AWS_CA_BUNDLE': scratch + '/none.pem'})
    check('another name than the certificate\'s', None, API, 1, 'localhost', url=secure.url.replace('127.0.0.1', 'localhost'),
          env={'AWS_CA_BUNDLE': scratch + '/cert.pem'})

# ---- a proxy is told the host, and over https nothing else
proxied = []
server.behave = None


def proxy(connection, request):
    proxied.append(request)
    return answer(connection, 502)


check('a proxy', proxy, API, 1, 'ListFHIRDatastores', url='https://healthlake.invalid', env={'https_proxy': server.url})
if not proxied or not proxied[0].startswith('CONNECT healthlake.invalid:443') or 'Authorization: AWS' in proxied[0]:
    fail('a proxy', proxied[:1])

shutil.rmtree(scratch)
print('%d cases%s, %d failed' % (cases[0], '' if made else ' (without openssl none of TLS)', len(failed)))
sys.exit(bool(failed))
