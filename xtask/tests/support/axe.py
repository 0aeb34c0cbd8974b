"""Has axe look at pages from disk, light and dark, and copies the first block of the first page; says what is wrong.

Run with the packages of the backend, which has axe for its own pages: `axe.py CHROMIUM PAGE...`
"""

import sys
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

chromium, *pages = sys.argv[1:]
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        for path in pages:
            page.goto(Path(path).as_uri())
            for violation in Axe().run(page).response["violations"]:
                print(f"{path} ({scheme}): {violation['id']}: {violation['nodes'][0]['html']}")
        page.goto(Path(pages[0]).as_uri())
        block = page.locator("div.highlight-console, div.highlight-sh").first
        block.hover()
        block.locator("button.copybtn").click()
        page.wait_for_function("async () => (await navigator.clipboard.readText()) !== ''")
        copied = page.evaluate("navigator.clipboard.readText()")
        if copied.startswith("$") or copied.splitlines()[0] not in block.inner_text():
            print(f"{pages[0]} ({scheme}): the button copies {copied!r}")
        context.close()
    browser.close()
