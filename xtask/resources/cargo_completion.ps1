
# `cargo xtask …` is `ddstask …`. PowerShell knows no other completion of cargo: where nothing comes, it offers files.
Register-ArgumentCompleter -Native -CommandName 'cargo' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = $commandAst.CommandElements
    if ($words.Count -lt 2 -or $words[1].Extent.Text -ne 'xtask' -or $cursorPosition -le $words[1].Extent.EndOffset) {
        return
    }
    # A blank before the cursor is not part of the command.
    $line = $commandAst.Extent.Text.PadRight($cursorPosition - $commandAst.Extent.StartOffset)
    $line = 'ddstask' + $line.Substring($words[1].Extent.EndOffset - $commandAst.Extent.StartOffset)
    [CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches
}
