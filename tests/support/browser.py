"""A real headless Chromium (Debian's), driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

PROGRAM = "/usr/bin/chromium"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser with a fresh profile; it is there, or the test fails."""
    assert shutil.which(PROGRAM), "Debian's chromium is missing: tests/support/install-servers"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def accessibility_faults(page: Page) -> list[str]:
    """What axe-core finds wrong with a page, one line each."""
    results: Any = (await Axe().run(page)).response
    return [
        f"{fault['id']}: {node['html'][:160]}" for fault in results["violations"] for node in fault["nodes"]
    ]
