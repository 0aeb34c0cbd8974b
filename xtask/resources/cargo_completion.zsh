
# `cargo xtask …` is `ddstask …`. All else is for cargo's own completion, which comes with each toolchain.
if (( ! $+functions[_cargo] )); then
    fpath+=("$(rustc --print sysroot 2>/dev/null)/share/zsh/site-functions")
    autoload -Uz _cargo
fi

_ddstask_or_cargo() {
    if (( CURRENT > 2 )) && [[ ${words[2]} == xtask ]]; then
        words=(ddstask "${(@)words[3,-1]}")
        (( CURRENT-- ))
        _ddstask
    else
        _cargo "$@"
    fi
}
compdef _ddstask_or_cargo cargo
