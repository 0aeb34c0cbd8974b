//! What uv says where it fails, and the step that helps.

use crate::adopt::layout::pattern;
use crate::base::fault::{Fault, Kind};
use crate::stage::plan::requirements::name;

/// The step where something does not come: behind a proxy that reads along it is the certificate that is not known.
fn of_the_network(told: &str, otherwise: &str) -> String {
    let unknown = "the certificate is that of an authority which uv does not know, as behind a proxy that reads along: set \
                   UV_SYSTEM_CERTS=1 where this machine knows it, or SSL_CERT_FILE to its file";
    if told.contains("UnknownIssuer") { unknown } else { otherwise }.to_owned()
}

/// The next step where a lock can't be made.
pub(crate) fn of_a_lock(told: &str) -> String {
    let found = |text: &str| pattern(text).captures(told).map(|found| found[1].to_owned());
    if let Some(name) = found(r"[Bb]ecause (\S+) was not found in the package registry") {
        return format!(
            "no index that is asked has {name}: mend its name, name its index in the list, or leave it out with `--drop {name}`"
        );
    }
    if let Some(asked) = found(r"there is no version of (\S+)") {
        let name = name(&asked).unwrap_or(asked);
        return format!("take a version that there is, with `--replace {name}==VERSION`");
    }
    if told.contains("Couldn't parse requirement") {
        return "mend that line in the list of the project".to_owned();
    }
    if told.contains("404 Not Found") {
        return "mend that address in the list: nothing is there".to_owned();
    }
    if told.contains("Failed to fetch") {
        return of_the_network(told, "check the connection, the proxy, and the index that the requirements name");
    }
    if let Some(name) = found(r"Failed to (?:download and )?build `([^`@= ]+)") {
        return format!(
            "there are only sources of {name}: install what fetching or building it is missing, take another with \
             `--replace {name}==VERSION`, or leave it out with `--drop {name}`"
        );
    }
    if let Some(address) = found(r"Distribution not found at: (\S+)") {
        return format!("mend that line in the list of the project: {address} is not there");
    }
    if told.contains("Because ") {
        return "if two of them contradict each other, say which counts with `--replace NAME==VERSION` or `--drop NAME`; \
                the desktop's own are waitress>=3.0.1 and whitenoise>=6.6"
            .to_owned();
    }
    "see whether uv itself works, with `uv --version`; UV names another one to use".to_owned()
}

/// A Python that does not come, and none on this machine will do.
pub(crate) fn of_a_python(fault: Fault, version: &str) -> Fault {
    let told = fault.to_string();
    if told.contains("No interpreter found") {
        return fault
            .within(format!("there is no Python {version} on this machine, and uv may not download one"))
            .with_kind(Kind::Failed)
            .hint("install that Python, or let uv download it: unset UV_PYTHON_DOWNLOADS and UV_OFFLINE");
    }
    if !told.contains("Failed to download") {
        return fault;
    }
    let next = "check the connection and proxy; or install that Python, or name a mirror with UV_PYTHON_INSTALL_MIRROR";
    fault
        .within(format!("cannot download Python {version}, and no installed one will do for the project"))
        .with_kind(Kind::Failed)
        .hint(of_the_network(&told, next))
}

/// A file of the lock that does not come. Nothing is wrong with the packages then.
fn not_fetched(told: &str) -> Option<Fault> {
    let (_, after) = told.split_once("rror: Failed to download `")?;
    let (package, causes) = after.split_once('`')?;
    let cause = causes.lines().filter_map(|line| line.trim().strip_prefix("cause: "));
    let fault = cause.fold(Fault::new(format!("cannot download {package}")), Fault::because);
    let name = package.split('=').next().unwrap_or(package);
    let next = format!(
        "check the connection, proxy and index; or give the command `--drop {name}` where the program does without it"
    );
    Some(fault.hint(of_the_network(told, &next)))
}

/// What is told at length about a package that could not be built is a line for people. `build` has only sources.
pub(crate) fn of_packages(fault: Fault, build: &[String]) -> Fault {
    let told = fault.to_string();
    if let Some(fault) = not_fetched(&told) {
        return fault;
    }
    let is_named = |name: &&String| ["`", "@", "="].iter().any(|end| told.contains(&format!("`{name}{end}")));
    let suspects: Vec<&String> = build.iter().filter(is_named).collect();
    let names = if suspects.is_empty() { build.iter().collect() } else { suspects };
    let [name, more @ ..] = names.as_slice() else {
        return fault
            .within("cannot install the project's packages")
            .with_kind(Kind::Failed)
            .hint("take another version with `--replace NAME==VERSION`, or leave it out with `--drop NAME`");
    };
    let others = if more.is_empty() { String::new() } else { format!(", or one of {} others", more.len()) };
    let is_reason = |line: &&str| line.contains("rror: ") && !line.contains("error: Command");
    let reason = told.lines().rfind(is_reason).map(|line| line.trim().trim_start_matches("because: "));
    let fault = Fault::new(format!("cannot build {name}{others}: there are only sources of it, no wheel"));
    let fault = reason.into_iter().fold(fault, Fault::because);
    fault.hint(format!(
        "give the command `--drop {name}` where the program does without it, or `--replace` with another version or \
         package; or install what the build is missing"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_step_is_one_that_helps() {
        let check = |told: &str, start: &str| {
            let next = of_a_lock(told);
            assert!(next.starts_with(start), "{told}: {next}");
        };
        let lacking = "No solution found\ncause: Because no-such-thing was not found in the package registry and you require no-such-thing==1.0";
        check(
            lacking,
            "no index that is asked has no-such-thing: mend its name, name its index in the list, or leave it out with `--drop no-such-thing`",
        );
        let unmade = "cause: Because there is no version of django==5.99 and you require django==5.99, we can conclude";
        check(unmade, "take a version that there is, with `--replace django==VERSION`");
        check(
            "cause: Failed to fetch: https://a.example/x.whl\ncause: HTTP status client error (404 Not Found)",
            "mend that address",
        );
        check("cause: Failed to fetch: https://a.example/simple/\ncause: dns error", "check the connection");
        check(
            "cause: Failed to fetch: https://a.example/simple/\ncause: invalid peer certificate: UnknownIssuer",
            "the certificate is that of an authority",
        );
        check("error: Couldn't parse requirement in `requirements.in` at position 0", "mend that line");
        check(
            "Because django==5.2.4 depends on asgiref>=3.8.1 and you require asgiref==3.6.0",
            "if two of them contradict",
        );
        check(
            "error: Failed to download and build `x @ git+https://a.example/x`\ncause: Git operation failed",
            "there are only sources of x:",
        );
        check("  × Failed to build `old-thing==1.0`", "there are only sources of old-thing:");
        check(
            "error: Distribution not found at: file:///a/b.whl",
            "mend that line in the list of the project: file:///a/b.whl",
        );
        // A script of that name on PATH, in a shell that is not there.
        check(
            "ended with exit code 127\n  because: /usr/bin/env: 'bash': No such file or directory",
            "see whether uv itself works",
        );
    }

    #[test]
    fn a_file_that_does_not_come_is_no_fault_of_packages_to_build() {
        let told = "error: Failed to download `torch==2.13.0+cpu`\n  cause: error sending request\n  cause: dns error";
        let fault = of_packages(Fault::new("`uv pip install` ended").because(told), &["langdetect".into()]);
        let text = fault.to_string();
        assert!(
            text.starts_with(
                "cannot download torch==2.13.0+cpu\n  because: error sending request\n  because: dns error"
            ),
            "{text}"
        );
        assert!(text.contains("--drop torch"), "{text}");
    }
}
