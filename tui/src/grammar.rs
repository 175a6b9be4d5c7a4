//! The grammar of the language as the editor uses it.

use crate::editor::syntax::Language;
use std::sync::{Arc, OnceLock};

/// The grammar with its highlighting query; `None` if the two do not fit: then texts are shown without colours.
pub fn language() -> Option<Arc<Language>> {
    // Compiling the query takes a few milliseconds: once is enough.
    static READY: OnceLock<Option<Arc<Language>>> = OnceLock::new();
    let make = || {
        Language::new(
            tree_sitter_nostos::LANGUAGE.into(),
            tree_sitter_nostos::HIGHLIGHTS_QUERY,
        )
    };
    let whole = |l: Language| {
        let l = l.with_indents(tree_sitter_nostos::INDENTS_QUERY);
        Arc::new(l.with_structure(
            tree_sitter_nostos::TEXTOBJECTS_QUERY,
            tree_sitter_nostos::FOLDS_QUERY,
        ))
    };
    READY.get_or_init(|| make().ok().map(whole)).clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::syntax::Role;
    use ropey::Rope;

    #[test]
    fn the_query_fits_the_grammar_and_colours_a_text() {
        let language = language().expect("the query fits the grammar");
        let text = Rope::from_str("# note\nadd(a: Int) = a + 41\n");
        let tree = language.parse(&text, None).expect("it is small");
        let spans = language.spans(&tree, &text, 0, text.len_bytes());
        let role = |piece: &str| {
            let at = text.to_string().find(piece).expect("it is in the text");
            spans
                .iter()
                .rfind(|(from, to, _)| *from <= at && at < *to)
                .map(|s| s.2)
        };
        assert_eq!(role("# note"), Some(Role::Comment));
        assert_eq!(role("add"), Some(Role::Function));
        assert_eq!(role("Int"), Some(Role::Type));
        assert_eq!(role("41"), Some(Role::Number));
    }
}
