//! Writes down which commands pages may be allowed to call; `capabilities/` allows them.

fn main() {
    let commands = tauri_build::AppManifest::new().commands(&["open_app_data_directory"]);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(commands)) {
        println!("cargo::error={error:#}");
    }
}
