"""The result in a real browser: visible at once, told once, announced, and for which code it is."""

import pytest
from playwright.sync_api import expect

from grader.packages.catalogue import find_package

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXERCISE = find_package("gradients/vector-backward")
PATH = "/courses/autograd-demo/exercises/gradients/vector-backward/"
ONES = (EXERCISE.folder / "mistakes" / "ones.py").read_text()
LONG = 180_000


def open_exercise(page, system, sign_in, name, size=(1280, 720), exercise="gradients/vector-backward"):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(system, name)
    page.add_init_script(HEARD)
    page.goto(f"{system.url}/courses/autograd-demo/exercises/{exercise}/")
    page.locator(".cm-content").wait_for(state="attached")


def result(page):
    return page.get_by_role("region", name="Result")


def cause(page):
    return result(page).get_by_text("is not used: this is the gradient").first


HEARD = """
window.heard = [];
new MutationObserver(() => {
  const words = document.querySelector("#announcer")?.textContent;
  if (words && words !== heard.at(-1)) heard.push(words);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


def heard(page):
    """What a screen reader was given to say since the page opened."""
    return page.evaluate("heard")


def has_focus(page):
    return page.evaluate("document.activeElement !== document.body")


def test_a_wrong_answer_is_told_once_and_at_once(system, page, sign_in, write, violations):
    open_exercise(page, system, sign_in, "student40")
    write(ONES)
    page.get_by_role("button", name="Submit").click()
    expect(cause(page)).to_be_in_viewport(timeout=LONG)

    expect(result(page).get_by_text("10 of 100 points")).to_be_in_viewport()
    expect(page.locator(".cm-content")).to_be_in_viewport()
    assert result(page).bounding_box()["height"] <= 900
    expect(result(page).get_by_text("is not used: this is the gradient")).to_have_count(1)
    result(page).get_by_text("3 checks failed because of this").click()
    expect(result(page).locator(".costs li")).to_have_count(3)
    told = "10 of 100 points. v is not used: this is the gradient of the plain sum of the outputs."
    assert any(words.startswith(told) for words in heard(page))
    assert has_focus(page)
    assert violations() == []

    expect(result(page).get_by_text("you have changed it since")).to_be_hidden()
    write(ONES + "\n# changed")
    expect(result(page).get_by_text("This result is for the code of attempt 1")).to_be_visible()
    page.locator("[data-draft-status]").get_by_text("Saved", exact=True).wait_for()
    page.reload()
    expect(result(page).get_by_text("This result is for the code of attempt 1")).to_be_visible()


def marked(page):
    return page.locator(".cm-look-line")


def test_the_line_to_look_at_is_marked_told_and_reached(system, page, sign_in, write, violations):
    open_exercise(page, system, sign_in, "student48")
    write(ONES)
    page.get_by_role("button", name="Submit").click()
    link = result(page).get_by_role("link", name="Look at line")
    expect(link).to_have_text("Look at line\u00a09.", timeout=LONG)

    expect(link).to_be_in_viewport()
    expect(cause(page)).to_be_in_viewport()
    spoken = " ".join(heard(page))
    assert spoken.startswith("Handed in.")
    assert spoken.index("10 of 100 points. v is not used") < spoken.index("Look at line")
    assert spoken.count("Look at line") == 1
    expect(marked(page)).to_have_text("    y.backward(torch.ones_like(y))")
    expect(page.locator(".cm-look-gutter")).to_have_text("9")
    assert violations() == []
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".cm-content")).to_be_focused()
    expect(page.locator(".cm-activeLine")).to_have_text("    y.backward(torch.ones_like(y))")

    page.keyboard.insert_text("# ")
    expect(link).to_have_text("Look at line\u00a09 of attempt 1.")
    expect(marked(page)).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(marked(page)).to_have_count(1)
    page.keyboard.insert_text("# ")
    link.click()
    page.locator("#line-9.is-looked-at").wait_for()
    expect(page.locator("#line-9")).to_be_in_viewport()
    assert violations() == []


def test_a_phone_goes_to_the_line_in_the_code(system, page, sign_in, write):
    open_exercise(page, system, sign_in, "student49", size=(390, 844))
    page.get_by_role("tab", name="Code").click()
    write(ONES)
    page.get_by_role("button", name="Submit").click()
    link = result(page).get_by_role("link", name="Look at line")
    expect(link).to_be_in_viewport(timeout=LONG)
    link.click()

    expect(page.get_by_role("tab", name="Code")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".cm-content")).to_be_focused()
    expect(marked(page)).to_be_in_viewport()


def test_a_phone_shows_score_and_cause_after_submit(system, page, sign_in, write):
    open_exercise(page, system, sign_in, "student41", size=(390, 844))
    page.get_by_role("tab", name="Code").click()
    expect(page.locator(".cm-content")).to_be_in_viewport()
    write(ONES)
    page.get_by_role("button", name="Submit").click()

    expect(cause(page)).to_be_in_viewport(timeout=LONG)
    expect(result(page).get_by_text("10 of 100 points")).to_be_in_viewport()
    assert has_focus(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_pass_leads_to_the_next_exercise_and_its_lesson(system, page, sign_in, write):
    open_exercise(page, system, sign_in, "student42")
    expect(page.get_by_role("tabpanel", name="Exercise").get_by_role("link", name="Lesson")).to_be_visible()
    write(EXERCISE.solution)
    page.keyboard.press("Control+Enter")

    result(page).get_by_text("100 of 100 points").wait_for(timeout=LONG)
    result(page).get_by_role("link", name="Next: ").click()
    page.get_by_role("heading", level=1).wait_for()
    assert not page.url.endswith(PATH)
    page.locator(".cm-content").wait_for()


TRAINS_THREE = """
import torch
from torch.nn.functional import cross_entropy


