"""The part of the command line of `rcodesign sign` that is used, over a wheel with the same library (apple-codesign).

The program itself takes many minutes to build. Where it is on PATH the tests take that one.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from apple_platform import signing
from apple_platform.errors import ApplePlatformError
from apple_platform.models import P12Key, PathSettings, Signer


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["sign"])
    for scoped in ("digest", "entitlements-xml-file", "code-signature-flags"):
        parser.add_argument(f"--{scoped}", action="append", default=[])
    for single in ("p12-file", "p12-password-file", "timestamp-url"):
        parser.add_argument(f"--{single}")
    parser.add_argument("path")
    args = parser.parse_args()
    paths: dict[str, PathSettings] = defaultdict(PathSettings)
    for value in args.digest:
        paths["@main"].digests = [value]
    for value in args.entitlements_xml_file:
        scope, _, file = value.rpartition(":")
        paths[scope or "@main"].entitlements_xml_file = file
    for value in args.code_signature_flags:
        scope, _, flag = value.rpartition(":")
        paths[scope or "@main"].code_signature_flags = [flag]
    signer = Signer(p12=P12Key(args.p12_file, password_path=args.p12_password_file)) if args.p12_file else None
    try:
        signing.sign(Path(args.path), signer=signer, paths=paths, timestamp_url=args.timestamp_url)
    except ApplePlatformError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
