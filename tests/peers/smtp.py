"""A mail server for tests: aiosmtpd, as strict as it is told to be.

Its one argument is JSON: security (none, starttls, tls), folder (for its certificates), user and password, refuse
(recipients, 550), grey (recipients, 450 at their first try), sender (a code for MAIL FROM), content (a code for DATA),
hang (at DATA). Prints one JSON object a line: first its port, then each message as it was taken.
"""
import asyncio
import email
import email.policy
import json
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

told = json.loads(sys.argv[1])
seen = set()


def say(what):
    print(json.dumps(what), flush=True)


def certificate(folder):
    def openssl(*arguments, **more):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, **more)

    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(*new, "-x509", "-days", "2", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(*new, "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "request.pem")
    openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", "cert.pem", "-extfile", "/dev/stdin", input=b"subjectAltName=IP:127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return context


def refusal(code):
    return f"{code} 5.7.1 not so" if code >= 500 else f"{code} 4.7.1 not now"


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if told.get("sender"):
            return refusal(told["sender"])
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in told.get("refuse", []):
            return f"550 5.1.1 <{address}> no such user"
        if address in told.get("grey", []) and address not in seen:
            seen.add(address)
            return "450 4.2.0 greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if told.get("hang"):
            say({"hangs": True})
            await asyncio.sleep(3600)
        if told.get("content"):
            return refusal(told["content"])
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert not mail.defects, mail.defects
        assert all(len(line) <= 998 for line in envelope.content.splitlines()), "a line is too long"
        part = lambda kind: mail.get_body((kind,)).get_content()
        say({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "login": bool(session.authenticated),
            "tls": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "names": [name.lower() for name in mail.keys()], "type": mail.get_content_type(),
            "ascii": envelope.content.isascii(), "plain": part("plain"), "html": part("html"),
        })
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    # As some servers do, it tells what it was told.
    good = isinstance(data, LoginPassword) and [told["user"], told["password"]] == [data.login.decode(), data.password.decode()]
    if good:
        return AuthResult(success=True)
    words = data.password.decode() if isinstance(data, LoginPassword) else ""
    return AuthResult(success=False, handled=False, message=f"535 5.7.8 bad password {words}")


async def serve():
    security = told["security"]
    context = certificate(told["folder"]) if security != "none" else None

    def session():
        return SMTP(
            Handler(), hostname="peer.test", enable_SMTPUTF8=True, loop=asyncio.get_running_loop(),
            tls_context=context if security == "starttls" else None, require_starttls=security == "starttls",
            authenticator=authenticate if told.get("user") else None, auth_required=bool(told.get("user")),
            auth_require_tls=security != "none",
        )

    wrapped = context if security == "tls" else None
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=wrapped)
    say({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


asyncio.run(serve())
