#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# In the guest of tests/vm/run, as root: servers and security modules that mode bits know nothing of.

set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo
echo "guest: begin"
# shellcheck source=tests/places/place.sh
source tests/places/place.sh
rm -f /.dockerenv /run/.containerenv # the machine may be a container, the guest is none
ip link set lo up
mkdir -p /mnt/nfs /mnt/smb

# --- NFS

mkdir -p /run/export/private /run/export/gone /run/rpc_pipefs
an_image /run/export/a.jpg 600 1001:1001
an_image /run/export/private/b.jpg 644 1001:1001
an_image /run/export/group.jpg 640 0:1018
an_image /run/export/gone/c.jpg
chmod 700 /run/export/private
chown 1001:1001 /run/export/private
modprobe nfsd
mount -t nfsd nfsd /proc/fs/nfsd
mount -t rpc_pipefs rpc_pipefs /run/rpc_pipefs
printf '[mountd]\nmanage-gids=n\n[nfsd]\nvers3=n\n' >/etc/nfs.conf
rm -rf /etc/nfs.conf.d
echo '/run/export 127.0.0.1(rw,root_squash,fsid=0,no_subtree_check,insecure)' >/etc/exports
rpc.mountd -N 2 -N 3
exportfs -ra
rpc.nfsd -N 3 -V 4 2
modprobe nfsv4
mount_export() {
    mount -t nfs -o vers=4.2,sec=sys,noac 127.0.0.1:/ /mnt/nfs
}
mount_export

opens -- read /mnt/nfs/a.jpg
expect "root_squash" EACCES nfs-server likely /mnt/nfs/a.jpg
expect_command "root_squash" ""
expect_advice "root_squash" "run it as a real user, uid 1001 gid 1001 owns it*; or on the server: give the right to the user \
that root is there, nobody (65534) *"
expect_evidence "root_squash" "it was decided on the server 127.0.0.1:/*"
opens as 1001:1001 -- read /mnt/nfs/a.jpg
check "root_squash: as the real user" opened "$answer"
setfacl -m u:65534:r-- /run/export/a.jpg
opens -- read /mnt/nfs/a.jpg
check "root_squash: the right given to nobody on the server" opened "$answer"
opens -- read /mnt/nfs/private/b.jpg
expect "root_squash, directory" EACCES nfs-server likely /mnt/nfs/private

groups=$(seq -s, 1002 1021)
opens as "1001:1001,$groups" -- read /mnt/nfs/group.jpg
expect "20 groups" EACCES nfs-server likely /mnt/nfs/group.jpg
expect_command "20 groups" ""
check_like "20 groups: why" "*group 1018 gives the right; the process has 20 groups*first 16 only, and 1018 is number 17" \
    "$(said .why)"
expect_advice "20 groups" "run it with group 1018 as its group*; *--manage-gids*mount it here anew*"
opens as "1001:1018,$groups" -- read /mnt/nfs/group.jpg
check "20 groups: that one first" opened "$answer"
opens as "1001:1001,1018" -- read /mnt/nfs/group.jpg
check "one group" opened "$answer"

# Or the server looks the groups up itself.
for group in 1018 1019; do
    echo "places$group:x:$group:places" >>/etc/group
done
echo 'places:x:1001:1001::/:/bin/sh' >/run/passwd
grep -v ':1001:' /etc/passwd >>/run/passwd && cp /run/passwd /etc/passwd
kill "$(pidof rpc.mountd)"
sed -i 's/^manage-gids=n/manage-gids=y/' /etc/nfs.conf
rpc.mountd -N 2 -N 3
exportfs -f
umount /mnt/nfs && mount_export
opens as "1001:1001,$groups" -- read /mnt/nfs/group.jpg
check "20 groups: looked up on the server" opened "$answer"

cd /mnt/nfs/gone
rm -r /run/export/gone
opens -- read c.jpg
cd /run/payload
expect "removed on the server" ESTALE stale-handle proven /mnt/nfs/gone

# --- SMB

