"""Takes secrets out of what people are shown or asked to send on: a settings report, a support file.

Two nets, one behind the other: values that are known to be secret, in each form in which they may be written, and
shapes that secrets have (an address with a password, a cookie, a private key). What is taken out becomes three stars.
"""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STARS = "***"
# Like Django's own list for its error pages, and a few more.
SECRET_NAME = re.compile(
    r"API|TOKEN|KEY|SECRET|PASS|PWD|SIGNATURE|HTTP_COOKIE|CREDENTIAL|DSN|PRIVATE|AUTH|SALT|LICEN[CS]E", re.IGNORECASE
)
# Names that look like it and are not: what they hold may be read by everybody.
HARMLESS_NAME = re.compile(
    r"_MODEL$|_BACKENDS$|_CLASSES$|_VALIDATORS$|_HASHERS$|_TIMEOUT$|_SOCK$|^XAUTHORITY$|"
    r"^(CSRF|SESSION|LANGUAGE)_COOKIE|^CSRF_(HEADER|FAILURE|TRUSTED|USE)|KEY_(PREFIX|FUNCTION)$|^DESKTOP_DJANGO_(HOST|PORT)$",
    re.IGNORECASE,
)
# A shorter value would blot out letters all over the text.
LEAST_LENGTH = 6

USERINFO = re.compile(r"(?P<head>\b[a-z][a-z0-9+.-]*://)[^\s/@'\"<>]+@", re.IGNORECASE)
# In a setting, where the whole of it is an address and the password may hold any sign.
PASSWORD_IN_ADDRESS = re.compile(r"://[^\s/@:]*:(?P<password>.+)@")
QUERY_VALUE = re.compile(r"(?P<head>[?&;][\w.\[\]%-]{1,80}=)[^&\s\"'<>#;]+")
NAMED_VALUE = re.compile(
    r"(?P<head>[\"']?\b[\w.-]*(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"secret[_-]?key|credential|signature|sessionid|csrf\w*|authorization|cookie)[\w-]*[\"']?\s*[:=]\s*)"
    r"(?:[\"'][^\"'\n]*[\"']|(?:(?:bearer|basic|token|digest)\s+)?[^\s\"',;&)\]}]+)",
    re.IGNORECASE,
)
HEADER_LINE = re.compile(r"(?P<head>\b(?:set-)?(?:cookie|authorization)\s*:\s*)[^\n\"']+", re.IGNORECASE)
SHAPES = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # A signed token of the web (JWT).
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|sk_live_|rk_live_|sk-|xox[abprs]-|AIza|SG\.|hf_|pypi-)[\w.-]{12,}"),
    re.compile(r"\b(?:pbkdf2_\w+|argon2\w*|bcrypt\w*|scrypt|md5|sha1)\$[\w$./+=,-]{16,}"),
    re.compile(r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{8,}"),
    # A line of a private key whose first line is not here.
    re.compile(r"(?m)(?:^|(?<=: ))(?=\S*\d)(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/]{40,}={0,2}$"),
    # Long and of many kinds of letters, and neither a path nor a module's name: a key. (A digest goes, too.)
    re.compile(r"(?<![\w/.-])(?=[\w+-]*\d)(?=[\w+-]*[A-Za-z])[A-Za-z0-9_+-]{32,}={0,2}(?![\w/-])"),
)
MAIL = re.compile(r"\b[\w.+-]+@(?=[\w-]+\.[\w.-]*\w)")


def is_secret(name: str) -> bool:
    """Whether a setting or a variable of this name may hold a secret."""
    return bool(SECRET_NAME.search(name)) and not HARMLESS_NAME.search(name)


def shown(value: Any, name: str = "") -> Any:
    """A value of a setting as it may be shown: what secret names hold is stars, in nested tables, too."""
    if isinstance(value, dict):
        return {key: shown(one, str(key)) for key, one in value.items()}
    if value not in (None, "", (), [], True, False) and name and is_secret(name):
        return STARS
    if isinstance(value, (list, tuple)):
        return [shown(one) for one in value]
    return USERINFO.sub(rf"\g<head>{STARS}@", value) if isinstance(value, str) else value


def secrets_in(values: Mapping[str, Any]) -> Iterator[str]:
    """Each text that secret names hold, in nested tables, too; and what addresses have of users and passwords."""
    for name, value in values.items():
        yield from _secrets(str(name), value, known=False)


class Redactor:
    """Blots out known values and the shapes of unknown ones."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= LEAST_LENGTH for form in _forms(secret)}
        # The longest first: one secret may be part of another.
        ordered = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        home = str(Path.home())
        self._home = home if len(home) > 1 else None

    def __call__(self, text: str) -> str:
        """The text without secrets, mail addresses and the name of the person's folder."""
        if self._known:
            text = self._known.sub(STARS, text)
        for pattern in SHAPES:
            text = pattern.sub(STARS, text)
        text = USERINFO.sub(rf"\g<head>{STARS}@", text)
        for pattern in (HEADER_LINE, NAMED_VALUE, QUERY_VALUE):
            text = pattern.sub(rf"\g<head>{STARS}", text)
        text = MAIL.sub(f"{STARS}@", text)
        return text.replace(self._home, "~") if self._home else text


def _secrets(name: str, value: Any, *, known: bool) -> Iterator[str]:
    known = known or is_secret(name)
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _secrets(str(key), one, known=known)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from _secrets("", one, known=known)
    elif isinstance(value, (str, bytes)):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        # A secret of several lines (a private key) may be logged line by line.
        yield from ([text, *text.splitlines()] if known else ())
        for found in PASSWORD_IN_ADDRESS.finditer(text):
            yield from {found["password"], unquote(found["password"])}


def _forms(secret: str) -> set[str]:
    """How a secret may stand in a text: as it is, quoted for an address, escaped, or in base64."""
    plain = secret.encode("utf-8", "surrogatepass")
    forms = {secret, quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace")}
    forms |= {json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    forms |= {coded.decode().rstrip("=") for coded in (base64.b64encode(plain), base64.urlsafe_b64encode(plain))}
    return forms


def environment_secrets() -> Iterator[str]:
    """What the environment of this process has under secret names."""
    yield from secrets_in(dict(os.environ))
