//! The inventory of what is shipped, as `CycloneDX` 1.6 (ECMA-424): the staged backend and the shell around it.
//!
//! The same facts give the same bytes: there is no clock and no random number in it, and every list is sorted.

pub(crate) mod locks;
pub(crate) mod python;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::base::hash;
use crate::stage::licence::Licence;

/// A part of what is shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Component {
    /// The format's kind: `library`, `platform`, `framework`, `application`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) version: String,
    /// Its package URL, which is also its name in this inventory.
    pub(crate) purl: String,
    /// What it may be used for.
    pub(crate) licence: Option<Licence>,
    /// `SHA-256` or `SHA-512`, and lower-case hex.
    pub(crate) hash: Option<(&'static str, String)>,
    /// Its name in the lists of vulnerabilities (CPE 2.3).
    pub(crate) cpe: Option<String>,
    /// What else is to be said of it.
    pub(crate) properties: BTreeMap<&'static str, String>,
    /// Package URLs of what it needs.
    pub(crate) needs: BTreeSet<String>,
}

impl Component {
    /// A library of which only the name and version are known.
    pub(crate) fn new(kind: &'static str, purl_type: &str, name: &str, version: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            version: version.to_owned(),
            purl: purl(purl_type, name, version),
            licence: None,
            hash: None,
            cpe: None,
            properties: BTreeMap::new(),
            needs: BTreeSet::new(),
        }
    }

    fn value(&self) -> Value {
        let mut value = json!({
            "type": self.kind, "bom-ref": self.purl, "name": self.name, "version": self.version, "purl": self.purl,
        });
        if let Some(licence) = &self.licence {
            value["licenses"] = json!([value_of(licence)]);
        }
        if let Some((alg, content)) = &self.hash {
            value["hashes"] = json!([{ "alg": alg, "content": content }]);
        }
        if let Some(cpe) = &self.cpe {
            value["cpe"] = cpe.clone().into();
        }
        if !self.properties.is_empty() {
            let property =
                |(name, value): (&&str, &String)| json!({ "name": format!("ddstask:{name}"), "value": value });
            value["properties"] = self.properties.iter().map(property).collect();
        }
        value
    }
}

/// A licence as the format has it.
fn value_of(licence: &Licence) -> Value {
    match licence {
        Licence::Expression(expression) => json!({ "expression": expression }),
        Licence::Name(name) => json!({ "license": { "name": name } }),
    }
}

/// A package URL. Names keep only what needs no escape; `@scope/name` of npm becomes `%40scope/name`.
fn purl(purl_type: &str, name: &str, version: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    let escape = |text: &str| percent_encoding::utf8_percent_encode(text, KEPT).to_string();
    format!("pkg:{purl_type}/{}@{}", escape(name), escape(version))
}

/// What is shipped as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The name that people read.
    pub(crate) title: String,
    pub(crate) version: String,
    /// Where it runs: `linux-x64`.
    pub(crate) host: String,
    /// The shell: `electron`, `tauri`; `none` for the backend alone.
    pub(crate) shell: String,
    /// The licence of the project itself.
    pub(crate) licence: Option<Licence>,
    /// When it was released, where that is known: RFC 3339.
    pub(crate) date: Option<String>,
}

/// The inventory as text.
pub(crate) fn format(subject: &Subject, mut components: Vec<Component>) -> String {
    components.sort_by(|a, b| (&a.purl, a.kind).cmp(&(&b.purl, b.kind)));
    components.dedup_by(|a, b| a.purl == b.purl);
    let there: BTreeSet<&str> = components.iter().map(|component| component.purl.as_str()).collect();
    let needs = |component: &Component| {
        let needs: Vec<&str> = component.needs.iter().map(String::as_str).filter(|need| there.contains(need)).collect();
        json!({ "ref": component.purl, "dependsOn": needs })
    };
    let root = "application";
    let mut dependencies = vec![json!({ "ref": root, "dependsOn": there })];
    dependencies.extend(components.iter().map(needs));
    let mut application = json!({
        "type": "application", "bom-ref": root, "name": subject.title, "version": subject.version,
        "properties": [
            { "name": "ddstask:host", "value": subject.host },
            { "name": "ddstask:shell", "value": subject.shell },
        ],
    });
    if let Some(licence) = &subject.licence {
        application["licenses"] = json!([value_of(licence)]);
    }
    let mut metadata = json!({
        "component": application,
        "tools": { "components": [{ "type": "application", "name": "ddstask", "version": env!("CARGO_PKG_VERSION") }] },
    });
    if let Some(date) = &subject.date {
        metadata["timestamp"] = date.clone().into();
    }
    let mut bom = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": metadata,
        "components": components.iter().map(Component::value).collect::<Vec<_>>(),
        "dependencies": dependencies,
    });
    bom["serialNumber"] = format!("urn:uuid:{}", uuid(&bom.to_string())).into();
    let text = serde_json::to_string_pretty(&bom).unwrap_or_default();
    text + "\n"
}

/// A UUID of version 8 (RFC 9562) that belongs to a text.
fn uuid(text: &str) -> String {
    let digest = hash::bytes(text.as_bytes());
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-a{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::stage::licence;

    #[test]
    fn the_order_of_facts_does_not_matter() {
        let subject = Subject {
            title: "Ponies".to_owned(),
            version: "1.2.3".to_owned(),
            host: "linux-x64".to_owned(),
            shell: "none".to_owned(),
            licence: licence::of_expression("MIT"),
            date: None,
        };
        let one = Component {
            needs: ["pkg:pypi/b@2".to_owned(), "pkg:pypi/gone@1".to_owned()].into(),
            ..Component::new("library", "pypi", "a", "1")
        };
        let two = Component::new("library", "pypi", "b", "2");
        let text = format(&subject, vec![one.clone(), two.clone()]);
        assert_eq!(text, format(&subject, vec![two.clone(), one, two]));
        expect![[r#"
            {
              "bomFormat": "CycloneDX",
              "components": [
                {
                  "bom-ref": "pkg:pypi/a@1",
                  "name": "a",
                  "purl": "pkg:pypi/a@1",
                  "type": "library",
                  "version": "1"
                },"#]]
        .assert_eq(text.split_inclusive("},").next().unwrap());
        assert!(text.contains(r#""ref": "pkg:pypi/a@1""#) && !text.contains("gone"));
    }

    #[test]
    fn package_urls_escape_what_they_must() {
        assert_eq!(purl("npm", "@electron/get", "5.0.0"), "pkg:npm/%40electron/get@5.0.0");
        assert_eq!(purl("cargo", "zip", "9.0.0+x"), "pkg:cargo/zip@9.0.0%2Bx");
    }
}
