#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Reports about files that are not there: any bytes in the name, the suggestion, and its limits.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"

library=$(readlink -f "${BUILD:-build}/libpermshim.so")
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
export PYTHONDONTWRITEBYTECODE=1

# opens FORMAT PROGRAM: what a Python program gets on its stderr.
opens() {
    PERMSHIM_FORMAT=$1 PERMSHIM_FRAMES=0 PERMSHIM_LIMIT=0 LD_PRELOAD=$library python3 -c "$2" "$tmp" 2>&1
}

# ---- every byte from 0x01 to 0xff but / in a name, alone and all together ----

every_byte='
import os, sys
names = [b"a" + bytes([byte]) + b"b.jpg" for byte in range(1, 256) if byte != 0x2f]
names.append(bytes(byte for byte in range(1, 240) if byte != 0x2f) + b".jpg")
names.append(bytes(byte for byte in range(0x80, 0x100)) + b".jpg")
for name in names:
    try:
        os.open(os.fsencode(sys.argv[1]) + b"/" + name, os.O_RDONLY)
    except OSError:
        pass
'
opens json "$every_byte" >"$tmp/bytes.json"
check "a report a name" 256 "$(wc -l <"$tmp/bytes.json")"
check "all of it is JSON" 256 "$(jq -c . <"$tmp/bytes.json" | wc -l)"
check "and says what was asked for, byte by byte" "" "$(python3 - "$tmp" <<'END'
import base64, json, sys
names = [b"a" + bytes([byte]) + b"b.jpg" for byte in range(1, 256) if byte != 0x2f]
names.append(bytes(byte for byte in range(1, 240) if byte != 0x2f) + b".jpg")
names.append(bytes(byte for byte in range(0x80, 0x100)) + b".jpg")
with open(sys.argv[1] + "/bytes.json", encoding="utf-8") as lines:
    for line, name in zip(lines, names):
        call = json.loads(line)["call"]
        exact = call["path_base64"]
        path = base64.b64decode(exact) if exact else call["path"].encode()
        if path != sys.argv[1].encode() + b"/" + name:
            print(name, path)
END
)"
opens text "$every_byte" >"$tmp/bytes.txt"
check "256 first lines in text" 256 "$(grep -c '^permshim: cannot read ' "$tmp/bytes.txt")"
check "no control character, nothing beyond ASCII" "" "$(LC_ALL=C grep -aP '[^\x20-\x7e]' "$tmp/bytes.txt" || true)"
check "no line that is not the report's" "" \
    "$(grep -avE '^(permshim: cannot read |  (call|who|path|why|fix|note|from):|         )' "$tmp/bytes.txt" || true)"

# ---- the suggestion ----

# report ARGUMENTS: the report of os.open(ARGUMENTS).
report() {
    opens json "
import os, sys
os.chdir(sys.argv[1])
try:
    os.open($1)
except OSError:
    pass
"
}
readonly='os.O_RDONLY'
mkdir -p "$tmp/data/cats"
touch "$tmp/data/cats/001.jpg" "$tmp/data/cats/it's.png"
physical=$(readlink -f "$tmp")
check "a newline" "stray-whitespace proven $physical/data/cats/001.jpg" \
    "$(report "'data/cats/001.jpg\\n', $readonly" | jq -r '[.cause, .certainty, .suggestions[0].path] | join(" ")')"
check "two slips" "windows-path $physical/data/cats/001.jpg windows-path, letter-case" \
    "$(report "r'Data\\cats\\001.JPG', $readonly" | jq -r '[.cause, .suggestions[0].path, .suggestions[0].difference] | join(" ")')"
check "the fix can be pasted" "use '$physical/data/cats/it'\\''s.png' (letter-case)" \
    "$(report "\"data/cats/IT'S.png\", $readonly" | jq -r '.advice[0]')"
check "a line of Python for a program in Python" true \
    "$(report "'data/cats/001.jpg\\n', $readonly" | jq '.advice[1] | contains("line.rstrip(\"\\r\\n\")")')"
ln -s data/cats "$tmp/link"
check "the suggested path is physical" "$physical/data/cats/001.jpg" \
    "$(report "'link/001.JPG', $readonly" | jq -r '.suggestions[0].path')"
check "by a descriptor" "letter-case $physical/data/cats/001.jpg" \
    "$(report "'001.JPG', $readonly, dir_fd=os.open('data/cats', $readonly)" | jq -r '[.cause, .suggestions[0].path] | join(" ")')"
