//! Proxies, certificate authorities, interrupts and memory.

#![cfg_attr(not(unix), allow(unused_imports, dead_code, reason = "tests with signals and mounts are left out there"))]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support {
    pub(crate) mod github;
}
#[path = "support/mod.rs"]
mod project;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use project::Project;
use support::github::http::{self, Answer};
use support::github::{Content, Fault, Faults, GitHub, REPOSITORY, TOKEN};

const WORKFLOW: &str = "desktop-packages.yml";
const PREFIX: &str = "deer-park";

/// A proxy for CONNECT. It knows names that no name server knows, and remembers who asked for what.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(names: HashMap<String, SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = proxy.asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, asked, names) = (stream.unwrap(), asked.clone(), names.clone());
                std::thread::spawn(move || Self::tunnel(stream, &asked, &names));
            }
        });
        proxy
    }

    fn tunnel(mut client: TcpStream, asked: &Mutex<Vec<String>>, names: &HashMap<String, SocketAddr>) {
        let mut head = String::new();
        let mut reader = BufReader::new(client.try_clone().unwrap());
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
        let target = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
        asked.lock().unwrap().push(head);
        let Some(address) = names.get(&target) else { return };
        let server = TcpStream::connect(address).unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let (mut up, mut down) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut reader, &mut up));
        let _ = std::io::copy(&mut &server, &mut down);
    }
}

/// A server's TLS with a certificate of an authority that only the test knows, and that authority in PEM form.
fn tls(names: &[&str]) -> (Arc<rustls::ServerConfig>, String) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (Arc::new(config), pem)
}

#[test]
fn an_enterprise_server_behind_a_proxy_with_an_authority_of_its_own() {
    let (config, pem) = tls(&["ghe.example.test", "store.example.test"]);
    let github = GitHub::start_with(Some(&config));
    github.state().store_url = "https://store.example.test".to_owned();
    github.add_run(7, WORKFLOW, "success");
    github.add_packages(7, PREFIX, 50_000);
    let proxy = Proxy::start(HashMap::from([
        ("ghe.example.test:443".to_owned(), github.api),
        ("store.example.test:443".to_owned(), github.store),
    ]));
    let project = Project::new()
        .env("GH_HOST", "ghe.example.test")
        .env("GH_TOKEN", TOKEN)
        .env("GH_REPO", REPOSITORY)
        .env("DDSTASK_RETRY_PAUSE_MS", "1")
        .env("DDSTASK_PATIENCE_MS", "5000")
        .env("HTTPS_PROXY", format!("http://user:secret@{}", proxy.address));
    let distrusted = project.run(&["github-package-download", "7"]).expect_code(1);
    assert!(distrusted.stderr.contains("next: set SSL_CERT_FILE to a file"), "{}", distrusted.stderr);
    assert!(!distrusted.stderr.contains("next try in"), "{}", distrusted.stderr);

    project.write("authority.pem", &pem);
    let certificates = project.path("authority.pem").display().to_string();
    let project = project.env("SSL_CERT_FILE", certificates);
    let outcome = project.run(&["-v", "github-package-download", "7"]).expect_code(0);
    assert!(project.path(&format!("dist/github-actions/7/linux/{PREFIX}-linux-1.2.3-x86_64.AppImage")).is_file());
    assert!(
        github
            .seen()
            .iter()
            .filter(|seen| seen.server == "api")
            .all(|seen| seen.request.target.starts_with("/api/v3/"))
    );
    let asked = proxy.asked.lock().unwrap().clone();
    assert!(asked.iter().all(|head| head.contains("dXNlcjpzZWNyZXQ=") && !head.contains(TOKEN)), "{asked:?}");
    assert!(!outcome.both().contains("secret") && !outcome.both().contains(TOKEN), "{}", outcome.both());
    let direct =
        project.env("NO_PROXY", "example.test").env("DDSTASK_RETRY_PAUSE_MS", "1").env("DDSTASK_PATIENCE_MS", "5000");
    let unknown = direct.run(&["github-package-latest-run", "main"]).expect_code(1);
    assert!(unknown.stderr.contains("because: it was tried "), "{}", unknown.stderr);
}

