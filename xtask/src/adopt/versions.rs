//! Which Python and which Django: ranges as they are written (PEP 440), and what this tool supports.

use std::fmt;

/// Python's versions that can be bundled, the newest first.
pub(crate) const PYTHONS: [Minor; 5] = [Minor(3, 14), Minor(3, 13), Minor(3, 12), Minor(3, 11), Minor(3, 10)];

/// Django's versions that the runtime knows, the newest first, with the oldest and the newest Python of each.
const DJANGOS: [(Minor, Minor, Minor); 6] = [
    (Minor(6, 1), Minor(3, 12), Minor(3, 14)),
    (Minor(6, 0), Minor(3, 12), Minor(3, 14)),
    (Minor(5, 2), Minor(3, 10), Minor(3, 14)),
    (Minor(5, 1), Minor(3, 10), Minor(3, 13)),
    (Minor(5, 0), Minor(3, 10), Minor(3, 12)),
    (Minor(4, 2), Minor(3, 10), Minor(3, 12)),
];

/// A version without its last part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Minor(u32, u32);

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl Minor {
    /// Whether some version of this line is in a range.
    fn is_in(self, range: &str) -> bool {
        range.split(',').map(str::trim).filter(|clause| !clause.is_empty()).all(|clause| self.fits(clause))
    }

    fn fits(self, clause: &str) -> bool {
        const LAST: u32 = u32::MAX;
        let end = clause.find(|c: char| c.is_ascii_digit()).unwrap_or(clause.len());
        let (operator, version) = (clause[..end].trim(), clause[end..].trim());
        let given = numbers(version);
        let (first, last) = (vec![self.0, self.1, 0], vec![self.0, self.1, LAST]);
        let starts_alike = |length: usize| given.iter().zip(&first).take(length).all(|(a, b)| a == b);
        match operator {
            ">=" => last >= given,
            ">" => last > given,
            "<" => first < padded(&given),
            "<=" => first <= padded(&given),
            "~=" => last >= given && starts_alike(given.len().saturating_sub(1)),
            "!=" => !(version.ends_with(".*") && starts_alike(2)),
            _ => starts_alike(2),
        }
    }
}

fn padded(given: &[u32]) -> Vec<u32> {
    given.iter().copied().chain([0; 3]).take(given.len().max(3)).collect()
}

fn numbers(version: &str) -> Vec<u32> {
    let part = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    version.split('.').map_while(part).collect()
}

/// The versions to bundle and to lock for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// The newest Python that fits everything.
    pub(crate) bundled: Minor,
    /// The oldest one that the lock is made for.
    pub(crate) minimum: Minor,
}

/// Python for a project that needs these ranges; nothing where none of the supported ones fits.
///
/// # Errors
/// Which of the two ranges it is, in words.
pub(crate) fn choose(requires_python: &str, django: &str) -> Result<Vec<Chosen>, String> {
    let djangos: Vec<_> = DJANGOS.iter().filter(|(version, ..)| version.is_in(django)).collect();
    if djangos.is_empty() {
        return Err(format!("Django {django} is not supported: 4.2 to 6.x are"));
    }
    let is_known = |python: &Minor| djangos.iter().any(|(_, oldest, newest)| oldest <= python && python <= newest);
    let fitting: Vec<Minor> =
        PYTHONS.into_iter().filter(|python| python.is_in(requires_python) && is_known(python)).collect();
    if fitting.is_empty() {
        return Err(format!("Python {requires_python} is not supported with this Django: CPython 3.10 to 3.14 are"));
    }
    // A lock for an old Python too would hold a project back, or double its packages.
    let usual = Minor(3, 12);
    let minimum = |bundled: Minor| {
        let recent = fitting.iter().copied().filter(|python| *python >= usual && *python <= bundled).min();
        recent.unwrap_or(bundled)
    };
    Ok(fitting.iter().map(|bundled| Chosen { bundled: *bundled, minimum: minimum(*bundled) }).collect())
}

/// Whether one version comes before another.
pub(crate) fn is_older(version: &str, than: &str) -> bool {
    numbers(version) < numbers(than)
}

/// The range in a requirement: what stands behind the name and its extras, without a marker.
pub(crate) fn range_of(requirement: &str) -> String {
    let text = requirement.split(';').next().unwrap_or_default();
    let start = text.find(['=', '<', '>', '~', '!']).unwrap_or(text.len());
    text[start..].trim().trim_end_matches(')').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(python: &str, django: &str, expected: &str) {
        let words = match choose(python, django) {
            Ok(chosen) => {
                let words = chosen.iter().map(|one| format!("{}>={}", one.bundled, one.minimum));
                words.collect::<Vec<_>>().join(" ")
            }
            Err(why) => why,
        };
        assert_eq!(words, expected, "Python {python}, Django {django}");
    }

    #[test]
    fn the_newest_python_that_fits_is_bundled() {
        check("", "", "3.14>=3.12 3.13>=3.12 3.12>=3.12 3.11>=3.11 3.10>=3.10");
        check(">=3.13", ">=6,<7", "3.14>=3.13 3.13>=3.13");
        check("", "==4.2.11", "3.12>=3.12 3.11>=3.11 3.10>=3.10");
        check(">=3.8,<3.12", "~=4.2.0", "3.11>=3.11 3.10>=3.10");
        check("==3.12.*", "~=5.2", "3.12>=3.12");
        check("<=3.13,!=3.12.*", ">5.0,<6", "3.13>=3.13 3.11>=3.11 3.10>=3.10");
    }

    #[test]
    fn what_is_too_old_or_too_new_is_refused_by_name() {
        check("", "==3.2.25", "Django ==3.2.25 is not supported: 4.2 to 6.x are");
        check("", "<4.2", "Django <4.2 is not supported: 4.2 to 6.x are");
        check("<3.10", ">=4.2", "Python <3.10 is not supported with this Django: CPython 3.10 to 3.14 are");
        check("==3.13.*", "==4.2.1", "Python ==3.13.* is not supported with this Django: CPython 3.10 to 3.14 are");
    }

    #[test]
    fn the_range_of_a_requirement_has_no_extras_and_no_marker() {
        assert_eq!(range_of("Django[argon2] >= 4.2, <5 ; python_version > '3.8'"), ">= 4.2, <5");
        assert_eq!(range_of("django"), "");
    }
}