check "nothing where nothing is" "missing-file 0" \
    "$(report "'data/cats/giraffe.jpg', $readonly" | jq -r '[.cause, (.suggestions | length)] | join(" ")')"
mkdir "$tmp/data/empty" "$tmp/data/none" && touch "$tmp/data/none/.hidden"
ln -s cats "$tmp/data/also" && ln -s cats/001.jpg "$tmp/data/no_directory"
check_like "the images that are there" "*|images there: '001.jpg', 'it\\\\'s.png'" \
    "$(report "'data/cats/giraffe.jpg', $readonly" | jq -r '.notes | join("|")')"
check_like "the directories that are there, and links to some" "*|directories there: 'also', 'cats', 'empty', 'none'" \
    "$(report "'data/giraffes/1.jpg', $readonly" | jq -r '.notes | join("|")')"
check_like "other names where no image is" "*|no image there, but 'also', 'cats', 'empty', 'no_directory', 'none'" \
    "$(report "'data/giraffe.jpg', $readonly" | jq -r '.notes | join("|")')"
check_like "names that are hidden" "*|no image there" "$(report "'data/none/1.jpg', $readonly" | jq -r '.notes | join("|")')"
check "an empty directory" "its directory exists and is empty" "$(report "'data/empty/1.jpg', $readonly" | jq -r .why)"
touch "$tmp/data/none/"{1..9}.png
check_like "the first few of many, in the order of their numbers" "*|images there: '1.png', '2.png', '3.png', '4.png', '5.png', '6.png' and 3 more" \
    "$(report "'data/none/giraffe.jpg', $readonly" | jq -r '.notes | join("|")')"
check_like "first those that begin as the one asked for" "*|images there: '9.png', '1.png', '2.png', *" \
    "$(report "'data/none/9_qz.jpg', $readonly" | jq -r '.notes | join("|")')"
check "nothing of everybody's root directory" "" "$(report "'/giraffes_qz/1.jpg', $readonly" | jq -r '.notes | join("|")')"
check "a directory for a file to be made" "create-in-missing-dir $physical/data" \
    "$(report "'Data/new.jpg', os.O_WRONLY | os.O_CREAT" | jq -r '[.cause, .suggestions[0].path] | join(" ")')"
check "what is only counted is not searched for, and counted under its cause" "letter-case 12" \
    "$(opens json "
import os, sys
for i in range(12):
    try:
        os.open(sys.argv[1] + '/data/cats/001.JPG', os.O_RDONLY)
    except OSError:
        pass
" | jq -r 'select(.event == "summary") | [.cause, (.count | tostring)] | join(" ")' | tail -n 1)"

# ---- beside the script, whatever runs it ----

# runs NAME PROGRAM ARGUMENT…: the report of a copy of PROGRAM that is called NAME, started beside the project.
runs() {
    cp "$(type -P "$2")" "$tmp/$1"
    env -C "$tmp/elsewhere" PERMSHIM_FORMAT=json PERMSHIM_FRAMES=0 LD_PRELOAD="$library" "$tmp/$1" "${@:3}" 2>&1 >/dev/null |
        grep '^{' || true
}
mkdir -p "$tmp/elsewhere" "$tmp/project/images"
touch "$tmp/project/run" "$tmp/project/images/here_qz.jpg"
for interpreter in python3 pypy3 tclsh8.6; do
    check_like "the script of $interpreter" "*[(]the script's directory[)] it does" \
        "$(runs $interpreter cat ../project/run images/here_qz.jpg | jq -r .why)"
done
check_like "the script of R, as Rscript starts it" "*[(]the script's directory[)] it does" \
    "$(runs R sed --file=../project/run images/here_qz.jpg | jq -r .why)"
check "code behind -c is no option before a script" missing-dir \
    "$(env -C "$tmp/elsewhere" PERMSHIM_FORMAT=json PERMSHIM_FRAMES=0 LD_PRELOAD="$library" \
        python3 -c'open("images/here_qz.jpg")' ../project/run 2>&1 | grep '^{' | jq -r .cause)"
if type -P perl >/dev/null; then
    # shellcheck disable=SC2016 # the dollar signs are Perl's
    echo 'open my $image, "<", $ARGV[0]' >"$tmp/project/run.pl"
    check_like "the script of Perl, behind an option that only Python's has a word for" "*[(]the script's directory[)] it does" \
        "$(runs perl perl -W ../project/run.pl images/here_qz.jpg | jq -r .why)"
else
    skip "the script of Perl" "perl is not installed"
fi
check "a viewer whose name begins as a shell's has no script" missing-dir \
    "$(runs shotwell cat ../project/run images/here_qz.jpg | jq -r .cause)"
