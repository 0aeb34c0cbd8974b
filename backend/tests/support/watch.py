"""What a page must not do: talk to another host, break the content security policy, write errors to the console."""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request, WebError

type OpenPage = Callable[..., Page]


@dataclass
class Watch:
    """What went wrong in a browser context, as far as it tells."""

    home: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, words: str) -> None:
        """Let complaints with these words pass, in the tests that provoke them."""
        self.expected.append(words)

    def on_request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "file://")):
            self._complain(f"request to another host: {request.url}")

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complain(f"console {message.type}: {message.text}")

    def on_error(self, error: WebError) -> None:
        self._complain(f"script: {error.error}")

    def _complain(self, complaint: str) -> None:
        if not any(words in complaint for words in self.expected):
            self.complaints.append(complaint)
