//! Files by layer, distribution and folder, with their sizes: what the map on the page of a stage shows.

use std::collections::BTreeMap;

use serde::Serialize;

/// Folders show this many of their parts; the smaller ones are one part together.
const MOST_PARTS: usize = 80;

/// A folder, or a file where it has no parts.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) files: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<Node>,
}

#[derive(Default)]
struct Growing {
    bytes: u64,
    files: u64,
    parts: BTreeMap<String, Growing>,
}

/// The tree of some files, each with its way from the top and its size. A folder with one folder in it is one with that,
/// unless it is one of the parts that the top is divided into.
pub(crate) fn tree<'a>(name: &str, files: impl IntoIterator<Item = (Vec<&'a str>, u64)>) -> Node {
    let mut top = Growing::default();
    for (way, bytes) in files {
        let mut node = &mut top;
        node.add(bytes);
        for step in way {
            if !node.parts.contains_key(step) {
                node.parts.insert(step.to_owned(), Growing::default());
            }
            let Some(next) = node.parts.get_mut(step) else { break };
            next.add(bytes);
            node = next;
        }
    }
    top.settled(name.to_owned(), 0)
}

impl Growing {
    fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.files += 1;
    }

    fn settled(self, name: String, depth: usize) -> Node {
        let parts = self.parts.into_iter().map(|(name, part)| part.settled(name, depth + 1));
        let mut parts: Vec<Node> = parts.collect();
        parts.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        if depth > 1 && parts.len() == 1 && !parts[0].parts.is_empty() {
            let only = parts.remove(0);
            return Node { name: format!("{name}/{}", only.name), ..only };
        }
        if parts.len() > MOST_PARTS {
            let rest = parts.split_off(MOST_PARTS - 1);
            let sum = |of: fn(&Node) -> u64| rest.iter().map(of).sum();
            let name = format!("{} smaller ones", rest.len());
            parts.push(Node { name, bytes: sum(|part| part.bytes), files: sum(|part| part.files), parts: Vec::new() });
        }
        Node { name, bytes: self.bytes, files: self.files, parts }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn lines(node: &Node, indent: usize) -> String {
        let own = format!("{:indent$}{} {} {}\n", "", node.name, node.bytes, node.files);
        own + &node.parts.iter().map(|part| lines(part, indent + 2)).collect::<String>()
    }

    #[test]
    fn the_biggest_comes_first_and_nothing_is_lost() {
        let files = [("a/b/c/x.py", 5), ("a/b/c/y.py", 5), ("z.bin", 70), ("a/b/only.txt", 1), ("lone/x/deep/f", 2)];
        let many: Vec<String> = (0..200).map(|at| format!("many/{at:03}")).collect();
        let files = files.into_iter().chain(many.iter().map(|path| (path.as_str(), 1)));
        let mut node = tree("top", files.map(|(path, bytes)| (path.split('/').collect(), bytes)));
        let crowd = &mut node.parts[0];
        assert_eq!((crowd.name.as_str(), crowd.parts.len()), ("many", MOST_PARTS));
        assert_eq!(crowd.parts.pop().map(|rest| (rest.name, rest.files)), Some(("121 smaller ones".to_owned(), 121)));
        crowd.parts.clear();
        expect![[r"
            top 283 205
              many 200 200
              z.bin 70 1
              a 11 3
                b 11 3
                  c 10 2
                    x.py 5 1
                    y.py 5 1
                  only.txt 1 1
              lone 2 1
                x/deep 2 1
                  f 2 1
        "]]
        .assert_eq(&lines(&node, 0));
    }
}
