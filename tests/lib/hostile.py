"""hostile.py — an HTTP server of raw sockets on loopback, for answers that no sane one gives: a case is a function that gets
the connection and the request's text, and writes what it likes."""
import socket, ssl, threading


class Hostile:
    def __init__(self, tls=None):
        self.requests, self.behave, self.tls = [], None, tls
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = '%s://127.0.0.1:%d' % ('https' if tls else 'http', self.port)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            while True:
                request = self.read(connection)
                if request is None:
                    break
                self.requests.append(request)
                if not self.behave(connection, request):
                    break
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            connection.close()

    @staticmethod
    def read(connection):
        text = b''
        while b'\r\n\r\n' not in text:
            some = connection.recv(65536)
            if not some:
                return None
            text += some
        head, _, body = text.partition(b'\r\n\r\n')
        length = 0
        for line in head.split(b'\r\n'):
            if line.lower().startswith(b'content-length:'):
                length = int(line.split(b':')[1])
        while len(body) < length:
            some = connection.recv(65536)
            if not some:
                return None
            body += some
        return (head + b'\r\n\r\n' + body).decode('latin-1')


def answer(connection, status, body=b'', headers=(), length=None):
    if isinstance(body, str):
        body = body.encode()
    lines = ['HTTP/1.1 %d X' % status, 'Content-Length: %s' % (len(body) if length is None else length), *headers]
    connection.sendall('\r\n'.join(lines).encode() + b'\r\n\r\n' + body)
    return True
