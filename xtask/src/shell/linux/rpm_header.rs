//! A header of an rpm: values by the number of their tag, in an index and a store.

use std::collections::BTreeMap;
use std::io::Error;

/// The tags that are written, by their numbers in rpm's own list.
pub(crate) mod tag {
    macro_rules! tags {
        ($($name:ident = $number:literal),* $(,)?) => { $(pub(crate) const $name: u32 = $number;)* };
    }

    tags! {
        SIGNATURES = 62, IMMUTABLE = 63, LANGUAGES = 100, SHA256_OF_HEADER = 273,
        // In the header with the digests these two stand for other things than in the one behind it.
        SIGNED_SIZE = 1000, UNPACKED_SIZE = 1007,
        NAME = 1000, VERSION = 1001, RELEASE = 1002, SUMMARY = 1004, DESCRIPTION = 1005, BUILD_TIME = 1006, BUILD_HOST = 1007,
        SIZE = 1009, LICENSE = 1014, PACKAGER = 1015, GROUP = 1016, URL = 1020, OS = 1021, ARCH = 1022,
        AFTER_INSTALL = 1024, AFTER_REMOVAL = 1026, AFTER_INSTALL_WITH = 1086, AFTER_REMOVAL_WITH = 1088,
        FILE_SIZES = 1028, FILE_MODES = 1030, FILE_RDEVS = 1033, FILE_TIMES = 1034, FILE_DIGESTS = 1035, FILE_LINKS = 1036,
        FILE_FLAGS = 1037, FILE_USERS = 1039, FILE_GROUPS = 1040, SOURCE = 1044, FILE_VERIFY = 1045,
        PROVIDES = 1047, NEEDS_FLAGS = 1048, NEEDS = 1049, NEEDS_VERSIONS = 1050,
        CHANGE_TIMES = 1080, CHANGE_NAMES = 1081, CHANGES = 1082,
        FILE_DEVICES = 1095, FILE_INODES = 1096, FILE_LANGUAGES = 1097, PROVIDES_FLAGS = 1112, PROVIDES_VERSIONS = 1113,
        FILE_FOLDERS = 1116, FILE_NAMES = 1117, FOLDERS = 1118,
        PAYLOAD_FORMAT = 1124, PAYLOAD_COMPRESSOR = 1125, PAYLOAD_FLAGS = 1126,
        FILE_DIGEST_KIND = 5011, ENCODING = 5062, PAYLOAD_DIGEST = 5092, PAYLOAD_DIGEST_KIND = 5093,
    }
}

pub(crate) type Header = BTreeMap<u32, Value>;

/// What stands behind a tag.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Short(Vec<u16>),
    Numbers(Vec<u32>),
    Text(String),
    Texts(Vec<String>),
    /// In one language.
    Translated(String),
}

impl Value {
    /// rpm's number for the type, how many there are, at which multiple they begin, and their bytes.
    fn parts(&self) -> (u32, usize, usize, Vec<u8>) {
        let text = |text: &String| [text.as_bytes(), b"\0"].concat();
        match self {
            Self::Short(values) => (3, values.len(), 2, values.iter().flat_map(|value| value.to_be_bytes()).collect()),
            Self::Numbers(values) => {
                (4, values.len(), 4, values.iter().flat_map(|value| value.to_be_bytes()).collect())
            }
            Self::Text(value) => (6, 1, 1, text(value)),
            Self::Texts(values) => (8, values.len(), 1, values.iter().flat_map(text).collect()),
            Self::Translated(value) => (9, 1, 1, text(value)),
        }
    }
}

/// The bytes of a header. `region` is the tag that holds all the others together, so that they can be signed.
pub(crate) fn encoded(region: u32, header: &Header) -> std::io::Result<Vec<u8>> {
    const BINARY: u32 = 7;
    const ENTRY: u32 = 16;
    let number = |size: usize| u32::try_from(size).map_err(|_| Error::other("an rpm has no header of 4 GB"));
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, value) in header {
        let (kind, count, multiple, bytes) = value.parts();
        store.resize(store.len().next_multiple_of(multiple), 0);
        index.push([*tag, kind, number(store.len())?, number(count)?]);
        store.extend(bytes);
    }
    index.insert(0, [region, BINARY, number(store.len())?, ENTRY]);
    // Its value says how far back the index begins.
    let back = (number(index.len())? * ENTRY).wrapping_neg();
    store.extend([region, BINARY, back, ENTRY].into_iter().flat_map(u32::to_be_bytes));
    let start = [0x8ead_e801, 0, number(index.len())?, number(store.len())?];
    let numbers = start.into_iter().chain(index.into_iter().flatten());
    Ok(numbers.flat_map(u32::to_be_bytes).chain(store).collect())
}
