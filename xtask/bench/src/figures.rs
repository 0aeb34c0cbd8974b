//! Measured figures: medians, spreads and ratios, as a table for people and as JSON for everything else.

use std::fmt::Write;

use serde_json::{Value as Json, json};

/// One run of a whole process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// From before it was started until it was done.
    pub(crate) secs: f64,
    /// The most memory that the process itself (not its children) had at once; 0 where that is not told.
    pub(crate) peak_bytes: u64,
}

/// Runs of one thing, the warm-up first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series(Vec<Sample>);

impl Series {
    /// Adds a run.
    pub(crate) fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// The runs that count, fastest first.
    fn sorted(&self) -> Vec<f64> {
        let mut secs: Vec<f64> = self.0.iter().skip(1).map(|sample| sample.secs).collect();
        secs.sort_unstable_by(f64::total_cmp);
        secs
    }

    /// The middle of the runs that count.
    pub(crate) fn median(&self) -> f64 {
        let secs = self.sorted();
        let middle = secs.len() / 2;
        match secs.len() {
            0 => f64::NAN,
            even if even % 2 == 0 => f64::midpoint(secs[middle - 1], secs[middle]),
            _ => secs[middle],
        }
    }

    fn peak_bytes(&self) -> Option<u64> {
        self.0.iter().skip(1).map(|sample| sample.peak_bytes).max().filter(|bytes| *bytes > 0)
    }

    fn json(&self) -> Json {
        let secs = self.sorted();
        let ordered: Vec<f64> = self.0.iter().map(|sample| round(sample.secs)).collect();
        json!({
            "unit": "s", "median": round(self.median()), "min": secs.first().map(|secs| round(*secs)),
            "max": secs.last().map(|secs| round(*secs)), "warmUp": ordered.first(), "runs": ordered.get(1..),
            "peakBytes": self.peak_bytes(),
        })
    }
}

/// A figure.
#[derive(Clone, Debug)]
pub(crate) enum Figure {
    /// Times; the median counts.
    Time(Series),
    /// A size.
    Bytes(u64),
    /// A number of files.
    Files(u64),
}

impl Figure {
    fn number(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a ratio is shown with two digits")]
        match self {
            Self::Time(series) => series.median(),
            Self::Bytes(number) | Self::Files(number) => *number as f64,
        }
    }

    /// The figure and its spread.
    fn text(&self) -> (String, String) {
        match self {
            Self::Time(series) => {
                let secs = series.sorted();
                let edge = |secs: Option<&f64>| secs.map_or_else(String::new, |secs| time(*secs));
                (time(series.median()), format!("{} – {}", edge(secs.first()), edge(secs.last())))
            }
            Self::Bytes(bytes) => (size(*bytes), String::new()),
            Self::Files(files) => (files.to_string(), String::new()),
        }
    }

    fn peak(&self) -> String {
        match self {
            Self::Time(series) => series.peak_bytes().map(size).unwrap_or_default(),
            _ => String::new(),
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Time(series) => series.json(),
            Self::Bytes(bytes) => json!({ "unit": "bytes", "value": bytes }),
            Self::Files(files) => json!({ "unit": "files", "value": files }),
        }
    }
}

/// A figure of ours beside that of the baseline.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) name: &'static str,
    /// Ours.
    pub(crate) ours: Figure,
    /// The baseline's, where there is something to compare with.
    pub(crate) baseline: Option<Figure>,
}

impl Row {
    /// Times of ours beside those of the baseline.
    pub(crate) fn times(name: &'static str, ours: &Series, baseline: Option<&Series>) -> Self {
        Self { name, ours: Figure::Time(ours.clone()), baseline: baseline.cloned().map(Figure::Time) }
    }

    /// The most memory that a process of ours had, beside one of the baseline; nothing where the system does not tell.
    pub(crate) fn peak_memory<'a>(
        ours: impl IntoIterator<Item = &'a Series>,
        baseline: impl IntoIterator<Item = &'a Series>,
    ) -> Option<Self> {
        let ours = ours.into_iter().filter_map(Series::peak_bytes).max()?;
        let baseline = baseline.into_iter().filter_map(Series::peak_bytes).max();
        Some(Self { name: "peak memory", ours: Figure::Bytes(ours), baseline: baseline.map(Figure::Bytes) })
    }

    /// How many times ours goes into the baseline.
    fn ratio(&self) -> Option<f64> {
        self.baseline.as_ref().map(|baseline| baseline.number() / self.ours.number())
    }

    /// The ratio as one says it: `12× faster`, `44 %`.
    fn verdict(&self) -> String {
        let Some(ratio) = self.ratio() else { return String::new() };
        match (&self.ours, ratio) {
            (Figure::Time(_), ratio) if ratio >= 10.0 => format!("{ratio:.0}× faster"),
            (Figure::Time(_), ratio) if ratio >= 1.0 => format!("{ratio:.1}× faster"),
            (Figure::Time(_), ratio) => format!("{:.1}× slower", 1.0 / ratio),
            (_, ratio) => format!("{:.0} %", 100.0 / ratio),
        }
    }

    fn cells(&self) -> [String; 8] {
        let (ours, spread) = self.ours.text();
        let baseline = self.baseline.as_ref();
        let (theirs, their_spread) = baseline.map(Figure::text).unwrap_or_default();
        let their_peak = baseline.map(Figure::peak).unwrap_or_default();
        [self.name.to_owned(), ours, spread, self.ours.peak(), theirs, their_spread, their_peak, self.verdict()]
    }
}

