"""What a person does in a browser; every page arrived at is checked."""

import os
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response

# A form that is shown again says so with these; Chromium writes them in the console.
_SHOWN_AGAIN = {409, 422}
_TABLETS = (768, 1000)
_TOKENS = re.compile(r'(name="csrf_token"[^>]*value=|value=)"[^"]{40,}"')
PICTURES = os.environ.get("BROWSER_PICTURES", "")


class Person:
    """Uses one page. ``wrong`` collects what should not have happened on any page visited.

    On each page: no error in the console, no request that failed, nothing that axe finds, and
    nothing wider than the window. A page that has been found sound is not looked through again.
    With ``BROWSER_PICTURES=folder`` a picture of each is kept there.
    """

    _sound: set[tuple[int, str]] = set()

    def __init__(self, page: Page, axe: Path, story: str) -> None:
        self.page = page
        self.wrong: list[str] = []
        self._axe = axe.read_text("utf-8")
        self._story = story
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    # going about ----------------------------------------------------------------------------

    def go(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def follow(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        """Follow the first link of this name; one under “Mer” in the menu is brought to sight."""
        link = (within or self.page).get_by_role("link", name=name, exact=True).first
        more = self.page.locator(".more-menu")
        hidden = more.get_by_role("link", name=name, exact=True, include_hidden=True)
        if within is None and not link.count() and hidden.count():
            more.locator("summary").click()
        self._arrive(link)

    def press(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        self._arrive((within or self.page).get_by_role("button", name=name, exact=True).first)

    def _arrive(self, control: Locator) -> None:
        with self.page.expect_navigation(wait_until="load"):
            control.click()
        self.look()

    # filling in -----------------------------------------------------------------------------

    def field(self, label: str) -> Locator:
        """The field whose label begins with these words."""
        return self.page.get_by_label(re.compile("^" + re.escape(label)))

    def write(self, label: str, text: str) -> None:
        self.field(label).fill(text)

    def choose(self, label: str, option: str) -> None:
        self.field(label).select_option(label=option)

    def tick(self, label: str) -> None:
        self.field(label).check()

    def value(self, label: str) -> str:
        return self.field(label).input_value()

    # reading --------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    @property
    def text(self) -> str:
        """What stands on the page, with plain spaces."""
        return " ".join(self.page.locator("main").inner_text().split())

    # with the keyboard alone ----------------------------------------------------------------

    def tab_to(self, target: Locator) -> None:
        """Press Tab until the control has the focus, which must be seen."""
        assert target.count() == 1, f"{target.count()} controls are meant by {target}"
        for _step in range(80):
            self.page.keyboard.press("Tab")
            if target.evaluate("one => one === document.activeElement"):
                break
        else:
            raise AssertionError(f"Tab does not lead to {target}")
        shown = target.evaluate(
            """one => {
              const style = getComputedStyle(one);
              return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
                || style.boxShadow !== "none";
            }"""
        )
        if not shown:
            self._note(f"the focus is not seen on {target}")

    def type_in(self, label: str, text: str) -> None:
        """Go to a field with Tab and write over what stands there."""
        self.tab_to(self.field(label))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def key_press(self, name: str, role: Any = "button") -> None:
        """Go to a button or link with Tab and press Enter."""
        self.tab_to(self.page.get_by_role(role, name=name, exact=True))
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")
        self.look()

    # checks ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Check the page that is open now."""
        page, before = self.page, len(self.wrong)
        if PICTURES:
            self._take_picture()
        width = page.evaluate("document.scrollingElement.clientWidth")
        key = (width, _TOKENS.sub("", page.content()))
        if key in self._sound:
            return
        self._measure()
        page.evaluate(self._axe)  # past the page's policy, which stays in force for the page
        for rule in page.evaluate("axe.run().then(result => result.violations)"):
            where = "; ".join(str(node["target"][0]) for node in rule["nodes"][:4])
            self._note(f"axe {rule['id']} ({rule['help']}) at {where}")
        if len(self.wrong) == before:
            self._sound.add(key)

    def _measure(self) -> None:
        """Nothing is wider than the window, nor on a tablet for who has a wide window."""
        own = self.page.viewport_size
        assert own is not None
        for width in (own["width"], *(one for one in _TABLETS if one < own["width"])):
            self.page.set_viewport_size({"width": width, "height": own["height"]})
            wide = self.page.evaluate("document.scrollingElement.scrollWidth")
            if wide > self.page.evaluate("document.scrollingElement.clientWidth"):
                self._note(f"{wide} px wide in {width}")
        self.page.set_viewport_size(own)

    def _take_picture(self) -> None:
        folder = Path(PICTURES) / self._story
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^a-z0-9]+", "-", self.page.url.split("/", 3)[3].lower())[:50]
        number = len(list(folder.iterdir()))
        self.page.screenshot(path=folder / f"{number:02}-{name}.png", full_page=True)

    def _note(self, what: str) -> None:
        self.wrong.append(f"{self.page.url} “{self.title}”: {what}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "Failed to load" not in message.text:
            self.wrong.append(f"{self.page.url}: console: {message.text}")

    def _failed(self, request: Request) -> None:
        self.wrong.append(f"{self.page.url}: {request.url} failed: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in _SHOWN_AGAIN:
            self.wrong.append(f"{self.page.url}: {response.url} answered {response.status}")
