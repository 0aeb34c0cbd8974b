//! Which variables the settings read, and the words that they know for their values.

use std::collections::{BTreeMap, BTreeSet};

use crate::adopt::facts::{Layout, Text, Tree, Variable, WORD, folder, join};
use crate::adopt::layout::{OF_DEVELOPMENT, OF_PRODUCTION, file_of, pattern};

/// Reads of a variable: the pattern, with the name first; whether the settings fail without it.
const READS: [(&str, bool); 6] = [
    (r#"\benviron\[\s*["'](\w+)["']\s*\]"#, true),
    (r#"\b(?:environ\.get|getenv)\(\s*["'](\w+)["']([^\n]*)"#, false),
    (r#"\benv(?:iron)?\.(\w+)\(\s*["'](\w+)["']([^\n]*)"#, true),
    (r#"\b(env|get_secret|\w+_env|env_\w+|\w+_env_\w+|getenv_\w+)\(\s*["'](\w+)["']([^\n]*)"#, true),
    (r#"\bconfig\(\s*["'](\w+)["']([^\n]*)"#, true),
    (r"\b(?:env\.(db|cache|email)(?:_url)?\(\s*\)|dj_database_url\.(config)\(([^\n]*))", true),
];

/// The variables that a settings module reads, those of the modules that it takes from included.
pub(crate) fn variables(tree: &Tree, layout: &Layout, module: &str) -> Vec<Variable> {
    let mut found: BTreeMap<String, Variable> = BTreeMap::new();
    let files = taken_from(tree, layout, module);
    let texts: Vec<&Text> = files.iter().filter_map(|file| tree.texts.get(file)).collect();
    for text in &texts {
        for variable in reads(text) {
            let is_needed_here = variable.default.is_none();
            let known = found.entry(variable.name.clone()).or_insert_with(|| variable.clone());
            if is_needed_here && known.default.is_some() {
                *known = variable;
            }
        }
    }
    for variable in found.values_mut() {
        let word = if is_engine(&variable.name) {
            word_of_sqlite(variable, &texts)
        } else {
            word_of_servers(variable, &texts, tree)
        };
        if let Some(word) = word {
            variable.kind = format!("{WORD}{word}");
        }
    }
    found.into_values().collect()
}

/// What a variable is set to for `SQLite`, where that is not the path of Django's backend.
fn word_of_sqlite(variable: &Variable, texts: &[&Text]) -> Option<String> {
    if variable.default.as_ref().is_some_and(|default| default.contains('.')) {
        return None;
    }
    // Other words are compared as well, such as the scheme of an address.
    if texts.iter().any(|text| is_engine_as_it_is(&variable.name, &text.text)) {
        return None;
    }
    let compared = quoted("sqlite3?", texts);
    let is_end = || {
        let before_it = pattern(r#"django\.db\.backends\.(?:\{|%s|["']\s*[+%])"#);
        texts.iter().any(|text| before_it.is_match(&text.text)).then(|| "sqlite3".to_owned())
    };
    compared.into_iter().next().or_else(is_end)
}

/// Whether the value of a variable is the path of Django's backend: by its name, or by the one that it is kept under.
fn is_engine_as_it_is(variable: &str, text: &str) -> bool {
    let own = regex::escape(variable);
    let kept = pattern(&format!(r#"(?m)^\s*(\w+)\s*=[^=\n]*["']{own}["']"#));
    let names = kept.captures_iter(text).map(|found| found[1].to_owned()).chain([own]);
    let is_taken = |name: String| pattern(&format!(r#"["']ENGINE["']\s*:[^'"+%\[(\n]*\b{name}\b"#)).is_match(text);
    names.into_iter().any(is_taken)
}

/// The texts in quotes that a pattern fits, in any case. The tables for the case of other letters than those of ASCII are no
/// part of the tool.
fn quoted(wanted: &str, texts: &[&Text]) -> Vec<String> {
    let quoted = pattern(&format!(r#"(?i-u)["']({wanted})["']"#));
    texts.iter().flat_map(|text| quoted.captures_iter(&text.text).map(|found| found[1].to_owned())).collect()
}

/// What a variable is set to on a server, where it says which kind of machine this is, and a developer's is taken unless it
/// is set. The settings compare it with that word, or take a file of that name; or every word but a developer's will do.
fn word_of_servers(variable: &Variable, texts: &[&Text], tree: &Tree) -> Option<String> {
    let is_any = |words: &[&str], text: &str| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    let is_named_so = variable.name.split('_').any(|part| is_any(&["ENV", "ENVIRONMENT", "STAGE", "MODE"], part));
    let default = variable.default.as_deref();
    // A level of a log is "debug", too, and a host is "local".
    let is_mode = match default {
        Some(word) => is_any(&["development", "develop", "dev"], word) || is_named_so && is_any(&OF_DEVELOPMENT, word),
        None => is_named_so,
    };
    if !is_mode {
        return None;
    }
    let has_file = |word: &&&str| {
        let end = format!("/{word}.py");
        let is_below = |path: &str, text: &Text| path.starts_with(text.folder()) && path.ends_with(&end);
        tree.paths.iter().any(|path| texts.iter().any(|text| is_below(path, text)))
    };
    let compared = OF_PRODUCTION.iter().find_map(|word| quoted(word, texts).into_iter().next());
    let named = || OF_PRODUCTION.iter().find(has_file).map(ToString::to_string);
    let any_other =
        || default.filter(|word| quoted(&regex::escape(word), texts).len() > 1).map(|_| OF_PRODUCTION[0].to_owned());
    compared.or_else(named).or_else(any_other)
}

/// The files of a module and of what it imports from the project's own settings.
fn taken_from(tree: &Tree, layout: &Layout, module: &str) -> BTreeSet<String> {
    let import = pattern(r"(?m)^\s*(?:from\s+(\.*)([\w.]*)\s+import|import\s+([\w.]+))");
    let mut files = BTreeSet::new();
    let mut queue: Vec<String> = file_of(tree, layout, module).into_iter().collect();
    while let Some(file) = queue.pop() {
        let Some(text) = tree.texts.get(&file).filter(|_| files.insert(file.clone())) else { continue };
        for found in import.captures_iter(&text.text) {
            let dots = found.get(1).map_or(0, |dots| dots.len());
            let name = found.get(2).or(found.get(3)).map_or("", |name| name.as_str());
            let home = (1..dots).fold(text.folder(), |home, _| folder(home));
            let beside = join(home, &name.replace('.', "/"));
            let target = if dots > 0 {
                let own = [format!("{beside}.py"), join(&beside, "__init__.py")];
                own.into_iter().find(|path| tree.has(path))
            } else {
                file_of(tree, layout, name)
            };
            queue.extend(target);
        }
    }
    files
}

fn reads(text: &Text) -> Vec<Variable> {
    let has_decouple = text.text.contains("decouple") || text.text.contains("starlette.config");
    let schema = schema(text);
    let mut found = Vec::new();
    for (number, (read, fails)) in READS.iter().enumerate() {
        if number == 4 && !has_decouple {
            continue;
        }
        for captures in pattern(read).captures_iter(&text.text) {
            let at = captures.get(0).map_or(0, |whole| whole.start());
            if text.is_comment(at) {
                continue;
            }
            let part = |group: usize| captures.get(group).map_or("", |part| part.as_str());
            let (name, kind, rest) = match number {
                2 => (part(2), part(1), part(3)),
                3 => (part(2), "", part(3)),
                5 if part(2) == "config" => ("DATABASE_URL", "db", part(3)),
                5 => (of_method(part(1)), part(1), ""),
                _ => (part(1), "", part(2)),
            };
            if ["get", "setdefault", "pop", "read_env"].contains(&kind) {
                continue;
            }
            // A function of the project's own takes the default as its second argument; django-environ takes a type.
            let is_positional = number == 1 || number == 3 && part(1) != "env";
            let default = default(rest, is_positional, *fails).or_else(|| schema.get(name).cloned());
            let kind = kind_of(kind, rest, &text.text[..at]);
            found.push(Variable { name: name.to_owned(), default, kind, place: Some(text.place(at)) });
        }
    }
    found.extend(fields(text));
    found
}

/// The variables of pydantic-settings: the fields of a class, which its own names or a prefix lead to.
fn fields(text: &Text) -> Vec<Variable> {
    let class = pattern(r"(?m)^class \w+\([^)]*\bBaseSettings\b[^)]*\):[^\n]*\n((?:[ \t][^\n]*\n|\n)*)");
    let prefix = pattern(r#"\benv_prefix\s*=\s*["'](\w*)["']"#);
    let field = pattern(r"(?m)^(?:    |\t)(\w+)\s*:\s*([^=\n#]+?)[ \t]*(?:=[ \t]*([^\n]+))?$");
    let own_name = pattern(r#"\b(?:validation_)?alias\s*=\s*["'](\w+)["']"#);
    let mut found = Vec::new();
    for body in class.captures_iter(&text.text).filter_map(|class| class.get(1)) {
        let prefix = prefix.captures(body.as_str()).map_or(String::new(), |prefix| prefix[1].to_owned());
        for captures in field.captures_iter(body.as_str()).filter(|captures| &captures[1] != "model_config") {
            let value = captures.get(3).map_or("", |value| value.as_str());
            let name =
                own_name.captures(value).map_or_else(|| format!("{prefix}{}", &captures[1]), |own| own[1].to_owned());
            let default = match value {
                "" | "..." => None,
                _ if value.starts_with("Field(") => default(&value["Field(".len() - 1..], false, true),
                _ => Some(value.trim_matches(['"', '\'']).to_owned()),
            };
            let kind = of_type(&captures[1], &captures[2]).to_owned();
            let at = body.start() + captures.get(0).map_or(0, |whole| whole.start());
            found.push(Variable { name: name.to_uppercase(), default, kind, place: Some(text.place(at)) });
        }
    }
    found
}

/// The kind of a field's value. What has parts is written as JSON.
fn of_type(name: &str, annotation: &str) -> &'static str {
    let starts = |words: &[&str]| words.iter().any(|word| annotation.to_lowercase().starts_with(word));
    match () {
        () if name.eq_ignore_ascii_case("debug") => "debug",
        () if starts(&["bool"]) => "bool",
        () if starts(&["int", "float", "decimal", "positiveint"]) => "int",
        () if starts(&["list", "set", "tuple", "sequence"]) => "json list",
        () if starts(&["dict", "mapping"]) => "json dict",
        () => "str",
    }
}

fn of_method(method: &str) -> &'static str {
    match method {
        "db" => "DATABASE_URL",
        "cache" => "CACHE_URL",
        _ => "EMAIL_URL",
    }
}

/// The defaults that `environ.Env(NAME=(type, default))` declares.
fn schema(text: &Text) -> BTreeMap<String, String> {
    let pair = pattern(r"(\w+)\s*=\s*\(\s*(?:bool|str|int|float|list|dict)\s*,\s*([^)\n]*)\)");
    let call = pattern(r"\bEnv\(");
    if !call.is_match(&text.text) {
        return BTreeMap::new();
    }
    pair.captures_iter(&text.text).map(|found| (found[1].to_owned(), found[2].trim().to_owned())).collect()
}

/// The text of the default in the arguments after the name; empty where one may be missing.
fn default(rest: &str, is_positional: bool, fails: bool) -> Option<String> {
    let named = pattern(r"^\s*(?:,.*?)?\bdefault\s*=\s*([^,)\n]+)");
    let second = pattern(r"^\s*,\s*([^=,)\n]+)\s*[,)]");
    let found = named.captures(rest).or_else(|| is_positional.then(|| second.captures(rest)).flatten());
    let text = found.map(|found| found[1].trim().trim_matches(['"', '\'']).to_owned());
    text.or_else(|| (!fails || rest.contains("default")).then(String::new))
}

/// What is done with the text of a variable at once, and the kind of text that it takes.
const CALLS: [(&str, &str); 6] = [
    ("int(", "int"),
    ("float(", "int"),
    ("Decimal(", "int"),
    ("json.loads(", "json dict"),
    ("literal_eval(", "json list"),
    ("b64decode(", "base64"),
];

fn kind_of(method: &str, rest: &str, before: &str) -> String {
    let call = before.trim_end().trim_end_matches("os.");
    let of_call = CALLS.iter().find(|(name, _)| call.ends_with(name)).map(|(_, kind)| *kind);
    let kind = match method {
        "bool" | "int" | "list" | "db" | "cache" | "email" => method,
        "db_url" => "db",
        "cache_url" => "cache",
        "email_url" => "email",
        "float" => "int",
        "tuple" | "dict" => "list",
        "json" => "json dict",
        _ if is_switch_of_debug(before) && rest.contains("!=") && rest.contains("False") => "debug-unless-false",
        _ if is_switch_of_debug(before) => "debug",
        _ if rest.contains("cast=bool") => "bool",
        _ if rest.contains("cast=int") || rest.contains("cast=float") => "int",
        _ if rest.contains("cast=json.loads") => "json dict",
        _ => of_call.unwrap_or("str"),
    };
    kind.to_owned()
}

/// Whether the variable decides about `DEBUG`, whatever it is called.
fn is_switch_of_debug(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.strip_prefix("DEBUG").is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
}

/// Whether a variable names the kind of database.
pub(crate) fn is_engine(name: &str) -> bool {
    name.ends_with("DB_ENGINE") || name.ends_with("DATABASE_ENGINE")
}
