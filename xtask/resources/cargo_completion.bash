
# `cargo xtask …` is `ddstask …`. All else is for cargo's own completion, which comes with each toolchain.
_ddstask_of_cargo="$(rustc --print sysroot 2>/dev/null)/etc/bash_completion.d/cargo"
if [[ -r "$_ddstask_of_cargo" ]]; then
    source "$_ddstask_of_cargo"
fi
unset _ddstask_of_cargo

_ddstask_or_cargo() {
    if [[ $COMP_CWORD -ge 2 && "${COMP_WORDS[1]}" == xtask ]]; then
        COMP_WORDS=(ddstask "${COMP_WORDS[@]:2}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _ddstask ddstask "$2" "$3"
    elif declare -F _cargo >/dev/null; then
        _cargo "$@"
    fi
}
complete -F _ddstask_or_cargo -o bashdefault -o default cargo
