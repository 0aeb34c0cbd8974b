// @ts-check
"use strict";
// Every way out: each stops the backend first and leaves no process behind. A second call changes nothing.

const { app, dialog, powerMonitor } = require("electron");
const { Failure, failures, nextStep } = require("./failures.js");
const { askNoMore } = require("./leaving.js");
const { openLog } = require("./menu.js");
const { word } = require("./words.js");
/** @import {Backend, Ending, Failure as Problem, Settings, Windows} from "../types" */

/** @type {(settings: Settings, windows: Windows, backend: () => Backend | undefined) => Ending} */
function setupEnding(settings, windows, backend) {
  const { isSmokeTest, log, project } = settings;
  let hasFailed = false;
  let isReleased = false;
  /** @type {Promise<void> | undefined} */
  let leaving;

  const release = async () => {
    askNoMore();
    await backend()?.stop();
    isReleased = true;
  };
  const leaveWith = (/** @type {number} */ code) => app.exit(hasFailed ? 1 : code);
  const end = (/** @type {number} */ code) => (leaving ??= release().finally(() => leaveWith(code)));
  const fail = async (/** @type {unknown} */ cause) => {
    if (hasFailed || leaving) return;
    hasFailed = true;
    const failure = cause instanceof Failure ? cause : failures.defect(cause);
    process.stderr.write(`${failure.message}${failure.log ? `\nThe log: ${failure.log}` : ""}\n`);
    // It has nothing to do any more; whoever reads the message may take a long time.
    await Promise.all([release(), isSmokeTest || tell(failure)]);
    await end(1);
  };
  const tell = async (/** @type {Problem} */ failure) => {
    await app.whenReady();
    const parent = windows.makeRoom();
    const parts = [failure.detail, nextStep(failure, settings), failure.log && word("Log: {log}", { log: failure.log })];
    const box = {
      type: /** @type {const} */ ("error"),
      title: project.title,
      message: failure.title,
      detail: parts.filter(Boolean).join("\n\n"),
      buttons: [word("Quit"), ...(failure.log ? [word("Open Log")] : [])],
      cancelId: 0,
    };
    const { response } = await (parent ? dialog.showMessageBox(parent, box) : dialog.showMessageBox(box));
    if (response === 1) await openLog(failure.log ?? log);
  };

  const leave = () => void end(isSmokeTest ? 1 : 0);
  const hearSignals = () => ["SIGTERM", "SIGINT", "SIGHUP"].forEach((signal) => process.off(signal, leave).on(signal, leave));
  hearSignals();
  // Meanwhile Electron has put listeners of its own there; those would ask about unsaved text.
  app.whenReady().then(hearSignals);
  for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, fail);
  app.on("window-all-closed", () => app.quit());
  app.on("will-quit", (event) => {
    // An installer takes over; a failure still has its exit code to give.
    if (isReleased && !hasFailed) return;
    event.preventDefault();
    leave();
  });
  app.on("render-process-gone", (_event, _contents, { reason }) => void fail(failures.windowCrashed(reason, log)));
  const leaveInTime = (/** @type {Electron.Event} */ event) => {
    event.preventDefault(); // The system waits until the backend has written what it has to.
    leave();
  };
  // The declaration of the event lacks its argument.
  app.whenReady().then(() => powerMonitor.on("shutdown", /** @type {() => void} */ (leaveInTime)));
  return { end, fail, release };
}

module.exports = { setupEnding };
