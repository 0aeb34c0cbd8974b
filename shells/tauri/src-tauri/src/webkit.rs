//! What WebKitGTK has to be told in its own words: to ask no proxy, what is to be saved and not to be shown, and that the end of
//! its process is the program's.

use tauri::{Manager, Url, WebviewWindow};
use webkit2gtk::glib::object::Cast;
use webkit2gtk::{
    BackForwardListExt, BackForwardListItemExt, NetworkProxyMode, PolicyDecisionExt, ResponsePolicyDecision,
    ResponsePolicyDecisionExt, URIResponseExt, WebContextExt, WebProcessTerminationReason, WebViewExt,
    WebsiteDataManagerExt,
};

use crate::{ending, launcher::Failure, site, words};

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