def gradients(params, x, y):
    return params


def train(x, y, classes, seed):
    for hidden in (8, 16, 32):
        layers = torch.nn.Linear(x.shape[1], hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, classes)
        model = torch.nn.Sequential(*layers).double()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(20):
            optimizer.zero_grad()
            cross_entropy(model(x), y).backward()
            optimizer.step()
    return model
"""


def test_each_model_of_one_call_has_its_line(system, page, sign_in, write):
    open_exercise(page, system, sign_in, "student47", exercise="nets/classifier")
    write(TRAINS_THREE)
    page.get_by_role("button", name="Test run").click()
    result(page).get_by_role("heading", name="Loss while your code trained").wait_for(timeout=LONG)

    curve = result(page).locator(".loss").first
    lines = curve.locator("polyline").count()
    assert lines >= 3
    assert lines % 3 == 0
    assert len(curve.locator("text.training").all_text_contents()) == lines
    expect(curve.locator("li").nth(1)).to_contain_text("Training 2: ")
    page.reload()
    expect(result(page).locator(".loss polyline")).to_have_count(lines)


def test_a_long_line_scrolls_and_the_caret_is_seen(idle, page, sign_in, write):
    open_exercise(page, idle, sign_in, "student44", size=(390, 844))
    page.get_by_role("tab", name="Code").click()
    write("answer = " + "1 + " * 60 + "1")
    page.keyboard.press("End")

    caret, frame = (page.locator(name).bounding_box() for name in (".cm-cursor-primary", ".editor"))
    assert frame["x"] <= caret["x"] <= frame["x"] + frame["width"]
    assert frame["width"] <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_find_panel_can_be_read_and_hit(idle, page, sign_in, write, violations, scheme):
    page.emulate_media(color_scheme=scheme)
    open_exercise(page, idle, sign_in, "student45")
    write("alpha = 1  # comment\ntext = 'alpha' + str(2)\n")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+f")

    panel = page.locator(".cm-search")
    panel.wait_for()
    assert violations() == []
    for part in panel.locator("input, button").all():
        assert part.bounding_box()["height"] >= 17
    assert min(part.bounding_box()["height"] for part in panel.locator("button, label").all()) >= 24


def test_paper_shows_the_code_and_no_tools(idle, page, sign_in, write):
    open_exercise(page, idle, sign_in, "student46")
    code = "\n".join(f"x{number} = {number}" for number in range(200))
    write(code)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    expect(page.locator(".printed")).to_have_text(code)
    expect(page.get_by_role("heading", name="Exercise").or_(page.locator("#statement")).first).to_be_visible()
    expect(page.get_by_role("button", name="Submit")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
