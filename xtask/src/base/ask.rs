//! A short question to a program: it runs quietly, and what it writes to stdout is the answer. What takes longer than a
//! moment, shares the terminal, or may see only a part of the environment, is a `Cmd`.

use camino::Utf8Path;
use xshell::Shell;

use crate::base::fault::{Context, Fault, Result};

/// Lines of what a failed program said that are shown.
const TAIL_LINES: usize = 5;

/// Asks a program that runs in a folder. The answer has no white space around it.
///
/// # Errors
/// The program can't be started, or it fails: what it wrote to stderr says why.
pub(crate) fn ask(folder: &Utf8Path, program: &Utf8Path, args: &[&str]) -> Result<String> {
    let shell = Shell::new().fault(|| "cannot look at the working folder".to_owned())?;
    shell.change_dir(folder);
    let cmd = shell.cmd(program).args(args).quiet().ignore_status();
    let output = cmd.output().fault(|| format!("cannot run {program}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.trim().lines().collect();
    let fault = Fault::new(format!("{program} ended with {}", output.status));
    let tail = lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n");
    Err(if tail.is_empty() { fault } else { fault.because(tail) })
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(unix)]
    fn the_answer_or_why_there_is_none() {
        use super::*;

        let (folder, sh) = (Utf8Path::new("/"), Utf8Path::new("/bin/sh"));
        assert_eq!(ask(folder, sh, &["-c", "pwd; echo b; echo talk >&2"]).unwrap(), "/\nb");
        let fault = ask(folder, sh, &["-c", "echo half; echo no such thing >&2; exit 3"]).unwrap_err().to_string();
        assert_eq!(fault, "/bin/sh ended with exit status: 3\n  because: no such thing");
        let fault = ask(folder, "/no/such/program".into(), &[]).unwrap_err().to_string();
        assert!(fault.starts_with("cannot run /no/such/program\n  because: "), "{fault}");
    }
}
