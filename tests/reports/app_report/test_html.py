from __future__ import annotations

import re
import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from msgspec.structs import replace
from report_samples import CLEAN, EMPTY, HOSTILE, report_data

from shield_ai.aws.cloudtrail.audit_result import AccessType
from shield_ai.reports.app_report import html
from shield_ai.reports.app_report.html import page


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def show(browser, tmp_path):
    """Open a report's page; fail on requests, errors and dialogs."""
    context = browser.new_context()
    complaints: list[str] = []

    def open_page(made, **options):
        (tmp_path / "report.html").write_text(page(made), encoding="utf-8")
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda dialog: complaints.append(dialog.message))
        tab.on(
            "request",
            lambda request: request.url.startswith("file:") or complaints.append(request.url),
        )
        if options:
            tab.set_viewport_size({"width": options["width"], "height": 900})
            tab.emulate_media(color_scheme=options["scheme"])
        tab.goto((tmp_path / "report.html").as_uri())
        return tab

    yield open_page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_is_accessible_and_fits_the_screen(show, width, scheme):
    tab = show(report_data(), width=width, scheme=scheme)
    violations = Axe().run(tab).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in violations] == []
    assert tab.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("made", [CLEAN, EMPTY], ids=["nothing left", "nothing known"])
def test_is_accessible_when_clean_or_empty(show, made):
    assert Axe().run(show(made, width=390, scheme="light")).violations_count == 0


def test_hostile_names_and_lines_stay_text(show):
    tab = show(report_data(HOSTILE))
    assert tab.locator("img").count() == 0
    assert tab.locator("script").count() == 1
    assert "<img src=x onerror=alert(1)>" in tab.locator("h1").inner_text()
    assert "{{7*7}}" in tab.locator("#findings").inner_text()
    assert not re.search(r"[\x00-\x08\x0e-\x1f\u202e]", tab.locator("body").inner_text())


def test_shows_the_text_of_a_reason():
    made = page(report_data("kept for now"))
    assert "Not fixable: kept for now<" in made
    assert "SkipReason(" not in made


@pytest.mark.parametrize("expression", ["{{ d }}", "{{ d|printable }}"])
def test_shows_no_struct_as_text(expression):
    template = html._template().environment.from_string(expression)
    with pytest.raises((TypeError, AttributeError)):
        template.render(d=report_data())


def test_content_security_policy(browser, tmp_path):
    text = page(CLEAN).replace("</main>", "<script>document.title = 'run'</script><style>h1 { color: rgb(1, 2, 3) }</style><img src='x.png'></main>")  # fmt: skip
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    tab = browser.new_page()
    refused = []
    tab.on("console", lambda message: refused.append(message.text))
    tab.goto((tmp_path / "report.html").as_uri())
    assert tab.title().startswith("Secrets of shop")
    assert tab.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(1, 2, 3)"
    assert len([text for text in refused if "Content Security Policy" in text]) == 3
    tab.close()


def test_filters_by_keyboard(show):
    tab = show(report_data(findings=8))
    items = tab.locator("#findings li:visible")
    assert items.count() == 8
    tab.keyboard.press("/")
    tab.keyboard.type("key_3")
    assert items.count() == 1
    assert tab.locator("output").inner_text() == "1 of 8 shown"
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Delete")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert items.count() == 6
    tab.keyboard.type("/")
    tab.keyboard.type("HOLDS nonsense")
    assert tab.locator("output").inner_text() == "0 of 8 shown"


def test_works_without_its_script(browser, tmp_path):
    (tmp_path / "report.html").write_text(page(report_data()), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((tmp_path / "report.html").as_uri())
    assert tab.locator("#findings li:visible").count() == 8
    assert not tab.locator("search").is_visible()
    context.close()


def test_search_in_a_thousand_findings(show):
    tab = show(report_data(findings=1000))
    assert tab.locator("#findings li").count() == 1000
    tab.locator("[type=search]").fill("key_77")
    assert tab.locator("output").inner_text() == "11 of 1000 shown"


HIDDEN_DIFFS = """() => [...document.querySelectorAll("details:not([open]) pre")].filter(
    diff => !diff.checkVisibility({contentVisibilityAuto: true})).length"""


def test_prints_every_diff(show):
    tab = show(report_data(diffs=tuple(report_data().diffs[0] for _ in range(5))))
    tab.emulate_media(media="print")
    # The browser renders skipped content with one of its next frames. wait_for_function() would
    # evaluate a string in the page, which its Content-Security-Policy refuses.
    for _ in range(100):
        hidden = tab.evaluate(HIDDEN_DIFFS)
        if not hidden:
            break
        tab.wait_for_timeout(50)
    assert hidden == 0
    assert not tab.locator("nav").is_visible()


def test_counts_accesses_by_type():
    counts = dict.fromkeys(AccessType, 2)
    (access,) = CLEAN.audit.accesses
    audit = replace(CLEAN.audit, accesses=(replace(access, counts=counts),))
    assert (
        "2 reads, 2 changes, 2 rotations, 2 deletions, 2 metadata reads, 2 denied, 2 failed"
        in page(replace(CLEAN, audit=audit))
    )


def test_is_deterministic_and_has_all_sections():
    made = report_data()
    assert page(made) == page(made)
    ids = re.findall(r'href="#([\w-]+)"', page(made))
    assert len(ids) == 10
    assert all(f'id="{name}"' in page(made) for name in ids)


def test_shows_no_value_of_a_real_app(tmp_path):
    from shield_helpers import make_app, shield

    values = make_app(tmp_path)
    secret = secrets.token_hex(16)
    settings = tmp_path / "shop/settings.py"
    settings.write_text(settings.read_text() + f"\nSTRIPE_API_KEY = '{secret}'\n")
    for form in ("html", "markdown"):
        done = shield("report", "--only", "code", "--format", form, cwd=tmp_path)
        assert done.code == 0, done.err
        assert "STRIPE" in done.out
        assert not [value for value in (*values.values(), secret) if value in done.out]
