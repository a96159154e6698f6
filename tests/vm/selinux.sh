#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# In a guest of tests/vm/run, as root, where SELinux is the security module: a policy of the test's own,
# and files with labels on ext4.

set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo
echo "selinux: begin"
# shellcheck source=tests/places/place.sh
source tests/places/place.sh
rm -f /.dockerenv /run/.containerenv # the machine may be a container, the guest is none

checkpolicy -c 33 -U allow -o /run/policy policy.conf
mount -t selinuxfs selinuxfs /sys/fs/selinux
dd if=/run/policy of=/sys/fs/selinux/load bs=1M status=none
echo 1 >/sys/fs/selinux/enforce

modprobe ext4
modprobe loop
truncate -s 16M /run/disk
mkfs.ext4 -q /run/disk
mkdir -p /mnt/data
mount -o loop /run/disk /mnt/data
mkdir /mnt/data/{private,inbox,outbox}
for name in a write unopened mode private/b; do
    an_image "/mnt/data/$name.jpg"
done
label() {
    chcon "system_u:object_r:$1" "${@:2}"
}
label private_t /mnt/data/{a,write,mode}.jpg /mnt/data/private
label unopened_t /mnt/data/unopened.jpg
label inbox_t /mnt/data/inbox
label outbox_t /mnt/data/outbox
program=(runcon system_u:system_r:program_t)
blind=(runcon system_u:system_r:blind_t)

# denied WHAT CULPRIT PERMISSIONS TYPE: the report of a refusal that the policy owned up to.
denied() {
    expect "$1" EACCES selinux proven "$2"
    check "$1: why" "mode and owner allow it; the policy, asked now, does not give the domain \
'system_u:system_r:program_t' { $3 } on the label 'system_u:object_r:$4'" "$(said .why)"
    expect_fixes "$1" "as root: restorecon -v '$2' if the label is not the policy's own (matchpathcon -V '$2'); \
else semanage fcontext -a -t TYPE '$2' before, with a type for this domain; ausearch -m avc -ts recent shows the refusal; chmod cannot help" ""
}

opens -- read /mnt/data/a.jpg
check "another domain" opened "$answer"
opens "${program[@]}" -- read /mnt/data/a.jpg
denied "file" /mnt/data/a.jpg "read open" private_t
opens as 1002:1002 "${program[@]}" -- read /mnt/data/a.jpg
denied "file, as a user" /mnt/data/a.jpg "read open" private_t
opens "${program[@]}" -- read /mnt/data/private/b.jpg
denied "directory" /mnt/data/private search private_t
opens "${program[@]}" -- read /mnt/data/unopened.jpg
# The kernel's access check knows of reading, not of opening.
denied "open alone" /mnt/data/unopened.jpg open unopened_t
opens "${program[@]}" -- write /mnt/data/write.jpg
denied "writing" /mnt/data/write.jpg "write open" private_t

opens "${program[@]}" -- write,create /mnt/data/inbox/new.jpg
denied "no new names" /mnt/data/inbox "write add_name" inbox_t
opens "${program[@]}" -- write,create /mnt/data/outbox/new.jpg
denied "no new files" /mnt/data/outbox "create open write" outbox_t
opens "${program[@]}" -- write,create /mnt/data/new.jpg
check "a new file" opened "$answer"

opens "${blind[@]}" -- read /mnt/data/a.jpg
expect "not to be asked" EACCES selinux likely /mnt/data/a.jpg
opens "${blind[@]}" -- read /mnt/data/unopened.jpg
expect "not to be asked, open alone" EACCES unseen unknown /mnt/data/unopened.jpg
expect_evidence "not to be asked, open alone" "*SELinux (enforcing, and it could not be asked)*"

# A change of domain without noatsecure sets AT_SECURE: the loader drops the library (README).
lines=()
for domain in program_t blind_t; do
    answer=$(LD_PRELOAD=$place/libpermshim.so runcon "system_u:system_r:$domain" "$place/opener" read /mnt/data/a.jpg \
        2>"$place/report") || true
    check "into $domain: answer" EACCES "$answer"
    lines+=("$domain $(grep -c "^permshim: " "$place/report" || true)")
done
check "reports of these" "program_t 1, blind_t 0" "$(printf '%s, %s' "${lines[@]}")"

touch /run/.containerenv
opens "${program[@]}" -- read /mnt/data/a.jpg
expect "in a container" EACCES selinux proven /mnt/data/a.jpg
expect_advice "in a container" "mount the volume with :z (shared among containers) or :Z *; as root: restorecon *"
rm /run/.containerenv

chmod 600 /mnt/data/mode.jpg
opens as 1002:1002 "${program[@]}" -- read /mnt/data/mode.jpg
expect "mode before the label" EACCES file-read proven /mnt/data/mode.jpg
opens "${program[@]}" -- read /mnt/data/none.jpg
expect "nothing there" ENOENT missing-file proven /mnt/data/none.jpg

# The advice helps: the policy's own label is another.
mkdir -p /etc/selinux/places/contexts/files
printf 'SELINUX=enforcing\nSELINUXTYPE=places\n' >/etc/selinux/config
echo '/mnt/data(/.*)? system_u:object_r:host_t' >/etc/selinux/places/contexts/files/file_contexts
check_like "matchpathcon" "*has context system_u:object_r:private_t, should be system_u:object_r:host_t*" \
    "$(matchpathcon -V /mnt/data/a.jpg || true)"
restorecon /mnt/data/a.jpg
opens "${program[@]}" -- read /mnt/data/a.jpg
check "after restorecon" opened "$answer"
echo 0 >/sys/fs/selinux/enforce
opens "${program[@]}" -- read /mnt/data/private/b.jpg
check "permissive" opened "$answer"

finish && echo "selinux: all is well"
