//! One question's view of the database: files, trees, places.

use crate::{Place, Position, position};
use nostos_check::db::{self, Database, SourceFile};
use nostos_check::items::FileItems;
use nostos_check::query::Origin;
use nostos_check::ty::FileId;
use nostos_syntax::{Kind, LineCol, Node, Parse};
use std::ops::Range;
use std::sync::Arc;

/// The database while a question is answered.
pub(crate) struct Ask<'a> {
    pub db: &'a Database,
}

impl Ask<'_> {
    pub fn source(&self, file: FileId) -> Option<SourceFile> {
        self.db.source(file)
    }

    pub fn parse(&self, file: FileId) -> Option<Parse> {
        let parsed = db::parsed(self.db, self.source(file)?);
        Some(parsed.parse.clone())
    }

    pub fn items(&self, file: FileId) -> Option<Arc<FileItems>> {
        Some(db::file_items(self.db, self.source(file)?))
    }

    pub fn is_library(&self, file: FileId) -> bool {
        self.source(file)
            .is_none_or(|source| source.origin(self.db) == Origin::Std)
    }

    /// The files of the project.
    pub fn files(&self) -> Vec<FileId> {
        let files = self.db.project().files(self.db);
        let own = files
            .iter()
            .filter(|(_, source)| source.origin(self.db) == Origin::Project);
        own.map(|(file, _)| *file).collect()
    }

    pub fn offset(&self, file: FileId, at: Position) -> Option<u32> {
        let at = LineCol {
            line: at.line,
            col: at.character,
        };
        self.db.line_index(file).offset_utf16(at)
    }

    pub fn place(&self, file: FileId, range: &Range<u32>) -> Place {
        Place {
            path: self.db.path(file).to_string(),
            range: self.range(file, range),
        }
    }

    pub fn range(&self, file: FileId, range: &Range<u32>) -> Range<Position> {
        let index = self.db.line_index(file);
        position(&index, range.start)..position(&index, range.end)
    }
}

/// The name that an offset is in or right behind.
pub(crate) fn word_at(parse: &Parse, offset: u32) -> Option<Node<'_>> {
    let tree = parse.tree();
    let is_word = |token: &Node<'_>| {
        matches!(token.kind(), Kind::Ident | Kind::UpperIdent) || token.kind().is_keyword()
    };
    let here = tree.token_at(offset).filter(is_word);
    here.filter(|token| token.range().touches(offset))
        .or_else(|| {
            let before = tree.token_at(offset.checked_sub(1)?).filter(is_word)?;
            before.range().touches(offset).then_some(before)
        })
}

/// As a pair of ends.
pub(crate) fn ends(node: Node<'_>) -> Range<u32> {
    node.range().start..node.range().end
}
