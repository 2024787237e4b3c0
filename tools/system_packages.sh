#!/usr/bin/env bash
# What the tests need from the system: a browser, Chinese fonts, PostgreSQL with PostGIS.
# Installed through apt where that may be done; named exactly where it may not. Quick when all is there.
set -euo pipefail

postgis_there() { compgen -G '/usr/lib/postgresql/*/lib/postgis-3.so' >/dev/null; }
chromium_there() { command -v "${GEO_MONITOR_CHROMIUM:-chromium}" >/dev/null; }
fonts_there() { compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK-*' >/dev/null \
  || { command -v fc-list >/dev/null && [ -n "$(fc-list ':lang=zh' file 2>/dev/null | head -n 1)" ]; }; }

wanted=()
chromium_there || wanted+=(chromium)
fonts_there || wanted+=(fonts-noto-cjk)
postgis_there || wanted+=(postgresql-15 postgresql-15-postgis-3)
[ ${#wanted[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  {
    echo "The tests need these Debian packages, and this account may not install them: ${wanted[*]}"
    echo "    sudo apt-get install ${wanted[*]}"
    echo "Without them the tests that need them are skipped (and fail where CI=true)."
  } >&2
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
quietly() {
  local log; log="$(mktemp)"
  "$@" >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; return 1; }
  rm -f "$log"
}
echo "Installing ${wanted[*]}"
quietly apt-get update
if [[ " ${wanted[*]} " == *" postgresql-15 "* ]]; then
  # The tests start a cluster of their own; the system's would only sit there with a port.
  quietly apt-get install --yes --no-install-recommends postgresql-common
  sed -i -E "s/^#?[[:space:]]*create_main_cluster[[:space:]]*=.*/create_main_cluster = false/" \
    /etc/postgresql-common/createcluster.conf
fi
quietly apt-get install --yes --no-install-recommends "${wanted[@]}"
