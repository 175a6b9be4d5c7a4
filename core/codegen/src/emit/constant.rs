//! Immutable data that is known while compiling: constant objects beside the code, shared by all processes.

use super::{Emit, Lanes};
use crate::ir::{Expr, Kind};
use crate::layout::{Form, TyId};
use cranelift_codegen::ir::{InstBuilder, Value};
use nostos_abi::code::{StaticWord, Symbol};
use nostos_abi::object::{HEADER_STATIC, Lane, header, immediate, inline_string};

impl Emit<'_, '_> {
    /// Is the value known, and never assigned to?
    pub(super) fn is_constant(&self, e: &Expr) -> bool {
        let all = |items: &[Expr]| items.iter().all(|item| self.is_constant(item));
        match &e.kind {
            Kind::Unit | Kind::Word(_) | Kind::Float(_) | Kind::String(_) | Kind::Function(..) => {
                true
            }
            Kind::Make(_, fields) => self.is_immutable(e.ty) && all(fields),
            Kind::Chain(_, items, tail) => {
                self.is_immutable(e.ty)
                    && self.is_constant(tail)
                    && items.iter().all(|item| all(item))
            }
            _ => false,
        }
    }

    fn is_immutable(&self, ty: TyId) -> bool {
        match &self.layouts.get(ty).form {
            Form::Data(data) => !data.mutable,
            Form::Plain | Form::Function | Form::Array(..) => true,
        }
    }

    /// The lanes of a constant.
    pub(super) fn constant(&mut self, e: &Expr) -> Vec<StaticWord> {
        match &e.kind {
            Kind::Unit => vec![],
            Kind::Word(bits) => vec![StaticWord::Bits(*bits as u64)],
            Kind::Float(bits) => vec![StaticWord::Bits(*bits)],
            Kind::String(text) => match inline_string(text) {
                Some(words) => words.map(StaticWord::Bits).to_vec(),
                None => {
                    let object = StaticWord::Static(self.static_text(text));
                    vec![
                        object,
                        StaticWord::Bits(0),
                        StaticWord::Bits(text.len() as u64),
                    ]
                }
            },
            Kind::Function(cell, name) => {
                vec![StaticWord::Static(self.static_closure(*cell, name))]
            }
            Kind::Make(ctor, fields) => {
                let fields: Vec<Vec<StaticWord>> =
                    fields.iter().map(|f| self.constant(f)).collect();
                self.constant_data(e.ty, *ctor, &fields)
            }
            Kind::Chain(ctor, items, tail) => {
                let mut words = self.constant(tail);
                for item in items.iter().rev() {
                    let mut fields: Vec<Vec<StaticWord>> =
                        item.iter().map(|f| self.constant(f)).collect();
                    fields.push(words);
                    words = self.constant_data(e.ty, *ctor, &fields);
                }
                words
            }
            _ => panic!("{}: not a constant", self.f.name),
        }
    }

    pub(super) fn constant_data(
        &mut self,
        ty: TyId,
        ctor: u32,
        fields: &[Vec<StaticWord>],
    ) -> Vec<StaticWord> {
        if ty == TyId::UNIT {
            return vec![];
        }
        let data = self.layouts.data(ty);
        let layout = &data.ctors[ctor as usize];
        let width = match (data.boxed, layout.desc) {
            (false, _) => self.layouts.get(ty).lanes.len(),
            (true, Some(_)) => layout.payload.len(),
            (true, None) => return vec![StaticWord::Bits(immediate(ctor))],
        };
        let mut words = vec![StaticWord::Bits(0); width];
        if data.tagged {
            words[0] = StaticWord::Bits(u64::from(ctor));
        }
        for (field, places) in fields.iter().zip(&layout.places) {
            for (word, place) in field.iter().zip(places) {
                words[*place as usize] = word.clone();
            }
        }
        let (true, Some(desc)) = (data.boxed, layout.desc) else {
            return words;
        };
        words.insert(0, StaticWord::Bits(header(desc) | HEADER_STATIC));
        self.statics.push(words);
        vec![StaticWord::Static(self.statics.len() as u32 - 1)]
    }

    /// A constant's lanes as values.
    pub(super) fn constant_lanes(&mut self, ty: TyId, words: &[StaticWord]) -> Lanes {
        let kinds = self.layouts.lanes(ty);
        let each = words.iter().zip(kinds.iter());
        each.map(|(word, kind)| self.constant_lane(word, *kind))
            .collect()
    }

    fn constant_lane(&mut self, word: &StaticWord, lane: Lane) -> Value {
        match word {
            StaticWord::Bits(bits) if lane == Lane::Float => {
                self.b.ins().f64const(f64::from_bits(*bits))
            }
            StaticWord::Bits(bits) => self.word(*bits as i64),
            StaticWord::Static(number) => self.address(Symbol::Static(*number)),
            StaticWord::Cell(cell) => self.address(Symbol::Cell(*cell)),
        }
    }
}
