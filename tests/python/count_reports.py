# SPDX-License-Identifier: MIT
"""count_reports.py LOG LEAST: what the library made of stress.py with PROBE_STRESS_OPEN: every line must be
whole, and at least LEAST must be reports. Counts those with Python frames, and why stacks are incomplete."""
import collections
import json
import sys

reports = with_python = 0
ended = collections.Counter()
with open(sys.argv[1], "rb") as log:
    for line in log:
        event = json.loads(line.decode("utf-8"))
        if event["event"] != "failure":
            continue
        reports += 1
        with_python += any(frame["kind"] == "python" for frame in event["frames"])
        ended[event.get("frames_ended")] += 1
complete = ended.pop(None, 0)
print("reports=%d with-python-frames=%d complete=%d%s" % (
    reports, with_python, complete, "".join("; %s=%d" % reason for reason in sorted(ended.items()))))
sys.exit(reports < int(sys.argv[2]))
