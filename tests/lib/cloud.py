"""cloud.py — a small cloud on loopback that hands out credentials and answers questions about them: STS, IAM, KMS, SSO's
portal, the metadata of instances and containers, and HealthLake's list of data stores, which tells by whom it was asked.
A test sets `answers` for what is to be answered otherwise, and reads `log`: a dict a request.
"""
import email.utils, http.server, json, threading, time, urllib.parse

FAR = '2099-01-01T00:00:00Z'


def sts(operation, inner):
    return '<%sResponse><%sResult>%s</%sResult></%sResponse>' % ((operation,) * 2 + (inner,) + (operation,) * 2)


def role_credentials(key, expires=FAR):
    return '<Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>secret-of-%s</SecretAccessKey><SessionToken>token-of-%s' \
           '</SessionToken><Expiration>%s</Expiration></Credentials>' % (key, key, key, expires)


def document(key, expires=FAR):
    return json.dumps({'AccessKeyId': key, 'SecretAccessKey': 'secret-of-' + key, 'Token': 'token-of-' + key, 'Expiration': expires})


class Cloud:
    def __init__(self):
        self.log, self.answers = [], {}
        cloud = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
                status, head, text = cloud.answer(self.command, self.path, self.headers, body)
                self.wfile.write(('HTTP/1.1 %d X\r\n' % status).encode())
                head = dict({'Content-Length': str(len(text.encode())), 'Date': email.utils.formatdate(usegmt=True)}, **head)
                for name, value in head.items():
                    self.wfile.write(('%s: %s\r\n' % (name, value)).encode())
                self.wfile.write(b'\r\n' + text.encode())

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = 'http://127.0.0.1:%d' % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method, path, headers, body):
        form = dict(urllib.parse.parse_qsl(body)) if 'form' in (headers.get('Content-Type') or '') else {}
        op = form.get('Action') or (headers.get('X-Amz-Target') or '').split('.')[-1] or method + ' ' + path.split('?')[0]
        authorization = headers.get('Authorization') or ''
        key = authorization.split('Credential=')[-1].split('/')[0] if 'Credential=' in authorization else ''
        asked = {'op': op, 'key': key, 'token': headers.get('x-amz-security-token') or '', 'form': form, 'headers': headers, 'path': path,
                 'scope': authorization.split('Credential=')[-1].split(',')[0].split('/')[1:], 'body': body}
        self.log.append(asked)
        canned = self.answers.get(op)
        if callable(canned):
            canned = canned(asked)
        if canned is not None:
            return canned
        return self.default(op, asked)

    def default(self, op, asked):
        form, headers = asked['form'], asked['headers']
        if op == 'AssumeRole':
            return 200, {}, sts(op, role_credentials('role-%s-by-%s' % (form['RoleArn'].split('/')[-1], asked['key'])))
        if op == 'AssumeRoleWithWebIdentity':
            return 200, {}, sts(op, role_credentials('web-%s-%s' % (form['RoleArn'].split('/')[-1], form['WebIdentityToken'])))
        if op == 'GetCallerIdentity':
            return 200, {}, sts(op, '<Arn>arn:aws:sts::123456789012:assumed-role/loader/session</Arn><UserId>U</UserId><Account>123456789012</Account>')
        if op == 'ListFHIRDatastores':
            return 200, {}, '{"DatastorePropertiesList":[]}'
        if op == 'PUT /latest/api/token':
            return 200, {}, 'imds-token'
        if op.startswith('GET /latest/meta-data/iam/security-credentials/'):
            if headers.get('x-aws-ec2-metadata-token') != 'imds-token':
                return 401, {}, ''
            return 200, {}, 'machine' if op.endswith('/') else document('imds-key')
        if op == 'GET /container':
            if headers.get('Authorization') != 'container-token':
                return 403, {}, ''
            return 200, {}, document('container-key')
        if op == 'GET /federation/credentials':
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(asked['path']).query))
            if headers.get('x-amz-sso_bearer_token') != 'sso-token':
                return 401, {}, '{"__type":"UnauthorizedException"}'
            name = 'sso-%s-%s' % (query['account_id'], query['role_name'])
            return 200, {}, json.dumps({'roleCredentials': {'accessKeyId': name, 'secretAccessKey': 's', 'sessionToken': 't',
                                                            'expiration': int(time.time() * 1000) + 3600000}})
        return 404, {}, '<Error><Code>NoSuchKey</Code></Error>'
