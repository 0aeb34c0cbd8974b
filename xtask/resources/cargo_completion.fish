
# `cargo xtask …` is `ddstask …`. All else is for fish's own completion of cargo, which stays.
function __ddstask_is_of_cargo
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = xtask
end

function __ddstask_of_cargo
    set -l words (commandline -opc)
    complete -C (string join ' ' -- ddstask (string escape -- $words[3..]) (commandline -ct))
end
complete -c cargo -n __ddstask_is_of_cargo -f -a '(__ddstask_of_cargo)'
