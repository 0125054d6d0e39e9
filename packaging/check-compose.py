"""What the schema of compose files does not say. Called by scripts/check-packaging with the files.

Each `${VARIABLE}` without a default stands in the `.env.example` beside the file, and each of ours runs with few rights.
"""

import pathlib
import re
import sys

from ruamel.yaml import YAML

# `$$` is a dollar sign. A default is `${NAME:-…}` or `${NAME-…}`.
VARIABLE = re.compile(r"\$\$|\$\{(\w+)(:?-)?|\$(\w+)")


def texts(node):
    if isinstance(node, dict):
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
    elif isinstance(node, str):
        yield node


def faults(path):
    compose = YAML(typ="safe").load(path)
    example = path.with_name(".env.example")
    known = set(re.findall(r"^(\w+)=", example.read_text(), re.MULTILINE)) if example.exists() else set()
    for text in texts(compose):
        for braced, default, bare in VARIABLE.findall(text):
            name = braced or bare
            if name and not default and name not in known:
                yield f"${{{name}}} has no default and does not stand in {example}"
    ours = 0
    for name, service in compose["services"].items():
        # A gateway or a database brings what it needs; what we wrote ourselves brings no user of its own to answer for.
        if "channelwarden" not in service.get("image", "") and "entrypoint" not in service:
            continue
        ours += 1
        wanted = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
        for key, value in wanted.items():
            if service.get(key) != value:
                yield f"services.{name}.{key} is {service.get(key)!r}, not {value!r}"
        if str(service.get("user", "10001")).split(":")[0] in ("0", "root") or service.get("privileged"):
            yield f"services.{name} runs as root"
    if not ours:
        yield "has no service of ours"


found = [f"{path}: {fault}" for path in map(pathlib.Path, sys.argv[1:]) for fault in faults(path)]
print("\n".join(found))
sys.exit(bool(found))
