"""The notebook that newcomers open: every cell runs, every view is moved."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import SECOND, Notebook, await_frame, await_state

PATIENCE = 60 * SECOND
LAST = "input => Number(input.max)"


def test_quickstart_as_a_newcomer_goes_through_it(open_notebook: Callable[[str], Notebook]):
    notebook = open_notebook("quickstart.ipynb")
    notebook.run_all()
    for at in range(3):  # in the bench, alone, and in the bench of the digits
        maps = notebook.view("feature-maps", at)
        maps.scroll_into_view_if_needed()
        await_frame(maps)
        for name in ("Layer", "Channel"):
            slider = maps.get_by_label(name)
            for value in (slider.evaluate(LAST), 1):
                slider.fill(str(value))
                expect(slider).to_have_value(str(value))
        expect(maps).to_have_attribute("data-channel", "1")
        await_state(maps, "done")

    ascent = notebook.view("gradient-ascent", 1)
    ascent.scroll_into_view_if_needed()
    ascent.get_by_role("button", name="Play").click()
    await_state(ascent, "done", timeout=60)
    iteration = ascent.get_by_label("Iteration")
    assert iteration.evaluate(LAST) == 192
    for step in (96, 4, 0, 192):  # of a long run every other step is kept
        iteration.fill(str(step))
        expect(ascent).to_have_attribute("data-step", str(step), timeout=PATIENCE)
    ascent.get_by_role("button", name="Play").click()
    await_state(ascent, "running")
    ascent.get_by_role("button", name="Pause").click()
    await_state(ascent, "paused")
    ascent.get_by_role("button", name="Stop").click()
    await_state(ascent, "idle")
    notebook.screenshot("quickstart")
