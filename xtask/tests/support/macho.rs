//! Small programs of macOS for arm64, to sign: they have the form of one, and no code.

#![allow(dead_code, reason = "each test binary uses a part of it")]

const PAGE: usize = 0x1000;

/// A program or a library, with something in it.
pub(crate) fn arm64(is_program: bool, payload: &[u8]) -> Vec<u8> {
    let text = 0x800_usize.saturating_add(payload.len()).next_multiple_of(PAGE);
    let commands = [segment("__TEXT", 0, text, Some(0x800)), segment("__LINKEDIT", text, 16, None), build_version()];
    let length: usize = commands.iter().map(Vec::len).sum();
    let mut bytes = Vec::new();
    for word in
        [0xfeed_facf, 0x0100_000c, 0, if is_program { 2 } else { 6 }, 3, u32::try_from(length).unwrap(), 0x85, 0]
    {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(commands.concat());
    bytes.resize(0x800, 0);
    bytes.extend(payload);
    bytes.resize(text + 16, 0);
    bytes
}

fn segment(name: &str, from: usize, length: usize, section: Option<u32>) -> Vec<u8> {
    let mut bytes = [0x19_u32, if section.is_some() { 152 } else { 72 }].map(u32::to_le_bytes).concat();
    bytes.extend(fixed(name));
    let [from, length] = [from, length].map(|number| number as u64);
    let address = 0x1_0000_0000 + from;
    for number in [address, length.next_multiple_of(0x4000), from, length] {
        bytes.extend(number.to_le_bytes());
    }
    for word in [5_u32, 5, u32::from(section.is_some()), 0] {
        bytes.extend(word.to_le_bytes());
    }
    if let Some(offset) = section {
        bytes.extend([fixed("__text"), fixed(name)].concat());
        bytes.extend((address + u64::from(offset)).to_le_bytes());
        bytes.extend((length - u64::from(offset)).to_le_bytes());
        for word in [offset, 2, 0, 0, 0x8000_0400, 0, 0, 0] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes
}

fn fixed(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes
}

/// macOS 12.
fn build_version() -> Vec<u8> {
    [0x32_u32, 24, 1, 0x000c_0000, 0x000c_0000, 0].map(u32::to_le_bytes).concat()
}
