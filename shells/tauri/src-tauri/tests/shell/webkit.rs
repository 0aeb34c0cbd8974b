//! The oldest WebKitGTK that the program runs with.

use desktop_shell::webkit::check;

#[test]
fn an_older_web_view_is_told_of_with_what_helps() {
    for version in ["2.40.0", "2.50.6", "3.0"] {
        assert!(check(version).is_ok(), "{version}");
    }
    for version in ["2.38.6", "1.99", "", "unknown"] {
        let failure = check(version).unwrap_err();
        assert!(failure.detail.contains("2.40 or newer"), "{failure}");
    }
}
