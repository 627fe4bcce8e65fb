"""canned.py ANSWERS LOG COMMAND... — run COMMAND against a service on loopback that gives canned answers.

ANSWERS has a line of JSON an answer, in the order they are given: {"op": "DescribeFHIRImportJob", "status": 200,
"body": {...}}; the last one of an operation is given again and again. LOG gets a line a request: operation, a space,
the body. Where CANNED_S3 names a folder, its BUCKET/KEY files are served as S3 objects, listed and fetched; with
CANNED_S3_BREAK set, what is fetched lacks its last byte (short) or has another checksum (crc). COMMAND finds the service by AWS_ENDPOINT_URL, with credentials and a region; its exit code is ours.
"""
import base64, http.server, json, os, subprocess, sys, threading, urllib.parse, zlib
from xml.sax.saxutils import escape

answers = {}
for line in open(sys.argv[1], encoding='utf-8'):
    if line.strip():
        answer = json.loads(line)
        answers.setdefault(answer['op'], []).append(answer)
s3, breaking = os.environ.get('CANNED_S3', ''), os.environ.get('CANNED_S3_BREAK', '')
log = open(sys.argv[2], 'w', encoding='utf-8')


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()
        op = self.headers.get('X-Amz-Target', '').removeprefix('HealthLake.')
        log.write('%s %s\n' % (op, body))
        log.flush()
        queue = answers.get(op, [{'status': 404, 'body': {'__type': 'UnknownOperationException'}}])
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        reply = json.dumps(answer['body']).encode()
        self.send_response(answer.get('status', 200))
        self.send_header('Content-Type', 'application/x-amz-json-1.0')
        self.send_header('Content-Length', str(len(reply)))
        self.send_header('x-amzn-requestid', 'request-1')
        self.end_headers()
        self.wfile.write(reply)

    def reply_s3(self, status, body, head, with_body):
        self.send_response(status)
        for name, value in head.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body[:-1] if breaking == 'short' and status == 200 and 'ETag' in head else body)
            if breaking == 'short':
                self.close_connection = True

    def list_s3(self, bucket, prefix):
        keys, root = [], os.path.join(s3, bucket)
        for folder, _, names in os.walk(root):
            keys += [os.path.relpath(os.path.join(folder, n), root) for n in names]
        return ('<ListBucketResult><IsTruncated>false</IsTruncated>%s</ListBucketResult>' % ''.join(
            '<Contents><Key>%s</Key><Size>%d</Size></Contents>' % (escape(k), os.path.getsize(os.path.join(root, k)))
            for k in sorted(keys) if k.startswith(prefix))).encode()

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        bucket, _, key = urllib.parse.unquote(url.path).lstrip('/').partition('/')
        query = urllib.parse.parse_qs(url.query)
        path = os.path.join(s3, bucket, key)
        if 'list-type' in query:
            self.reply_s3(200, self.list_s3(bucket, query.get('prefix', [''])[0]), {}, True)
        elif os.path.isfile(path):
            body = open(path, 'rb').read()
            crc = zlib.crc32(body) ^ (breaking == 'crc')
            self.reply_s3(200, body, {'ETag': '"x"', 'x-amz-checksum-crc32': base64.b64encode(crc.to_bytes(4, 'big')).decode()},
                          self.command == 'GET')
        else:
            self.reply_s3(404, b'<Error><Code>NoSuchKey</Code></Error>', {}, self.command == 'GET')

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
env = {k: v for k, v in os.environ.items() if not k.startswith('AWS_')}
env.update(AWS_ENDPOINT_URL='http://127.0.0.1:%d' % server.server_port, AWS_REGION='us-east-1', AWS_ACCESS_KEY_ID='key',
           AWS_SECRET_ACCESS_KEY='secret', AWS_CONFIG_FILE='/dev/null', AWS_SHARED_CREDENTIALS_FILE='/dev/null', TZ='UTC')
sys.exit(subprocess.call(sys.argv[3:], env=env))
