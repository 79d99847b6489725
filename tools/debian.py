"""System packages: fetched where that needs no person, asked for where it does."""

import os
import platform
import shutil

from tools import console


def install(package: str, purpose: str) -> None:
    """Installs a Debian package.

    Args:
        package: its name.
        purpose: what it gives, as the subject of a sentence.

    Raises:
        console.TaskError: when this is not Debian, or not root; says what to install.
    """
    if not can_install():
        raise console.TaskError(
            f"{purpose} is missing, and only root on Debian gets it unasked. "
            f"Install it (on Debian or Ubuntu: sudo apt-get install {package}) and try again."
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    console.step("Looking for system packages", ["apt-get", "update"], env=env)
    console.step(
        f"Installing {package}",
        ["apt-get", "install", "--yes", "--no-install-recommends", package],
        env=env,
    )


def can_install() -> bool:
    """Whether this is Debian or its kin, and we are root."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def is_debian() -> bool:
    """Whether this is Debian itself."""
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False
