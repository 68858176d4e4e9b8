# Sourced by scripts that need a running Klamm: brings up a demo of its own and ends it with the script.
#   bring_up_demo LOGS PORT   sets $state and $url; answers 1 when it does not become ready
bring_up_demo() {
  local logs=$1 port=$2
  state=$(mktemp -d "${TMPDIR:-/tmp}/klamm-demo.XXXXXX")
  url=http://127.0.0.1:$port
  target/debug/klamm sandbox up --demo --state "$state" --port "$port" >"$logs/demo.log" 2>&1 &
  demo=$!
  demo_logs=$logs/demo-logs
  trap end_demo EXIT
  local deadline=$((SECONDS + 300))
  until grep -q '^klamm: ready at' "$logs/demo.log"; do
    if ! kill -0 "$demo" 2>/dev/null || [ $SECONDS -gt $deadline ]; then
      echo "klamm: the demo did not become ready; its last words:" >&2
      tail -n 40 "$logs/demo.log" >&2
      return 1
    fi
    read -rt 1 <> <(:) || true
  done
}
end_demo() {
  kill -INT "$demo" 2>/dev/null
  wait "$demo" 2>/dev/null
  rm -rf "$demo_logs"
  cp -r "$state/logs" "$demo_logs" 2>/dev/null
  rm -rf "$state"
}
