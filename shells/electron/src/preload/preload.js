// @ts-check
"use strict";
// All that a page can ask the desktop for.

const { contextBridge, ipcRenderer } = require("electron");

contextBridge.exposeInMainWorld("desktop", {
  openAppDataDirectory: () => ipcRenderer.invoke("open-app-data-directory"),
});
