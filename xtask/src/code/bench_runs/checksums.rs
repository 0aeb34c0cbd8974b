//! Checksums of a gigabyte.

use std::fs::File;

use std::io::{BufWriter, Write};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::fault::{Context, Result};
use crate::base::files;
use crate::base::tools::find;
use crate::code::bench_runs::measure;
use crate::code::bench_runs::project::Project;

use crate::code::figures::{Figure, Part, Row, Series};

/// As many as an installer has platforms and formats.
const FILES: u64 = 4;
const FILE_BYTES: u64 = 256 << 20;

/// Measures ours and the system's own program in turn.
pub(crate) fn measure(project: &Project<'_>, runs: usize, advance: &dyn Fn()) -> Result<Part> {
    let theirs = system_program();
    let name = theirs.as_ref().map_or("none on this machine", |(program, _)| program.file_name().unwrap_or_default());
    let mut part = Part { name: "checksums", baseline: name.to_owned(), ..Part::default() };
    let folder = project.root().join("dist");
    let names: Vec<String> = (0..FILES).map(|number| format!("{number}.bin")).collect();
    files::make_folder(&folder)?;
    for (number, name) in names.iter().enumerate() {
        fill(&folder.join(name), number as u64)?;
    }
    let mut write: [Series; 2] = Default::default();
    let mut verify: [Series; 2] = Default::default();
    for _ in 0..=runs {
        write[0].push(
            measure::whole(project.ddstask(&["checksums", "--glob", "dist/*.bin", "--output", "dist/list.txt"]))?.0,
        );
        verify[0].push(measure::whole(project.ddstask(&["checksums-verify", "dist/list.txt"]))?.0);
        if let Some((program, options)) = &theirs {
            let run = |args: &[&str]| {
                let mut command: Command = measure::program(project.ctx, program);
                command.args(*options).args(args).current_dir(&folder);
                measure::whole(command).map(|(sample, _)| sample)
            };
            write[1].push(run(&names.iter().map(String::as_str).collect::<Vec<_>>())?);
            verify[1].push(run(&["--check", "list.txt"])?);
        }
        advance();
    }
    let row = |name, [ours, their]: [Series; 2]| Row {
        name,
        ours: Figure::Time(ours),
        baseline: theirs.is_some().then_some(Figure::Time(their)),
    };
    part.rows = vec![row("write, 1 GB in 4 files", write), row("verify the same", verify)];
    files::remove(&folder)?;
    Ok(part)
}

/// The program that people have for it, with the options that make it SHA-256.
fn system_program() -> Option<(Utf8PathBuf, &'static [&'static str])> {
    find("sha256sum")
        .map(|program| (program, [].as_slice()))
        .or_else(|| Some((find("shasum")?, ["--algorithm", "256"].as_slice())))
}

/// Writes a file that no file system can make smaller.
fn fill(path: &Utf8Path, seed: u64) -> Result<()> {
    const BLOCK: u64 = 1 << 20;
    let failed = || format!("cannot write {path}");
    let mut file = BufWriter::new(File::create(path).fault(failed)?);
    let mut state = seed.wrapping_add(1);
    let mut block = vec![0; usize::try_from(BLOCK).unwrap_or_default()];
    for _ in 0..FILE_BYTES / BLOCK {
        for word in block.chunks_exact_mut(8) {
            // Marsaglia's xorshift.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&block).fault(failed)?;
    }
    file.flush().fault(failed)
}
