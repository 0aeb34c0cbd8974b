//! The one place that decides what goes where: data to stdout, talk to stderr, bars on terminals only.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use clap::builder::styling::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::base::env::{self, Env};
use crate::base::fault::{Fault, Result};
use crate::base::text::seconds;

/// A log in which nothing comes for longer looks like a program that hangs.
const LONGEST_SILENCE: Duration = Duration::from_secs(8);

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Only notices and errors.
    Quiet,
    /// A few lines a command.
    Normal,
    /// Also what each step runs.
    Verbose,
}

/// Speaks to the user.
#[derive(Clone, Debug)]
pub(crate) struct Ui {
    level: Level,
    colour: bool,
    /// All bars, one below the other; nothing where there are none.
    bars: Option<MultiProgress>,
    groups: bool,
    /// Why data did not reach stdout.
    lost: Arc<OnceLock<std::io::Error>>,
}

impl Ui {
    /// Decides from the flags, the environment and the terminal.
    pub(crate) fn new(level: Level, colour: Option<bool>, env: &Env) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let ci = env.flag(env::CI) || env.flag(env::GITHUB_ACTIONS);
        Self {
            level,
            colour: colour.unwrap_or(terminal && env.get(env::NO_COLOR).is_none()),
            bars: (terminal && !ci && level != Level::Quiet)
                .then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(15))),
            groups: env.flag(env::GITHUB_ACTIONS),
            lost: Arc::default(),
        }
    }

    /// Whether only notices and errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.level == Level::Quiet
    }

    /// A result, for people and pipes.
    pub(crate) fn data(&self, text: impl std::fmt::Display) {
        let mut stdout = std::io::stdout().lock();
        self.wrote(writeln!(stdout, "{text}").and_then(|()| stdout.flush()));
    }

    /// Remembers that stdout took no more. A closed pipe (`| head`) is the reader's wish, not a failure of ours.
    pub(crate) fn wrote(&self, outcome: std::io::Result<()>) {
        if let Err(error) = outcome
            && error.kind() != ErrorKind::BrokenPipe
        {
            let _ = self.lost.set(error);
        }
    }

    /// Fails when data did not reach stdout. To be asked once, at the end.
    pub(crate) fn written(&self) -> Result<()> {
        self.lost.get().map_or(Ok(()), |error| {
            Err(Fault::new("the result could not be written to stdout").because_of(error).hint_for(error))
        })
    }

    /// One line of talk.
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        if self.level >= Level::Normal {
            self.talk(format_args!("{text}"));
        }
    }

    /// One line that only `-v` shows.
    pub(crate) fn detail(&self, text: impl std::fmt::Display) {
        if self.level >= Level::Verbose {
            self.talk(format_args!("{text}"));
        }
    }

    /// One line that even `-q` shows: something is not as was asked for.
    pub(crate) fn notice(&self, text: impl std::fmt::Display) {
        self.talk(format_args!("{} {text}", self.paint(AnsiColor::Yellow, "notice:")));
    }

    /// The last word of a failed command.
    pub(crate) fn error(&self, fault: &Fault) {
        self.talk(format_args!("{} {fault}", self.paint(AnsiColor::Red, "error:")));
    }

    /// A word in bold colour, when there is colour.
    pub(crate) fn paint(&self, colour: AnsiColor, text: &str) -> String {
        if self.colour {
            let style = Style::new().bold().fg_color(Some(colour.into()));
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// A part of a long command, with its time at the end; folded in CI logs.
    pub(crate) fn section(&self, name: &str) -> Section<'_> {
        if self.groups {
            self.talk(format_args!("::group::{name}"));
        } else {
            self.say(format_args!("{} {name}", self.paint(AnsiColor::Cyan, "==>")));
        }
        Section { ui: self, name: name.to_owned(), start: Instant::now(), _beat: self.beat(name) }
    }

    /// A bar over bytes, with their rate, on a terminal; elsewhere nothing until it is done.
    pub(crate) fn bytes(&self, label: &str, total: u64) -> Progress {
        self.bar(label, total, "{decimal_bytes:>9}/{decimal_total_bytes} {decimal_bytes_per_sec:>12}")
    }

    /// The same over a number of files.
    pub(crate) fn files(&self, label: &str, total: u64) -> Progress {
        self.bar(label, total, "{human_pos}/{human_len} {elapsed:>4}")
    }

    fn bar(&self, label: &str, total: u64, amount: &str) -> Progress {
        let bar = if let Some(bars) = &self.bars {
            let bar = bars.add(ProgressBar::new(total));
            let template = format!("{{msg:<22}} {{wide_bar:.cyan/dim}} {amount}");
            let style = ProgressStyle::with_template(&template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
            bar.set_message(label.to_owned());
            bar
        } else {
            ProgressBar::hidden()
        };
        Progress(bar)
    }

    /// A spinner for work whose length is not known.
    pub(crate) fn spinner(&self, label: &str) -> Progress {
        let bar = if let Some(bars) = &self.bars {
            let bar = bars.add(ProgressBar::no_length());
            let style = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_message(label.to_owned());
            bar.enable_steady_tick(Duration::from_millis(80));
            bar
        } else {
            ProgressBar::hidden()
        };
        Progress(bar)
    }

    /// Where nothing can move: a line from time to time, until it is dropped.
    fn beat(&self, name: &str) -> Option<Sender<()>> {
        if self.bars.is_some() || self.level < Level::Normal {
            return None;
        }
        let (ui, name) = (self.clone(), name.to_owned());
        Some(beat(LONGEST_SILENCE, move |time| ui.say(format_args!("    {name}: {} so far", seconds(time)))))
    }

    fn talk(&self, text: std::fmt::Arguments<'_>) {
        let write = || drop(writeln!(std::io::stderr(), "{text}"));
        // A line among bars would be drawn over.
        if let Some(bars) = &self.bars { bars.suspend(write) } else { write() }
    }
}

/// Calls something once a period, with the time so far, until what it returns is dropped.
fn beat(period: Duration, say: impl Fn(Duration) + Send + 'static) -> Sender<()> {
    let (end, ended) = mpsc::channel();
    let start = Instant::now();
    thread::spawn(move || {
        while ended.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
            say(start.elapsed());
        }
    });
    end
}

