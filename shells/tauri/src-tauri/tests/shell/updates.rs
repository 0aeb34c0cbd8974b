//! Where updates come from.

use desktop_shell::updates::parse;

#[test]
fn both_or_none() {
    assert_eq!(parse("", "").unwrap(), None);
    assert_eq!(parse(" \n,", " ").unwrap(), None);
    let missing_key = parse("https://example.com/latest.json", "").unwrap_err();
    assert!(missing_key.detail.contains("DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY is not"), "{missing_key}");
    let missing_endpoints = parse("", "key").unwrap_err();
    assert!(missing_endpoints.detail.contains("DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS is not"), "{missing_endpoints}");
}

#[test]
fn commas_and_new_lines_separate_endpoints() {
    let (endpoints, public_key) =
        parse("https://a.example/x, https://b.example/y\nhttps://c.example/{{target}}\n", " key ").unwrap().unwrap();
    let hosts: Vec<_> = endpoints.iter().map(|url| url.host_str().unwrap()).collect();
    assert_eq!(hosts, ["a.example", "b.example", "c.example"]);
    assert_eq!(public_key, "key");
}

#[test]
fn only_https_is_taken() {
    for wrong in ["http://example.com/latest.json", "file:///latest.json", "example.com", "https://ok.example,ftp://x"]
    {
        assert_eq!(parse(wrong, "key").unwrap_err().title, "Updates are not set up right", "{wrong}");
    }
}
