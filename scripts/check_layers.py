#!/usr/bin/env python3
"""Fails when a file includes a folder, or a third-party library, that its folder may not use."""
import pathlib
import re
import sys

ALLOWED = {  # folder -> the folders it may include besides itself; this table is the architecture
    "base": "", "model": "base",
    "codec": "base model", "config": "base", "metrics": "base",
    "net": "base", "database": "base model codec",
    "api": "base model codec net metrics",
    # components: none names another component
    "market": "base model codec metrics api",
    "poller": "base model codec metrics api",
    "connection": "base model codec metrics api net",
    "router": "base model codec metrics",
    "writer": "base model codec metrics database",
    "tape": "base model codec metrics",
    "dedup": "base model codec metrics database",
    "book": "base model codec metrics database",
    "coverage": "base model codec metrics database",
    "metadata": "base model codec metrics api database",
    "backfill": "base model codec metrics api database",
    "audit": "base model codec database",
    "sim": "base net",
    "app": "*",
}
OWNER = {  # third-party header prefix -> the folders that own it
    "simdjson": "codec", "yaml-cpp/": "config", "prometheus/": "metrics",
    "boost/json": "sim", "boost/": "net sim", "openssl/": "net", "curl/": "api",
    "libpq": "database", "spdlog/": "base", "CLI/": "app", "zlib.h": "base net sim", "zstd.h": "codec sim",
}


def faults(folder, target):
    top = target.split("/")[0]
    allowed = ALLOWED[folder].split()
    if top in ALLOWED and top != folder and "*" not in allowed and top not in allowed:
        yield f"{folder}/ must not include {target}"
    for prefix, owners in OWNER.items():
        if target.startswith(prefix):
            if folder not in owners.split():
                yield f"only {owners}/ may include {target}"
            break


root = pathlib.Path(sys.argv[1])
found = [
    f"{path}:{number}: {fault}"
    for path in sorted(p for p in root.rglob("*") if p.suffix in (".h", ".cc"))
    for number, line in enumerate(path.read_text().splitlines(), 1)
    for target in re.findall(r'^\s*#\s*include\s*["<]([^">]+)', line)
    for fault in faults(path.relative_to(root).parts[0], target)
]
print("\n".join(found) or "layers: ok")
sys.exit(bool(found))
