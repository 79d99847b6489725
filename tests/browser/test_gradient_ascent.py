"""GradientAscent as a person uses it: its four buttons, its past, and a new aim in mid-run."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import BUSY, SECOND, Notebook, await_frame, await_state

VIEW = """
import cnnviz_widgets as cw
net = cw.load("digits")
ascent = cw.GradientAscent(net, "conv3:5", steps=100_000)
ascent
"""
PICTURE = "view => view.querySelector('.cv-picture canvas').toDataURL()"
CURVE = "view => view.querySelector('.cv-plot canvas').toDataURL()"
REACHED = "([view, least]) => Number(view.dataset.step) >= least"
PATIENCE = 60 * SECOND


def open_view(new_notebook: Callable[..., Notebook]) -> tuple[Notebook, Locator]:
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("gradient-ascent")
    await_state(view, "idle")
    return notebook, view


def test_play_pause_step_stop_and_the_way_back(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    play, pause, stop, step = (press(view, name) for name in ("Play", "Pause", "Stop", "Step"))
    iteration = view.get_by_label("Iteration")
    expect(iteration).to_be_disabled()
    expect(stop).to_be_disabled()

    step.click()
    await_state(view, "paused")
    await_step(view, 0)
    first = view.evaluate(PICTURE)
    step.click()
    await_step(view, 1)
    await_state(view, "paused")
    assert view.evaluate(PICTURE) != first

    play.click()
    await_state(view, "running")
    await_step(view, 30)
    expect(play).to_be_disabled()

    # Back in time while it runs: the picture stays, the curve goes on.
    iteration.fill("0")
    expect(view).to_have_attribute("data-step", "0")
    assert view.evaluate(PICTURE) == first
    curve = view.evaluate(CURVE)
    frame = await_frame(view)
    await_frame(view, frame + 10)
    expect(view).to_have_attribute("data-step", "0")
    assert view.evaluate(CURVE) != curve
    press(view, "Latest").click()
    await_step(view, 40)

    pause.click()
    await_state(view, "paused")
    rested = int(view.get_attribute("data-step") or 0)
    # The keyboard's focus went from a button that is off now to the one that goes on.
    expect(play).to_be_focused()
    step.click()
    expect(view).to_have_attribute("data-step", str(rested + 1))
    await_state(view, "paused")
    assert notebook.run("ascent.frames.newest.step, ascent.state") == f"({rested + 1}, 'paused')"

    play.click()
    await_state(view, "running")
    await_step(view, rested + 10)
    stop.click()
    await_state(view, "idle")
    expect(stop).to_be_disabled()
    last = int(notebook.run("ascent.frames.newest.step"))
    expect(view).to_have_attribute("data-step", str(last))

    # Back in time after it ended, by slider, by keyboard, and on the curve.
    iteration.fill("20")
    expect(view).to_have_attribute("data-step", "20")
    iteration.press("ArrowLeft")
    expect(view).to_have_attribute("data-step", "19")
    iteration.press("Home")
    expect(view).to_have_attribute("data-step", "0")
    assert view.evaluate(PICTURE) == first
    expect(view.get_by_role("img", name="Picture after 0 steps: conv3:5")).to_be_visible()
    plot = view.get_by_role("img", name=f"Score curve over {last} steps").bounding_box()
    assert plot is not None
    notebook.page.mouse.click(plot["x"] + plot["width"] - 12, plot["y"] + plot["height"] / 2)
    await_step(view, last - 10)
    notebook.run("ascent.iteration = 3")
    expect(view).to_have_attribute("data-step", "3")


def test_a_new_aim_in_mid_run_begins_a_new_run(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    press(view, "Play").click()
    await_step(view, 20)
    expect(heading(view, "conv3:5")).to_be_visible()

    view.get_by_label("Channel").fill("9")
    expect(heading(view, "conv3:9")).to_be_visible(timeout=PATIENCE)
    await_state(view, "running")
    await_step(view, 5)
    view.get_by_label("Layer").select_option("conv2")
    expect(heading(view, "conv2:9")).to_be_visible(timeout=PATIENCE)
    view.get_by_label("Objective").select_option("unit")
    expect(heading(view, "conv2:9@5,5")).to_be_visible(timeout=PATIENCE)
    view.get_by_label("Objective").select_option("layer")
    expect(heading(view, "conv2")).to_be_visible(timeout=PATIENCE)
    expect(view.get_by_label("Channel")).to_be_hidden()
    view.get_by_label("Objective").select_option("class")
    expect(heading(view, "0")).to_be_visible(timeout=PATIENCE)
    view.get_by_label("Class").select_option("7")
    expect(heading(view, "7")).to_be_visible(timeout=PATIENCE)
    await_state(view, "running")
    assert (
        notebook.run("ascent.objective, ascent.target, ascent.state") == "('class', 7, 'running')"
    )

    # At rest a new aim is only noted: Play begins it.
    press(view, "Stop").click()
    await_state(view, "idle")
    view.get_by_label("Class").select_option("3")
    expect(heading(view, "7")).to_be_visible()
    press(view, "Play").click()
    expect(heading(view, "3")).to_be_visible(timeout=PATIENCE)


def test_a_run_in_the_cell_streams_while_it_runs(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    notebook.start("ascent.run()")
    await_step(view, 10)
    assert notebook.is_busy()
    curve = view.evaluate(CURVE)
    await_step(view, int(view.get_attribute("data-step") or 0) + 10)
    assert view.evaluate(CURVE) != curve
    assert notebook.is_busy()

    notebook.command("notebook:interrupt-kernel")
    await_state(view, "paused")
    # what is asked of the kernel before the interrupted cell has ended is not carried out
    notebook.page.wait_for_function(f"!({BUSY})()")
    press(view, "Play").click()
    await_state(view, "running")
    press(view, "Stop").click()
    await_state(view, "idle")
    assert notebook.run("ascent.state, ascent.error") == "('idle', None)"


def press(view: Locator, name: str) -> Locator:
    return view.get_by_role("button", name=name)


def heading(view: Locator, text: str) -> Locator:
    return view.locator(".cv-picture .cv-title").get_by_text(text, exact=True)


def await_step(view: Locator, at_least: int) -> None:
    """Waits until the picture on show is of this step or a later one."""
    view.page.wait_for_function(REACHED, arg=[view.element_handle(), at_least], timeout=PATIENCE)