check_like "PyPy is told in Python" "*or .format(*" "$(runs pypy3 cat ../project/run '{}/qz.jpg' | jq -r '.advice | join("|")')"

# ---- links whose tree was moved ----

# leads_to TARGET: what the fix points data/moved.jpg to, which had the target TARGET.
leads_to() {
    ln -sfn "$1" "$tmp/data/moved.jpg"
    report "'data/moved.jpg', $readonly" | jq -r '[.cause, .fixes[0].argv[2] // "nothing"] | join(" ")'
}
check "an absolute target on another machine" "dangling-symlink $physical/data/cats/001.jpg" "$(leads_to /home/qz/data/cats/001.jpg)"
check "a relative one, written where ln was run" "dangling-symlink $physical/data/cats/001.jpg" "$(leads_to data/cats/001.jpg)"
check_like "a disk that is not there" "*nothing is mounted there*" \
    "$(ln -sfn /mnt/qz_nas/cats "$tmp/data/nas" && report "'data/nas/1.jpg', $readonly" | jq -r '.notes + [.why] | join("|")')"
check "a single name says too little" "dangling-symlink nothing" "$(mkdir "$tmp/solo" && leads_to /home/qz/solo)"

# ---- a suggestion that this process may not read ----

if ((EUID == 0)); then
    chmod 755 "$tmp"
    chmod 600 "$tmp/data/cats/001.jpg"
    cp "$library" "$tmp/lib.so"
    library=$tmp/lib.so
    refused=$(setpriv --reuid 65534 --regid 65534 --clear-groups env PERMSHIM_FORMAT=json PERMSHIM_FRAMES=0 \
        LD_PRELOAD="$library" /bin/cat "$tmp/data/cats/001.JPG" 2>&1 >/dev/null | grep '^{' || true)
    check "it is suggested" letter-case "$(jq -r .cause <<<"$refused")"
    check_like "and said to be refused" "*[[]file-read[]]*" "$(jq -r '.notes | join("|")' <<<"$refused")"
else
    skip "a suggestion that may not be read" "needs root"
fi

# ---- other views of the file system ----

# in_mounts COMMANDS PATH: the report on PATH in a mount namespace in which COMMANDS were run.
in_mounts() {
    unshare -m bash -ec "$1
        PERMSHIM_FORMAT=json PERMSHIM_FRAMES=0 LD_PRELOAD='$library' /bin/cat '$2' 2>&1 >/dev/null | grep '^{'" | jq -r '[.cause, .certainty, .suggestions[0].path // ""] | join(" ")' || true
}
if ((EUID == 0)) && unshare -m mount --bind "$tmp" "$tmp" 2>/dev/null; then
    mkdir "$tmp/seen" "$tmp/empty" "$tmp/systemd-private-1-a.service-b"
    check_like "a host's path, by the bind mount" "* likely $physical/seen/cats/002.jpg" \
        "$(touch "$tmp/data/cats/002.jpg" &&
            in_mounts "mount --bind '$tmp/data' '$tmp/seen'; mount -t tmpfs none '$tmp/data'" "$physical/data/cats/002.jpg")"
    check "a private directory" "private-view likely " \
        "$(in_mounts "mount --bind '$tmp/systemd-private-1-a.service-b' '$tmp/seen'" "$physical/seen/upload_qz.png")"
    check "a home that systemd put out of sight" "private-view likely " \
        "$(in_mounts "mount -t tmpfs -o mode=755 none /home" /home/nobody_qz/photo_qz.png)"
    if [[ -e /etc/fstab ]]; then
        check "a line of fstab that is not mounted" "not-mounted likely " \
            "$(in_mounts "echo '/dev/sdz9 $physical/empty ext4 noauto 0 0' >'$tmp/fstab'
                mount --bind '$tmp/fstab' /etc/fstab" "$physical/empty/photo_qz.png")"
    else
        skip "a line of fstab" "there is no /etc/fstab"
    fi
else
    skip "other views of the file system" "needs root and mount namespaces"
fi

# ---- the table of Unicode ----

version=$(sed -n 's/.*from Unicode \([0-9.]*\)\. .*/\1/p' shim/slips/unicode.def)
have=$(python3 -c 'import unicodedata; print(unicodedata.unidata_version)')
if [[ $version == "$have" ]]; then
    check "the table is what its script makes" "" "$(scripts/make-unicode-table | diff -q - shim/slips/unicode.def || true)"
else
    skip "the table of Unicode $version" "python3 has Unicode $have"
fi

finish
