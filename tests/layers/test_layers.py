# SPDX-License-Identifier: GPL-2.0-or-later
"""The layers of ARCHITECTURE.md, read off the #include lines."""
import os
import re

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SRC = os.path.join(ROOT, "src")
LOW = {"base", "run", "model"}
MODULES = {"access", "alert", "brake", "config", "content", "policy", "net", "nids", "capture", "detect", "guard", "guest", "record",
           "correlate", "store", "report", "selftest", "sink"}
MAY = {
    "base": {"base"},
    "run": {"base", "run", "model"},
    "model": {"base", "model"},
    **{m: LOW | {m} for m in MODULES},
    "report": LOW | {"report", "store"},
    "roles": LOW | MODULES | {"roles"},
    "cli": LOW | MODULES | {"roles", "cli"},
}


def sources():
    for folder, _, names in os.walk(SRC):
        for name in names:
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(folder, name), SRC)


def includes(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as f:
        return re.findall(r'^#include "([^"]+)"', f.read(), re.M)


def test_every_folder_has_a_layer():
    assert {p.split("/")[0] for p in sources()} == set(MAY)


@pytest.mark.parametrize("folder", sorted(MAY))
def test_includes_only_what_its_layer_allows(folder):
    wrong = []
    for path in sources():
        if path.split("/")[0] != folder:
            continue
        for what in includes(path):
            target = what.split("/")[0] if "/" in what else folder
            if target != "skep" and target not in MAY[folder]:
                wrong.append(f"{path} includes {what}")
    assert not wrong


def test_modules_ask_no_clock():
    """Only roles and verbs know the time (base says how to ask); everything else is told."""
    users = {p for p in sources() if re.search(r"\b(now_us|mono_us)\(\)", open(os.path.join(SRC, p)).read())}
    assert {p.split("/")[0] for p in users} <= {"base", "roles", "cli"}


def test_every_file_names_its_licence():
    bad = []
    for folder, dirs, names in os.walk(ROOT):
        dirs[:] = [d for d in dirs if not d.startswith((".", "build")) and d != "__pycache__"]
        for name in names:
            if name.endswith((".c", ".h", ".py", ".sh", ".build", ".sql", ".yaml")) and "broken" not in folder:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                    if "SPDX-License-Identifier: GPL-2.0" not in f.read(400):
                        bad.append(os.path.relpath(os.path.join(folder, name), ROOT))
    assert not bad
