// @ts-check
"use strict";
// The package as people get it: built, unpacked, and run from where it was unpacked.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, describe, test } = require("node:test");
const { openDesktop } = require("./support/desktop.js");
const { needs, REPOSITORY } = require("./support/needs.js");
const { builtDeb, NEEDED } = require("./support/package.js");
const { assertNothingLeft, startShell, temporaryFolder } = require("./support/shell.js");

const OUTPUT = path.join(REPOSITORY, "dist", "tauri");

/** Each file below a folder, with its size and time. @param {string} folder */
function listing(folder) {
  const names = /** @type {string[]} */ (fs.readdirSync(folder, { recursive: true })).sort();
  return names.map((name) => {
    const { size, mtimeMs } = fs.statSync(path.join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

describe("package", needs("package", ...NEEDED), () => {
  /** @type {import("./support/desktop.js").Desktop} */
  let desktop;
  before(async () => void (desktop = await openDesktop()));
  after(() => desktop.close());

  test("a deb is built, and runs from where it was unpacked", async (t) => {
    const built = builtDeb();
    assert.equal(built.status, 0, built.stderr);
    const [, sha256, file] = /^(\w{64}) .* (\S+\.deb)$/m.exec(built.stdout) ?? [];
    const deb = path.join(REPOSITORY, String(file));
    assert.match(path.basename(deb), /^desktop-django-starter-tauri-linux-[\d.]+-amd64\.deb$/);
    assert.equal(createHash("sha256").update(fs.readFileSync(deb)).digest("hex"), sha256);
    const list = fs.readFileSync(path.join(OUTPUT, "desktop-django-starter-tauri-linux-sha256.txt"), "utf8");
    assert.equal(list, `${sha256}  ${path.basename(deb)}\n`);

    const control = execFileSync("dpkg-deb", ["-f", deb, "Maintainer", "Description"], { encoding: "utf8" });
    assert.equal(control, "Maintainer: The authors of Desktop Django Starter\nDescription: A Django app in a window of its own\n A Django app in a window of its own\n");
    const folder = path.join(temporaryFolder(t), "some where else");
    execFileSync("dpkg-deb", ["-x", deb, folder]);
    const program = path.join(folder, "usr", "bin", "desktop-django-starter");
    const before = listing(folder);
    // An installed program runs its own backend, whatever a developer's environment says.
    const env = { DESKTOP_DJANGO_SMOKE_TEST: "1", DESKTOP_DJANGO_RUNTIME_MODE: "development", DESKTOP_DJANGO_BACKEND_ROOT: "/nonexistent" };
    const data = temporaryFolder(t);
    for (const _ of ["the first start", "the second"]) {
      const shell = startShell(t, desktop, { program, env, folder: data });
      const { code, stdout, stderr } = await shell.exited;
      assert.match(stdout, /^smoke test: http:\/\/127\.0\.0\.1:\d+\/ status 200 “.+”/, stderr);
      assert.equal(code, 0);
      await assertNothingLeft(shell.mark);
    }
    assert.deepEqual(listing(folder), before, "running it has changed it");

    const entry = fs.readFileSync(path.join(folder, "usr/share/applications/Desktop Django Starter.desktop"), "utf8");
    assert.match(entry, /^Icon=desktop-django-starter$/m);
    assert.ok(fs.existsSync(path.join(folder, "usr/share/icons/hicolor/128x128/apps/desktop-django-starter.png")));

    // What is installed and loses a part says so in words for people.
    fs.rmSync(path.join(folder, "usr/lib/Desktop Django Starter/backend/runtime-manifest.json"));
    const broken = startShell(t, desktop, { program, env });
    const { code, stderr } = await broken.exited;
    assert.match(stderr, /^The app is not complete: .* Please install the app again\./);
    assert.equal(code, 1);
  });
});
