# SPDX-License-Identifier: Apache-2.0
"""./dev test: every suite, with its counts and those of all together.

A suite is a ctest label (unit, sim, fuzz), a folder of tests/ with test_*.py, or `asan`, `tsan` or `valgrind`: all of ctest once more, built with
sanitizers or run under valgrind. `broker-asan` and `broker-tsan` are the broker suite with such an agent, `broker-valgrind` is what of it is about the
agent. These but `asan`, and `viewer`, `brokers`, `deploy` and `faults`, run only when they are named, or with `--all`.
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
CHECKERS = ("asan", "tsan", "valgrind")
ONLY_NAMED = ("tsan", "valgrind", "broker-asan", "broker-tsan", "broker-valgrind", "viewer", "brokers", "deploy", "faults")
WORKERS = {"broker": 4, "blender": 2}  # processes that share a suite's files: these mostly wait
MEASURED = "tests/broker/test_agent_memory.py"  # a checker's memory is not the agent's
UNDER_VALGRIND = ("test_agent_*.py", "test_joining.py")  # as much as there is time for
NPM = ["scripts/npm-install", "tests/npm"]
ASAN, TSAN, VALGRIND = (["scripts/build", name] for name in CHECKERS)
PREPARE = {"asan": [ASAN], "tsan": [TSAN], "valgrind": [VALGRIND], "viewer": [["scripts/build-viewer"]], "deploy": [["scripts/build-viewer"]], "schema": [NPM], "broker": [NPM],
           "broker-asan": [ASAN, NPM], "broker-tsan": [TSAN, NPM], "broker-valgrind": [VALGRIND, NPM],
           "brokers": [["./dev", "brokers"]]}


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


def ctest(folder, *selection):
    return ["ctest", "--output-on-failure", "--no-tests=error", "--timeout", "900", *selection, "--output-junit"], folder


def pytest(arguments, *what, workers=1, program=None):
    chosen = ["env", f"SCENESYNC_BIN={program}"] if program else []
    shared = ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []
    return [*chosen, "/usr/bin/python3", "-m", "pytest", "-q", *shared, *arguments, *what, "--junitxml"], ROOT


def all_suites(pytest_arguments):
    """name → (command, to be followed by the file for its results; folder to run it in)"""
    suites = {name: ctest(BUILD, "-L", f"^{name}$") for name in ctest_suites()}
    for name in CHECKERS:
        suites[name] = ctest(ROOT / f"build-{name}")
    for name in python_suites():
        suites[name] = pytest(pytest_arguments, f"tests/{name}", workers=WORKERS.get(name, 1))
    for name in CHECKERS:
        program = ROOT / f"build-{name}" / ("scenesync-valgrind" if name == "valgrind" else "scenesync")
        names, workers = (UNDER_VALGRIND, 2) if name == "valgrind" else (("test_*.py",), WORKERS["broker"])
        files = {str(path.relative_to(ROOT)) for name in names for path in (ROOT / "tests/broker").glob(name)} - {MEASURED}
        suites[f"broker-{name}"] = pytest(pytest_arguments, *sorted(files), workers=workers, program=program)
    return suites


def build(name):
    """Whether what the suite needs is there; `./dev` has built the rest."""
    return all(subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0 for command in PREPARE.get(name, []))


def run_suite(name, command, folder):
    results = RESULTS / f"{name}.xml"
    results.unlink(missing_ok=True)
    print(f"== {name}", flush=True)
    began = time.monotonic()
    status = 1
    if build(name):
        status = subprocess.run([*command, results], cwd=folder, stdin=subprocess.DEVNULL).returncode
    return count(results, status), time.monotonic() - began


def summary(counts):
    text = f"{counts['passed']} passed, {counts['failed']} failed"
    return text + (f", {counts['skipped']} skipped" if counts["skipped"] else "")


def main():
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    wanted, pytest_arguments = arguments[:split], arguments[split + 1:]
    RESULTS.mkdir(parents=True, exist_ok=True)
    suites = all_suites(pytest_arguments)
    if wanted == ["--all"]:
        wanted = list(suites)
    unknown = set(wanted) - set(suites)
    if unknown:
        print(f"no such suite: {', '.join(sorted(unknown))}; there are: {' '.join(suites)}", file=sys.stderr)
        return 2
    chosen = [name for name in suites if name in wanted or (not wanted and name not in ONLY_NAMED)]
    done = {name: run_suite(name, *suites[name]) for name in chosen}
    print()
    for name, (counts, seconds) in done.items():
        print(f"{name:10} {summary(counts)} in {seconds:.1f} s")
    total = sum((counts for counts, _ in done.values()), Counter())
    print(summary(total))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
