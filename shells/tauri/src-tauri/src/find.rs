//! Find in page for WebKitGTK, which brings no bar of its own.

use gtk::prelude::{BoxExt, Cast, ContainerExt, EntryExt, SearchBarExt, SearchEntryExt, WidgetExt};
use gtk::{SearchBar, SearchEntry};
use tauri::WebviewWindow;
use webkit2gtk::{FindController, FindControllerExt, FindOptions, WebView, WebViewExt};

const OPTIONS: FindOptions = FindOptions::CASE_INSENSITIVE.union(FindOptions::WRAP_AROUND);

/// Shows the bar above the page, ready for a word. Return goes on to the next place, Escape takes the bar away.
pub fn open(main: &WebviewWindow) -> tauri::Result<()> {
    main.with_webview(|webview| {
        let view = webview.inner();
        let Some(content) = view.parent().and_then(|parent| parent.downcast::<gtk::Box>().ok()) else { return };
        let there = content.children().into_iter().find_map(|child| child.downcast::<SearchBar>().ok());
        let Some(bar) = there.or_else(|| make(&view, &content)) else { return };
        // Once more, so that the field gets the focus.
        bar.set_search_mode(false);
        bar.set_search_mode(true);
    })
}

fn make(view: &WebView, content: &gtk::Box) -> Option<SearchBar> {
    let controller = view.find_controller()?;
    let (bar, field) = (SearchBar::new(), SearchEntry::new());
    bar.add(&field);
    bar.connect_entry(&field);
    bar.set_show_close_button(true);
    on(&controller, |it| field.connect_search_changed(move |field| it.search(&field.text(), OPTIONS.bits(), u32::MAX)));
    on(&controller, |it| field.connect_activate(move |_| it.search_next()));
    on(&controller, |it| field.connect_next_match(move |_| it.search_next()));
    on(&controller, |it| field.connect_previous_match(move |_| it.search_previous()));
    let view = view.clone();
    bar.connect_search_mode_enabled_notify(move |bar| {
        if !bar.is_search_mode() {
            controller.search_finish();
            view.grab_focus();
        }
    });
    content.pack_start(&bar, false, false, 0);
    // Below the menu, above the page.
    content.reorder_child(&bar, 1);
    bar.show_all();
    Some(bar)
}

/// What is connected keeps the controller.
fn on<T>(controller: &FindController, connect: impl FnOnce(FindController) -> T) {
    connect(controller.clone());
}
