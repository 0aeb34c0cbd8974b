//! Which translations are shipped: the packages layer has all of them, and what the settings can ask for is taken
//! over from there. Django tells when the static files are collected, so nothing has to start for it.

use serde::Deserialize;

use crate::stage::prune::Saved;
use crate::stage::store::StoredFile;

/// What the settings say of languages, as `collect_static.py` reports it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Settings {
    /// `LANGUAGE_CODE`.
    language_code: String,
    /// The codes of `LANGUAGES`.
    languages: Vec<String>,
    /// `LANGUAGES` is not Django's own list.
    is_chosen: bool,
    /// A middleware picks the language that the browser asks for.
    follows_browser: bool,
}

impl Settings {
    /// The codes of the languages that are shipped. Who chose a list means it; Django's own list of a hundred counts
    /// where a browser can pick from it, unless `wanted` (`packages.languages`) says which of it.
    pub(crate) fn shipped(&self, wanted: Option<&[String]>) -> Vec<String> {
        let mut shipped = match wanted {
            _ if self.is_chosen => self.languages.clone(),
            Some(wanted) => wanted.to_vec(),
            None if self.follows_browser => self.languages.clone(),
            None => Vec::new(),
        };
        // Django's texts are written in English, and whatever lacks a translation falls back to them.
        shipped.extend([self.language_code.clone(), "en".to_owned()]);
        shipped.sort_unstable();
        shipped.dedup();
        shipped
    }
}

/// Whether a file belongs to a gettext catalogue: `…/LANGUAGE/LC_MESSAGES/DOMAIN.mo`.
pub(crate) fn is_catalogue(path: &str) -> bool {
    language(path).is_some()
}

fn language(path: &str) -> Option<&str> {
    let (folder, _) = path.split_once("/LC_MESSAGES/")?;
    Some(folder.rsplit('/').next().unwrap_or(folder))
}

/// Whether a file is shipped with these languages. A language comes with all its variants: packages name them in
/// many ways (`de` or `de_DE`, `zh_Hans` or `zh_CN`), and fall back from one to another. English is in every stage, so
/// its variants have to be asked for.
fn is_shipped(path: &str, languages: &[String]) -> bool {
    let parts = |code: &str| code.to_lowercase().split(['-', '_', '@', '.']).map(str::to_owned).collect::<Vec<_>>();
    let Some(language) = language(path).map(parts) else { return true };
    let is_english_variant = language[0] == "en" && language.len() > 1;
    languages
        .iter()
        .map(|shipped| parts(shipped))
        .any(|shipped| if is_english_variant { shipped == language } else { shipped[0] == language[0] })
}

/// Those of some catalogues that are shipped, and what the others would have cost.
pub(crate) fn chosen(catalogues: Vec<StoredFile>, languages: &[String]) -> (Vec<StoredFile>, Option<Saved>) {
    let is_chosen = |file: &StoredFile| is_shipped(&file.path, languages);
    let (chosen, others): (Vec<_>, Vec<_>) = catalogues.into_iter().partition(is_chosen);
    let saved = (!others.is_empty()).then(|| Saved {
        what: format!("languages other than {}", languages.join(", ")),
        files: others.len() as u64,
        bytes: others.iter().map(|file| file.size).sum(),
    });
    (chosen, saved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_chosen_list_is_shipped_and_a_default_one_only_where_it_can_be_asked_for() {
        let check = |is_chosen, follows_browser, wanted: Option<&[&str]>| {
            let languages = strings(&["fr", "pt-br"]);
            let settings = Settings { language_code: "de-at".to_owned(), languages, is_chosen, follows_browser };
            settings.shipped(wanted.map(strings).as_deref()).join(" ")
        };
        assert_eq!(check(true, false, None), "de-at en fr pt-br");
        assert_eq!(check(true, true, Some(&["es"])), "de-at en fr pt-br");
        assert_eq!(check(false, true, None), "de-at en fr pt-br");
        assert_eq!(check(false, true, Some(&["es"])), "de-at en es");
        assert_eq!(check(false, false, Some(&[])), "de-at en");
        assert_eq!(check(false, false, None), "de-at en");
    }

    #[test]
    fn only_catalogues_go_and_a_language_has_all_its_variants() {
        let shipped = |path: &str| is_shipped(path, &strings(&["en-gb", "zh-hans", "de"]));
        for path in [
            "django/conf/locale/fr/formats.py",
            "my_locale/fr/x.mo",
            "django/conf/locale/en_GB/LC_MESSAGES/django.mo",
            "humanize/locale/de_DE/LC_MESSAGES/humanize.mo",
            "a/zh_CN/LC_MESSAGES/a.mo",
        ] {
            assert!(shipped(path), "{path}");
        }
        for path in [
            "a/locale/en_AU/LC_MESSAGES/a.mo",
            "a/locale/fr/LC_MESSAGES/a.mo",
            "a/translations/pt_BR/LC_MESSAGES/a.po",
            "dev/LC_MESSAGES/x.mo",
        ] {
            assert!(!shipped(path), "{path}");
        }
    }
}
