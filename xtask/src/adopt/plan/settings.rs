//! Which settings module the program gets.

use crate::adopt::facts::{Candidate, Facts};
use crate::adopt::layout::{OF_DEVELOPMENT, OF_PRODUCTION, is_of_tests};
use crate::adopt::listing::SAID;
use crate::base::fault::{Fault, Result};

/// The module, and why that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) module: String,
    pub(crate) reason: String,
    /// Others that a person could mean.
    pub(crate) others: Vec<String>,
}

/// What a name says of the machine that a module is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum For {
    Production,
    Anything,
    Development,
    Base,
    Tests,
}

/// Files that start a server: what they name is what runs in production.
const STARTS_A_SERVER: [&str; 5] = ["wsgi.py", "asgi.py", "Procfile", "Dockerfile", "compose"];

/// Takes the module that was asked for, or decides.
///
/// # Errors
/// There is no settings module, or not the one that was asked for.
pub(crate) fn choose(facts: &Facts, wanted: Option<&str>) -> Result<Choice> {
    let names = || facts.candidates.iter().map(|candidate| candidate.module.clone()).collect::<Vec<_>>();
    if let Some(module) = wanted {
        let may_be_meant = |other: &String| other != module && kind(other) < For::Base && !is_part(other, module);
        let others = names().into_iter().filter(may_be_meant).collect();
        return Ok(Choice { module: module.to_owned(), reason: SAID.to_owned(), others });
    }
    let mut ranked: Vec<&Candidate> = facts.candidates.iter().collect();
    ranked.sort_by_key(|candidate| rank(candidate));
    let Some(best) = ranked.first() else {
        return Err(Fault::new("this folder has no settings module of Django")
            .because("no manage.py, wsgi.py or settings.py in it names one that is there")
            .hint("give the folder that has manage.py, or name the module with `--settings MODULE`"));
    };
    let others =
        ranked[1..].iter().filter(|other| kind(&other.module) < For::Base && !is_part(&other.module, &best.module));
    Ok(Choice {
        module: best.module.clone(),
        reason: reason(best),
        others: others.map(|other| other.module.clone()).collect(),
    })
}

fn rank(candidate: &Candidate) -> (bool, bool, For, bool, usize, String) {
    let kind = kind(&candidate.module);
    let is_of_server = candidate.named_by.iter().any(|place| STARTS_A_SERVER.iter().any(|name| place.contains(name)));
    // A base is complete where something starts with it.
    let is_odd = if kind == For::Base { candidate.named_by.is_empty() } else { kind >= For::Development };
    // What lies deep is of a part of the project.
    let depth = candidate.module.matches('.').count();
    (is_odd, !is_of_server, kind, candidate.named_by.is_empty(), depth, candidate.module.clone())
}

/// Whether a module lies below a package of settings and says nothing of a machine.
fn is_part(other: &str, module: &str) -> bool {
    other.strip_prefix(module).is_some_and(|rest| rest.starts_with('.')) && kind(other) == For::Anything
}

fn kind(module: &str) -> For {
    let last = module.rsplit('.').next().unwrap_or(module);
    let any = |words: &[&str]| last.split('_').any(|word| words.contains(&word));
    if is_of_tests(module) {
        For::Tests
    } else if any(&OF_PRODUCTION) || any(&["heroku"]) {
        For::Production
    } else if any(&OF_DEVELOPMENT) {
        For::Development
    } else if any(&["base", "common", "defaults", "default", "shared"]) {
        For::Base
    } else {
        For::Anything
    }
}

fn reason(candidate: &Candidate) -> String {
    let mut servers = STARTS_A_SERVER.iter();
    let server = servers.find_map(|name| candidate.named_by.iter().find(|place| place.contains(name)));
    match (server.or(candidate.named_by.first()), kind(&candidate.module)) {
        (Some(place), _) => place.clone(),
        (None, For::Production) => "for production, by its name".to_owned(),
        (None, _) => format!("{} has the settings", candidate.file),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(candidates: &[(&str, &[&str])], expected: &str) {
        let of = |(module, named_by): &(&str, &[&str])| Candidate {
            module: (*module).to_owned(),
            file: format!("{}.py", module.replace('.', "/")),
            named_by: named_by.iter().map(|place| (*place).to_owned()).collect(),
        };
        let mut candidates: Vec<Candidate> = candidates.iter().map(of).collect();
        candidates.sort_by_key(rank);
        assert_eq!(format!("{} # {}", candidates[0].module, reason(&candidates[0])), expected);
    }

    #[test]
    fn production_goes_before_development() {
        check(&[("shop.settings", &["manage.py:8", "shop/wsgi.py:14"])], "shop.settings # shop/wsgi.py:14");
        check(
            &[("s.dev", &["manage.py:8"]), ("s.production", &[]), ("s.base", &[]), ("s.test", &[])],
            "s.production # for production, by its name",
        );
        check(
            &[("c.local", &["manage.py:8"]), ("c.production", &["c/wsgi.py:9"]), ("c.test", &["pytest.ini:2"])],
            "c.production # c/wsgi.py:9",
        );
        check(&[("s.dev", &["manage.py:8", "s/wsgi.py:9"]), ("s.base", &[])], "s.dev # s/wsgi.py:9");
        check(&[("s", &["s/wsgi.py:9"]), ("s.prod", &[])], "s # s/wsgi.py:9");
        check(&[("s.dev", &["manage.py:8"]), ("tests.settings", &["pytest.ini:4"])], "s.dev # manage.py:8");
        check(
            &[("s.addons.settings", &[]), ("s.settings_docker", &[]), ("s.settings_test", &["pyproject.toml:5"])],
            "s.settings_docker # s/settings_docker.py has the settings",
        );
        check(
            &[("s.settings", &[]), ("s.testsettings", &["tox.ini:3"])],
            "s.settings # s/settings.py has the settings",
        );
        check(&[("s.base", &["manage.py:8", "s/wsgi.py:9"]), ("s.heroku_like", &[])], "s.base # s/wsgi.py:9");
    }
}
