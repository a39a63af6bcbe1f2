# Completion of orderflow in fish: put it into ~/.config/fish/completions/orderflow.fish.
function __orderflow_complete
    set -l tokens (commandline -opc)
    set -l current (commandline -ct | string collect --allow-empty)
    for line in ($tokens[1] __complete -- $tokens[2..-1] "$current" 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c orderflow -f -a '(__orderflow_complete)'
