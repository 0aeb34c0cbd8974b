# Types each argument behind `cargo`, then Tab and Return, in a zsh of its own, and prints what `cargo` was called with.
zmodload zsh/zpty
zpty shell "TERM=dumb zsh -f -i"
# What is typed is echoed, so the mark must not stand in it as it is printed.
zpty -w shell 'unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; _cargo() { compadd of-cargo }
    source ./completion; cargo() { print -r -- "called""<$*>" }'
for line; do
    zpty -w shell "cargo $line"$'\t'
    zpty -r shell output '*called<*>*'
    print -r -- "${${output##*called<}%%>*}"
done
