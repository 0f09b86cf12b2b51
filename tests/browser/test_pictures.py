"""Charts taken away through a browser: a picture and a drawing, opened as others open them."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import settle
from tests.dashboard.pictures.drawings import texts
from tests.dashboard.pictures.test_frame import extent, size


def test_a_chart_is_taken_away_as_picture_and_as_drawing(page: Page, tmp_path: Path) -> None:
    page.goto("/")
    settle(page, "Overview")
    files = {}
    for label, kind in (("Picture (PNG)", "png"), ("Drawing (SVG)", "svg")):
        page.get_by_role("button", name="Picture", exact=True).nth(2).click()
        with page.expect_download() as waiting:
            page.get_by_role("link", name=label).click()
        files[kind] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(files[kind])
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name=label)).to_have_count(0)
    assert files["png"].name.startswith("tally_items_owned_2")
    drawing = files["svg"].read_bytes()
    written = texts(drawing)
    assert "Items owned" in written
    assert any(text.startswith("As of 20") for text in written)
    assert sum("@" in text for text in written) == 10
    width, height = extent(drawing)
    assert size(files["png"].read_bytes()) == (2 * width, 2 * height)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    image = page.context.new_page()
    image.goto(files["png"].as_uri())
    assert image.evaluate("document.images[0].naturalWidth") == 2 * width
    image.goto(files["svg"].as_uri())
    assert image.evaluate("document.documentElement.tagName") == "svg"
    image.close()

    page.goto("/check_file")
    settle(page, "Check a file")
    page.get_by_label("File to check").set_input_files(files["svg"])
    page.get_by_role("button", name="Check", exact=True).click()
    told = "This is a picture of Items owned, unchanged since it left Tally."
    expect(page.get_by_text(told)).to_be_visible()
