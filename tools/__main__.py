"""``python -m tools TASK``: one task of the Makefile."""

import sys

from tools import console, environment, tasks


def main(arguments: list[str]) -> int:
    """Runs the named task inside the project's environment; returns the exit status."""
    name = " ".join(arguments)
    task = tasks.TASKS.get(name)
    if task is None:
        console.say(f"There is no task {name!r}; there are: {', '.join(tasks.TASKS)}.")
        return 2
    if task is not tasks.clean and not environment.is_active():
        return environment.run_inside(["-m", "tools", *arguments])
    return task()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except console.TaskError as error:
        console.say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
