"""The security headers of every response."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

from core.settings import get_settings

INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
CACHEABLE = ("/static/", "/sign-in/style.css", "/tally/")  # identical for everybody
# 'wasm-unsafe-eval' is left out: Streamlit's protobuf library tries WebAssembly once and works
# without it.
POLICY = {
    "default-src": "'none'",
    "style-src": "'self' 'unsafe-inline'",  # Streamlit's components style themselves inline
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "media-src": "'self'",
    "manifest-src": "'self'",
    "frame-src": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}


def secured(scope: Scope, send: Send) -> Send:
    """Wrap `send` so that it adds the security headers to the response."""

    async def send_secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(security_headers())
            if not scope["path"].startswith(CACHEABLE):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return send_secured


def security_headers() -> dict[str, str]:
    """Return the headers by name; the policy allows Streamlit's one inline script by its hash."""
    headers = {
        "Content-Security-Policy": content_security_policy(),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not `no-referrer`: with it, browsers send `Origin: null` with our own forms.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if get_settings().https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


@cache
def content_security_policy() -> str:
    """Return the policy: scripts, styles, data and frames come only from Tally itself."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = INLINE_SCRIPT.findall(page.read_text("utf-8"))
    digests = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    sources = " ".join(["'self'", *(f"'sha256-{digest}'" for digest in digests)])
    return "; ".join(f"{name} {value}" for name, value in {**POLICY, "script-src": sources}.items())
