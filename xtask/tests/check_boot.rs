//! `packaged-stage --check`: the staged app starts with throw-away data, and what people would meet is told truthfully.

// git lists what is in a checkout, and interpreters are as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;
#[path = "support/stranger.rs"]
mod stranger;

use serde_json::Value;
use stranger::{BACKEND, ENV, REQUIREMENTS, Stranger};

const URLS: &str = "src/shop/urls.py";

/// The part of `--json` about the check, with the exit code.
fn check(stranger: &Stranger, more: &[&str]) -> (Value, Option<i32>) {
    let output = stranger.checkout.run(&[&["packaged-stage", "--check", "--json"], more].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
    (told["check"].clone(), output.status.code())
}

/// The findings, a line each.
fn lines(check: &Value) -> Vec<String> {
    let findings = check["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_app_that_meets_nothing_works_and_its_project_is_left_alone() {
    let stranger = Stranger::usual();
    let before = stranger.times();
    let (told, code) = check(&stranger, &[]);
    assert_eq!((told["verdict"].as_str(), code), (Some("works"), Some(0)), "{told}");
    assert_eq!(told["asked"], 3, "the page, its style sheet, the page after a restart: {told}");
    let said = stranger.said(&["packaged-stage", "--check"]);
    assert!(said.contains("check: it works (started in "), "{said}");
    assert_eq!(stranger.times(), before);
    assert!(!stranger.checkout.path(".stage/boot").exists(), "throw-away data are left");
    stranger.checkout.verified_digest();
    let dry = stranger.checkout.run(&["packaged-stage", "--check", "--force", "--dry-run"]);
    assert!(String::from_utf8(dry.stdout).unwrap().contains("check   it starts twice with throw-away data"));
}

#[test]
fn what_is_yours_to_decide_is_named_with_its_line() {
    let stranger = Stranger::usual();
    stranger.write(
        "templates/first.html",
        "<link rel=stylesheet href=/static/gone.css><script src=https://cdn.example.org/a.js></script><img src=data:x>",
    );
    stranger.append(
        URLS,
        "import ctypes, socket, subprocess
from pathlib import Path


def tries(what):
    try:
        what()
    except OSError:
        pass


def noisy(request):
    tries(lambda: (settings.BASE_DIR / 'visits.log').open('a'))
    tries(lambda: (Path('/opt') / 'shop.log').write_text(''))
    tries(lambda: socket.create_connection(('192.0.2.1', 80), timeout=5))
    tries(lambda: subprocess.run(['/bin/true']))
    tries(lambda: (Path(settings.MEDIA_ROOT) / 'a.txt').write_text(''))
    tries(lambda: Path('~/.shop').expanduser().write_text(''))
    ctypes.CDLL(None).dlopen(b'libBrokenLocale.so.1', 2)
    return first(request)


urlpatterns = [path('', noisy)]
",
    );
    let (told, code) = check(&stranger, &[]);
    assert_eq!((told["verdict"].as_str(), code), (Some("works-with-what-you-decide"), Some(0)), "{told}");
    let line = |text: &str| {
        let urls = std::fs::read_to_string(stranger.path(URLS)).unwrap();
        urls.lines().position(|line| line.contains(text)).unwrap() + 1
    };
    let wanted = [
        "the first page loads /static/gone.css, which answers with status 404".to_owned(),
        "pages load files from cdn.example.org".to_owned(),
        format!("it writes /opt/shop.log, which is refused on a person's computer (src/shop/urls.py:{})", line("/opt")),
        format!("it writes visits.log, which is refused on a person's computer (src/shop/urls.py:{})", line("visits")),
        format!("it writes ~/.shop, where neither a backup nor an uninstaller looks (src/shop/urls.py:{})", line("~/")),
        format!("it connects to 192.0.2.1:80, which not every computer can (src/shop/urls.py:{})", line("192.0")),
        format!("it starts the program /bin/true, which is not shipped (src/shop/urls.py:{})", line("/bin/true")),
    ];
    let mut lines = lines(&told);
    if cfg!(target_os = "linux") {
        let library = lines.pop().unwrap();
        assert!(library.contains("libBrokenLocale.so.1, which is not shipped"), "loaded by C: {library}");
    }
    assert_eq!(lines, wanted);
    assert!(!std::path::Path::new("/opt/shop.log").exists(), "the check let it write");
    let said = stranger.said(&["packaged-stage", "--check"]);
    assert!(said.contains("check: it works with what you decide"), "{said}");
    assert!(said.contains("notice: it connects to 192.0.2.1:80"), "{said}");
}

#[test]
fn what_keeps_an_app_from_working_is_the_reason() {
    let stranger = Stranger::usual();
    let fails = |more: &str, facts: &str, args: &[&str], wanted: &str| {
        stranger.append(URLS, more);
        stranger.facts(&[BACKEND, facts, ENV, REQUIREMENTS]);
        let (told, code) = check(&stranger, args);
        assert_eq!((told["verdict"].as_str(), code), (Some("wont-work"), Some(1)), "{told}");
        assert!(lines(&told).iter().any(|line| line.contains(wanted)), "no `{wanted}` in {told}");
        let said = stranger.checkout.fails(1, &[&["packaged-stage", "--check"], args].concat());
        assert!(said.contains("error: it won't work\n  because: "), "{said}");
        stranger.restore();
    };
    fails("urlpatterns = [path('', lambda request: 1 / 0)]\n", "", &[], "division by zero");
    fails("urlpatterns = []\n", "", &[], "the first start fails: The first page can't be opened");
    fails("open(settings.BASE_DIR / 'lock', 'w')\n", "", &[], "an installed program may not write there");
    fails(
        "import os\nfrom pathlib import Path\nmark = Path(os.environ['DESKTOP_DJANGO_APP_DATA_DIR']) / 'mark'\n\
         if 'shop.urls' in __name__ and mark.parent.name == 'data':\n    assert not mark.exists(), 'only once'\n    mark.touch()\n",
        "",
        &[],
        "the second start, with the data of the first, fails: ",
    );
    fails("", "worker = \"nothing_like_that\"\n", &[], "the worker nothing_like_that (process");
    fails("", "", &["--login", "ann:secret"], "nobody can log in: there is no form with a password");
}

#[test]
fn a_login_that_is_told_is_tried() {
    let stranger = Stranger::usual();
    stranger.append(
        URLS,
        "from django.contrib.auth.views import LoginView
from django.contrib.auth.decorators import login_required

urlpatterns = [path('', login_required(first)), path('accounts/login/', LoginView.as_view(template_name='login.html'))]
",
    );
    stranger.write("templates/login.html", "<form method=post>{% csrf_token %}{{ form }}</form>");
    stranger.append(
        "src/shop/settings.py",
        "LOGIN_REDIRECT_URL = '/'\nPASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']\n",
    );
    stranger.write("src/shop/management/__init__.py", "");
    stranger.write("src/shop/management/commands/__init__.py", "");
    stranger.write(
        "src/shop/management/commands/ann.py",
        "from django.contrib.auth.models import User\nfrom django.core.management import BaseCommand\n\n\n\
         class Command(BaseCommand):\n    def handle(self, **options):\n        User.objects.create_user('ann', password='secret')\n",
    );
    stranger.facts(&[BACKEND, "first-run = [\"ann\"]\n", ENV, REQUIREMENTS]);
    let (told, _) = check(&stranger, &["--login", "ann:secret"]);
    assert_eq!(told["verdict"], "works", "{told}");
    let (told, _) = check(&stranger, &["--login", "ann:wrong"]);
    assert_eq!(lines(&told), ["nobody can log in: the form comes back: name and password are not those of a user"]);
}

#[test]
fn pages_behind_the_first_one_are_looked_at_with_their_files() {
    let stranger = Stranger::usual();
    stranger.append(
        URLS,
        "from django.core.files.storage import default_storage
from django.core.files.base import ContentFile
from django.http import HttpResponse, HttpResponseRedirect


def media(request):
    name = default_storage.save('a b.txt', ContentFile(b'kept'))
    return HttpResponse(f'<img src=\"{default_storage.url(name)}\"><img src=/media/gone.png><script src=/moved.js></script>')


def links(request):
    return HttpResponse('<a href=/media-page/>1</a><a href=broken/#x>2</a><a href=/logout/>3</a><a href=//example.org/>4</a>')


def leave(request):
    raise RuntimeError('the check leaves')


urlpatterns = [
    path('', links), path('media-page/', media), path('broken/', lambda request: 1 / 0), path('logout/', leave),
    path('moved.js', lambda request: HttpResponseRedirect('/moved.js/')),
]
",
    );
    let (told, code) = check(&stranger, &[]);
    assert_eq!((told["verdict"].as_str(), code), (Some("works-with-what-you-decide"), Some(0)), "{told}");
    assert_eq!(
        lines(&told),
        [
            "the first page leads to /broken/, which answers with status 500",
            "/media-page/ loads /media/gone.png, /moved.js, which answer with status 404",
        ]
    );
}

/// Waits with `first_word` for a backend that is not there: its log grows in the first silences, then it stands still. Prints
/// what came of it, and after how many silences.
const WAITING: &str = "import os, sys, time
sys.path.insert(0, sys.argv[1])
import boot_stage

log = os.path.join(sys.argv[2], 'data', 'logs', 'desktop.log')
os.makedirs(os.path.dirname(log))


class Backend:
    def __init__(self, said, ends_after=99, age=0):
        self.said, self.ends_after, self.silences = said, ends_after, 0
        self.has_ended, self.began = False, time.monotonic() - age

    def wait_for(self, names, secs):
        self.silences += 1
        self.has_ended = self.silences >= self.ends_after
        said = self.said[self.silences - 1] if self.silences <= len(self.said) else None
        if said == 'log':
            with open(log, 'a') as file:
                file.write('applied a migration')
        return said if isinstance(said, dict) else None


def told(name, backend):
    if os.path.exists(log):
        os.remove(log)
    event = boot_stage.first_word({'scratch': sys.argv[2]}, backend)
    print(name, event and event['event'], backend.silences)


told('slow', Backend(['log', 'log', 'log', {'event': 'ready'}]))
told('failed', Backend([{'event': 'failed'}]))
told('hangs', Backend(['log', 'log']))
told('silent', Backend([]))
told('ended', Backend(['log', 'log', 'log'], ends_after=2))
told('endless', Backend(['log'] * 50, age=boot_stage.READY_SECS))
";

#[test]
fn a_start_is_waited_for_as_long_as_it_logs() {
    let scratch = tempfile::tempdir().unwrap();
    let resources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("resources");
    let mut python = std::process::Command::new(staging::interpreter());
    let output = python.args(["-B", "-c", WAITING]).arg(resources).arg(scratch.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "slow ready 4\nfailed failed 1\nhangs None 3\nsilent None 1\nended None 2\nendless None 1\n",
        "{said}"
    );
}