#[test]
fn a_proxy_of_another_kind_is_refused_before_anything_is_sent() {
    let project =
        Project::new().env("GH_TOKEN", TOKEN).env("GH_REPO", REPOSITORY).env("HTTPS_PROXY", "socks5://127.0.0.1:9");
    let outcome = project.run(&["github-package-latest-run", "main"]).expect_code(1);
    assert!(outcome.stderr.contains("HTTPS_PROXY names a proxy of the kind `socks5`"), "{}", outcome.stderr);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    // Nobody listens on a port that was just given back.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let project = Project::new()
        .env("GITHUB_API_URL", format!("http://{free}"))
        .env("GH_TOKEN", TOKEN)
        .env("GH_REPO", REPOSITORY)
        .env("DDSTASK_RETRY_PAUSE_MS", "1")
        .env("DDSTASK_PATIENCE_MS", "5000");
    let commands: [(&[&str], &str); 3] = [
        (&["github-package-latest-run", "main"], "cannot list the runs of desktop-packages.yml in acme/app"),
        (&["github-package-download", "7"], "cannot list the artifacts of run 7"),
        (&["github-release-publish", "v1"], "cannot list the releases of acme/app"),
    ];
    for (command, what) in commands {
        let outcome = project.run(&[&["-q"], command].concat()).expect_code(1);
        let cause = format!("error: {what}\n  because: {free}: ");
        assert!(outcome.stderr.starts_with(&cause), "{}", outcome.stderr);
        assert!(
            outcome.stderr.contains("  because: it was tried ")
                && outcome.stderr.contains(" times\n  next: check the network"),
            "{}",
            outcome.stderr
        );
    }
}

/// A checkout that looks for the API at an address.
fn at(address: &str) -> Project {
    Project::new()
        .env("GITHUB_API_URL", address)
        .env("GH_TOKEN", TOKEN)
        .env("GH_REPO", REPOSITORY)
        .env("DDSTASK_RETRY_PAUSE_MS", "1")
        .env("DDSTASK_PATIENCE_MS", "5000")
}

#[test]
fn a_server_that_is_not_github_is_told_as_that() {
    for status in [200, 404] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        http::serve(listener, None, move |_| Answer { status, content: Content::bytes("<html>"), ..Answer::default() });
        for command in
            [["github-package-latest-run", "main"], ["github-package-download", "7"], ["github-release-verify", "v1"]]
        {
            let said = at(&address).run(&command).expect_code(1).stderr;
            assert!(said.contains("next: look whether GH_HOST and GITHUB_API_URL name a GitHub server"), "{said}");
        }
    }
}

#[test]
fn what_can_never_be_a_secure_connection_is_told_at_once() {
    let command = ["github-package-download", "7"];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A web server says that it did not understand, and waits for the other side to go.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    });
    let said = at(&format!("https://{plain}")).run(&command).expect_code(1).stderr;
    assert!(said.contains("next: the server does not speak TLS there"), "{said}");
    assert!(!said.contains("next try in"), "{said}");

    let (config, pem) = tls(&["another.example.test"]);
    let github = GitHub::start_with(Some(&config));
    let project = at(&format!("https://{}", github.api));
    project.write("authority.pem", &pem);
    let certificates = project.path("authority.pem").display().to_string();
    let said = project.env("SSL_CERT_FILE", certificates).run(&command).expect_code(1).stderr;
    assert!(
        said.contains("next: the certificate is for another name: look whether GH_HOST and GITHUB_API_URL"),
        "{said}"
    );
    assert!(!said.contains("next try in"), "{said}");

    // The other way round.
    let said = at(&format!("http://{}", github.api)).run(&command).expect_code(1).stderr;
    assert!(said.contains("because: ") && said.contains("next: "), "{said}");
}