/// What belongs together: a heading, rows, and what has to be said about them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// One word.
    pub(crate) name: &'static str,
    /// What the baseline is, one clause.
    pub(crate) baseline: String,
    /// The figures.
    pub(crate) rows: Vec<Row>,
    /// What was left out, and why; a sentence each.
    pub(crate) notes: Vec<String>,
}

impl Part {
    /// The part as JSON, every run included.
    pub(crate) fn json(&self) -> Json {
        let row = |row: &Row| {
            json!({
                "name": row.name, "ours": row.ours.json(), "baseline": row.baseline.as_ref().map(Figure::json),
                "ratio": row.ratio().map(round),
            })
        };
        json!({
            "name": self.name, "baseline": self.baseline, "notes": self.notes,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }
}

/// All parts as one table, columns aligned over all of them.
pub(crate) fn table(parts: &[Part]) -> String {
    let heading = ["", "ddstask", "min – max", "memory", "baseline", "min – max", "memory", ""].map(str::to_owned);
    let cells: Vec<[String; 8]> = parts.iter().flat_map(|part| part.rows.iter().map(Row::cells)).collect();
    let mut widths = [0; 8];
    for row in cells.iter().chain([&heading]) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    line(&mut text, &heading, &widths);
    for part in parts {
        let _ = writeln!(text, "\n{} (baseline: {})", part.name, part.baseline);
        part.rows.iter().for_each(|row| line(&mut text, &row.cells(), &widths));
        for note in &part.notes {
            let _ = writeln!(text, "  note: {note}");
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Names to the left, figures to the right.
fn line(text: &mut String, cells: &[String; 8], widths: &[usize; 8]) {
    let mut line = format!("  {:<1$}", cells[0], widths[0]);
    for (cell, width) in cells[1..7].iter().zip(&widths[1..7]) {
        if *width > 0 {
            let _ = write!(line, "  {cell:>width$}");
        }
    }
    let _ = write!(line, "  {}", cells[7]);
    let _ = writeln!(text, "{}", line.trim_end());
}

/// A time with three digits: `34 ms`, `3.12 s`.
fn time(secs: f64) -> String {
    if secs < 0.01 {
        format!("{:.1} ms", secs * 1e3)
    } else if secs < 1.0 {
        format!("{:.0} ms", secs * 1e3)
    } else {
        format!("{secs:.2} s")
    }
}

/// A size in the units of file managers; everything here is megabytes.
fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    let megabytes = bytes as f64 / 1e6;
    format!("{megabytes:.1} MB")
}

/// Microseconds are more than a clock tells of a process.
fn round(secs: f64) -> f64 {
    (secs * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn series(secs: &[f64]) -> Series {
        Series(secs.iter().map(|secs| Sample { secs: *secs, peak_bytes: 7_000_000 }).collect())
    }

    #[test]
    fn the_warm_up_does_not_count() {
        assert!((series(&[9.0, 1.0, 3.0, 2.0]).median() - 2.0).abs() < 1e-9);
        assert!((series(&[9.0, 1.0, 2.0]).median() - 1.5).abs() < 1e-9);
        assert!(series(&[9.0]).median().is_nan());
    }

    #[test]
    fn a_table_is_read_by_people_and_json_by_programs() {
        let part = Part {
            name: "stage",
            baseline: "delete and build".to_owned(),
            rows: vec![
                Row {
                    name: "nothing changed",
                    ours: Figure::Time(series(&[1.0, 0.0341, 0.033, 0.04])),
                    baseline: Some(Figure::Time(series(&[5.0, 4.7, 4.6, 5.0]))),
                },
                Row { name: "--verify", ours: Figure::Time(series(&[1.0, 0.2])), baseline: None },
                Row { name: "size", ours: Figure::Bytes(45_600_000), baseline: Some(Figure::Bytes(103_900_000)) },
            ],
            notes: vec!["nothing was left out".to_owned()],
        };
        expect![[r"
                               ddstask        min – max  memory  baseline        min – max  memory

            stage (baseline: delete and build)
              nothing changed    34 ms    33 ms – 40 ms  7.0 MB    4.70 s  4.60 s – 5.00 s  7.0 MB  138× faster
              --verify          200 ms  200 ms – 200 ms  7.0 MB
              size             45.6 MB                           103.9 MB                           44 %
              note: nothing was left out"]]
        .assert_eq(&table(std::slice::from_ref(&part)));
        expect![[r#"{"baseline":{"max":5.0,"median":4.7,"min":4.6,"peakBytes":7000000,"runs":[4.7,4.6,5.0],"unit":"s","warmUp":5.0},"name":"nothing changed","ours":{"max":0.04,"median":0.0341,"min":0.033,"peakBytes":7000000,"runs":[0.0341,0.033,0.04],"unit":"s","warmUp":1.0},"ratio":137.829912}"#]].assert_eq(&part.json()["rows"][0].to_string());
    }
}
