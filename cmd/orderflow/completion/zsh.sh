#compdef orderflow
# Completion of orderflow in zsh: source it after compinit, or put it as _orderflow into a folder of $fpath.
_orderflow() {
  local line
  local -a candidates
  for line in "${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ "$line" == ":files" ]]; then
      _files
    elif [[ -n "$line" ]]; then
      candidates+=("${line/$'\t'/:}")
    fi
  done
  (( ${#candidates} )) && _describe orderflow candidates
}
if [[ "${funcstack[1]}" == "_orderflow" ]]; then _orderflow "$@"; else compdef _orderflow orderflow; fi
