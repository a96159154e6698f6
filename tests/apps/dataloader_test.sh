#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A thousand images behind one closed directory, read by four workers: one full report, the rest counted.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
. tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"
library=$(readlink -f "${BUILD:-build}/libpermshim.so")
python=/usr/bin/python3
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT

if ((EUID != 0)) || ! "$python" -c 'import torch, PIL' 2>/dev/null; then
    skip "DataLoader" "needs root and Debian's python3-torch"
    finish
    exit
fi
mkdir "$tmp/images"
"$python" -c 'from PIL import Image
image = Image.new("RGB", (8, 8))
for i in range(1000): image.save(f"'"$tmp"'/images/{i:04d}.png")'
cat >"$tmp/train.py" <<'END'
import sys
from PIL import Image
from torch.utils.data import DataLoader, Dataset

class Images(Dataset):
    def __len__(self):
        return 1000
    def __getitem__(self, index):
        try:
            with Image.open(f"{sys.argv[1]}/images/{index:04d}.png") as image:
                return image.size[0]
        except OSError:
            return -1

if __name__ == "__main__":
    print(sum(int((sizes < 0).sum()) for sizes in DataLoader(Images(), batch_size=50, num_workers=4)))
END
cp "$library" "$tmp/libpermshim.so"
chmod 755 "$tmp"
chmod 700 "$tmp/images"
touch "$tmp/log" && chmod 666 "$tmp/log"
train() {
    setpriv --reuid 4242 --regid 4242 --clear-groups env "$@" "$python" "$tmp/train.py" "$tmp" 2>"$tmp/stderr"
}
check "all fail, as without the library" "$(train)" "$(train LD_PRELOAD="$tmp/libpermshim.so" PERMSHIM_LOG="$tmp/log")"
check "full reports" 1 "$(jq -c 'select(.event == "failure")' "$tmp/log" | wc -l)"
check "cause and culprit" "dir-search $tmp/images" "$(jq -r 'select(.event == "failure") | "\(.cause) \(.culprit)"' "$tmp/log")"
check "the last count" 1000 "$(jq -s '[.[] | select(.event == "summary") | .count] | max' "$tmp/log")"
check "reports on stderr" 1 "$(grep -c '^permshim: cannot' "$tmp/stderr")"
mapfile -t fix < <(jq -r 'select(.event == "failure") | .fixes[0].argv[]' "$tmp/log")
"${fix[@]}"
check "none fails after the fix" 0 "$(train LD_PRELOAD="$tmp/libpermshim.so")"
finish
