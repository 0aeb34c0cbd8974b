//! A fourth shell gets its commands, its plan and its dry run from its row alone.

use expect_test::expect;

use super::{Given, command, given};
use crate::base::act::Plan;
use crate::base::cmd::Cmd;
use crate::base::config::Config;
use crate::base::ctx::{Ctx, Run};
use crate::base::env::Env;
use crate::base::fault::Fault;
use crate::base::host::Host;
use crate::base::layout::Layout;
use crate::base::ui::{Level, Ui};
use crate::shell::SHELLS;
use crate::shell::model::{Argument, Call, Icons, Shell, ShellCommand};

/// A shell that is not there, as its one file would have it.
static MOON: Shell = Shell {
    name: "moon",
    title: "Moon",
    icons: Icons { folder: |_| "shells/moon".into(), standard: &[], sizes: &[(8, "icon.png")] },
    commands: &[
        ShellCommand::new("moon-start", "Start the Moon shell. Nowhere else.", |ctx, shell, given| {
            let folder = format!("shells/{}", shell.name);
            let cmd = Cmd::new("rocket").args(given.has("full").then_some("--full")).args(given.rest.clone());
            let never = format!("tell    {}", ctx.config.project.name);
            Ok(Plan::new().run(cmd.cwd(folder)).task(never, |_| Err(Fault::new("this was a dry run"))))
        })
        .arguments(&[Argument::Switch("full", "The whole moon"), Argument::Rest("Arguments for the rocket")])
        .first(&[|_, given| if given.has("full") { Err(Fault::new("it is a new moon")) } else { Ok(()) }]),
        ShellCommand::new("moon-icons", "Make the icons of the Moon shell.", crate::shell::icons::make),
    ],
    check: |_, _, _| Ok(Plan::new()),
};

fn ctx(dry_run: bool) -> Ctx {
    let config = Config::parse(include_str!("../../tests/fixtures/project/dds.toml")).unwrap();
    let env = Env::default();
    let (layout, ui) = (Layout::new("/nowhere".into(), &config, &env), Ui::new(Level::Quiet, None, &env));
    Ctx { config, layout, host: Host::current(), target: Host::current(), env, ui, dry_run, json: false }
}

#[test]
fn a_fourth_shell_is_a_row() {
    let shells: Vec<&'static Shell> = SHELLS.iter().copied().chain([&MOON]).collect();
    let mut whole = command(&shells);
    whole.build();
    let help = whole.render_help().to_string();
    assert!(
        help.contains("Moon:\n  moon-start  Start the Moon shell\n  moon-icons  Make the icons of the Moon shell\n")
    );
    let parse = |line: &[&str]| {
        let matches = command(&shells).try_get_matches_from([&["cargo xtask"], line].concat()).unwrap();
        given(&shells, &matches).unwrap()
    };
    let plan_of = |line: &[&str]| match parse(line) {
        Given::OfShell(Call { shell, command, given }) => {
            (command.plan)(&ctx(false), shell, &given).unwrap().to_string()
        }
        Given::Known(_) => panic!("not a shell's"),
    };
    expect![[r#"
        run     rocket --full --far away  (in shells/moon)
        tell    deer-park
    "#]]
    .assert_eq(&plan_of(&["moon-start", "--full", "--", "--far", "away"]));
    expect![[r#"
        run     npm ci --ignore-scripts  (in shells/tauri)
        remove  target/icons-moon
        run     npm exec --no -- tauri icon ../../shells/brand/icon.svg --output ../../target/icons-moon  (in shells/tauri)
        run     npm exec --no -- tauri icon ../../shells/brand/icon.svg --output ../../target/icons-moon --png 8  (in shells/tauri)
        copy    target/icons-moon/8x8.png -> shells/moon/icon.png
        remove  target/icons-moon
        write   shells/brand/moon-icons.sha256  (checksums of the icons and the drawing)
    "#]]
    .assert_eq(&plan_of(&["moon-icons"]));
    // What comes first is asked in a dry run, too.
    let refused = parse(&["moon-start", "--full"]).run(&ctx(true)).unwrap_err();
    assert_eq!(refused.what(), "it is a new moon");
    // A dry run prints the plan; otherwise it would be carried out, and fail.
    parse(&["moon-start"]).run(&ctx(true)).unwrap();
    assert!(parse(&["moon-start"]).run(&ctx(false)).is_err());
    // Without the row there is no such command.
    assert!(command(SHELLS).try_get_matches_from(["cargo xtask", "moon-start"]).is_err());
}
