#!/bin/sh
case "$1" in
  --hash|--revision)
    echo "@revision@"
    ;;
  --configuration-revision)
    revision="@configurationRevision@"
    if [ -z "$revision" ]; then
      echo "$0: configuration revision is unknown" >&2
      exit 1
    fi
    echo "$revision"
    ;;
  --json)
    cat <<'JSON'
@json@
JSON
    ;;
  *)
    echo "@version@ (Demo)"
    ;;
esac