/// A checkout with run 7, whose packages come slowly.
fn slow(len: usize) -> (GitHub, Project) {
    let github = GitHub::start();
    github.add_run(7, WORKFLOW, "success");
    github.add_packages(7, PREFIX, len);
    github.state().pace = Some((Duration::from_millis(20), 500_000));
    let project = Project::new().env("GITHUB_API_URL", github.url()).env("GH_TOKEN", TOKEN).env("GH_REPO", REPOSITORY);
    (github, project.env("DDSTASK_PART_BYTES", "500000"))
}

#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_download_at_once_and_keeps_what_is_here() {
    let (github, project) = slow(4_000_000);
    let command = &mut project.command(&["github-package-download", "7"]);
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1200));
    let start = Instant::now();
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert!(
        !project.path("dist/github-actions/7").exists() && !project.path("dist/github-actions/latest-run.txt").exists()
    );
    let partial: u64 = std::fs::read_dir(project.path("dist/github-actions/.partial"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(partial > 100_000, "{partial} bytes were kept");
    let mut left: Vec<_> = std::fs::read_dir(project.path("dist/github-actions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort_unstable();
    assert_eq!(left, [".lock", ".partial"], "something else was left");
    github.state().pace = None;
    github.forget();
    project.run(&["github-package-download", "7"]).expect_code(0);
    assert!(github.fetched() < 12_100_000 - partial, "what was here already was fetched again");
}

#[test]
#[cfg(unix)]
fn ctrl_c_leaves_a_watched_run_alone_and_says_how_to_go_on() {
    let (github, project) = slow(1000);
    github.add_run(8, WORKFLOW, "");
    let child = project
        .command(&["github-package", "--watch", "--run", "8"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("next: the run goes on: `cargo xtask github-package --watch --run 8` watches it again"),
        "{said}"
    );
    assert!(github.seen().iter().all(|seen| seen.request.method == "GET"));
}

#[test]
#[cfg(unix)]
fn ctrl_c_while_a_run_is_started_says_that_it_may_have_been() {
    let github = GitHub::start();
    github.state().faults =
        Faults::new(|_, request| (request.method == "POST").then_some(Fault::Slow(Duration::from_secs(20))));
    let project = Project::new().env("GITHUB_API_URL", github.url()).env("GH_TOKEN", TOKEN).env("GH_REPO", REPOSITORY);
    let child = project.command(&["github-package", "main"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while github.state().dispatched.is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a run of desktop-packages.yml may have been started"), "{said}");
    assert!(said.contains("`cargo xtask github-package --watch --run ID` watches it"), "{said}");
}

/// Downloads packages of `megabytes` each and gives the peak of memory in KiB.
#[cfg(target_os = "linux")]
fn peak_of_a_download(megabytes: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let github = GitHub::start();
    github.add_run(7, WORKFLOW, "success");
    github.add_large_packages(7, PREFIX, folder.path(), megabytes);
    let project = Project::new().env("GITHUB_API_URL", github.url()).env("GH_TOKEN", TOKEN).env("GH_REPO", REPOSITORY);
    project.peak(&["-q", "github-package-download", "7"])
}

#[cfg(target_os = "linux")]
#[expect(clippy::print_stderr, reason = "the figures are what the tests are for")]
fn tell(what: &str, kib: u64) {
    eprintln!("{what}: {kib} KiB at the peak");
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_packages() {
    let (small, large) = (peak_of_a_download(1), peak_of_a_download(60));
    tell("1 MB", small);
    tell("60 MB", large);
    assert!(large < 48 * 1024, "{large} KiB at the peak");
    assert!(large < small + 8 * 1024, "{small} KiB for 1 MB, {large} KiB for 60 MB");
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "long: cargo xtask test --all"]
fn memory_does_not_grow_with_packages_of_a_gigabyte() {
    let (small, large) = (peak_of_a_download(10), peak_of_a_download(1000));
    tell("10 MB", small);
    tell("1 GB", large);
    assert!(large < 48 * 1024, "{large} KiB at the peak");
    assert!(large < small + 8 * 1024, "{small} KiB for 10 MB, {large} KiB for 1 GB");
}
