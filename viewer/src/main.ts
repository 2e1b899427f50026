// SPDX-License-Identifier: Apache-2.0
import { App } from "./app.js";
import { initialSettings, remember, showSettings, type Settings } from "./net/settings.js";
import { ConnectForm } from "./ui/connect.js";
import "./ui/style.css";

const form = new ConnectForm(join);
document.body.append(form.element);
/** The visit under way, for tests and for the curious. */
declare global {
  interface Window {
    scenesync?: App;
  }
}

function join(settings: Settings): void {
  remember(settings);
  showSettings(settings);
  form.close();
  window.scenesync = new App(settings, (message) => {
    delete window.scenesync;
    form.open(settings, message);
  });
}

window.addEventListener("hashchange", () => location.reload()); // a link that was pasted into the open page

const { settings, complete } = initialSettings();
if (complete) join(settings);
else form.open(settings);
