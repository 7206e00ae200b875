#!/usr/bin/env python3
"""Fails when docs/kalshi-data/monitoring and the source name different metrics, or other types."""
import pathlib
import re
import sys

ROW = re.compile(r"^\| `([a-z_]+)` \| (counter|gauge|histogram) \|", re.M)
REGISTERED = re.compile(r"\b(counter|gauge|histogram)\(\s*(?:\"([a-z_]+)\"|(k[A-Za-z]+))")
CONSTANT = r'\b{}\s*=\s*"([a-z_]+)"'


def documented(root):
    text = (root / "docs/kalshi-data/monitoring/README.md").read_text()
    return {(name, kind) for name, kind in ROW.findall(text)}


def registered(root):
    found = set()
    for path in (root / "src").rglob("*.cc"):
        if path.name.endswith("_test.cc") or path.parent.name == "metrics":
            continue
        text = path.read_text()
        for kind, name, constant in REGISTERED.findall(text):
            if constant:
                value = re.search(CONSTANT.format(constant), text)
                if value is None:
                    raise SystemExit(f"{path}: what is {constant}?")
                name = value.group(1)
            found.add((name, kind))
    return found


def main():
    root = pathlib.Path(sys.argv[1])
    in_docs, in_source = documented(root), registered(root)
    for name, kind in sorted(in_source - in_docs):
        print(f"{name} ({kind}) is not in docs/kalshi-data/monitoring/README.md")
    for name, kind in sorted(in_docs - in_source):
        print(f"{name} ({kind}) is documented and nowhere registered")
    if not in_source or in_source != in_docs:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
