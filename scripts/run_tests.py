# SPDX-License-Identifier: Apache-2.0
"""./dev test: every suite, with its counts and those of all together.

A suite is a ctest label (unit, sim, fuzz) or a folder of tests/ with test_*.py.
"""
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
RESULTS = BUILD / "results"


def ctest_suites():
    listed = subprocess.run(["ctest", "--print-labels"], cwd=BUILD, capture_output=True, text=True)
    return [line.strip() for line in listed.stdout.splitlines() if line.startswith("  ")]


def python_suites():
    return sorted({path.parent.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/**/test_*.py")})


def count(results, status):
    """Passed, failed and skipped in a JUnit file. A runner that failed without saying which test counts as one failure."""
    counts = Counter()
    if results.exists():
        for case in ElementTree.parse(results).iter("testcase"):
            outcomes = {child.tag for child in case}
            if outcomes & {"failure", "error"} or case.get("status") == "fail":
                counts["failed"] += 1
            elif "skipped" in outcomes or case.get("status") in ("notrun", "disabled"):
                counts["skipped"] += 1
            else:
                counts["passed"] += 1
    if status != 0 and not counts["failed"]:
        counts["failed"] = 1
    return counts


def run_suite(name, command, folder):
    results = RESULTS / f"{name}.xml"
    results.unlink(missing_ok=True)
    print(f"== {name}", flush=True)
    began = time.monotonic()
    status = subprocess.run([*command, results], cwd=folder, stdin=subprocess.DEVNULL).returncode
    counts = count(results, status)
    return counts, time.monotonic() - began


def summary(counts):
    text = f"{counts['passed']} passed, {counts['failed']} failed"
    return text + (f", {counts['skipped']} skipped" if counts["skipped"] else "")


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    wanted, pytest_arguments = arguments[:split], arguments[split + 1:]
    RESULTS.mkdir(parents=True, exist_ok=True)
    suites = {name: (["ctest", "--output-on-failure", "--no-tests=error", "--timeout", "900", "-L", f"^{name}$", "--output-junit"], BUILD)
              for name in (ctest_suites() if BUILD.is_dir() else [])}
    for name in python_suites():
        suites[name] = (["/usr/bin/python3", "-m", "pytest", "-q", *pytest_arguments, f"tests/{name}", "--junitxml"], ROOT)
    unknown = set(wanted) - set(suites)
    if unknown:
        print(f"no such suite: {', '.join(sorted(unknown))}; there are: {' '.join(suites)}", file=sys.stderr)
        return 2
    done = {name: run_suite(name, *suites[name]) for name in suites if not wanted or name in wanted}
    print()
    for name, (counts, seconds) in done.items():
        print(f"{name:10} {summary(counts)} in {seconds:.1f} s")
    total = sum((counts for counts, _ in done.values()), Counter())
    print(summary(total))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
