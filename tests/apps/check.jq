# SPDX-License-Identifier: MIT
# The log of one run against what is expected of it: a line for each difference, none when all is right.
# Input: the log's objects, slurped. Arguments: $cause $culprit $uid $bits $from $project $more.

def expect($ok; $what): if $ok then empty else $what end;

def frame: if .kind == "python" then "python \(.file | ltrimstr($project)):\(.line) in \(.function)"
           else "native \(.object // "?" | sub(".*/"; "")) \(.symbol // "?")" end;

def fields: ["v", "event", "time", "host", "pid", "tid", "exe", "cwd", "call", "cause", "certainty", "culprit",
             "summary", "why", "notes", "process", "components", "fixes", "suggestions", "frames", "fingerprint", "count"];

def component_verdict($culprit; $cause):
  if .path == $culprit then (if $cause | startswith("missing") then "missing" else "denied" end)
  elif .path | startswith($culprit + "/") then "unreached"
  else "ok" end;

[.[] | select(.event == "failure")] as $failures
| expect(($failures | length) as $count | $count == 1 or ($more and $count > 0); "\($failures | length) reports, not one"),
  ($failures[:1][]
   | . as $failure
   | (fields[] | . as $field | expect($failure | has($field); "no field \($field)")),
     expect(.cause == $cause; "cause \(.cause), not \($cause)"),
     expect(.certainty == "proven"; "certainty \(.certainty), not proven"),
     expect(.culprit == $culprit; "culprit \(.culprit), not \($culprit)"),
     expect(.call.errno == (if $cause | startswith("missing") then "ENOENT" else "EACCES" end); "errno \(.call.errno)"),
     expect([.process | .ruid, .euid, .suid, .fsuid, .rgid, .egid, .sgid, .fsgid] | unique == [$uid];
            "ids \(.process | tojson)"),
     expect(.process.groups == [] and .process.capabilities == []; "groups or capabilities"),
     expect(.components[0].path == "/" and ([.components[].path] | index($culprit)) != null;
            "components \([.components[].path] | tojson)"),
     (.components[] | component_verdict($culprit; $cause) as $verdict
      | expect(.verdict == $verdict; "component \(.path) is \(.verdict), not \($verdict)")),
     (.components[] | select(.path == $culprit and .verdict == "denied")
      | expect(.uid == 0 and .class == "other"; "culprit's uid \(.uid), class \(.class)")),
     ([.fixes[].argv] as $fixes
      | (if $bits == "" then [] else [["setfacl", "-m", "u:\($uid):\($bits)", $culprit]] end) as $wanted
      | expect($fixes == $wanted; "fixes \($fixes | tojson)")),
     expect([.frames[] | frame] | any(test($from)); "no frame like /\($from)/ in \([.frames[] | frame] | tojson)"))
