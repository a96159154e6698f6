# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# fetch.sh URL COMMAND…: starts the server, fetches URL as soon as it answers, prints status and type,
# and ends the server. Of what the server says, which has times and ids in it, only our lines come out.
url=$1
shift
"$@" >server.out 2>&1 &
server=$!
for _ in {1..200}; do
    answer=$(curl -s -o /dev/null -w '%{http_code} %{content_type}' "$url") && break
    sleep 0.1
done
echo "$answer"
kill "$server"
wait "$server" 2>/dev/null
awk '/^permshim: / { ours = 1; print; next } ours && /^  / { print; next } { ours = 0 }' server.out >&2
