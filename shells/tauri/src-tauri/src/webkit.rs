//! What WebKitGTK has to be told in its own words: to ask no proxy, what is to be saved and not to be shown, how large a PDF is,
//! and that the end of its process is the program's.

use tauri::{Manager, Url, WebviewWindow};
use webkit2gtk::glib::object::Cast;
use webkit2gtk::{
    BackForwardListExt, BackForwardListItemExt, NetworkProxyMode, PolicyDecisionExt, ResponsePolicyDecision,
    ResponsePolicyDecisionExt, URIResponseExt, UserContentInjectedFrames, UserContentManagerExt, UserStyleLevel,
    UserStyleSheet, WebContextExt, WebProcessTerminationReason, WebViewExt, WebsiteDataManagerExt,
};

use crate::{ending, launcher::Failure, site, words};

/// Major and minor version of what the program was made with; in an older one functions are missing that it calls.
const MINIMUM: (u32, u32) = (2, 40);

/// WebKit shows a PDF in a frame, and gives that its size by a style that the policy of Django's page forbids.
const PDF_STYLE: &str = "iframe[src^='webkit-pdfjs-viewer:'] {
  position: fixed !important; inset: 0 !important; width: 100% !important; height: 100% !important; border: 0 !important;
}";

/// To be called before there is a window: with an older one it would stay white, or the program would end without a word.
pub fn check(version: &str) -> Result<(), Failure> {
    let mut parts = version.split('.').map_while(|part| part.parse().ok());
    let found = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if found >= MINIMUM {
        return Ok(());
    }
    let minimum = format!("{}.{}", MINIMUM.0, MINIMUM.1);
    let detail = words::fill(
        "The app needs WebKitGTK {minimum} or newer, and this system has {version}. Update the system, then start the app again.",
        &[("minimum", &minimum), ("version", version)],
    );
    Err(Failure::new("The system's web view is too old", detail))
}

/// To be called before the window goes anywhere.
pub fn settle(main: &WebviewWindow) -> tauri::Result<()> {
    let app = main.app_handle().clone();
    main.with_webview(move |webview| {
        let view = webview.inner();
        view.connect_web_process_terminated(move |_, reason: WebProcessTerminationReason| {
            if ending::is_asked_to_leave() {
                return ending::leave(&app);
            }
            let why = format!("{reason:?}");
            let detail = words::fill("Reason: {why}. Start the app again to go on.", &[("why", &why)]);
            ending::fail(&app, Failure::new("The app's window stopped working", detail));
        });
        view.connect_decide_policy(|_, decision, _| {
            let response = decision.downcast_ref::<ResponsePolicyDecision>();
            let is_to_be_saved = response.is_some_and(|it| !it.is_mime_type_supported() || is_attachment(it));
            if is_to_be_saved {
                decision.download();
            }
            is_to_be_saved
        });
        if let Some(content) = view.user_content_manager() {
            let (frames, level) = (UserContentInjectedFrames::TopFrame, UserStyleLevel::User);
            content.add_style_sheet(&UserStyleSheet::new(PDF_STYLE, frames, level, &[], &[]));
        }
        let Some(context) = view.context() else { return };
        if let Some(data) = context.website_data_manager() {
            // The address that the window begins with has the token in it.
            data.set_network_proxy_settings(NetworkProxyMode::NoProxy, None);
        }
    })
}

/// Shows the page before, if it is one of Django's: the window begins with an empty one.
pub fn go_back(view: &webkit2gtk::WebView) {
    let before = view.back_forward_list().and_then(|list| list.back_item()).and_then(|item| item.uri());
    if before.and_then(|uri| Url::parse(&uri).ok()).is_some_and(|url| site::is_own(&url)) {
        view.go_back();
    }
}

/// Django wants it to be saved and not to be shown.
fn is_attachment(decision: &ResponsePolicyDecision) -> bool {
    let headers = decision.response().and_then(|response| response.http_headers());
    let how = headers.and_then(|headers| headers.one("Content-Disposition"));
    how.is_some_and(|how| how.to_ascii_lowercase().starts_with("attachment"))
}