mkdir -p /run/share /run/smb/{private,lock,state,cache,ncalrpc} /run/samba
an_image /run/share/b.jpg 600
cat >/run/smb/smb.conf <<'END'
[global]
 map to guest = Bad User
 private dir = /run/smb/private
 lock directory = /run/smb/lock
 state directory = /run/smb/state
 cache directory = /run/smb/cache
 ncalrpc dir = /run/smb/ncalrpc
 pid directory = /run/smb
 log file = /run/smb/log
 disable spoolss = yes
 load printers = no
 interfaces = lo
 bind interfaces only = yes
[share]
 path = /run/share
 guest ok = yes
 read only = yes
END
modprobe cifs
smbd -s /run/smb/smb.conf -D
mount_share() {
    for _ in {1..40}; do
        mount -t cifs -o "guest,vers=3.0,actimeo=0,$1" //127.0.0.1/share /mnt/smb 2>/dev/null && return
        sleep 0.5
    done
    mount -t cifs -o "guest,vers=3.0,actimeo=0,$1" //127.0.0.1/share /mnt/smb
}
mount_share uid=1001,gid=1001,file_mode=0644
opens as 1001:1001 -- read /mnt/smb/b.jpg
expect "server's mode" EACCES smb-server likely /mnt/smb/b.jpg
expect_command "server's mode" ""
expect_advice "server's mode" "on the server: give the guest the right*"
chmod 644 /run/share/b.jpg
opens as 1001:1001 -- read /mnt/smb/b.jpg
check "the right given on the server" opened "$answer"
umount /mnt/smb

mount_share uid=1001,gid=1001,file_mode=0600
opens as 1002:1002 -- read /mnt/smb/b.jpg
expect "mount's mode" EACCES mount-mask proven /mnt/smb/b.jpg
expect_command "mount's mode" ""
expect_advice "mount's mode" "as root, umount '/mnt/smb' and mount //127.0.0.1/share there again with -o uid=1002 *"
umount /mnt/smb
mount_share uid=1002,gid=1001,file_mode=0600
opens as 1002:1002 -- read /mnt/smb/b.jpg
check "mounted with uid=1002" opened "$answer"
umount /mnt/smb

# --- AppArmor

an_image /run/share/c.jpg
# profile LINES [RULE]: the opener's profile: all files, or those of the rule, and these lines.
profile() {
    printf 'profile places %s {\n  capability,\n  %s\n%s}\n' "$place/opener" "${2:-/** mrwk,}" "$1" >/run/profile
    apparmor_parser -r /run/profile
}
profile $'  deny /run/share/** r,\n'
opens -- read /run/share/c.jpg
expect "profile, asked" EACCES apparmor proven /run/share/c.jpg
expect_command "profile, asked" ""
expect_advice "profile, asked" "as root: add the line \"/run/share/c.jpg\" r, to the profile 'places', take out any deny rule*"
opens as 1002:1002 -- read /run/share/c.jpg
expect "profile, asked by a user" EACCES apparmor proven /run/share/c.jpg
# The answer leaves rules for one's own files out: with them it might have been otherwise.
chown 1002 /run/share/c.jpg
opens as 1002:1002 -- read /run/share/c.jpg
expect "profile, one's own file" EACCES apparmor likely /run/share/c.jpg
chown 0 /run/share/c.jpg
chmod 000 /sys/kernel/security/apparmor/.access
opens as 1002:1002 -- read /run/share/c.jpg
expect "profile, not to be asked" EACCES apparmor likely /run/share/c.jpg
chmod 666 /sys/kernel/security/apparmor/.access
opens -- read /run/share/none.jpg
check "a missing file is missing all the same" "ENOENT missing-file" "$answer $(said .cause)"

# The line goes into the profile as the report has it, a name that reads as a pattern included.
an_image "/run/share/d [1].jpg"
others='/{bin,sbin,usr,lib,lib64,etc,proc,sys,dev,var,mnt,tmp}/** mrwk,'
profile "" "$others"
for image in /run/share/c.jpg "/run/share/d [1].jpg"; do
    opens -- read "$image"
    expect "profile without a line for $image" EACCES apparmor proven "$image"
    line=$(said '.advice[0] | capture("add the line (?<line>.*,) to the profile").line')
    profile "  $line"$'\n' "$others"
    opens -- read "$image"
    check "the line added: $line" opened "$answer"
done

finish && echo "guest: all is well"
