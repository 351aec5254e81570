#!/usr/bin/env python3
"""Where a test is a whole suite, ctest tells nothing of its cases. Usage: cases_of_suites.py BUILD_DIRECTORY

After ctest: how many cases ran, and which failed, did not end, or were skipped, and why."""
import pathlib
import re
import sys

MARK = re.compile(r"^\[ *(RUN|OK|FAILED|SKIPPED) *\] ([^\s,]+)")


def main(build):
    log = pathlib.Path(build, "Testing/Temporary/LastTest.log").read_text(errors="replace")
    became = {}
    why = []
    for line in log.splitlines():
        mark = MARK.match(line)
        if not mark:
            why.append(line)
            continue
        what, case = mark.groups()
        # Below the last case those that failed or were skipped are listed once more.
        if what == "RUN":
            became[case] = "Did not end"
            why = []
        elif became.get(case) == "Did not end":
            # The first line says only where.
            became[case] = {"OK": "", "FAILED": "Failed"}.get(what, f"{' '.join(why[1:]).strip()} (Skipped)")
    told = {case: end for case, end in became.items() if end}
    print(f"{len(became)} cases in {build}; all passed" + (" but these:" if told else "."))
    for case, end in told.items():
        print(f"\t{case}: {end if end.endswith(')') else f'({end})'}")
    return 0 if became else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
