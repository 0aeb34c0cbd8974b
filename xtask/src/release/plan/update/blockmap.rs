//! Blockmaps: the lists of blocks from which electron-updater fetches only what has changed. One lies beside a
//! package, gzipped, or at the end of an `AppImage`, deflated and followed by its length.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder};
use serde::Deserialize;

/// A blockmap of a gigabyte has some megabytes; more is none.
const LARGEST: u64 = 64 << 20;

#[derive(Deserialize)]
struct Blockmap {
    files: Vec<Blocks>,
}

#[derive(Deserialize)]
struct Blocks {
    sizes: Vec<u64>,
    checksums: Vec<String>,
}

/// Bytes that the blocks of a `.blockmap` file have together: the size of the package that it was made from.
///
/// # Errors
/// It is no blockmap.
pub(crate) fn described(blockmap: &[u8]) -> Result<u64, String> {
    total(GzDecoder::new(blockmap))
}

/// The same for a blockmap as it is embedded, without the length behind it.
pub(crate) fn described_embedded(blockmap: &[u8]) -> Result<u64, String> {
    total(DeflateDecoder::new(blockmap))
}

fn total(reader: impl Read) -> Result<u64, String> {
    let mut text = Vec::new();
    reader.take(LARGEST).read_to_end(&mut text).map_err(|error| format!("it is no blockmap: {error}"))?;
    let map: Blockmap = serde_json::from_slice(&text).map_err(|error| format!("it is no blockmap: {error}"))?;
    if map.files.iter().any(|blocks| blocks.sizes.len() != blocks.checksums.len()) {
        return Err("it has not one checksum for each block".to_owned());
    }
    Ok(map.files.iter().flat_map(|blocks| &blocks.sizes).sum())
}

/// The length of a blockmap, from the last four bytes of the file that it is embedded in.
pub(crate) fn embedded_len(trailer: [u8; 4]) -> u64 {
    u32::from_be_bytes(trailer).into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn only_blockmaps_are_blockmaps() {
        let gzipped = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let map = r#"{"version":"2","files":[{"name":"file","offset":0,"checksums":["a","b"],"sizes":[5,7]}]}"#;
        assert_eq!(described(&gzipped(map)), Ok(12));
        assert!(described(&gzipped(&map.replace(",\"b\"", ""))).is_err());
        assert!(described(&gzipped("{}")).is_err());
        assert!(described(b"no gzip").is_err());
        assert!(described_embedded(&[]).is_err());
    }
}
