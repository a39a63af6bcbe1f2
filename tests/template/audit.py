"""Runs checkov over template.yaml. A finding without a waiver in waivers.yaml fails, and so does an unused waiver."""

import json
import pathlib
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
TEMPLATE = HERE.parents[1] / "template.yaml"


def failed_checks():
    checkov = str(pathlib.Path(sys.executable).with_name("checkov"))
    command = [checkov, "-f", str(TEMPLATE), "--framework", "cloudformation", "--skip-download", "-o", "json", "--quiet"]
    run = subprocess.run(command, capture_output=True, text=True)
    try:
        report = json.loads(run.stdout)
    except json.JSONDecodeError:
        sys.exit(f"checkov failed:\n{run.stdout}\n{run.stderr}")
    summary = report["summary"]
    if summary["parsing_errors"] or summary["passed"] < 100:
        sys.exit(f"checkov did not read the template: {summary}")
    print(f"checkov {summary['checkov_version']}: {summary['passed']} passed, {summary['failed']} failed before waivers")
    return {(c["check_id"], c["resource"].rsplit(".", 1)[-1]): c["check_name"] for c in report["results"]["failed_checks"]}


def main():
    waivers = [w for w in yaml.safe_load((HERE / "waivers.yaml").read_text()) if w["check"].startswith("CKV")]
    used, wrong = set(), 0
    for (check, resource), name in sorted(failed_checks().items()):
        matching = [i for i, w in enumerate(waivers) if w["check"] == check and w["resource"] in ("*", resource)]
        used.update(matching)
        if not matching:
            print(f"{check}: {resource}: {name}", file=sys.stderr)
            wrong += 1
    for i, w in enumerate(waivers):
        if i not in used:
            print(f"the waiver of {w['check']} for {w['resource']} is not needed", file=sys.stderr)
            wrong += 1
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
