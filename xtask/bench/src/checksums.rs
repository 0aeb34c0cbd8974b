//! Checksums of a gigabyte.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::Result;
use camino::Utf8Path;
use fs_err::File;
use indicatif::ProgressBar;

use crate::figures::{Part, Row, Series};
use crate::measure;
use crate::project::Project;

/// As many as an installer has platforms and formats.
const FILES: u64 = 4;
const FILE_BYTES: u64 = 256 << 20;

/// Measures ours and the system's own program in turn.
pub(crate) fn measure(project: &Project, runs: usize, bar: &ProgressBar) -> Result<Part> {
    let theirs = system_program();
    let name = theirs.as_ref().map_or("none on this machine", |(name, _, _)| name);
    let mut part = Part { name: "checksums", baseline: name.to_owned(), ..Part::default() };
    let folder = project.root().join("dist");
    let names: Vec<String> = (0..FILES).map(|number| format!("{number}.bin")).collect();
    fs_err::create_dir_all(&folder)?;
    for (number, name) in names.iter().enumerate() {
        fill(&folder.join(name), number as u64)?;
    }
    let [mut write, mut verify]: [[Series; 2]; 2] = Default::default();
    for _ in 0..=runs {
        let ours = |args: &[&str]| measure::whole(project.ddstask(args)).map(|(sample, _)| sample);
        write[0].push(ours(&["checksums", "--glob", "dist/*.bin", "--output", "dist/list.txt"])?);
        verify[0].push(ours(&["checksums-verify", "dist/list.txt"])?);
        if let Some((_, program, options)) = &theirs {
            let theirs = |args: &[&str]| {
                let mut command = measure::program(program);
                command.args(*options).args(args).current_dir(&folder);
                measure::whole(command).map(|(sample, _)| sample)
            };
            write[1].push(theirs(&names.iter().map(String::as_str).collect::<Vec<_>>())?);
            verify[1].push(theirs(&["--check", "list.txt"])?);
        }
        bar.inc(1);
    }
    let row = |name, [ours, their]: &[Series; 2]| Row::times(name, ours, theirs.is_some().then_some(their));
    part.rows = vec![row("write, 1 GB in 4 files", &write), row("verify the same", &verify)];
    part.rows.extend(Row::peak_memory([&write[0], &verify[0]], [&write[1], &verify[1]]));
    fs_err::remove_dir_all(&folder)?;
    Ok(part)
}

/// The program that people have for it: name, path, and the options that make it SHA-256.
fn system_program() -> Option<(&'static str, PathBuf, &'static [&'static str])> {
    let find = |name, options| Some((name, which::which(name).ok()?, options));
    find("sha256sum", [].as_slice()).or_else(|| find("shasum", ["--algorithm", "256"].as_slice()))
}

/// Writes a file that no file system can make smaller.
fn fill(path: &Utf8Path, seed: u64) -> Result<()> {
    const BLOCK: u64 = 1 << 20;
    let mut file = BufWriter::new(File::create(path)?);
    let mut state = seed.wrapping_add(1);
    let mut block = vec![0; usize::try_from(BLOCK)?];
    for _ in 0..FILE_BYTES / BLOCK {
        for word in block.chunks_exact_mut(8) {
            // Marsaglia's xorshift.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&block)?;
    }
    Ok(file.flush()?)
}