/// An open section; says its time when it is dropped.
pub(crate) struct Section<'a> {
    ui: &'a Ui,
    name: String,
    start: Instant,
    _beat: Option<Sender<()>>,
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        let time = seconds(self.start.elapsed());
        if self.ui.groups {
            self.ui.talk(format_args!("::endgroup::"));
            self.ui.talk(format_args!("{} took {time}", self.name));
        } else {
            self.ui.detail(format_args!("    {} took {time}", self.name));
        }
    }
}

/// A bar or spinner, gone when dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Moves the bar on.
    pub(crate) fn add(&self, units: u64) {
        self.0.inc(units);
    }

    /// Says something else beside the bar or spinner.
    pub(crate) fn tell(&self, text: &str) {
        self.0.set_message(text.to_owned());
    }

    /// Moves the bar to a place.
    pub(crate) fn set(&self, units: u64) {
        self.0.set_position(units);
    }

    /// Says how much there is, as soon as that is known.
    pub(crate) fn set_total(&self, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_comes_again_and_again_until_its_end() {
        let (sender, beats) = mpsc::channel();
        let end = beat(Duration::from_millis(1), move |time| {
            let _ = sender.send(time);
        });
        let times: Vec<Duration> = beats.iter().take(3).collect();
        assert!(times.is_sorted() && times[0] >= Duration::from_millis(1), "{times:?}");
        drop(end);
        // The other end of the channel is dropped with the thread, which ends this.
        assert!(beats.iter().last().is_none_or(|last| last >= times[2]));
    }

    #[test]
    fn a_log_has_beats_and_a_quiet_one_has_none() {
        let ui = |level| Ui { bars: None, ..Ui::new(level, None, &Env::default()) };
        assert!(ui(Level::Normal).beat("check").is_some());
        assert!(ui(Level::Quiet).beat("check").is_none());
        let on_a_terminal = Ui { bars: Some(MultiProgress::new()), ..ui(Level::Normal) };
        assert!(on_a_terminal.beat("check").is_none());
    }
}
