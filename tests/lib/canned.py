"""canned.py ANSWERS LOG COMMAND... — run COMMAND against a service on loopback that gives canned answers.

ANSWERS has a line of JSON an answer, in the order they are given: {"op": "DescribeFHIRImportJob", "status": 200,
"body": {...}}; the last one of an operation is given again and again. LOG gets a line a request: operation, a space,
the body. COMMAND finds the service by AWS_ENDPOINT_URL, with credentials and a region; its exit code is ours.
"""
import http.server, json, os, subprocess, sys, threading

answers = {}
for line in open(sys.argv[1], encoding='utf-8'):
    if line.strip():
        answer = json.loads(line)
        answers.setdefault(answer['op'], []).append(answer)
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

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
env = {k: v for k, v in os.environ.items() if not k.startswith('AWS_')}
env.update(AWS_ENDPOINT_URL='http://127.0.0.1:%d' % server.server_port, AWS_REGION='us-east-1', AWS_ACCESS_KEY_ID='key',
           AWS_SECRET_ACCESS_KEY='secret', AWS_CONFIG_FILE='/dev/null', AWS_SHARED_CREDENTIALS_FILE='/dev/null', TZ='UTC')
sys.exit(subprocess.call(sys.argv[3:], env=env))
